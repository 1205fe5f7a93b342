// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/base/units.h"

namespace tessera {

/// Who can be woken: the cluster. A pulse wakes a sleeping hart or is counted (3-bit token).
class WakeUpTarget {
 public:
  virtual ~WakeUpTarget() = default;
  virtual std::uint32_t num_harts() const = 0;
  /// One pulse to `hart` (< num_harts()) that leaves its source at `cycle`.
  virtual void wake_up(std::uint32_t hart, Cycles cycle) = 0;
};

}  // namespace tessera
