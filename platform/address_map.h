// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/soc_config.h"

namespace tessera {

enum class AddressTarget : std::uint8_t {
  kL1,  ///< of core tiles and empty slots
  kItaL1,
  kControl,
  kDma,
  kIta,  ///< register block
  kAttentionEngine,
  kPlatformBlock,
  kL2,
  kBootRom,
  kUart,
  kExternal,
};

/// One row of the memory map that harts see.
struct MapRange {
  AddressTarget target;
  std::uint32_t index;  ///< of the instance; 0 for what there is one of
  std::string name;     ///< hierarchical: "soc.ita[1]"
  std::uint64_t base;   ///< 64 bits wide so that base + bytes does not wrap
  std::uint64_t bytes;
  std::string access;       ///< "rwx", "r-x", "rw-"
  std::string description;  ///< one line
  std::string base_key;     ///< key below `soc` that moves it; empty: fixed

  std::uint64_t end() const { return base + bytes; }
  bool is_memory() const;
  /// "soc.l2 0x80000000..0x80FFFFFF".
  std::string text() const;
};

/// All ranges of a machine in the order of their addresses. Printed by `tessera map`; the bus and
/// the ELF loader decode with it.
class AddressMap {
 public:
  explicit AddressMap(const SocConfig& config);

  const std::vector<MapRange>& ranges() const { return ranges_; }
  /// The range that holds `address`; null when none does.
  const MapRange* find(std::uint32_t address) const;
  /// The table for `tessera map`.
  std::string text() const;
  /// Reports ranges that overlap or leave the 32-bit address space, naming both; `soc` is the node
  /// that the configuration came from.
  void check(const ConfigNode& soc) const;

 private:
  std::vector<MapRange> ranges_;
};

}  // namespace tessera
