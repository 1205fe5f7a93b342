// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/base/observers.h"
#include "models/base/units.h"

namespace tessera {

/// The part of a run that a trace shows.
struct TraceWindow {
  static constexpr Cycles kNoEnd = ~Cycles{0};
  Cycles from = 0;
  Cycles to = kNoEnd;                   ///< exclusive
  std::optional<std::uint32_t> region;  ///< only while this region of interest is open
  std::set<std::uint32_t> harts;        ///< empty: all
  std::string scope;                    ///< names of agents, "*" for any text; empty: all
};

/// A trace and where it goes: "FILE[,harts=0-3,8][,from=N][,to=N][,roi=ID][,scope=PATTERN]".
struct TraceOption {
  std::string path;
  TraceWindow window;
};
/// Returns what is wrong with `text`, or nothing and the option in `option`.
std::string read_trace_option(const std::string& text, TraceOption& option);

/// Whether `text` has the form `pattern`, in which "*" stands for any text.
bool matches(const std::string& text, const std::string& pattern);

/// Decides what of a run is inside a window.
class TraceFilter {
 public:
  TraceFilter(TraceWindow window, const Observers& observers)
      : window_(std::move(window)), observers_(observers) {}

  bool shows(Cycles cycle) const {
    return cycle >= window_.from && cycle < window_.to && (!window_.region || open_regions_ > 0);
  }
  bool shows_agent(AgentId agent) {
    return agent < known_.size() && known_[agent] != Known::kUnknown
               ? known_[agent] == Known::kShown
               : look_up(agent);
  }
  void region(std::uint32_t id, bool begins);
  const TraceWindow& window() const { return window_; }
  const Observers& observers() const { return observers_; }

 private:
  enum class Known : std::uint8_t { kUnknown, kShown, kHidden };
  bool look_up(AgentId agent);

  const TraceWindow window_;
  const Observers& observers_;
  std::vector<Known> known_;  ///< by agent
  std::uint32_t open_regions_ = 0;
};

/// Something that watches a run and writes a file about it.
class Trace {
 public:
  Trace(const TraceWindow& window, const Observers& observers) : filter_(window, observers) {}
  virtual ~Trace() = default;
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  /// What it wants to see.
  virtual Probes probes() = 0;
  /// A region of interest begins or ends.
  virtual void region(std::uint32_t id, bool begins) { filter_.region(id, begins); }
  /// Called every now and then: everything before `cycle` has been told.
  virtual void passed(Cycles /*cycle*/) {}
  /// Completes the file; the run has ended in `cycle`. Throws ConfigError when it cannot be
  /// written.
  virtual void finish(Cycles cycle) = 0;

 protected:
  TraceFilter filter_;
};

}  // namespace tessera
