// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "models/base/probe.h"
#include "platform/observe/checker/poll_loops.h"

namespace tessera {

/// Which loads of a program wait, and which stores they wait for: what PollLoops finds, and what
/// the run teaches. A server looks at its flags in rounds, in a loop with calls and stores, which
/// the code alone does not show. So loads that race with a store are watched if a branch depends on
/// them: one that comes back to an address, with few others in between, to find it changed waits.
/// Also what else the code tells of its accesses: whether they copy, or ignore what they read.
class Waits {
 public:
  enum Mark : std::uint8_t {
    kWait = 1,         ///< a load that waits
    kSignal = 2,       ///< a store or atomic that such a load has met
    kWatched = 4,      ///< a load that may turn out to wait
    kIgnores = 8,      ///< an atomic of which nothing uses what it reads
    kLoadsCopy = 16,   ///< a load of which only stores use what it reads
    kStoresCopy = 32,  ///< such a store
  };

  /// `finds_copies`: whether loads and stores that copy are marked.
  Waits(PollLoops loops, bool finds_copies);

  /// Of the instruction at `pc`.
  std::uint8_t marks(std::uint32_t pc) const {
    for (const Marks& marks : marks_) {
      const std::uint32_t index = (pc - marks.address) / 4;
      if (index < marks.of.size()) {
        return marks.of[index];
      }
    }
    return 0;
  }
  /// REQUIRES: it has marks.
  const GuestInstruction& instruction(std::uint32_t pc) const;
  /// The load at `pc` races. Returns whether it may wait; then it is watched from this look on.
  bool suspect(std::uint32_t hart, std::uint32_t pc, std::uint32_t address);
  /// A watched load. Returns whether the hart has lately looked there with it.
  bool looks_again(std::uint32_t hart, std::uint32_t pc, std::uint32_t address);
  /// The load at `load` waits for the store at `store`.
  void learn(std::uint32_t load, std::uint32_t store);

 private:
  /// Flags that a server looks at in one round, at most; fewer than most arrays have elements.
  static constexpr std::size_t kFlags = 8;
  struct Marks {
    std::uint32_t address;
    std::vector<std::uint8_t> of;  ///< by instruction
  };
  struct Looks {
    std::array<std::uint32_t, kFlags> addresses{};  ///< the latest first
    std::size_t num_addresses = 0;
  };
  void mark_copies(const GuestCode& code, std::size_t load);
  void mark(std::uint32_t pc, Mark mark);

  PollLoops loops_;
  std::vector<Marks> marks_;
  std::unordered_map<std::uint64_t, Looks> looks_;  ///< by hart and pc
};

}  // namespace tessera
