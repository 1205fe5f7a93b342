// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>

#include "platform/observe/checker/shadow_memory.h"

namespace tessera {

/// Whether somebody has read what the jobs of devices have written, all of whose results are where
/// only the program sees them. One that was in vain is wrong where others, launched at the same
/// place, were not: what a test or benchmark does not look at, it never looks at.
class ResultUse {
 public:
  /// One more word by the job of `write`, launched at `place`.
  void written(const ShadowAccess& write, std::uint64_t place);
  /// The job of `write` also leaves bytes to others.
  void is_for_others(const ShadowAccess& write) { results_[key(write)].is_for_others = true; }
  /// One of those words was read.
  void used(const ShadowAccess& write);
  /// One of those words is left at the end, and nobody has read it. Returns whether that now holds
  /// for all that the job has written.
  bool unread(const ShadowAccess& write);
  bool has_used(std::uint64_t place) const { return used_places_.count(place) != 0; }

 private:
  struct Result {
    std::uint64_t place = 0;
    std::uint32_t words = 0;
    std::uint32_t unread = 0;
    bool is_for_others = false;
  };
  static std::uint64_t key(const ShadowAccess& write) {
    return std::uint64_t{write.agent} << 32 | write.clock;
  }

  std::unordered_map<std::uint64_t, Result> results_;  ///< by job
  std::set<std::uint64_t> used_places_;
};

}  // namespace tessera
