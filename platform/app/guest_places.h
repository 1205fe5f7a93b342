// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/address_map.h"
#include "platform/elf_loader.h"
#include "platform/observe/code_names.h"
#include "platform/soc.h"

namespace tessera::app {

/// Says in words where harts are in their program, and what lies at an address.
class GuestPlaces {
 public:
  /// All outlive this.
  GuestPlaces(Soc& soc, const ElfImage& program, const AddressMap& map, const SocConfig& config);

  /// The instruction that `hart` executes next; for one that sleeps, its wfi.
  std::uint32_t pc(std::uint32_t hart) const;
  /// The calls that led `hart` to `pc`, at which its registers are what they are; innermost first.
  std::vector<std::uint32_t> callers(std::uint32_t hart, std::uint32_t pc) const;

  const CodeNames& names() const { return names_; }
  /// "barrier (firmware/runtime/barrier.c:82)": the function as compiled; "0xa0000040 of
  /// soc.boot_rom" when it has no name.
  std::string function(std::uint32_t pc) const;
  /// Innermost first: what was inlined into function() at `pc`, and that.
  std::vector<std::string> frames(std::uint32_t pc) const;
  /// What was inlined into function() at `pc`, innermost first: "wait_for_wake_up
  /// (firmware/runtime/hart.h:18) < wait_for_release (firmware/runtime/barrier.c:58)"; or empty.
  std::string inlined(std::uint32_t pc) const;
  /// "check (sw/x.c:7) 3 times < main (sw/x.c:21)" of a recursion, with " < ..." at the end when
  /// there are more than can be told; empty when there is none.
  std::string call_text(const std::vector<std::uint32_t>& callers) const;
  /// "in soc.l2, table+0x8", "in soc.cluster.l1, stack of hart 3", "nothing is mapped there".
  std::string address(std::uint32_t address) const;

 private:
  Soc& soc_;
  const ElfImage& program_;
  const AddressMap& map_;
  const CodeNames names_;
  const std::uint32_t stack_bytes_;
};

}  // namespace tessera::app
