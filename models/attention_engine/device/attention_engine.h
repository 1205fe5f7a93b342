// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include <systemc>

#include "models/attention_engine/attention_engine_regs.h"
#include "models/attention_engine/cycle/axi_memory.h"
#include "models/attention_engine/cycle/run_alone.h"
#include "models/attention_engine/device/descriptor.h"
#include "models/attention_engine/device/timed_engine.h"
#include "models/attention_engine/engine_parameters.h"
#include "models/base/byte_memory.h"
#include "models/base/guest_error.h"
#include "models/base/stat.h"
#include "models/base/wake_up.h"
#include "models/tlm/register_device.h"

namespace tessera::attention_engine {

/// The engine behind its registers: a ring of descriptors, completions, interrupts that wake a
/// hart. README.
/// Timing: a descriptor runs after the one before it. Functional: as many cycles as the cycle
///         engine takes alone on the bus. Cycle: those of the cycle engine in the machine's loop.
///         All effects (results, completion, wake-up) happen when it ends.
/// Errors: a descriptor that cannot run ends with its error code in the completion, ERRINFO and
///         IRQ; the queue goes on or halts (CTRL). A register access that breaks the rules is
///         reported (device_misuse) and ignored.
class AttentionEngine : public RegisterDevice {
 public:
  /// `memory` is the AXI side: L2, and L1 in its raw view.
  AttentionEngine(const sc_core::sc_module_name& name, const EngineParameters& engine,
                  const ClockDomain& clock, ByteMemory& memory, WakeUpTarget& harts,
                  GuestErrorSink& guest_errors, StatGroup& parent_stats);

  /// Cycle timing with `engine`, or functional timing (null). REQUIRES: is_idle().
  void use_engine(TimedEngine* engine) { timed_ = engine; }
  [[nodiscard]] const EngineParameters& parameters() const { return engine_; }
  /// No descriptor is under way.
  [[nodiscard]] bool is_idle() const { return !state_.job && !state_.is_failing; }

 private:
  using Perf = std::array<std::uint64_t, ATTENTION_ENGINE_NUM_PERF>;

  struct State {
    std::uint32_t control = 0;
    std::uint32_t irq_raw = 0;
    std::uint32_t irq_enabled = 0;
    std::uint32_t ring = 0;
    std::uint32_t ring_log2 = 0;
    std::uint32_t head = 0;
    std::uint32_t tail = 0;
    std::uint32_t completions = 0;  ///< address
    std::uint32_t completions_log2 = 0;
    std::uint32_t completions_head = 0;
    std::uint32_t completions_tail = 0;
    std::uint32_t watchdog = 0;
    std::uint32_t wake_hart = ATTENTION_ENGINE_NONE;
    bool is_halted = false;
    ErrorCode last_error = ErrorCode::kNone;
    std::array<std::uint32_t, ATTENTION_ENGINE_NUM_ERRINFO> error_info{};
    Perf perf{};

    std::optional<DeviceJob> job;            ///< that runs
    std::optional<DescriptorError> failure;  ///< of the descriptor that cannot
    bool is_failing = false;
    Cycles start = 0;
    Cycles end = kNever;           ///< functional timing: of the descriptor under way
    bool is_late = false;          ///< it ends because of the watchdog
    std::uint32_t hart = kNoHart;  ///< who rang last
    std::uint32_t pc = 0;
  };

  void advance_to(Cycles cycle) override;
  void add_queue_registers();
  void add_control_registers();
  void add_read_only_registers();
  void add_stats(StatGroup& parent_stats);
  void add_setting(const char* name, std::uint32_t offset, std::uint32_t State::*member,
                   std::uint32_t alignment, std::uint32_t limit);

  void write_control(std::uint32_t value, const RegisterAccess& access);
  void write_tail(std::uint32_t value, const RegisterAccess& access);
  void start_next(Cycles cycle);
  void start_job(Cycles cycle);
  void end_job(Cycles cycle);
  void abort(ErrorCode code, Cycles cycle);
  void complete(std::uint32_t tag, ErrorCode code, std::uint32_t index, Cycles cycle);
  void note_error(const DescriptorError& error);
  void raise(std::uint32_t causes, Cycles cycle);
  void add_perf(const CycleEngine& engine, const AttentionProgram& program);
  [[nodiscard]] std::uint32_t status() const;
  void report(const RegisterAccess& access, const std::string& message);

  const EngineParameters engine_;
  ByteMemory& memory_;
  WakeUpTarget& harts_;
  GuestErrorSink& guest_errors_;
  AxiMemory bus_;      ///< of functional timing
  CycleEngine alone_;  ///< likewise
  TimedEngine* timed_ = nullptr;
  std::unique_ptr<AttentionProgram> program_;
  CycleEngine::Counters counters_before_;  ///< of the engine, when the job began
  AxiMover::Counters traffic_before_;
  State state_;
  std::uint64_t descriptors_ = 0;
  std::uint64_t failed_descriptors_ = 0;
  std::uint64_t interrupts_ = 0;
};

}  // namespace tessera::attention_engine
