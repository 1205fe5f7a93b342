// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/base/probe.h"
#include "platform/observe/call_tree.h"
#include "platform/observe/symbol_table.h"

namespace tessera {

/// Books every cycle of every hart on the instruction, and on the function with its callers, that
/// it was spent on: exact, not sampled. Sums over functions or lines are the statistics of the
/// harts.
class Profiler final : public HartProbe {
 public:
  /// Function number of code without a name.
  static constexpr std::uint32_t kUnknownFunction = 0;

  /// What happened at one instruction, to all harts together.
  struct Place {
    std::uint32_t function = kUnknownFunction;
    ProfileCounts counts;
  };

  /// `symbols` outlives this.
  Profiler(const SymbolTable& symbols, std::uint32_t num_harts);

  void retired(const RetiredInstruction& instruction) override;
  void stalled(std::uint32_t hart, std::uint32_t pc, StallReason reason, Cycles cycle,
               Cycles cycles) override;
  void fell_asleep(std::uint32_t hart, std::uint32_t pc, Cycles cycle) override;
  void woke_up(std::uint32_t hart, Cycles cycle) override;
  void trapped(std::uint32_t hart, std::uint32_t pc, std::uint32_t next_pc, Cycles cycle) override;
  /// The run has ended, `hart` in `cycle` of its own time.
  void finish(std::uint32_t hart, Cycles cycle);

  std::uint32_t num_harts() const { return static_cast<std::uint32_t>(harts_.size()); }
  const CallTree& tree(std::uint32_t hart) const { return harts_[hart].tree; }
  const std::string& function_name(std::uint32_t function) const;
  /// First address; 0 for kUnknownFunction.
  std::uint32_t function_begin(std::uint32_t function) const;
  std::uint32_t num_functions() const;
  /// Number of a function of the symbols; null: kUnknownFunction.
  std::uint32_t number_of(const CodeRange* function) const;
  /// All instructions at which anything happened, by address.
  std::map<std::uint32_t, const Place*> places() const;

 private:
  static constexpr std::uint32_t kPageBytes = 4096;
  struct Page {
    std::uint32_t base;
    std::array<Place, kPageBytes / 4> places;
  };
  struct Hart {
    FunctionStack stack;
    CallTree tree{};
    Page* page = nullptr;  ///< of the latest place
    Cycles booked = 0;     ///< all before is booked
    bool is_asleep = false;
    std::uint32_t pc = 0;  ///< of the latest event
  };

  Place& place(Hart& hart, std::uint32_t pc);
  Page& page_at(std::uint32_t base);
  /// Books `cycles`, up to `end`, on `event` at `pc`; what lies between that and what has been
  /// booked goes to where the hart was.
  void book(Hart& hart, std::uint32_t pc, std::size_t event, Cycles begin, Cycles end);
  void add(Hart& hart, std::uint32_t pc, std::size_t event, Cycles cycles);

  const SymbolTable& symbols_;
  std::map<std::uint32_t, std::unique_ptr<Page>> pages_;  ///< by base
  std::vector<Hart> harts_;
};

}  // namespace tessera
