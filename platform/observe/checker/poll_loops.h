// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "platform/observe/checker/guest_code.h"

namespace tessera {

class Loop;

/// Finds the loads of a program that wait for something: in a short loop without store or atomic,
/// also in what it calls, from an address that the loop does not change, and a branch depends on
/// the value. A compiler leaves such a load in a loop only if it is volatile. It may copy the first
/// look to the way into the loop: that load waits, too.
class PollLoops {
 public:
  /// A loop may have this many instructions: drivers pause between two looks.
  static constexpr std::size_t kMaxInstructions = 40;

  /// Adds the loops in `words`, the code from `address` on.
  void add_code(std::uint32_t address, const std::vector<std::uint32_t>& words);
  const std::unordered_set<std::uint32_t>& loads() const { return loads_; }
  /// Whether a branch, soon after the load at `pc`, depends on its value; also one behind the
  /// return from a function that gives it.
  bool decides(std::uint32_t pc) const;
  const std::vector<GuestCode>& code() const { return code_; }

 private:
  bool decides(const GuestCode& code, std::size_t index) const;
  void add_loop(const GuestCode& code, const Loop& loop);
  void add_first_looks(const GuestCode& code, const Loop& loop, std::size_t load);

  std::vector<GuestCode> code_;
  std::unordered_set<std::uint32_t> loads_;
};

}  // namespace tessera
