// SPDX-License-Identifier: Apache-2.0
#include "platform/app/traffic.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/base/error.h"
#include "platform/app/build_info.h"
#include "platform/app/exit_code.h"
#include "platform/app/inputs.h"
#include "platform/app/machine.h"
#include "platform/app/run_dir.h"
#include "platform/observe/stat_writer.h"

namespace tessera::app {

namespace {

using Json = nlohmann::ordered_json;

// What the RTL measurements of golden/mempool/traffic.csv mostly use.
constexpr Cycles kWarmUpCycles = 500;
constexpr Cycles kMeasuredCycles = 2000;

constexpr const char* kDistances[kNumTrafficDistances] = {"tile", "group", "remote"};

std::string read_text(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) {
    throw ConfigError(path, "cannot read this file");
  }
  return text.str();
}

void check_hot_spot(const TrafficPattern& pattern, const ClusterConfig& cluster) {
  if (pattern.hot_spot_fraction == 0) {
    return;
  }
  if (pattern.hot_spot_tile >= cluster.core_tiles()) {
    throw UsageError(fmt::format("--hot-spot: tile {} is not below {}", pattern.hot_spot_tile,
                                 cluster.core_tiles()));
  }
  if (pattern.hot_spot_bank.value_or(0) >= cluster.banks_per_tile) {
    throw UsageError(fmt::format("--hot-spot: bank {} is not below {}", *pattern.hot_spot_bank,
                                 cluster.banks_per_tile));
  }
}

TrafficParameters parameters_of(const TrafficOptions& options, const SocConfig& config) {
  check_hot_spot(options.pattern, config.cluster);
  TrafficParameters parameters = traffic_parameters(config);
  parameters.pattern = options.pattern;
  parameters.max_outstanding = options.max_outstanding;
  parameters.rtl_start = options.rtl_start;
  if (options.trace_file.empty()) {
    parameters.warm_up_cycles = options.warm_up_cycles.value_or(kWarmUpCycles);
    parameters.measured_cycles = options.cycles.value_or(kMeasuredCycles);
  } else {
    parameters.warm_up_cycles = options.warm_up_cycles.value_or(0);
    parameters.measured_cycles = options.cycles.value_or(parameters.measured_cycles);
    parameters.trace =
        parse_traffic_trace(read_text(options.trace_file), options.trace_file,
                            config.cluster.num_harts(), parameters.layout.size_bytes());
  }
  return parameters;
}

void add_latency(Json& row, const std::string& name, const LatencyHistogram& histogram) {
  row[name + "_mean"] = histogram.mean();
  row[name + "_p50"] = histogram.percentile(50);
  row[name + "_p95"] = histogram.percentile(95);
  row[name + "_p99"] = histogram.percentile(99);
  row[name + "_max"] = histogram.max();
}

/// One row of traffic.csv. Rates are per hart and cycle, latencies in cycles.
Json result_row(const TrafficBench& bench, double load, std::uint32_t num_harts) {
  const TrafficStatistics& statistics = bench.statistics();
  const double hart_cycles =
      static_cast<double>(num_harts) * static_cast<double>(bench.measured_cycles());
  const auto rate = [hart_cycles](std::uint64_t count) {
    return hart_cycles == 0 ? 0 : static_cast<double>(count) / hart_cycles;
  };
  const TrafficLatencies all = statistics.all();
  Json row;
  row["load"] = load;  // of a trace 0
  row["generated"] = rate(statistics.generated);
  row["accepted"] = rate(statistics.accepted);
  row["answered"] = rate(statistics.responses());
  row["samples"] = statistics.responses();
  add_latency(row, "latency", all.total);
  add_latency(row, "net", all.net);
  row["source_wait_mean"] = all.source_wait.mean();
  for (std::size_t i = 0; i < kNumTrafficDistances; ++i) {
    const TrafficLatencies& each = statistics.latencies[i];
    const std::string name = kDistances[i];
    row[name + "_samples"] = each.total.count();
    row[name + "_latency_mean"] = each.total.mean();
    row[name + "_net_mean"] = each.net.mean();
  }
  row["outstanding_mean"] = rate(statistics.outstanding_cycles);
  row["blocked_fraction"] = rate(statistics.blocked_cycles);
  row["cycles"] = bench.measured_cycles();
  return row;
}

std::string csv_value(const Json& value) {
  return value.is_number_float() ? fmt::format("{:.6g}", value.get<double>()) : value.dump();
}

std::string csv_of(const std::vector<Json>& rows) {
  std::string header;
  std::string lines;
  for (const Json& row : rows) {
    header.clear();
    std::string line;
    for (const auto& [key, value] : row.items()) {
      header += (header.empty() ? "" : ",") + key;
      line += (line.empty() ? "" : ",") + csv_value(value);
    }
    lines += line + "\n";
  }
  return header + "\n" + lines;
}

std::string pattern_text(const TrafficOptions& options) {
  if (!options.trace_file.empty()) {
    return "trace " + options.trace_file;
  }
  const TrafficPattern& pattern = options.pattern;
  std::string text =
      pattern.stride_bytes == 0 ? "uniform" : fmt::format("stride {}", pattern.stride_bytes);
  const auto add = [&text](double fraction, const std::string& what) {
    text += fraction > 0 ? fmt::format(", {:g} {}", fraction, what) : "";
  };
  add(pattern.local_fraction, "to the own tile");
  add(pattern.group_fraction, "to the own group");
  const std::string bank =
      pattern.hot_spot_bank ? fmt::format(" bank {}", *pattern.hot_spot_bank) : "";
  add(pattern.hot_spot_fraction, fmt::format("to tile {}{}", pattern.hot_spot_tile, bank));
  add(pattern.write_fraction, "stores");
  return text;
}

std::string table_of(const TrafficOptions& options, const Machine& machine,
                     const std::vector<Json>& rows) {
  const ClusterConfig& cluster = machine.config.cluster;
  std::string out = fmt::format(
      "{}: {}, {} harts; {}; {} ids per hart, seed {}\n"
      "rates per hart and cycle, latencies in cycles; net: from the head of the source queue\n",
      machine.config.name, cluster.interconnect.topology, cluster.num_harts(),
      pattern_text(options), options.max_outstanding, machine.config.seed);
  out += fmt::format("{:>6} {:>8} {:>8} {:>5} {:>5} {:>5} {:>5} {:>8} {:>8} {:>8} {:>8} {:>8}\n",
                     "load", "accepted", "latency", "p50", "p95", "p99", "max", "net", "tile",
                     "group", "remote", "wait");
  for (const Json& row : rows) {
    const auto number = [&row](const char* key) { return row[key].get<double>(); };
    out += fmt::format(
        "{:6.3f} {:8.4f} {:8.3f} {:5} {:5} {:5} {:5} {:8.3f} {:8.3f} {:8.3f} {:8.3f} {:8.3f}\n",
        number("load"), number("accepted"), number("latency_mean"), number("latency_p50"),
        number("latency_p95"), number("latency_p99"), number("latency_max"), number("net_mean"),
        number("tile_net_mean"), number("group_net_mean"), number("remote_net_mean"),
        number("source_wait_mean"));
  }
  return out;
}

std::string json_of(const ConfigOptions& config, const TrafficOptions& options,
                    const Machine& machine, const TrafficParameters& parameters,
                    const std::vector<Json>& rows) {
  Json inputs = describe_inputs(config, machine);
  if (!options.trace_file.empty()) {
    inputs["trace"] = sha256_of_file(options.trace_file);
  }
  const Json json{{"schema", "tessera-traffic"},
                  {"schema_version", 1},
                  {"command", options.command},
                  {"version", kVersion},
                  {"git_hash", kGitHash},
                  {"compiler", kCompiler},
                  {"build_type", kBuildType},
                  {"machine", machine.config.name},
                  {"inputs", inputs},
                  {"seed", machine.config.seed},
                  {"pattern", pattern_text(options)},
                  {"max_outstanding", options.max_outstanding},
                  {"rtl_start", options.rtl_start},
                  {"warm_up_cycles", parameters.warm_up_cycles},
                  {"results", rows}};
  return json.dump(1) + "\n";
}

}  // namespace

