// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/base/stat.h"
#include "platform/observe/function_stack.h"
#include "platform/observe/region_spans.h"
#include "platform/observe/timeline_file.h"
#include "platform/observe/trace.h"

namespace tessera {

/// When who did what: functions and sleep of harts, activities of devices, arrows from the register
/// write that starts an activity to who sees its end, regions of interest, counters. Format:
/// timeline_file.h.
class Timeline final : public Trace, public HartProbe, public ActivityProbe, public SyncProbe {
 public:
  /// `stats`: of the machine; conflicts are counted there. Both outlive it. Throws ConfigError.
  Timeline(const std::string& path, const TraceWindow& window, const Observers& observers,
           const SymbolTable& symbols, const StatGroup& stats);

  Probes probes() override { return {this, nullptr, this, this}; }
  void finish(Cycles cycle) override;
  void region(const RegionMark& mark) override;

  // HartProbe
  bool watches(std::uint32_t hart, Cycles begin, Cycles end) override;
  void retired(const RetiredInstruction& instruction) override;
  void fell_asleep(std::uint32_t hart, std::uint32_t pc, Cycles cycle) override;
  void woke_up(std::uint32_t hart, Cycles cycle) override;
  void trapped(std::uint32_t hart, std::uint32_t pc, std::uint32_t next_pc, Cycles cycle) override;
  // ActivityProbe
  void launched(const Activity& activity, const Cause& cause, const std::string& text) override;
  void begins(const Activity& activity, const std::string& text, Cycles cycle) override;
  void ends(const Activity& activity, Cycles cycle) override;
  void completion_seen(const Activity& activity, const Cause& reader) override;
  void counted(AgentId agent, const char* counter, std::uint64_t value, Cycles cycle) override;
  // SyncProbe
  void wake_up_sent(std::uint32_t hart, const Cause& cause) override;
  void wake_up_taken(std::uint32_t hart, Cycles cycle) override;

 private:
  void passed(Cycles cycle) override;
  std::uint64_t bytes_written() const override { return file_.bytes_written(); }

  using Track = TimelineFile::Track;
  using Kind = std::pair<AgentId, std::string>;
  /// Kept up outside of the window, too, so that it shows what is under way when it opens.
  struct Open {
    std::string text;
    bool is_part = false;    ///< of another activity; `text` is its name
    std::uint64_t flow = 0;  ///< 0: none
    Cycles begin = 0;
    std::size_t lane = 0;
  };
  /// Of one kind, of one device. Those that overlap are drawn in lanes.
  struct Activities {
    std::vector<std::optional<Track>> lanes;  ///< none before the first slice
    std::vector<bool> is_taken;               ///< by lane
    std::map<std::uint64_t, Open> waiting;    ///< launched, by number
    std::map<std::uint64_t, Open> running;
    std::map<std::uint64_t, std::uint64_t> unseen;  ///< flows of those whose end nobody has seen
  };
  struct Hart {
    Hart(std::uint32_t number, const SymbolTable& symbols) : id(number), stack(symbols) {}

    std::uint32_t id;
    std::optional<Track> track;  ///< none before the first slice
    FunctionStack stack;
    std::vector<std::pair<const CodeRange*, Cycles>> open;  ///< of its frames, since when
    Cycles last = 0;                                        ///< latest cycle told of
    std::size_t opening = 0;                                ///< of the window, with that cycle
    Cycles asleep_since = TraceWindow::kNoEnd;
    std::vector<std::uint64_t> flows;  ///< that end when it takes the pulse
  };

  /// Of interest; as in the statistics.
  struct Region {
    std::string name;
    std::optional<Track> track;  ///< once something is drawn
    RegionSpans spans;
  };

  /// A number of a device, since when.
  struct Counter {
    std::uint64_t value = 0;
    Cycles since = 0;
  };

  Hart& hart(std::uint32_t id);
  Track add_track(const std::string& process, const std::string& thread);
  Track track_of(Hart& hart);
  Track track_of(const Activity& activity, std::size_t lane);
  std::uint32_t process_of(const std::string& name);
  /// The hart wakes up, or the run ends.
  void end_sleep(Hart& hart, Cycles end);
  /// The hart's stack has changed, in `cycle`.
  void follow(Hart& hart, Cycles cycle);
  void close(Hart& hart, Cycles end);
  static std::size_t take_lane(Activities& all);
  void write(const Activity& activity, const Open& open, Cycles end);
  void write(AgentId agent, const std::string& name, const Counter& counter, Cycles end);
  RegionSpans::Take draw(Region& region);
  void find_conflicts();

  const SymbolTable& symbols_;
  const StatGroup& stats_;
  TimelineFile file_;
  std::map<std::string, std::uint32_t> processes_;
  std::vector<std::uint32_t> num_threads_;  ///< by process
  std::map<std::uint32_t, Hart> harts_;
  std::map<Kind, Activities> activities_;
  std::map<std::uint32_t, Region> regions_;  ///< by id
  std::map<std::pair<AgentId, std::string>, Counter> counters_;
  std::vector<std::function<std::uint64_t()>> conflicts_;
  std::uint64_t last_conflicts_ = 0;
  std::uint32_t known_agents_ = 0;
  Cycles last_sample_ = 0;
  std::uint64_t num_flows_ = 0;
};

}  // namespace tessera
