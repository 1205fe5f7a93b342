// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "models/base/dmi_table.h"
#include "models/base/observers.h"
#include "models/isa/hart_environment.h"
#include "models/isa/hart_state.h"
#include "models/isa/isa_config.h"

namespace tessera::isa {

/// Why run() came back.
enum class StopReason : std::uint8_t {
  kBudget,         ///< the budget is used up
  kAsleep,         ///< wfi without a pending wake-up; activity is kAsleep
  kBlocked,        ///< access pending; activity is kBlocked, pc still at the instruction
  kStopRequested,  ///< the environment asked for it (end of computation, guest error that stops)
  kUnsupported,    ///< floating point or other instruction this platform does not model
};

/// Functional execution of harts, one instruction per cycle plus the extra cycles of slow accesses.
/// Code is decoded once per 4 KiB page, shared by all harts, and fetched through the DMI table:
/// code lives in memory with DMI (L1, L2, ROM). Pages that hold decoded code lose their write
/// pointer, so stores to them reach HartEnvironment::access(), whose owner calls invalidate_code().
/// An observed hart executes the same code, only slower.
class Interpreter {
 public:
  Interpreter(const IsaConfig& config, DmiTable& dmi, HartEnvironment& environment,
              const Observers& observers = Observers::none());
  ~Interpreter();

  /// Executes `hart` (activity kRunning) until at least `budget` cycles have passed or it stops.
  /// Updates x, pc, cycle, instructions. `hart.cycle` and `hart.instructions` are exact whenever
  /// the environment is called.
  StopReason run(HartState& hart, Cycles budget);
  /// Makes run() return kStopRequested after the instruction that is executing.
  void request_stop();
  void clear_stop_request();
  /// Shortens the running hart's budget so that it returns at local time `cycle` or right after the
  /// current instruction, whichever is later (a device event falls into its run-ahead).
  void limit_run_to(Cycles cycle);
  /// Bytes [address, address + bytes) changed. A page with decoded instructions there is forgotten
  /// and gets its write DMI back; other pages keep their code.
  void invalidate_code(std::uint32_t address, std::uint32_t bytes);
  /// Whether HartEnvironment::pc_reached() is called, from now on, when a hart comes to `address`.
  void watch_pc(std::uint32_t address, bool is_watched);
  bool is_watched(std::uint32_t address) const;
  /// True when the page holds decoded code (its stores must go through invalidate_code()).
  bool has_code(std::uint32_t address) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera::isa
