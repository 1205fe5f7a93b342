// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/base/probe.h"

namespace tessera {

/// How much of an agent's doings somebody has been told of: of a hart, the number of its last
/// known epoch (a hart's epoch ends where it tells others something); of a device, how many of its
/// activities are known to have ended. 0: nothing.
struct Told {
  std::uint32_t all = 0;     ///< loads, atomics, and that stores were made
  std::uint32_t stores = 0;  ///< that stores have arrived: of a hart, those that it has fenced

  static Told of_both(std::uint32_t count) { return {count, count}; }
};

/// What somebody has been told of each agent.
class VectorClock {
 public:
  explicit VectorClock(std::size_t num_agents = 0) : known_(num_agents) {}

  const Told& operator[](AgentId agent) const { return known_[agent]; }
  Told& operator[](AgentId agent) { return known_[agent]; }
  std::size_t num_agents() const { return known_.size(); }

  /// From now on knows all that `other` knows.
  void join(const VectorClock& other) {
    known_.resize(std::max(known_.size(), other.known_.size()));
    for (std::size_t i = 0; i < other.known_.size(); ++i) {
      known_[i].all = std::max(known_[i].all, other.known_[i].all);
      known_[i].stores = std::max(known_[i].stores, other.known_[i].stores);
    }
  }

  /// From now on knows only what `other` knows, too. REQUIRES: as many agents.
  void meet(const VectorClock& other) {
    for (std::size_t i = 0; i < known_.size(); ++i) {
      known_[i].all = std::min(known_[i].all, other.known_[i].all);
      known_[i].stores = std::min(known_[i].stores, other.known_[i].stores);
    }
  }

 private:
  std::vector<Told> known_;
};

}  // namespace tessera
