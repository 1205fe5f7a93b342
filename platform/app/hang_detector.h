// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "models/base/units.h"
#include "platform/soc.h"

namespace tessera::app {

/// Notices that nothing goes on any more, also when harts still execute instructions: for a number
/// of cycles every look found every hart in a state, pc and registers, that it had been seen in
/// before. A loop that waits comes through the same few states again and again; one that computes,
/// counts or looks at the time does not.
class HangDetector {
 public:
  HangDetector(Cycles limit, std::uint32_t num_harts);

  /// Call about once per quantum for every hart; `state` is up to date.
  void look(const HartState& state, Cycles now);
  /// True when all harts have been without a new state for the limit.
  bool is_hanging(Cycles now) const { return now - last_progress_ >= limit_; }

 private:
  /// A hart that has so many states makes progress.
  static constexpr std::size_t kMaxStates = 1024;

  const Cycles limit_;
  Cycles last_progress_ = 0;
  std::vector<std::unordered_set<std::uint64_t>> seen_;  ///< [hart] hashes of states
};

}  // namespace tessera::app
