// SPDX-License-Identifier: Apache-2.0
#include "platform/app/traces.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/text.h"
#include "platform/app/cli_values.h"
#include "platform/app/exit_code.h"
#include "platform/observe/bus_trace.h"
#include "platform/observe/commit_log.h"
#include "platform/observe/stat_writer.h"
#include "platform/observe/timeline.h"
#include "platform/observe/wave.h"
#include "platform/soc_parameters.h"

namespace tessera::app {

namespace {

void add_trace_option(CLI::App& app, const std::string& name, const std::string& type,
                      const std::string& help, std::optional<TraceOption>& option) {
  add_value(app, name, type + "[,WINDOW]", help, [name, &option](const std::string& text) {
    if (!kHasObservers) {
      throw UsageError(name + ": this build has no observers (TESSERA_OBSERVERS=OFF)");
    }
    if (option) {
      throw UsageError(name + ": given twice, and a run writes one");
    }
    const std::string problem = read_trace_option(text, option.emplace());
    if (!problem.empty()) {
      throw UsageError(fmt::format("{}: {}", name, problem));
    }
  });
}

/// Throws UsageError when a window shows nobody of the first `num_agents` agents.
void check_window(const std::string& option, const TraceWindow& window, const Observers& observers,
                  std::uint32_t num_harts, std::uint32_t num_agents) {
  if (!window.harts.empty() && *window.harts.rbegin() >= num_harts) {
    throw UsageError(fmt::format("{}: harts={}: this machine has harts 0..{}", option,
                                 *window.harts.rbegin(), num_harts - 1));
  }
  TraceFilter filter(window, observers);
  bool shows_somebody = false;
  std::vector<std::string> names;
  for (AgentId agent = 0; agent < num_agents; ++agent) {
    shows_somebody = shows_somebody || filter.shows_agent(agent);
    const std::string name = without_indices(observers.agent_name(agent));
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  if (!shows_somebody) {
    throw UsageError(
        fmt::format("{}: scope={}: shows nobody; names are {}", option, window.scope, join(names)));
  }
}

void check_windows(const TraceOptions& options, const Observers& observers,
                   std::uint32_t num_harts) {
  const std::uint32_t all = observers.num_agents();
  const auto check = [&](const std::string& name, const std::optional<TraceOption>& option,
                         std::uint32_t num_agents) {
    if (option) {
      check_window(name, option->window, observers, num_harts, num_agents);
    }
  };
  check("--commit-log", options.commit_log, num_harts);
  check("--timeline", options.timeline, all);
  check("--bus-trace", options.bus_trace, all);
  check("--wave", options.wave, all);
}

}  // namespace

void add_trace_options(CLI::App& app, TraceOptions& options) {
  add_trace_option(
      app, "--commit-log", "DIR",
      "log every retired instruction, a file per hart in Spike's format (zstd). "
      "WINDOW: harts=0-3,8 from=CYCLE to=CYCLE roi=REGION scope=PATTERN limit=SIZE, with "
      "commas",
      options.commit_log);
  add_trace_option(app, "--timeline", "FILE",
                   "write functions of harts, activities of devices and arrows from offload to "
                   "completion as Chrome JSON, for Perfetto",
                   options.timeline);
  add_trace_option(
      app, "--bus-trace", "FILE",
      "write every data access of harts, DMA and accelerators as CSV, or as SQLite into "
      "*.sqlite, *.sqlite3 and *.db",
      options.bus_trace);
  add_trace_option(app, "--wave", "FILE",
                   "write state, pc and function of harts and what devices do as waves (FST)",
                   options.wave);
}

Traces::Traces(const TraceOptions& options, Soc& soc, const SymbolTable& symbols)
    : options_(options), soc_(soc), symbols_(symbols) {
  check_windows(options_, soc_.observers(), soc_.num_harts());
}

void Traces::open(const SocConfig& config) {
  const Observers& observers = soc_.observers();
  if (const auto& log = options_.commit_log) {
    traces_.push_back({"--commit-log", std::make_unique<CommitLog>(log->path, log->window,
                                                                   observers, soc_.num_harts())});
  }
  if (const auto& timeline = options_.timeline) {
    traces_.push_back(
        {"--timeline", std::make_unique<Timeline>(timeline->path, timeline->window, observers,
                                                  symbols_, soc_.stats())});
  }
  if (const auto& bus = options_.bus_trace) {
    traces_.push_back({"--bus-trace", std::make_unique<BusTrace>(bus->path, bus->window, observers,
                                                                 l1_config(config).layout)});
  }
  if (const auto& wave = options_.wave) {
    traces_.push_back({"--wave", std::make_unique<Wave>(wave->path, wave->window, observers,
                                                        soc_.num_harts(), symbols_)});
  }
  for (const Named& one : traces_) {
    soc_.attach(one.trace->probes());
  }
}

void Traces::region(const RegionMark& mark) {
  for (const Named& one : traces_) {
    one.trace->region(mark);
  }
}

void Traces::switch_on(bool is_on, Cycles cycle) {
  for (const Named& one : traces_) {
    one.trace->switch_on(is_on, cycle);
  }
}

void Traces::poll(Cycles cycle) {
  for (const Named& one : traces_) {
    one.trace->poll(cycle);
  }
}

std::vector<std::string> Traces::full_ones() const {
  std::vector<std::string> lines;
  for (const Named& one : traces_) {
    if (const auto cycle = one.trace->full_since()) {
      lines.push_back(fmt::format(
          "{}: full at cycle {}, the rest of the run is not in it; limit=SIZE allows more",
          one.option, *cycle));
    }
  }
  return lines;
}

std::vector<std::string> Traces::finish(Cycles cycle) {
  std::vector<std::string> problems;
  for (const Named& one : traces_) {
    try {
      one.trace->finish(cycle);
    } catch (const ConfigError& error) {
      problems.push_back(error.what());
    }
  }
  return problems;
}

}  // namespace tessera::app
