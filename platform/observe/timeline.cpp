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
  return harts_.try_emplace(id, id, symbols_).first->second;
}

Timeline::Track Timeline::track_of(Hart& hart) {
  if (!hart.track) {
    const auto [tile, core] = split_last(filter_.observers().agent_name(hart.id));
    hart.track = add_track(tile, core);
  }
  return *hart.track;
}

Timeline::Track Timeline::track_of(const Activity& activity, std::size_t lane) {
  std::optional<Track>& track = activities_[{activity.agent, activity.kind}].lanes[lane];
  if (!track) {
    const std::string kind = activity.kind;
    track = add_track(filter_.observers().agent_name(activity.agent),
                      lane == 0 ? kind : fmt::format("{} ({})", kind, lane + 1));
  }
  return *track;
}

std::uint32_t Timeline::process_of(const std::string& name) {
  const auto place = processes_.find(name);
  return place == processes_.end() ? add_track(name, "").process : place->second;
}

std::size_t Timeline::take_lane(Activities& all) {
  const auto place = std::find(all.is_taken.begin(), all.is_taken.end(), false);
  const auto lane = static_cast<std::size_t>(place - all.is_taken.begin());
  if (place == all.is_taken.end()) {
    all.lanes.emplace_back();
    all.is_taken.push_back(false);
  }
  all.is_taken[lane] = true;
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
  if (!filter_.shows(instruction.cycle)) {
    if (const auto place = harts_.find(instruction.hart); place != harts_.end()) {
      close(place->second, place->second.last);
    }
    return;
  }
  Hart& hart = this->hart(instruction.hart);
  hart.opening = filter_.openings().size() - 1;
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
    file_.slice(track_of(hart), function == nullptr ? "?" : function->name, begin,
                std::max(cycle, begin));
  }
  for (std::size_t i = unchanged; i < hart.stack.frames().size(); ++i) {
    hart.open.emplace_back(hart.stack.frames()[i].function, cycle);
  }
}

void Timeline::close(Hart& hart, Cycles end) {
  hart.stack.clear();
  follow(hart, end);
}

void Timeline::end_sleep(Hart& hart, Cycles end) {
  for (const TraceFilter::Opening& part : filter_.parts(hart.asleep_since, end)) {
    file_.slice(track_of(hart), "asleep", part.begin, part.end);
  }
  hart.asleep_since = TraceWindow::kNoEnd;
  if (hart.open.empty()) {
    return;
  }
  // The functions that it sleeps in end with the window.
  const TraceFilter::Opening& opening = filter_.openings()[hart.opening];
  hart.last = std::max(hart.last, std::min(end, opening.end));
  if (hart.opening + 1 < filter_.openings().size() || end >= opening.end) {
    close(hart, hart.last);
  }
}

void Timeline::trapped(std::uint32_t hart_id, std::uint32_t /*pc*/, std::uint32_t /*next_pc*/,
                       Cycles cycle) {
  const auto place = harts_.find(hart_id);
  if (place != harts_.end()) {
    close(place->second, filter_.shows(cycle) ? cycle : place->second.last);
  }
}

void Timeline::fell_asleep(std::uint32_t hart_id, std::uint32_t /*pc*/, Cycles cycle) {
  if (filter_.shows_agent(hart_id)) {
    hart(hart_id).asleep_since = cycle;
  }
}

void Timeline::woke_up(std::uint32_t hart_id, Cycles cycle) {
  const auto place = harts_.find(hart_id);
  if (place != harts_.end() && place->second.asleep_since != TraceWindow::kNoEnd) {
    end_sleep(place->second, std::max(cycle, place->second.asleep_since));
  }
}

// --- devices ---

void Timeline::launched(const Activity& activity, const Cause& cause, const std::string& text) {
  if (!filter_.shows_agent(activity.agent)) {
    return;
  }
  Open open;
  open.text = text;
  if (filter_.shows(cause.cycle) && cause.agent != kNobody && filter_.shows_agent(cause.agent)) {
    open.flow = ++num_flows_;
    file_.flow(track_of(hart(cause.agent)), open.flow, FlowStep::kStart, cause.cycle);
  }
  activities_[{activity.agent, activity.kind}].waiting[activity.number] = open;
}

