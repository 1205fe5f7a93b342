// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/timeline.h"

#include <algorithm>

#include <fmt/format.h>

namespace tessera {

namespace {

using FlowStep = TimelineFile::FlowStep;

constexpr Cycles kSampleCycles = 1000;

/// "soc.a.b[1]" -> {"soc.a", "b[1]"}.
std::pair<std::string, std::string> split_last(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? std::pair{name, name}
                                  : std::pair{name.substr(0, dot), name.substr(dot + 1)};
}

}  // namespace

Timeline::Timeline(const std::string& path, const TraceWindow& window, const Observers& observers,
                   const SymbolTable& symbols, const StatGroup& stats)
    : Trace(window, observers), symbols_(symbols), stats_(stats), file_(path) {}

// --- tracks ---

Timeline::Track Timeline::add_track(const std::string& process, const std::string& thread) {
  const auto [place, is_new] =
      processes_.try_emplace(process, static_cast<std::uint32_t>(processes_.size()) + 1);
  if (is_new) {
    num_threads_.push_back(0);
    file_.name_process(place->second, process);
  }
  const Track track{place->second, ++num_threads_[place->second - 1]};
  if (!thread.empty()) {
    file_.name_track(track, thread);
  }
  return track;
}

Timeline::Hart& Timeline::hart(std::uint32_t id) {
  const auto [place, is_new] = harts_.try_emplace(id, symbols_);
  if (is_new) {
    const auto [tile, core] = split_last(filter_.observers().agent_name(id));
    place->second.track = add_track(tile, core);
  }
  return place->second;
}

std::size_t Timeline::free_lane(Activities& all, const Activity& activity) {
  const auto place = std::find(all.is_taken.begin(), all.is_taken.end(), false);
  const auto lane = static_cast<std::size_t>(place - all.is_taken.begin());
  if (place == all.is_taken.end()) {
    const std::string kind = activity.kind;
    all.lanes.push_back(add_track(filter_.observers().agent_name(activity.agent),
                                  lane == 0 ? kind : fmt::format("{} ({})", kind, lane + 1)));
    all.is_taken.push_back(false);
  }
  return lane;
}

// --- harts ---

bool Timeline::watches(std::uint32_t hart_id, Cycles begin, Cycles end) {
  const auto place = harts_.find(hart_id);
  const bool is_open = place != harts_.end() && !place->second.open.empty();  // to be closed
  return is_open || (filter_.shows_agent(hart_id) && filter_.may_show(begin, end));
}

void Timeline::retired(const RetiredInstruction& instruction) {
  if (!filter_.shows_agent(instruction.hart)) {
    return;
  }
  Hart& hart = this->hart(instruction.hart);
  if (!filter_.shows(instruction.cycle)) {
    close(hart, hart.last);
    return;
  }
  hart.stack.arrive(instruction.pc);
  follow(hart, instruction.cycle);
  hart.last = instruction.cycle + 1;
  hart.stack.retired(instruction);
  follow(hart, hart.last);
}

void Timeline::follow(Hart& hart, Cycles cycle) {
  const std::size_t unchanged = hart.stack.take_unchanged();
  for (; hart.open.size() > unchanged; hart.open.pop_back()) {
    const auto& [function, begin] = hart.open.back();
    file_.slice(hart.track, function == nullptr ? "?" : function->name, begin,
                std::max(cycle, begin));
  }
  for (std::size_t i = unchanged; i < hart.stack.frames().size(); ++i) {
    hart.open.emplace_back(hart.stack.frames()[i].function, cycle);
  }
}

void Timeline::close(Hart& hart, Cycles end) {
  if (hart.asleep_since != TraceWindow::kNoEnd) {
    file_.slice(hart.track, "asleep", hart.asleep_since, std::max(end, hart.asleep_since));
    hart.asleep_since = TraceWindow::kNoEnd;
  }
  hart.stack.clear();
  follow(hart, end);
}

void Timeline::trapped(std::uint32_t hart_id, std::uint32_t /*pc*/, std::uint32_t /*next_pc*/,
                       Cycles cycle) {
  const auto place = harts_.find(hart_id);
  if (place != harts_.end()) {
    place->second.stack.clear();
    follow(place->second, cycle);
  }
}

void Timeline::fell_asleep(std::uint32_t hart_id, std::uint32_t /*pc*/, Cycles cycle) {
  if (filter_.shows(cycle) && filter_.shows_agent(hart_id)) {
    hart(hart_id).asleep_since = cycle;
  }
}

void Timeline::woke_up(std::uint32_t hart_id, Cycles cycle) {
  const auto place = harts_.find(hart_id);
  if (place == harts_.end() || place->second.asleep_since == TraceWindow::kNoEnd) {
    return;
  }
  Hart& hart = place->second;
  file_.slice(hart.track, "asleep", hart.asleep_since, std::max(cycle, hart.asleep_since));
  hart.asleep_since = TraceWindow::kNoEnd;
  hart.last = std::max(hart.last, cycle);
}

// --- devices ---

void Timeline::launched(const Activity& activity, const Cause& cause, const std::string& text) {
  if (!filter_.shows(cause.cycle) || !filter_.shows_agent(activity.agent)) {
    return;
  }
  Open open;
  open.text = text;
  if (cause.agent != kNobody && filter_.shows_agent(cause.agent)) {
    open.flow = ++num_flows_;
    file_.flow(hart(cause.agent).track, open.flow, FlowStep::kStart, cause.cycle);
  }
  activities_[{activity.agent, activity.kind}].waiting[activity.number] = open;
}

void Timeline::begins(const Activity& activity, const std::string& text, Cycles cycle) {
  if (!filter_.shows(cycle) || !filter_.shows_agent(activity.agent)) {
    return;
  }
  Activities& all = activities_[{activity.agent, activity.kind}];
  const auto waiting = all.waiting.find(activity.number);
  Open open;
  open.text = text;
  open.is_part = !text.empty();
  if (waiting != all.waiting.end()) {
    open = waiting->second;
    all.waiting.erase(waiting);
  }
  open.begin = cycle;
  open.lane = free_lane(all, activity);
  all.is_taken[open.lane] = true;
  if (open.flow != 0) {
    file_.flow(all.lanes[open.lane], open.flow, FlowStep::kMiddle, cycle);
  }
  all.running[activity.number] = open;
}

void Timeline::ends(const Activity& activity, Cycles cycle) {
  Activities& all = activities_[{activity.agent, activity.kind}];
  const auto running = all.running.find(activity.number);
  if (running == all.running.end()) {
    return;
  }
  const Open open = running->second;
  all.running.erase(running);
  all.is_taken[open.lane] = false;
  write(activity, open, all.lanes[open.lane], cycle);
  if (open.flow != 0) {
    all.unseen[activity.number] = open.flow;
  }
}

void Timeline::write(const Activity& activity, const Open& open, const Track& track, Cycles end) {
  const std::string number = fmt::format("{} {}", activity.kind, activity.number);
  file_.slice(track, open.is_part ? open.text : number, open.begin, std::max(end, open.begin),
              open.is_part ? number : open.text);
}

void Timeline::completion_seen(const Activity& activity, const Cause& reader) {
  const auto place = activities_.find({activity.agent, activity.kind});
  if (place == activities_.end() || reader.agent == kNobody || !filter_.shows_agent(reader.agent)) {
    return;
  }
  auto& unseen = place->second.unseen;
  const auto end = unseen.upper_bound(activity.number);
  for (auto each = unseen.begin(); each != end; each = unseen.erase(each)) {
    file_.flow(hart(reader.agent).track, each->second, FlowStep::kEnd, reader.cycle);
  }
}

void Timeline::counted(AgentId agent, const char* counter, std::uint64_t value, Cycles cycle) {
  if (filter_.shows(cycle) && filter_.shows_agent(agent)) {
    const std::string& name = filter_.observers().agent_name(agent);
    if (processes_.count(name) == 0) {
      add_track(name, "");
    }
    file_.counter(processes_.at(name), counter, cycle, value);
  }
}

// --- wake-up pulses ---

void Timeline::wake_up_sent(std::uint32_t hart_id, const Cause& cause) {
  if (!filter_.shows_agent(hart_id)) {
    return;
  }
  for (auto& [kind, all] : activities_) {
    if (kind.first == cause.agent) {
      for (const auto& [number, flow] : all.unseen) {
        hart(hart_id).flows.push_back(flow);
      }
      all.unseen.clear();
    }
  }
}

void Timeline::wake_up_taken(std::uint32_t hart_id, Cycles cycle) {
  const auto place = harts_.find(hart_id);
  if (place != harts_.end()) {
    for (const std::uint64_t flow : place->second.flows) {
      file_.flow(place->second.track, flow, FlowStep::kEnd, cycle);
    }
    place->second.flows.clear();
  }
}

// --- regions of interest ---

void Timeline::region(const RegionMark& mark) {
  Trace::region(mark);
  Region& region = regions_[mark.id];
  region.name = mark.name;
  if (mark.begins) {
    region.spans.begin(mark.hart, mark.cycle, filter_.shows(mark.cycle));
  } else {
    region.spans.end(mark.hart, mark.cycle);
  }
}

RegionSpans::Take Timeline::draw(Region& region) {
  return [&](const RegionSpans::Span& span) {
    if (!span.is_shown) {
      return;
    }
    if (!region.track) {
      region.track = add_track("regions of interest", region.name);
    }
    file_.slice(*region.track, region.name, span.begin, span.end);
  };
}

// --- counters of the machine, and the end ---

void Timeline::find_conflicts() {
  stats_.visit([this](const std::string& path, const Stat& stat) {
    if (stat.name == "conflict_cycles" && path.find(".cluster.") != std::string::npos) {
      conflicts_.push_back(stat.value);
    }
  });
}

void Timeline::passed(Cycles cycle) {
  for (auto& [id, region] : regions_) {
    region.spans.settle(cycle, draw(region));
  }
  if (cycle < last_sample_ + kSampleCycles) {
    return;
  }
  // The parts of cycle timing, which count conflicts, come to life with agents of their own.
  if (known_agents_ != filter_.observers().num_agents()) {
    known_agents_ = filter_.observers().num_agents();
    conflicts_.clear();
    find_conflicts();
  }
  std::uint64_t total = 0;
  for (const auto& value : conflicts_) {
    total += value();
  }
  if (filter_.shows(cycle) && !conflicts_.empty()) {
    if (processes_.count("soc.cluster") == 0) {
      add_track("soc.cluster", "");
    }
    file_.counter(processes_.at("soc.cluster"), "l1_conflict_cycles", last_sample_,
                  total - last_conflicts_);
  }
  last_conflicts_ = total;
  last_sample_ = cycle;
}

void Timeline::finish(Cycles cycle) {
  const Cycles end = std::min(cycle, filter_.window().to);
  for (auto& [id, hart] : harts_) {
    const bool sleeps = hart.asleep_since != TraceWindow::kNoEnd;
    close(hart, sleeps ? end : hart.last);
  }
  for (auto& [kind, all] : activities_) {
    for (const auto& [number, open] : all.running) {
      write({kind.first, kind.second.c_str(), number}, open, all.lanes[open.lane], end);
    }
  }
  for (auto& [id, region] : regions_) {
    region.spans.finish(end, draw(region));
  }
  file_.close();
}

}  // namespace tessera