std::string traffic(const ConfigOptions& config, const TrafficOptions& options) {
  if (options.loads.empty() && options.trace_file.empty()) {
    throw UsageError("traffic: --load or --trace is required");
  }
  const Machine machine(config);
  TrafficParameters parameters = parameters_of(options, machine.config);
  const RunDir dir =
      options.out_dir.empty() ? RunDir() : RunDir(options.out_dir, options.overwrite);
  std::vector<double> loads = options.loads;
  if (loads.empty()) {
    loads.push_back(0);  // the trace
  }
  std::vector<Json> rows;
  for (const double load : loads) {
    parameters.load = load;
    TrafficBench bench(machine.config, parameters);
    bench.run();
    rows.push_back(result_row(bench, load, machine.config.cluster.num_harts()));
    if (dir.is_wanted() && loads.size() == 1) {
      StatWriter writer(
          {&bench.stats()}, [&bench] { return bench.now(); }, Logger());
      dir.write("stats.json", writer.json());
    }
  }
  if (dir.is_wanted()) {
    dir.write("config.yaml", machine.tree.dump(true));
    dir.write("traffic.csv", csv_of(rows));
    dir.write("traffic.json", json_of(config, options, machine, parameters, rows));
  }
  return table_of(options, machine, rows);
}

}  // namespace tessera::app
