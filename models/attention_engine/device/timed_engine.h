// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "models/attention_engine/cycle/cycle_engine.h"
#include "models/base/steppable.h"

namespace tessera::attention_engine {

/// The cycle engine as a part of the loop of cycle timing, and who is told of its steps.
class TimedEngine final : public Steppable {
 public:
  /// `limit_run` ends the run of the loop that is under way in a cycle, or after the present one.
  TimedEngine(const EngineParameters& engine, AxiPort& port, const DeviceProbe& probe,
              std::function<void(Cycles)> limit_run)
      : engine_(engine, port, probe), limit_run_(std::move(limit_run)) {}

  CycleEngine& engine() { return engine_; }
  [[nodiscard]] const CycleEngine& engine() const { return engine_; }
  /// `stepped` is called after each cycle in which the engine does something.
  void connect(std::function<void(Cycles)> stepped) { stepped_ = std::move(stepped); }
  /// It is called in this cycle too; kNever: none.
  void set_deadline(Cycles cycle) { deadline_ = cycle; }
  /// The kernel has something to do in `cycle`.
  void limit_run(Cycles cycle) const { limit_run_(cycle); }

  Cycles next_active_cycle(Cycles from) const override {
    return std::min(engine_.next_active_cycle(from), std::max(from, deadline_));
  }
  void step(Cycles cycle) override {
    if (engine_.next_active_cycle(cycle) > cycle && cycle < deadline_) {
      return;
    }
    engine_.step(cycle);
    if (stepped_) {
      stepped_(cycle);
    }
  }
  [[nodiscard]] bool is_idle() const { return engine_.is_idle(); }

 private:
  CycleEngine engine_;
  const std::function<void(Cycles)> limit_run_;
  Cycles deadline_ = kNever;
  std::function<void(Cycles)> stepped_;
};

}  // namespace tessera::attention_engine
