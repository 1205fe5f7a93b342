// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/base/hart_control.h"
#include "models/base/probe.h"
#include "platform/debug/stop.h"

namespace tessera::debug {

/// Knows the breakpoints, and what each hart was resumed for; decides where the machine stops.
///
/// The machine always goes on as a free one would, and is halted by not returning to it: stepping a
/// hart means to halt at its next instruction, and the others run meanwhile. Only harts that the
/// client keeps stopped while it resumes another (scheduler-locking) are held back.
///
/// GDB steps off a breakpoint by removing it and resuming that one hart. This is seen for what it
/// is: nobody is held, and the breakpoint stays for the others. What happens to them meanwhile is
/// kept, and reported when the client resumes them.
///
/// It steps off a watchpoint as well: on RISC-V it believes that the access has yet to happen. It
/// has happened, whoever it was, so that this step is over at once, and the machine stays where it
/// is.
class Debugger final : public HartWatcher, public MemoryProbe {
 public:
  struct Machine {
    HartControl& harts;
    /// Runs the client's commands; comes back when the machine is to go on.
    std::function<void(const StopEvent&)> halt;
    /// From now on accessed() is called.
    std::function<void()> watch_memory;
    /// Accesses happen inside the instruction of the hart at its pc, not later: functional timing.
    std::function<bool()> is_access_immediate;
    std::function<std::string(AgentId)> agent_name;
    /// "main+0x1c at sw/x.c:12"; empty when unknown.
    std::function<std::string(std::uint32_t)> describe_pc;
  };
  explicit Debugger(Machine machine);
  ~Debugger() override;

  /// The harts that the client knows, ascending; others pass breakpoints. Initially all.
  void set_harts(std::vector<std::uint32_t> harts);
  const std::vector<std::uint32_t>& harts() const { return harts_; }
  bool knows(std::uint32_t hart) const { return known_.count(hart) != 0; }

  // While the machine stands still.
  void insert(BreakpointKind kind, std::uint32_t address, std::uint32_t bytes);
  void remove(BreakpointKind kind, std::uint32_t address, std::uint32_t bytes);
  /// What `actions` are to do from now on; an event when one was waiting to be reported, and then
  /// the machine must not go on.
  std::optional<StopEvent> resume(const ResumeActions& actions);
  /// The client has set the pc of `hart`.
  void moved(std::uint32_t hart);
  bool is_resumed(std::uint32_t hart) const { return resumed_.count(hart) != 0; }
  /// The hart that was resumed to step; nothing when none was.
  std::optional<std::uint32_t> stepping_hart() const;
  /// Forgets all breakpoints and events; all harts go on.
  void release();
  /// Whether the client has its turn: its own accesses are not reported.
  void set_serving(bool is_serving) { is_serving_ = is_serving; }
  /// The latest access that hit a watchpoint, as the user reads it; empty: none since release().
  const std::string& latest_access() const { return latest_access_; }
  /// Halts with `event`, on a hart that the client expects to hear of.
  void stop(StopEvent event);

  void hart_reached_pc(std::uint32_t hart) override;
  void hart_reached_ebreak(std::uint32_t hart) override;
  void accessed(const MemoryAccess& access) override;

 private:
  struct Watchpoint {
    BreakpointKind kind;
    std::uint32_t address;
    std::uint32_t bytes;
    bool is_hit_by(const MemoryAccess& access) const;
    bool operator==(const Watchpoint& other) const {
      return kind == other.kind && address == other.address && bytes == other.bytes;
    }
  };
  struct Resumed {
    ResumeAction action;
    std::uint64_t instructions = 0;  ///< retired when it was resumed
  };
  /// An instruction of a hart that has been reported: instructions retired, and pc.
  using Place = std::pair<std::uint64_t, std::uint32_t>;

  Place place_of(std::uint32_t hart) const;
  /// Makes `current` what is `wanted`; calls set() for each difference.
  static void change(std::set<std::uint32_t>& current, const std::set<std::uint32_t>& wanted,
                     const std::function<void(std::uint32_t, bool)>& set);
  bool has_breakpoint(std::uint32_t address) const;
  std::optional<StopEvent> breakpoint_at(std::uint32_t hart) const;
  bool has_finished(std::uint32_t hart, const Resumed& resumed) const;
  /// Of a resumed hart that stands where it shall stop, though it has not been reported yet.
  std::optional<StopEvent> finished_step();
  bool is_stepping_off(const ResumeActions& actions) const;
  bool is_stepping_off_watchpoint(const ResumeActions& actions) const;
  void apply(const ResumeActions& actions);
  /// The client hears of `event` now.
  void note_report(const StopEvent& event);
  /// Whether the watchpoint that `event` tells of is still there.
  bool has_watchpoint(const StopEvent& event) const;
  bool is_still_true(const StopEvent& event) const;
  std::string describe(const MemoryAccess& access) const;

  const Machine machine_;
  std::vector<std::uint32_t> harts_;
  std::set<std::uint32_t> known_;
  std::map<std::uint32_t, std::set<BreakpointKind>> breakpoints_;
  /// Those that were there when all harts were last resumed.
  std::set<std::uint32_t> previous_breakpoints_;
  /// Address that one hart steps off; for all others its breakpoint is still there.
  std::optional<std::uint32_t> stepped_off_;
  std::vector<Watchpoint> watchpoints_;
  /// What the client was told last; kWatchpoint only, and nothing was resumed since.
  std::optional<StopEvent> watchpoint_hit_;
  std::string latest_access_;
  bool is_memory_watched_ = false;
  bool is_serving_ = false;
  // What HartControl was told.
  std::set<std::uint32_t> watched_pcs_;
  std::set<std::uint32_t> stepped_;
  std::set<std::uint32_t> held_;
  std::map<std::uint32_t, Resumed> resumed_;
  std::map<std::uint32_t, Place> reported_;       ///< the latest breakpoint, by hart
  std::map<std::uint32_t, StopEvent> to_report_;  ///< at the next instruction of the hart
  std::deque<StopEvent> waiting_;                 ///< for their harts to be resumed
};

}  // namespace tessera::debug
