// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/base/units.h"

namespace tessera {

/// Whoever stops harts at instructions: a debugger. Called in the midst of the simulation, which
/// goes on when the call returns: a watcher that takes its time halts the machine at this very
/// point, and changes nothing of what comes.
/// It may use HartControl, and read and write memory.
class HartWatcher {
 public:
  virtual ~HartWatcher() = default;
  /// The instruction at the pc of `hart`, watched or of a stepped hart, executes next. Comes again
  /// for the same instruction when the hart was held, or has to wait for a memory's answer.
  virtual void hart_reached_pc(std::uint32_t hart) = 0;
  /// `hart` executes the ebreak at its pc, which does nothing else.
  virtual void hart_reached_ebreak(std::uint32_t hart) = 0;
};

/// A control and status register that harts implement.
struct CsrDescription {
  std::uint32_t number;
  const char* name;
};

/// What a debugger sees of the harts, and how it leads them. Nothing here takes simulated time.
class HartControl {
 public:
  virtual ~HartControl() = default;

  /// Null: nobody.
  virtual void set_watcher(HartWatcher* watcher) = 0;
  /// Whether the watcher hears of harts that come to `address`; calls are not counted.
  virtual void watch_pc(std::uint32_t address, bool is_watched) = 0;
  /// Whether it hears of each instruction of `hart`.
  virtual void step_hart(std::uint32_t hart, bool is_stepped) = 0;
  /// Whether `hart` executes nothing while time goes on. This, unlike all else here, changes what
  /// the machine does.
  virtual void hold_hart(std::uint32_t hart, bool is_held) = 0;

  // REQUIRES: hart < num_harts(), index in 0..31.
  virtual std::uint32_t num_harts() const = 0;
  /// "group[1].tile[3].core[0]".
  virtual std::string hart_name(std::uint32_t hart) const = 0;
  /// "running", "asleep", "blocked" or "ended".
  virtual std::string hart_activity(std::uint32_t hart) const = 0;
  virtual std::uint64_t instructions(std::uint32_t hart) const = 0;
  virtual std::uint32_t pc(std::uint32_t hart) const = 0;
  virtual void set_pc(std::uint32_t hart, std::uint32_t value) = 0;
  /// Nothing while the value is on its way to the register: cycle timing.
  virtual std::optional<std::uint32_t> register_value(std::uint32_t hart,
                                                      std::uint32_t index) const = 0;
  /// False, and no change, while a value is on its way to the register, and for x0.
  virtual bool set_register(std::uint32_t hart, std::uint32_t index, std::uint32_t value) = 0;
  /// The registers that csr() knows, by ascending numbers.
  virtual const std::vector<CsrDescription>& csrs() const = 0;
  virtual std::optional<std::uint32_t> csr(std::uint32_t hart, std::uint32_t number) = 0;
  /// False for a register that cannot be written.
  virtual bool set_csr(std::uint32_t hart, std::uint32_t number, std::uint32_t value) = 0;
};

}  // namespace tessera
