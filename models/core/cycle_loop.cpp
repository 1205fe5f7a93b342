// SPDX-License-Identifier: Apache-2.0
#include "models/core/cycle_loop.h"

#include <algorithm>

namespace tessera {

Cycles CycleLoop::next_active_cycle() const {
  Cycles next = kNever;
  for (const Steppable* part : parts_) {
    next = std::min(next, part->next_active_cycle(now_));
    if (next <= now_) {
      break;
    }
  }
  return next;
}

void CycleLoop::run_to(Cycles horizon) {
  horizon_ = horizon;
  while (now_ < horizon_) {
    const Cycles next = next_active_cycle();
    if (next >= horizon_) {
      now_ = horizon_;
      break;
    }
    now_ = std::max(now_, next);
    for (Steppable* part : parts_) {
      part->step(now_);
    }
    ++now_;
  }
}

}  // namespace tessera
