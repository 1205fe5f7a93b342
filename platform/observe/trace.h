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
  /// Cycles in which the window is open, `end` exclusive.
  struct Opening {
    Cycles begin = 0;
    Cycles end = TraceWindow::kNoEnd;

    bool contains(Cycles cycle) const { return cycle >= begin && cycle < end; }
  };

  TraceFilter(TraceWindow window, const Observers& observers)
      : window_(std::move(window)), observers_(observers) {
    update(0);
  }

  /// Whether something that happens now, in the time of who does it, is inside.
  bool shows(Cycles cycle) const { return is_open_ && cycle >= window_.from && cycle < window_.to; }
  /// Whether it may show a cycle of [begin, end), unless a region begins there.
  bool may_show(Cycles begin, Cycles end) const {
    return is_open_ && begin < window_.to && end > window_.from;
  }
  /// Whether it shows all cycles of [begin, end), whatever happens there.
  bool shows_all(Cycles begin, Cycles end) const {
    return is_open_ && begin >= window_.from && end <= window_.to && !window_.region;
  }
  bool shows_agent(AgentId agent) {
    return agent < known_.size() && known_[agent] != Known::kUnknown
               ? known_[agent] == Known::kShown
               : look_up(agent);
  }
  void region(const RegionMark& mark);
  /// From `cycle` on somebody wants to see nothing for a while, or all of it again.
  void switch_on(bool is_on, Cycles cycle);
  /// Shows nothing from `cycle` on.
  void stop(Cycles cycle);
  /// So far, in order; only the end of the latest may still change.
  const std::vector<Opening>& openings() const { return openings_; }
  /// What is in the window of something that begins and ends in these cycles, which may be the
  /// same. In functional timing instructions of harts behind or ahead of an opening's ends are
  /// shown, too: see shows().
  std::vector<Opening> parts(Cycles begin, Cycles end) const;
  const TraceWindow& window() const { return window_; }
  const Observers& observers() const { return observers_; }

 private:
  enum class Known : std::uint8_t { kUnknown, kShown, kHidden };
  bool look_up(AgentId agent);
  void update(Cycles cycle);

  const TraceWindow window_;
  const Observers& observers_;
  std::vector<Known> known_;  ///< by agent
  std::uint32_t open_regions_ = 0;
  bool is_on_ = true;
  bool is_stopped_ = false;
  bool is_open_ = false;  ///< as update() has it
  std::vector<Opening> openings_;
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
  virtual void region(const RegionMark& mark) { filter_.region(mark); }
  /// Shows nothing while it is off. Initially on.
  void switch_on(bool is_on, Cycles cycle) { filter_.switch_on(is_on, cycle); }
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
