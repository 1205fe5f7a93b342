// SPDX-License-Identifier: Apache-2.0
#include "platform/app/observation_options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "platform/app/cli_values.h"
#include "platform/app/exit_code.h"

namespace tessera::app {

namespace {

constexpr std::uint64_t kMaxLastInstructions = 1024;

}  // namespace

void add_observation_options(CLI::App& app, ObservationOptions& options) {
  add_value(app, "--last-instructions", "N",
            "a guest error shows the last N instructions of its hart; slower",
            [&](const std::string& text) {
              const std::uint64_t depth = to_positive("--last-instructions", text);
              if (depth > kMaxLastInstructions) {
                throw UsageError(fmt::format("--last-instructions: expected 1 .. {}, got {}",
                                             kMaxLastInstructions, depth));
              }
              options.last_instructions = static_cast<std::uint32_t>(depth);
            });
  add_value(
      app, "--hang-cycles", "N",
      "end the run (exit code 6) when for N cycles no hart came into a new state: all sleep, "
      "or poll in vain; more than the longest job of a device",
      [&](const std::string& text) { options.hang_cycles = to_positive("--hang-cycles", text); });
  add_folder(app, "--profile",
             "where all cycles went: profile.txt, profile.csv, flame graphs (*.folded), "
             "callgrind.out.tessera, coverage.info; slower",
             options.profile_dir);
  add_value(app, "--stats-interval", "CYCLES",
            "write how the statistics grow to stats_intervals.csv of --out",
            [&](const std::string& text) {
              options.stats_interval = to_positive("--stats-interval", text);
            });
  add_value(app, "--log-start", "CYCLE", "log levels below a warning begin here",
            [&](const std::string& text) { options.log_begin = to_number("--log-start", text); });
  add_value(app, "--log-end", "CYCLE", "and end here",
            [&](const std::string& text) { options.log_end = to_number("--log-end", text); });
}

}  // namespace tessera::app
