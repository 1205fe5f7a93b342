// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/base/round_robin_tree.h"

namespace tessera {

/// Round-robin arbiter that stays with a winner that was not accepted, and considers nobody else
/// until it is. Source: common_cells rr_arb_tree.sv with LockIn. Call winner() in every cycle with
/// requests, then accept() or hold().
class LockingArbiter {
 public:
  /// The winner among `requests` (not 0). A winner that was held must still request.
  std::uint32_t winner(std::uint64_t requests) {
    considered_ = locked_ != 0 ? locked_ : requests;
    return tree_.winner(considered_);
  }
  void accept() {
    tree_.grant(considered_);
    locked_ = 0;
  }
  void hold() { locked_ = considered_; }

 private:
  RoundRobinTree tree_;
  std::uint64_t considered_ = 0;
  std::uint64_t locked_ = 0;
};

}  // namespace tessera
