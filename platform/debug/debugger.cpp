// SPDX-License-Identifier: Apache-2.0
#include "platform/debug/debugger.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace tessera::debug {

namespace {

/// `hart` has done its step.
StopEvent step_of(std::uint32_t hart) {
  StopEvent event;
  event.kind = StopEvent::Kind::kStep;
  event.hart = hart;
  return event;
}

}  // namespace

bool Debugger::Watchpoint::is_hit_by(const MemoryAccess& access) const {
  const bool is_of_kind = kind == BreakpointKind::kWrite  ? access.writes()
                          : kind == BreakpointKind::kRead ? access.reads()
                                                          : true;
  return is_of_kind && access.address < std::uint64_t{address} + bytes &&
         address < std::uint64_t{access.address} + access.bytes;
}

Debugger::Debugger(Machine machine) : machine_(std::move(machine)) {
  std::vector<std::uint32_t> all(machine_.harts.num_harts());
  std::iota(all.begin(), all.end(), 0u);
  set_harts(std::move(all));
  machine_.harts.set_watcher(this);
}

Debugger::~Debugger() {
  release();
  machine_.harts.set_watcher(nullptr);
}

void Debugger::set_harts(std::vector<std::uint32_t> harts) {
  harts_ = std::move(harts);
  known_ = std::set<std::uint32_t>(harts_.begin(), harts_.end());
}

// --- breakpoints ---

bool Debugger::has_breakpoint(std::uint32_t address) const {
  return breakpoints_.count(address) != 0;
}

void Debugger::insert(BreakpointKind kind, std::uint32_t address, std::uint32_t bytes) {
  if (kind == BreakpointKind::kSoftware || kind == BreakpointKind::kHardware) {
    breakpoints_[address].insert(kind);
    return;
  }
  const Watchpoint watchpoint{kind, address, bytes};
  if (std::find(watchpoints_.begin(), watchpoints_.end(), watchpoint) == watchpoints_.end()) {
    watchpoints_.push_back(watchpoint);
  }
}

void Debugger::remove(BreakpointKind kind, std::uint32_t address, std::uint32_t bytes) {
  if (kind == BreakpointKind::kSoftware || kind == BreakpointKind::kHardware) {
    const auto found = breakpoints_.find(address);
    if (found != breakpoints_.end() && found->second.erase(kind) != 0 && found->second.empty()) {
      breakpoints_.erase(found);
    }
    return;
  }
  watchpoints_.erase(
      std::remove(watchpoints_.begin(), watchpoints_.end(), Watchpoint{kind, address, bytes}),
      watchpoints_.end());
}

// --- going on ---

Debugger::Place Debugger::place_of(std::uint32_t hart) const {
  return {machine_.harts.instructions(hart), machine_.harts.pc(hart)};
}

bool Debugger::is_stepping_off(const ResumeActions& actions) const {
  if (actions.size() != 1) {
    return false;
  }
  // The hart steps, or continues to a breakpoint that GDB has put at its next instruction.
  const std::uint32_t pc = machine_.harts.pc(actions.begin()->first);
  return previous_breakpoints_.count(pc) != 0 && !has_breakpoint(pc);
}

bool Debugger::is_stepping_off_watchpoint(const ResumeActions& actions) const {
  return actions.size() == 1 && watchpoint_hit_ && !has_watchpoint(*watchpoint_hit_);
}

std::optional<StopEvent> Debugger::resume(const ResumeActions& actions) {
  if (is_stepping_off_watchpoint(actions)) {
    watchpoint_hit_.reset();
    return step_of(actions.begin()->first);
  }
  watchpoint_hit_.reset();
  for (auto event = waiting_.begin(); event != waiting_.end();) {
    const bool is_for_others =
        event->hart ? actions.count(*event->hart) == 0 : is_stepping_off(actions);
    if (is_for_others) {
      ++event;
      continue;
    }
    StopEvent next = *event;
    event = waiting_.erase(event);
    if (is_still_true(next)) {
      note_report(next);
      return next;
    }
  }
  apply(actions);
  return std::nullopt;
}

