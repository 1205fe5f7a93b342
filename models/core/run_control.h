// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "models/base/units.h"

namespace tessera {

/// Why the cluster stopped.
enum class ClusterStop : std::uint8_t {
  kNone,
  kRequested,  ///< request_stop()
  kMaxCycles,
  kMaxInstructions,
  kHang,         ///< every hart waits and nothing is under way that could wake one
  kUnsupported,  ///< an instruction that the platform does not model
};

/// What bounds a run of the cluster; kNoLimit for none.
struct ClusterLimits {
  static constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
  Cycles max_cycles = kNoLimit;               ///< since reset
  std::uint64_t max_instructions = kNoLimit;  ///< retired by all harts together
};

}  // namespace tessera
