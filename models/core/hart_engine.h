// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "models/base/units.h"

namespace tessera {

/// Advances the harts in one timing mode. The cluster has one for each mode that is in use; both
/// work on the same HartStates, and one at a time holds them.
class HartEngine {
 public:
  virtual ~HartEngine() = default;

  /// Takes the harts over. Local times may lie ahead of `now`, never behind.
  virtual void take_over(Cycles now) = 0;
  /// Nothing of any hart is under way outside its HartState: the harts can be handed over.
  virtual bool is_at_rest() const = 0;
  /// Makes is_at_rest() come true: with `is_held`, harts begin nothing new.
  virtual void hold(bool is_held) = 0;
  /// Gives the harts back; `now` is the first cycle that has not been run. REQUIRES: is_at_rest().
  virtual void hand_back(Cycles now) = 0;

  /// Runs all harts from the kernel's time `from` up to `horizon`, or what limit() says meanwhile,
  /// or until request_stop(). Returns the cycle that has been reached.
  virtual Cycles run(Cycles from, Cycles horizon) = 0;
  /// Shortens the run under way to `cycle`, or to what is being executed if that is later.
  virtual void limit(Cycles cycle) = 0;
  /// Ends the run under way after what is being executed.
  virtual void request_stop() = 0;
  virtual void clear_stop_request() = 0;
  /// Inside run(): local time of who acts.
  virtual Cycles now() const = 0;
  /// No hart can go on before something outside of them happens.
  virtual bool is_idle() const = 0;
  /// Brings the HartStates up to date, for whoever reads them between two runs.
  virtual void sync(Cycles now) = 0;

  /// A pulse that left its source at `cycle`.
  virtual void wake_up(std::uint32_t hart, Cycles cycle) = 0;
  /// `hart` takes no further part.
  virtual void end_hart(std::uint32_t hart) = 0;
  /// The pending access of `hart` has its answer.
  virtual void access_done(std::uint32_t hart, Cycles cycle) = 0;

  // For debuggers. HartEnvironment::pc_reached() is called before a hart executes at a watched
  // address, and before each instruction of a stepped hart; neither takes time.
  virtual void watch_pc(std::uint32_t address, bool is_watched) = 0;
  virtual void step_hart(std::uint32_t hart, bool is_stepped) = 0;
  /// An observer has come in the midst of run(): the next instruction is seen.
  virtual void observer_came() = 0;
  /// A held hart executes nothing; time goes on. One that is being reported is reported again when
  /// it is held no more. `now`: of the kernel or of who acts.
  virtual void hold_hart(std::uint32_t hart, bool is_held, Cycles now) = 0;
  /// Nothing while the value of the register is on its way.
  virtual std::optional<std::uint32_t> register_value(std::uint32_t hart,
                                                      std::uint32_t index) const = 0;
  /// What is written to the register now would be overwritten by what is on its way.
  virtual bool is_register_busy(std::uint32_t hart, std::uint32_t index) const = 0;

  virtual void memory_written(std::uint32_t address, std::uint32_t bytes) = 0;
};

}  // namespace tessera