void Debugger::apply(const ResumeActions& actions) {
  stepped_off_.reset();
  if (is_stepping_off(actions)) {
    stepped_off_ = machine_.harts.pc(actions.begin()->first);
  }
  const bool are_all = actions.size() == harts_.size();
  if (are_all) {
    previous_breakpoints_.clear();
  }
  std::set<std::uint32_t> wanted;
  for (const auto& [address, kinds] : breakpoints_) {
    wanted.insert(address);
    if (are_all) {
      previous_breakpoints_.insert(address);
    }
  }
  if (stepped_off_) {
    wanted.insert(*stepped_off_);
  }
  change(watched_pcs_, wanted,
         [this](std::uint32_t pc, bool is_in) { machine_.harts.watch_pc(pc, is_in); });

  resumed_.clear();
  std::set<std::uint32_t> stepped;
  std::set<std::uint32_t> held;
  for (const std::uint32_t hart : harts_) {
    const auto action = actions.find(hart);
    if (action != actions.end()) {
      resumed_[hart] = {action->second, machine_.harts.instructions(hart)};
    } else if (!stepped_off_) {
      held.insert(hart);
    }
    const bool is_stepped =
        action != actions.end() && action->second.kind != ResumeAction::Kind::kContinue;
    if (is_stepped || to_report_.count(hart) != 0) {
      stepped.insert(hart);
    }
  }
  change(stepped_, stepped,
         [this](std::uint32_t hart, bool is_in) { machine_.harts.step_hart(hart, is_in); });
  change(held_, held,
         [this](std::uint32_t hart, bool is_in) { machine_.harts.hold_hart(hart, is_in); });
  if (!watchpoints_.empty() && !is_memory_watched_) {
    is_memory_watched_ = true;
    machine_.watch_memory();
  }
}

void Debugger::change(std::set<std::uint32_t>& current, const std::set<std::uint32_t>& wanted,
                      const std::function<void(std::uint32_t, bool)>& set) {
  for (const std::uint32_t member : current) {
    if (wanted.count(member) == 0) {
      set(member, false);
    }
  }
  for (const std::uint32_t member : wanted) {
    if (current.count(member) == 0) {
      set(member, true);
    }
  }
  current = wanted;
}

void Debugger::release() {
  breakpoints_.clear();
  watchpoints_.clear();
  watchpoint_hit_.reset();
  latest_access_.clear();
  waiting_.clear();
  to_report_.clear();
  ResumeActions all;
  for (const std::uint32_t hart : harts_) {
    all[hart] = {};
  }
  apply(all);
}

void Debugger::moved(std::uint32_t hart) {
  reported_.erase(hart);
}

// --- stops ---

bool Debugger::has_finished(std::uint32_t hart, const Resumed& resumed) const {
  if (resumed.action.kind == ResumeAction::Kind::kContinue ||
      machine_.harts.instructions(hart) == resumed.instructions) {
    return false;
  }
  const std::uint32_t pc = machine_.harts.pc(hart);
  return resumed.action.kind == ResumeAction::Kind::kStep || pc < resumed.action.begin ||
         pc >= resumed.action.end;
}

bool Debugger::has_watchpoint(const StopEvent& event) const {
  return std::any_of(watchpoints_.begin(), watchpoints_.end(), [&](const Watchpoint& one) {
    return one.kind == event.breakpoint && event.address - one.address < one.bytes;
  });
}

bool Debugger::is_still_true(const StopEvent& event) const {
  switch (event.kind) {
    case StopEvent::Kind::kBreakpoint: {
      const auto place = reported_.find(*event.hart);
      return has_breakpoint(event.address) && place != reported_.end() &&
             place->second == place_of(*event.hart);
    }
    case StopEvent::Kind::kWatchpoint:
      return has_watchpoint(event);
    case StopEvent::Kind::kStep:
    case StopEvent::Kind::kSignal:
      break;
  }
  return true;
}

void Debugger::stop(StopEvent event) {
  // A device's access has no hart that GDB could hear of, but the one that steps off.
  const bool is_for_later = event.hart ? resumed_.count(*event.hart) == 0
                                       : stepped_off_ && event.kind == StopEvent::Kind::kWatchpoint;
  if (is_for_later) {
    waiting_.push_back(std::move(event));
    std::optional<StopEvent> finished = finished_step();
    if (!finished) {
      return;
    }
    event = std::move(*finished);
  }
  note_report(event);
  machine_.halt(event);
}

void Debugger::note_report(const StopEvent& event) {
  if (event.kind == StopEvent::Kind::kWatchpoint) {
    watchpoint_hit_ = event;
  }
}

