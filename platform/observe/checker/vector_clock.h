// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/base/probe.h"

namespace tessera {

/// How much of each agent's doings somebody has been told of: of a hart, the number of its last
/// known epoch (a hart's epoch ends where it tells others something); of a device, how many of its
/// activities are known to have ended. 0: nothing.
class VectorClock {
 public:
  explicit VectorClock(std::size_t num_agents = 0) : known_(num_agents) {}

  std::uint32_t operator[](AgentId agent) const { return known_[agent]; }
  std::uint32_t& operator[](AgentId agent) { return known_[agent]; }
  std::size_t num_agents() const { return known_.size(); }

  /// From now on knows all that `other` knows.
  void join(const VectorClock& other) {
    known_.resize(std::max(known_.size(), other.known_.size()));
    for (std::size_t i = 0; i < other.known_.size(); ++i) {
      known_[i] = std::max(known_[i], other.known_[i]);
    }
  }

 private:
  std::vector<std::uint32_t> known_;
};

}  // namespace tessera
