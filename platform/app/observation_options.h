// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "models/base/units.h"

namespace CLI {
class App;
}

namespace tessera::app {

/// What a firmware developer wants to see of a run; 0 or empty: not this.
struct ObservationOptions {
  std::uint32_t last_instructions = 0;  ///< how many of a hart a guest error shows
  Cycles hang_cycles = 0;               ///< end the run after so many without progress
  Cycles stats_interval = 0;            ///< cycles between two samples of the statistics
  std::string profile_dir;
  Cycles log_begin = 0;
  Cycles log_end = std::numeric_limits<Cycles>::max();
};

void add_observation_options(CLI::App& app, ObservationOptions& options);

}  // namespace tessera::app