std::optional<StopEvent> Debugger::finished_step() {
  for (const auto& [hart, resumed] : resumed_) {
    if (machine_.harts.instructions(hart) == resumed.instructions) {
      continue;
    }
    if (std::optional<StopEvent> event = breakpoint_at(hart)) {
      reported_[hart] = place_of(hart);
      return event;
    }
    if (has_finished(hart, resumed)) {
      return step_of(hart);
    }
  }
  return std::nullopt;
}

std::optional<std::uint32_t> Debugger::stepping_hart() const {
  const auto found = std::find_if(resumed_.begin(), resumed_.end(), [](const auto& one) {
    return one.second.action.kind != ResumeAction::Kind::kContinue;
  });
  return found == resumed_.end() ? std::nullopt : std::optional(found->first);
}

std::optional<StopEvent> Debugger::breakpoint_at(std::uint32_t hart) const {
  const std::uint32_t pc = machine_.harts.pc(hart);
  const auto found = breakpoints_.find(pc);
  const bool is_stepped_off_by_another = stepped_off_ == pc && resumed_.count(hart) == 0;
  if (found == breakpoints_.end() && !is_stepped_off_by_another) {
    return std::nullopt;
  }
  const auto place = reported_.find(hart);
  if (place != reported_.end() && place->second == place_of(hart)) {
    return std::nullopt;
  }
  StopEvent event;
  event.kind = StopEvent::Kind::kBreakpoint;
  event.hart = hart;
  event.address = pc;
  const bool is_hardware =
      found != breakpoints_.end() && found->second.count(BreakpointKind::kSoftware) == 0;
  event.breakpoint = is_hardware ? BreakpointKind::kHardware : BreakpointKind::kSoftware;
  return event;
}

void Debugger::hart_reached_pc(std::uint32_t hart) {
  if (!knows(hart)) {
    return;
  }
  const auto report = to_report_.find(hart);
  if (report != to_report_.end()) {
    const StopEvent event = report->second;
    to_report_.erase(report);
    stop(event);
  }
  if (const std::optional<StopEvent> event = breakpoint_at(hart)) {
    reported_[hart] = place_of(hart);
    stop(*event);
    return;
  }
  const auto resumed = resumed_.find(hart);
  if (resumed != resumed_.end() && has_finished(hart, resumed->second)) {
    stop(step_of(hart));
  }
}

void Debugger::hart_reached_ebreak(std::uint32_t hart) {
  if (knows(hart)) {
    StopEvent event;
    event.hart = hart;
    event.text = fmt::format("{}: ebreak", machine_.harts.hart_name(hart));
    stop(event);
  }
}

std::string Debugger::describe(const MemoryAccess& access) const {
  const char* what = !access.writes() ? "read" : access.reads() ? "changed" : "wrote";
  const bool is_hart = access.agent < machine_.harts.num_harts();
  const std::string place = is_hart ? machine_.describe_pc(access.pc) : "";
  return fmt::format(
      "{} {} {} bytes at 0x{:08x}{}, cycle {}", machine_.agent_name(access.agent), what,
      access.bytes, access.address,
      is_hart ? fmt::format(", pc 0x{:08x}{}", access.pc, place.empty() ? "" : " " + place) : "",
      access.cycle);
}

void Debugger::accessed(const MemoryAccess& access) {
  if (is_serving_) {
    return;
  }
  const auto hit = std::find_if(watchpoints_.begin(), watchpoints_.end(),
                                [&](const Watchpoint& one) { return one.is_hit_by(access); });
  if (hit == watchpoints_.end()) {
    return;
  }
  StopEvent event;
  event.kind = StopEvent::Kind::kWatchpoint;
  event.breakpoint = hit->kind;
  event.address = std::max(hit->address, access.address);
  event.agent = access.agent;
  event.text = describe(access);
  latest_access_ = event.text;
  if (access.agent >= machine_.harts.num_harts() || !knows(access.agent)) {
    stop(event);
    return;
  }
  event.hart = access.agent;
  if (machine_.is_access_immediate()) {  // inside the instruction: halt behind it
    to_report_[access.agent] = event;
    stepped_.insert(access.agent);
    machine_.harts.step_hart(access.agent, true);
  } else {
    stop(event);
  }
}

}  // namespace tessera::debug
