// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "models/attention_engine/cycle/cycle_engine.h"
#include "models/base/steppable.h"

namespace tessera::attention_engine {

/// The cycle engine as a part of the loop of cycle timing, and who is told when it has ended.
class TimedEngine final : public Steppable {
 public:
  TimedEngine(const EngineParameters& engine, AxiPort& port) : engine_(engine, port) {}

  CycleEngine& engine() { return engine_; }
  /// `ended` is called in the cycle in which the engine gets idle, fails or reaches `deadline`.
  void expect_end(Cycles deadline, std::function<void(Cycles)> ended) {
    deadline_ = deadline;
    ended_ = std::move(ended);
  }

  Cycles next_active_cycle(Cycles from) const override {
    const Cycles next = engine_.next_active_cycle(from);
    return ended_ ? std::min(next, std::max(from, deadline_)) : next;
  }
  void step(Cycles cycle) override {
    engine_.step(cycle);
    if (ended_ && (engine_.is_idle() || engine_.has_failed() || cycle >= deadline_)) {
      const auto ended = std::move(ended_);
      ended_ = nullptr;
      ended(cycle);
    }
  }
  /// Nobody waits for it and AXI owes nothing.
  [[nodiscard]] bool is_idle() const { return !ended_ && engine_.is_idle(); }

 private:
  CycleEngine engine_;
  Cycles deadline_ = kNever;
  std::function<void(Cycles)> ended_;
};

}  // namespace tessera::attention_engine
