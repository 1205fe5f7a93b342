// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/app/options.h"
#include "platform/traffic_bench.h"

namespace tessera::app {

struct TrafficOptions {
  std::vector<double> loads;  ///< one run each; empty: the trace
  TrafficPattern pattern{};
  std::uint32_t max_outstanding = 2048;
  std::optional<Cycles> warm_up_cycles;  ///< default: 500, of a trace 0
  std::optional<Cycles> cycles;          ///< default: 2000, of a trace all
  bool rtl_start = false;
  std::string trace_file;
  std::string out_dir;
  bool overwrite = false;
  std::vector<std::string> command;  ///< the command line, for traffic.json
};

/// `tessera traffic`: one simulation per load; returns the table for stdout and writes the results
/// to out_dir, if there is one. Throws UsageError or ConfigError.
std::string traffic(const ConfigOptions& config, const TrafficOptions& options);

}  // namespace tessera::app
