// SPDX-License-Identifier: Apache-2.0
#include "models/core/cycle_harts.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "models/base/error.h"

namespace tessera {
namespace {

/// Where no instruction is: pc is even.
constexpr std::uint32_t kNoCode = 1;

}  // namespace

CycleHarts::CycleHarts(const CycleHartsParameters& parameters, std::vector<HartState>& harts,
                       const CycleHartsServices& services, StatGroup& stats)
    : parameters_(parameters),
      services_(services),
      harts_(harts),
      code_(services.dmi, DmiTable::kHoldsTimedCode),
      pipelines_(harts.size()),
      fronts_(harts.size()),
      all_ids_(~0u >> (32 - parameters.max_outstanding)),
      held_(static_cast<std::uint32_t>(harts.size())),
      stepped_(static_cast<std::uint32_t>(harts.size())),
      active_(static_cast<std::uint32_t>(harts.size())),
      activated_(static_cast<std::uint32_t>(harts.size())) {
  for (Pipeline& pipeline : pipelines_) {
    reset(pipeline);
  }
  for (std::size_t i = 0; i < kNumStallReasons; ++i) {
    const auto reason = static_cast<StallReason>(i);
    stats.add(fmt::format("stalled_{}_cycles", to_string(reason)), "cycles",
              fmt::format("of all harts awake without issue: {}", to_string(reason)),
              [this, reason] {
                std::uint64_t total = 0;
                for (const HartState& state : harts_) {
                  total += state.stalled(reason);
                }
                return total;
              });
  }
}

// --- change of timing mode ---

void CycleHarts::resume_at(Cycles cycle) {
  TESSERA_CHECK(is_drained(), "harts resume with something under way");
  is_held_ = false;
  update_attended();
  active_.clear();
  activated_.clear();
  starts_.clear();
  for (std::uint32_t hart = 0; hart < harts_.size(); ++hart) {
    take_over(hart, cycle);
  }
}

void CycleHarts::reset(Pipeline& pipeline) const {
  pipeline = {};
  pipeline.code_base = kNoCode;
  pipeline.free_ids = all_ids_;
  pipeline.offload = OffloadUnit(!parameters_.isa.xpulpimg);
  pipeline.is_idle = true;
}

void CycleHarts::take_over(std::uint32_t hart, Cycles cycle) {
  HartState& state = harts_[hart];
  Pipeline& pipeline = pipelines_[hart];
  reset(pipeline);
  pipeline.idle_since = state.cycle;
  switch (state.activity) {
    case HartActivity::kEnded:
      return;
    case HartActivity::kBlocked:
      TESSERA_CHECK(false, "hart {} changes its timing mode within an access", hart);
    case HartActivity::kAsleep:
      pipeline.is_asleep = true;
      break;
    case HartActivity::kRunning:
      pipeline.stall = StallReason::kModeSwitch;
      insert(starts_, {std::max(state.cycle, cycle), hart});
      break;
  }
  // Pulses of senders that are ahead of this hart have not arrived yet.
  WakeUpTokens tokens;
  for (std::uint8_t i = 0; i < state.wake_up_tokens.count; ++i) {
    const Cycles arrival = state.wake_up_tokens.cycles[i];
    if (arrival < std::max(state.cycle, cycle)) {
      tokens.add(arrival);
    } else {
      insert(pulses_, {arrival, hart});
    }
  }
  state.wake_up_tokens = tokens;
}

void CycleHarts::hold(bool is_held) {
  for (std::uint32_t hart = 0; hart < harts_.size() && is_held_ && !is_held; ++hart) {
    release(hart, pipelines_[hart].idle_since);
  }
  is_held_ = is_held;
  update_attended();
}

void CycleHarts::release(std::uint32_t hart, Cycles cycle) {
  const Pipeline& pipeline = pipelines_[hart];
  if (pipeline.is_idle && !pipeline.is_asleep && pipeline.stall == StallReason::kModeSwitch) {
    insert(starts_, {cycle, hart});
  }
}

bool CycleHarts::is_drained() const {
  return pulses_.empty() &&
         std::all_of(pipelines_.begin(), pipelines_.end(), [this](const Pipeline& pipeline) {
           return pipeline.offload.is_empty() && !pipeline.is_front_waiting &&
                  pipeline.free_ids_next() == all_ids_;
         });
}

void CycleHarts::suspend_at(Cycles cycle) {
  TESSERA_CHECK(is_drained(), "harts change their timing mode with something under way");
  synchronise(cycle);
  active_.clear();
  activated_.clear();
  starts_.clear();
}

void CycleHarts::synchronise(Cycles cycle) {
  for (std::uint32_t hart = 0; hart < harts_.size(); ++hart) {
    if (harts_[hart].activity != HartActivity::kEnded) {
      book_idle(hart, cycle);
      harts_[hart].cycle = std::max(harts_[hart].cycle, cycle);
    }
  }
}

void CycleHarts::end_hart(std::uint32_t hart, Cycles cycle) {
  book_idle(hart, cycle);
  active_.erase(hart);
  activated_.erase(hart);
  harts_[hart].cycle = std::max(harts_[hart].cycle, cycle);
  harts_[hart].activity = HartActivity::kEnded;
  Pipeline& pipeline = pipelines_[hart];
  pipeline.is_idle = true;
  pipeline.is_front_waiting = false;
  pipeline.offload = {};
}

void CycleHarts::invalidate_code(std::uint32_t address, std::uint32_t bytes) {
  if (code_.invalidate(address, bytes)) {
    forget_code();
  }
}

// --- for debuggers ---

void CycleHarts::watch_pc(std::uint32_t address, bool is_watched) {
  if (is_watched) {
    watched_.insert(address);
  } else {
    watched_.erase(address);
  }
  code_.forget(address);
  forget_code();
}

void CycleHarts::step_hart(std::uint32_t hart, bool is_stepped) {
  if (is_stepped) {
    stepped_.insert(hart);
  } else {
    stepped_.erase(hart);
  }
  update_attended();
}

void CycleHarts::hold_hart(std::uint32_t hart, bool is_held, Cycles cycle) {
  if (is_held) {
    held_.insert(hart);
  } else if (held_.contains(hart)) {
    held_.erase(hart);
    release(hart, std::max(cycle, pipelines_[hart].idle_since));
  }
  update_attended();
}

std::optional<std::uint32_t> CycleHarts::register_value(std::uint32_t hart,
                                                        std::uint32_t index) const {
  return is_register_busy(hart, index) ? pipelines_[hart].offload.pending_result(index)
                                       : harts_[hart].x[index];
}

void CycleHarts::forget_code() {
  for (Pipeline& pipeline : pipelines_) {
    pipeline.code = nullptr;
    pipeline.code_base = kNoCode;
  }
}

// --- harts that need no visit ---

void CycleHarts::insert(Events& events, Event event) {
  auto place = events.end();
  while (place != events.begin() && std::prev(place)->cycle > event.cycle) {
    --place;
  }
  events.insert(place, event);
}

void CycleHarts::book_idle(std::uint32_t hart, Cycles cycle) {
  Pipeline& pipeline = pipelines_[hart];
  HartState& state = harts_[hart];
  if (!pipeline.is_idle || cycle <= pipeline.idle_since) {
    return;
  }
  Cycles& counter = pipeline.is_asleep ? state.asleep_cycles : state.stalled(pipeline.stall);
  counter += cycle - pipeline.idle_since;
  if (!pipeline.is_asleep) {
    report_stall(hart, pipeline.stall, pipeline.idle_since, cycle - pipeline.idle_since);
  }
  pipeline.idle_since = cycle;
}

bool CycleHarts::is_waiting(std::uint32_t hart, const Pipeline& pipeline) const {
  if (!pipeline.offload.is_empty() ||
      (pipeline.is_front_waiting && pipeline.free_ids_next() != 0)) {
    return false;
  }
  return pipeline.is_asleep || is_waiting_to_issue(hart, pipeline);
}

bool CycleHarts::is_waiting_to_issue(std::uint32_t hart, const Pipeline& pipeline) const {
  switch (pipeline.stall) {
    case StallReason::kFetch:
    case StallReason::kModeSwitch:
      return true;
    case StallReason::kOperand:
    case StallReason::kDestination: {
      const std::uint32_t index = TimedPage::index_of(harts_[hart].pc, pipeline.code_base);
      return pipeline.code != nullptr &&
             (pipeline.busy_next() & pipeline.code[index].blockers) != 0;
    }
    case StallReason::kLoadStore:
      return pipeline.is_front_waiting;
    case StallReason::kFence:
      return pipeline.free_ids_next() != all_ids_;
    case StallReason::kOffload:
    case StallReason::kCount:
      break;
  }
  return false;
}

void CycleHarts::reconsider(std::uint32_t hart, Cycles cycle) {
  Pipeline& pipeline = pipelines_[hart];
  if (harts_[hart].activity == HartActivity::kEnded) {
    return;
  }
  if (!is_waiting(hart, pipeline)) {
    book_idle(hart, cycle + 1);
    settle(pipeline);
    pipeline.is_idle = false;
    activated_.insert(hart);
  } else if (pipeline.stall == StallReason::kOperand && !pipeline.is_asleep) {
    const std::uint32_t index = TimedPage::index_of(harts_[hart].pc, pipeline.code_base);
    if ((pipeline.busy_next() & pipeline.code[index].sources) == 0) {
      book_idle(hart, cycle + 1);
      pipeline.stall = StallReason::kDestination;
    }
  }
}

void CycleHarts::activate(std::uint32_t hart, Cycles cycle) {
  Pipeline& pipeline = pipelines_[hart];
  book_idle(hart, cycle);
  if (pipeline.response_cycle != cycle) {
    settle(pipeline);
  }
  pipeline.is_idle = false;
  active_.insert(hart);
}

void CycleHarts::start_harts(Cycles cycle) {
  for (; !starts_.empty() && starts_.front().cycle <= cycle; starts_.pop_front()) {
    const std::uint32_t hart = starts_.front().hart;
    if (harts_[hart].activity == HartActivity::kRunning) {
      activate(hart, cycle);
    }
  }
}

void CycleHarts::wake_fetchers(Cycles cycle) {
  for (const std::uint32_t hart : services_.caches.harts_ready()) {
    const Pipeline& pipeline = pipelines_[hart];
    if (pipeline.is_idle && !pipeline.is_asleep && pipeline.stall == StallReason::kFetch &&
        harts_[hart].activity == HartActivity::kRunning) {
      activate(hart, cycle);
    }
  }
}

// --- wake-up pulses ---

void CycleHarts::wake_up(std::uint32_t hart, Cycles cycle) {
  if (harts_[hart].activity != HartActivity::kEnded) {
    insert(pulses_, {cycle, hart});
  }
}

void CycleHarts::mark_pulses(Cycles cycle) {
  for (auto pulse = pulses_.begin(); pulse != pulses_.end() && pulse->cycle <= cycle; ++pulse) {
    pipelines_[pulse->hart].has_pulse = true;
  }
}

void CycleHarts::take_pulses(Cycles cycle) {
  for (; !pulses_.empty() && pulses_.front().cycle <= cycle; pulses_.pop_front()) {
    Pipeline& pipeline = pipelines_[pulses_.front().hart];
    if (pipeline.has_pulse) {  // neither taken by a wfi nor doubled
      pipeline.has_pulse = false;
      take_pulse(pulses_.front().hart, cycle);
    }
  }
}

void CycleHarts::take_pulse(std::uint32_t hart, Cycles cycle) {
  HartState& state = harts_[hart];
  Pipeline& pipeline = pipelines_[hart];
  if (state.activity == HartActivity::kAsleep) {
    state.activity = HartActivity::kRunning;
    if (pipeline.is_idle) {
      book_idle(hart, cycle + 1);
      pipeline.stall = StallReason::kModeSwitch;  // if it has yet to fall asleep by its own time
      insert(starts_, {std::max(cycle + 1, pipeline.idle_since), hart});
    }
    pipeline.is_asleep = false;
    if (HartProbe* probe = services_.observers.harts()) {
      probe->woke_up(hart, cycle + 1);
    }
    report_wake_up_taken(hart, cycle + 1);
  } else if (state.activity == HartActivity::kRunning) {
    if (state.wake_up_tokens.count < WakeUpTokens::kMax) {
      state.wake_up_tokens.add(cycle);
    } else {
      state.wake_up_tokens = {};
      state.cycle = cycle;
      services_.environment.guest_error(
          state, GuestErrorKind::kMissedWakeUp, 0,
          "the 3-bit wake-up counter wrapped: more than 7 pulses without a wfi");
    }
  }
}

// --- a cycle ---

Cycles CycleHarts::next_active_cycle(Cycles from) const {
  if (!active_.is_empty() || !activated_.is_empty()) {
    return from;
  }
  const Cycles pulse = pulses_.empty() ? kNever : pulses_.front().cycle;
  const Cycles start = starts_.empty() ? kNever : starts_.front().cycle;
  return std::max(from, std::min(pulse, start));
}

}  // namespace tessera