void Timeline::begins(const Activity& activity, const std::string& text, Cycles cycle) {
  if (!filter_.shows_agent(activity.agent)) {
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
  open.lane = take_lane(all);
  if (open.flow != 0 && filter_.shows(cycle)) {
    file_.flow(track_of(activity, open.lane), open.flow, FlowStep::kMiddle, cycle);
  } else {
    open.flow = 0;
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
  write(activity, open, cycle);
  if (open.flow != 0) {
    all.unseen[activity.number] = open.flow;
  }
}

void Timeline::write(const Activity& activity, const Open& open, Cycles end) {
  const std::string number = fmt::format("{} {}", activity.kind, activity.number);
  for (const auto& part : filter_.parts(open.begin, std::max(end, open.begin))) {
    file_.slice(track_of(activity, open.lane), open.is_part ? open.text : number, part.begin,
                part.end, open.is_part ? number : open.text);
  }
}

void Timeline::completion_seen(const Activity& activity, const Cause& reader) {
  const auto place = activities_.find({activity.agent, activity.kind});
  if (place == activities_.end() || reader.agent == kNobody || !filter_.shows_agent(reader.agent)) {
    return;
  }
  auto& unseen = place->second.unseen;
  const auto end = unseen.upper_bound(activity.number);
  for (auto each = unseen.begin(); each != end; each = unseen.erase(each)) {
    if (filter_.shows(reader.cycle)) {
      file_.flow(track_of(hart(reader.agent)), each->second, FlowStep::kEnd, reader.cycle);
    }
  }
}

void Timeline::counted(AgentId agent, const char* counter, std::uint64_t value, Cycles cycle) {
  if (filter_.shows_agent(agent)) {
    const auto [place, is_new] = counters_.try_emplace({agent, counter});
    if (!is_new) {
      write(agent, counter, place->second, cycle);
    }
    place->second = {value, cycle};
  }
}

void Timeline::write(AgentId agent, const std::string& name, const Counter& counter, Cycles end) {
  for (const auto& part : filter_.parts(counter.since, std::max(end, counter.since))) {
    file_.counter(process_of(filter_.observers().agent_name(agent)), name, part.begin,
                  counter.value);
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
      if (filter_.shows(cycle)) {
        file_.flow(track_of(place->second), flow, FlowStep::kEnd, cycle);
      }
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
    region.spans.begin(mark.hart, mark.cycle);
  } else {
    region.spans.end(mark.hart, mark.cycle);
  }
}

RegionSpans::Take Timeline::draw(Region& region) {
  return [&](const RegionSpans::Span& span) {
    for (const TraceFilter::Opening& part : filter_.parts(span.begin, span.end)) {
      if (!region.track) {
        region.track = add_track("regions of interest", region.name);
      }
      file_.slice(*region.track, region.name, part.begin, part.end);
    }
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
    file_.counter(process_of("soc.cluster"), "l1_conflict_cycles",
                  std::max(last_sample_, filter_.openings().back().begin), total - last_conflicts_);
  }
  last_conflicts_ = total;
  last_sample_ = cycle;
}

void Timeline::finish(Cycles cycle) {
  for (auto& [id, hart] : harts_) {
    if (hart.asleep_since != TraceWindow::kNoEnd) {
      end_sleep(hart, std::max(cycle, hart.asleep_since));
    }
    close(hart, hart.last);
  }
  for (const auto& [kind, all] : activities_) {
    for (const auto& [number, open] : all.running) {
      write({kind.first, kind.second.c_str(), number}, open, cycle);
    }
  }
  for (auto& [id, region] : regions_) {
    region.spans.finish(cycle, draw(region));
  }
  for (const auto& [name, counter] : counters_) {
    write(name.first, name.second, counter, cycle);
  }
  file_.close();
}

}  // namespace tessera
