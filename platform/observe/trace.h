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
  std::string region_as_written;        ///< number or name; empty: there is none
  std::optional<std::uint32_t> region;  ///< only while this region of interest is open
  std::set<std::uint32_t> harts;        ///< empty: all
  std::string scope;                    ///< names of agents, "*" for any text; empty: all
  /// It shows nothing more once its files have this size, so that a long run of many harts does not
  /// fill the disk.
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
};

/// A trace and where it goes:
/// "FILE[,harts=0-3,8][,from=N][,to=N][,roi=REGION][,scope=PATTERN][,limit=SIZE]".
struct TraceOption {
  std::string path;
  TraceWindow window;
};
/// Returns what is wrong with `text`, or nothing and the option in `option`, whose region the
/// caller looks up in the program.
std::string read_trace_option(const std::string& text, TraceOption& option);

/// A region of interest begins or ends.
struct RegionMark {
  std::uint32_t id = 0;
  std::string name;  ///< of the program, else the number
  bool begins = false;
  Cycles cycle = 0;
  std::uint32_t hart = 0;
};

/// Whether `text` has the form `pattern`, in which "*" stands for any text.
bool matches(const std::string& text, const std::string& pattern);

/// Decides what of a run is inside a window.
class TraceFilter {
 public:
  TraceFilter(TraceWindow window, const Observers& observers)
      : window_(std::move(window)), observers_(observers) {
    update();
  }

  bool shows(Cycles cycle) const { return is_open_ && cycle >= window_.from && cycle < window_.to; }
  /// Whether it may show a cycle of [begin, end), unless a region begins there.
  bool may_show(Cycles begin, Cycles end) const {
    return is_open_ && begin < window_.to && end > window_.from;
  }
  bool shows_agent(AgentId agent) {
    return agent < known_.size() && known_[agent] != Known::kUnknown
               ? known_[agent] == Known::kShown
               : look_up(agent);
  }
  void region(std::uint32_t id, bool begins);
  /// Somebody wants to see nothing for a while.
  void switch_on(bool is_on);
  /// Shows nothing from now on.
  void stop();
  const TraceWindow& window() const { return window_; }
  const Observers& observers() const { return observers_; }

 private:
  enum class Known : std::uint8_t { kUnknown, kShown, kHidden };
  bool look_up(AgentId agent);
  void update() { is_open_ = is_on_ && !is_stopped_ && (!window_.region || open_regions_ > 0); }

  const TraceWindow window_;
  const Observers& observers_;
  std::vector<Known> known_;  ///< by agent
  std::uint32_t open_regions_ = 0;
  bool is_on_ = true;
  bool is_stopped_ = false;
  bool is_open_ = true;  ///< as update() has it
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
  virtual void region(const RegionMark& mark) { filter_.region(mark.id, mark.begins); }
  /// Shows nothing while it is off. Initially on.
  void switch_on(bool is_on) { filter_.switch_on(is_on); }
  /// Call every now and then: everything before `cycle` has been told.
  void poll(Cycles cycle);
  /// Since when it shows nothing because of the window's limit; nothing: it was not reached.
  std::optional<Cycles> full_since() const { return full_since_; }
  /// Completes the file; the run has ended in `cycle`. Throws ConfigError when it cannot be
  /// written.
  virtual void finish(Cycles cycle) = 0;

 protected:
  /// Everything before `cycle` has been told.
  virtual void passed(Cycles /*cycle*/) {}
  /// Size of its files so far.
  virtual std::uint64_t bytes_written() const = 0;

  TraceFilter filter_;

 private:
  std::optional<Cycles> full_since_;
};

}  // namespace tessera
