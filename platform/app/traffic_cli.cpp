// SPDX-License-Identifier: Apache-2.0
#include "platform/app/traffic_cli.h"

#include <cmath>
#include <limits>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "platform/app/cli_values.h"
#include "platform/app/exit_code.h"

namespace tessera::app {

namespace {

constexpr std::uint64_t kMaxCycles = 1'000'000'000;
constexpr std::uint32_t kMaxIds = 1u << 16;
constexpr double kMaxLoads = 1000;

std::uint64_t to_number_up_to(const std::string& option, const std::string& text, std::uint64_t min,
                              std::uint64_t max) {
  const std::uint64_t value = to_number(option, text);
  if (value < min || value > max) {
    throw UsageError(fmt::format("{}: expected {}..{}, got {}", option, min, max, value));
  }
  return value;
}

double to_load(const std::string& text) {
  const double load = to_fraction("--load", text);
  if (load == 0) {
    throw UsageError("--load: expected more than 0");
  }
  return load;
}

/// "0.1,0.2" or "0.05:0.5:0.05", or both mixed.
std::vector<double> read_loads(const std::string& text) {
  std::vector<double> loads;
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, ',');) {
    if (item.find(':') == std::string::npos) {
      loads.push_back(to_load(item));
      continue;
    }
    const auto range = split_colons(item, 3);
    if (range.empty()) {
      throw UsageError(fmt::format("--load: expected FROM:TO:STEP, got '{}'", item));
    }
    const double from = to_load(range[0]);
    const double to = to_load(range[1]);
    const double step = to_load(range[2]);
    const double steps = std::floor((to - from) / step + 1e-6);
    if (steps < 0 || steps >= kMaxLoads) {
      throw UsageError(fmt::format("--load: expected 1..{} loads in '{}'", kMaxLoads, item));
    }
    for (int i = 0; i <= steps; ++i) {
      loads.push_back(std::round((from + i * step) * 1e9) / 1e9);  // 0.15, not 0.15000000000000002
    }
  }
  if (loads.empty()) {
    throw UsageError(fmt::format("--load: no load in '{}'", text));
  }
  return loads;
}

/// "SHARE:TILE" or "SHARE:TILE:BANK".
void read_hot_spot(const std::string& text, TrafficPattern& pattern) {
  auto fields = split_colons(text, 3);
  const bool has_bank = !fields.empty();
  if (!has_bank) {
    fields = split_colons(text, 2);
  }
  if (fields.empty()) {
    throw UsageError(fmt::format("--hot-spot: expected SHARE:TILE[:BANK], got '{}'", text));
  }
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  pattern.hot_spot_fraction = to_fraction("--hot-spot", fields[0]);
  pattern.hot_spot_tile =
      static_cast<std::uint32_t>(to_number_up_to("--hot-spot", fields[1], 0, kMax));
  if (has_bank) {
    pattern.hot_spot_bank =
        static_cast<std::uint32_t>(to_number_up_to("--hot-spot", fields[2], 0, kMax));
  }
}

std::uint32_t read_stride(const std::string& text) {
  const std::uint64_t stride =
      to_number_up_to("--stride", text, 4, std::numeric_limits<std::uint32_t>::max());
  if (stride % 4 != 0) {
    throw UsageError(fmt::format("--stride: expected a multiple of 4, got {}", stride));
  }
  return static_cast<std::uint32_t>(stride);
}

CLI::Option* add_fraction(CLI::App& app, const std::string& name, double& fraction,
                          const std::string& help) {
  return add_value(app, name, "0..1", help, [name, &fraction](const std::string& text) {
    fraction = to_fraction(name, text);
  });
}

void add_pattern_options(CLI::App& app, TrafficOptions& options) {
  TrafficPattern& pattern = options.pattern;
  std::vector<CLI::Option*> random;
  random.push_back(add_value(app, "--load", "LOAD[,LOAD...]|FROM:TO:STEP",
                             "requests that each hart creates per cycle, 0..1; one run per load",
                             [&](const std::string& text) {
                               const auto loads = read_loads(text);
                               options.loads.insert(options.loads.end(), loads.begin(),
                                                    loads.end());
                             }));
  random.push_back(add_fraction(app, "--local-fraction", pattern.local_fraction,
                                "send this share to the own tile, the rest anywhere"));
  random.push_back(add_fraction(app, "--group-fraction", pattern.group_fraction,
                                "send this share to tiles of the own group, the rest anywhere"));
  random.push_back(add_value(app, "--hot-spot", "SHARE:TILE[:BANK]",
                             "send this share to one tile, or one bank of it",
                             [&](const std::string& text) { read_hot_spot(text, pattern); }));
  random.push_back(add_value(
      app, "--stride", "BYTES", "hart h walks from word h in such steps; without: random words",
      [&](const std::string& text) { pattern.stride_bytes = read_stride(text); }));
  random.push_back(
      add_fraction(app, "--write-fraction", pattern.write_fraction, "make this share stores"));
  random.push_back(
      app.add_flag("--rtl-start", options.rtl_start,
                   "begin as measurements of the RTL did: models/interconnect/traffic.md"));
  CLI::Option* trace = app.add_option("--trace", options.trace_file,
                                      "replay a file of lines 'cycle hart address [r|w]' instead")
                           ->type_name("FILE");
  for (CLI::Option* each : random) {
    trace->excludes(each);
  }
}

}  // namespace

void add_traffic_options(CLI::App& app, TrafficOptions& options) {
  add_pattern_options(app, options);
  add_value(app, "--outstanding", "N",
            "requests of a hart that may wait or be under way; 8: as a core; default 2048",
            [&](const std::string& text) {
              options.max_outstanding =
                  static_cast<std::uint32_t>(to_number_up_to("--outstanding", text, 1, kMaxIds));
            });
  add_value(app, "--warm-up", "N", "cycles before the measured ones; default 500, of a trace 0",
            [&](const std::string& text) {
              options.warm_up_cycles = to_number_up_to("--warm-up", text, 0, kMaxCycles);
            });
  add_value(app, "--cycles", "N", "measured cycles; default 2000, of a trace all",
            [&](const std::string& text) {
              options.cycles = to_number_up_to("--cycles", text, 1, kMaxCycles);
            });
  add_folder(app, "-o,--out",
             "folder for traffic.csv, traffic.json, config.yaml and, of one load, stats.json",
             options.out_dir);
  app.add_flag("--force", options.overwrite, "write into a folder that is not empty");
}

}  // namespace tessera::app
