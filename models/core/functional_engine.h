// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/dmi_table.h"
#include "models/base/observers.h"
#include "models/core/hart_engine.h"
#include "models/core/hart_set.h"
#include "models/isa/interpreter.h"

namespace tessera {

/// Functional timing: harts take turns in the order of their ids. A turn lasts until the hart
/// reaches the horizon, sleeps, waits for an answer, or wakes another hart.
class FunctionalEngine final : public HartEngine {
 public:
  FunctionalEngine(const isa::IsaConfig& isa, std::vector<HartState>& harts, DmiTable& dmi,
                   isa::HartEnvironment& environment,
                   const Observers& observers = Observers::none());

  void take_over(Cycles now) override;
  bool is_at_rest() const override;
  void hold(bool /*is_held*/) override {}  // what is pending ends by itself
  void hand_back(Cycles /*now*/) override {}
  Cycles run(Cycles from, Cycles horizon) override;
  void limit(Cycles cycle) override;
  void request_stop() override;
  void clear_stop_request() override;
  /// REQUIRES: a hart has its turn.
  Cycles now() const override { return active_hart_->cycle; }
  bool is_idle() const override { return running_.is_empty(); }
  void sync(Cycles /*now*/) override {}

  void wake_up(std::uint32_t hart, Cycles cycle) override;
  void end_hart(std::uint32_t hart) override;
  void access_done(std::uint32_t hart, Cycles cycle) override;
  void watch_pc(std::uint32_t address, bool is_watched) override {
    interpreter_.watch_pc(address, is_watched);
  }
  void step_hart(std::uint32_t hart, bool is_stepped) override;
  void observer_came() override { interrupt_turn(); }
  void hold_hart(std::uint32_t hart, bool is_held, Cycles now) override;
  std::optional<std::uint32_t> register_value(std::uint32_t hart,
                                              std::uint32_t index) const override {
    return harts_[hart].x[index];
  }
  bool is_register_busy(std::uint32_t /*hart*/, std::uint32_t /*index*/) const override {
    return false;
  }
  void memory_written(std::uint32_t address, std::uint32_t bytes) override;

 private:
  /// From next_turn_ to the last hart; true when one could run.
  bool run_round();
  void run_hart(std::uint32_t hart);
  void report_wake_up(const HartState& hart) const;
  /// Lets the turn under way go on in a new run of the interpreter.
  void interrupt_turn();
  /// Ends the turn of the hart that acts with the instruction that is executing.
  void end_turn();

  std::vector<HartState>& harts_;
  isa::HartEnvironment& environment_;
  const Observers& observers_;
  isa::Interpreter interpreter_;
  HartSet running_;
  HartSet stepped_;                   ///< reported before each instruction
  HartSet held_;                      ///< have no turn
  HartState* active_hart_ = nullptr;  ///< whose turn it is
  bool is_turn_over_ = false;
  Cycles horizon_ = 0;
  std::uint32_t next_turn_ = 0;  ///< first hart that may have the next turn
  bool is_stop_requested_ = false;
};

}  // namespace tessera
