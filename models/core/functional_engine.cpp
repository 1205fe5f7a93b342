// SPDX-License-Identifier: Apache-2.0
#include "models/core/functional_engine.h"

#include <algorithm>

namespace tessera {

FunctionalEngine::FunctionalEngine(const isa::IsaConfig& isa, std::vector<HartState>& harts,
                                   DmiTable& dmi, isa::HartEnvironment& environment,
                                   const Observers& observers)
    : harts_(harts),
      environment_(environment),
      observers_(observers),
      interpreter_(isa, dmi, environment, observers),
      running_(static_cast<std::uint32_t>(harts.size())),
      stepped_(static_cast<std::uint32_t>(harts.size())),
      held_(static_cast<std::uint32_t>(harts.size())) {}

void FunctionalEngine::take_over(Cycles now) {
  next_turn_ = 0;
  for (HartState& hart : harts_) {
    hart.cycle = std::max(hart.cycle, now);
    if (hart.activity == HartActivity::kRunning) {
      running_.insert(hart.hart_id);
    } else {
      running_.erase(hart.hart_id);
    }
  }
}

bool FunctionalEngine::is_at_rest() const {
  return std::none_of(harts_.begin(), harts_.end(), [](const HartState& hart) {
    return hart.activity == HartActivity::kBlocked;
  });
}

Cycles FunctionalEngine::run(Cycles /*from*/, Cycles horizon) {
  horizon_ = horizon;
  // Goes on where the last call stopped, so that a hart that was woken has its turn before its
  // waker has another one; ends after a round in which nobody could run.
  bool is_whole_round = next_turn_ == 0;
  bool has_run = true;
  while (has_run || !is_whole_round) {
    is_whole_round = next_turn_ == 0;
    has_run = run_round();
    if (is_stop_requested_) {
      break;
    }
    next_turn_ = 0;
  }
  return horizon_;
}

bool FunctionalEngine::run_round() {
  bool has_run = false;
  for (std::uint32_t hart = running_.next(next_turn_); hart != HartSet::kNone;
       hart = running_.next(next_turn_)) {
    next_turn_ = hart + 1;
    if (harts_[hart].cycle < horizon_ && !held_.contains(hart)) {
      run_hart(hart);
      has_run = true;
      if (is_stop_requested_) {
        break;
      }
    }
  }
  return has_run;
}

void FunctionalEngine::run_hart(std::uint32_t hart) {
  HartState& state = harts_[hart];
  active_hart_ = &state;
  is_turn_over_ = false;
  isa::StopReason reason = isa::StopReason::kBudget;
  // A stepped hart has its turn in pieces of one instruction.
  while (reason == isa::StopReason::kBudget && !is_turn_over_ && state.cycle < horizon_) {
    const bool is_stepped = stepped_.contains(hart);
    if (is_stepped && !interpreter_.is_watched(state.pc) && !environment_.pc_reached(state)) {
      continue;
    }
    reason = interpreter_.run(state, is_stepped ? 1 : horizon_ - state.cycle);
  }
  // Whoever comes next shall not act before what the hart did is known.
  if (stepped_.contains(hart) && reason == isa::StopReason::kBudget) {
    environment_.pc_reached(state);
  }
  if (reason == isa::StopReason::kAsleep || reason == isa::StopReason::kBlocked) {
    running_.erase(hart);
  }
  active_hart_ = nullptr;
}

void FunctionalEngine::interrupt_turn() {
  if (active_hart_ != nullptr) {
    interpreter_.limit_run_to(active_hart_->cycle);
  }
}

void FunctionalEngine::end_turn() {
  interpreter_.limit_run_to(active_hart_->cycle);
  is_turn_over_ = true;
}

void FunctionalEngine::step_hart(std::uint32_t hart, bool is_stepped) {
  if (!is_stepped) {
    stepped_.erase(hart);
    return;
  }
  stepped_.insert(hart);
  interrupt_turn();  // if it is its turn, that goes on in pieces
}

void FunctionalEngine::hold_hart(std::uint32_t hart, bool is_held, Cycles now) {
  if (is_held) {
    held_.insert(hart);
    if (active_hart_ == &harts_[hart]) {
      end_turn();
    }
  } else if (held_.contains(hart)) {
    held_.erase(hart);
    HartState& state = harts_[hart];
    if (state.activity != HartActivity::kAsleep && state.cycle < now) {
      state.stalled(StallReason::kModeSwitch) += now - state.cycle;
      state.cycle = now;
    }
  }
}

void FunctionalEngine::limit(Cycles cycle) {
  if (cycle < horizon_) {
    horizon_ = cycle;
    if (active_hart_ != nullptr) {
      interpreter_.limit_run_to(cycle);
    }
  }
}

void FunctionalEngine::request_stop() {
  is_stop_requested_ = true;
  interpreter_.request_stop();
}

void FunctionalEngine::clear_stop_request() {
  is_stop_requested_ = false;
  interpreter_.clear_stop_request();
}

void FunctionalEngine::wake_up(std::uint32_t hart, Cycles cycle) {
  HartState& state = harts_[hart];
  if (state.activity == HartActivity::kAsleep) {
    const Cycles woken = std::max(state.cycle, cycle + 1);
    state.asleep_cycles += woken - state.cycle;
    state.cycle = woken;
    state.activity = HartActivity::kRunning;
    running_.insert(hart);
    report_wake_up(state);
  } else if (state.wake_up_tokens.count < WakeUpTokens::kMax) {
    state.wake_up_tokens.add(cycle);
  } else {
    state.wake_up_tokens = {};
    environment_.guest_error(state, GuestErrorKind::kMissedWakeUp, 0,
                             "the 3-bit wake-up counter wrapped: more than 7 pulses without a wfi");
  }
  // Who was woken shall see the pulse before the waker sends the next one.
  if (active_hart_ != nullptr && active_hart_ != &state) {
    end_turn();
  }
}

void FunctionalEngine::report_wake_up(const HartState& hart) const {
  if (HartProbe* probe = observers_.harts()) {
    probe->woke_up(hart.hart_id, hart.cycle);
  }
  if (SyncProbe* sync = observers_.sync()) {
    sync->wake_up_taken(hart.hart_id, hart.cycle);
  }
}

void FunctionalEngine::end_hart(std::uint32_t hart) {
  running_.erase(hart);
  if (active_hart_ == &harts_[hart]) {
    end_turn();
  }
}

void FunctionalEngine::access_done(std::uint32_t hart, Cycles cycle) {
  HartState& state = harts_[hart];
  state.cycle = std::max(state.cycle, cycle);
  state.activity = HartActivity::kRunning;
  running_.insert(hart);
}

void FunctionalEngine::memory_written(std::uint32_t address, std::uint32_t bytes) {
  const std::uint32_t page_bytes = DmiTable::kPageBytes;
  const std::uint64_t end = std::uint64_t{address} + bytes;
  for (std::uint64_t page = address & ~(page_bytes - 1); page < end; page += page_bytes) {
    const auto first = static_cast<std::uint32_t>(std::max<std::uint64_t>(page, address));
    if (interpreter_.has_code(first)) {
      const auto last = std::min<std::uint64_t>(page + page_bytes, end);
      interpreter_.invalidate_code(first, static_cast<std::uint32_t>(last - first));
    }
  }
}

}  // namespace tessera
