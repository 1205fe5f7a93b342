// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include <systemc>

#include "models/attention_engine/attention_engine_regs.h"
#include "models/attention_engine/cycle/axi_memory.h"
#include "models/attention_engine/cycle/run_alone.h"
#include "models/attention_engine/device/chain_data.h"
#include "models/attention_engine/device/descriptor.h"
#include "models/attention_engine/device/job_source.h"
#include "models/attention_engine/device/timed_engine.h"
#include "models/attention_engine/engine_parameters.h"
#include "models/base/byte_memory.h"
#include "models/base/guest_error.h"
#include "models/base/observers.h"
#include "models/base/stat.h"
#include "models/base/wake_up.h"
#include "models/tlm/register_device.h"

namespace tessera::attention_engine {

/// The engine behind its registers: a ring of descriptors, completions, a FIFO of instructions,
/// interrupts that wake a hart. README.
/// Timing: a descriptor runs after the one before it, with what it takes to fetch it and to write
///         its completion. Functional: as many cycles as the cycle engine takes alone on the bus.
///         Cycle: those of the cycle engine in the machine's loop. All effects (results,
///         completion, wake-up) happen when it ends.
///         Pushed instructions go to the same cycle engine while no descriptor runs. A push into
///         the full FIFO waits: its initiator must be a process that may call wait().
/// Errors: a descriptor that cannot run ends with its error code in the completion, ERRINFO and
///         IRQ; the queue goes on or halts (CTRL). After an error of a pushed chain instructions
///         are dropped until EN is written. A register access that breaks the rules is reported
///         (device_misuse) and ignored.
class AttentionEngine : public RegisterDevice {
 public:
  /// `memory` is the AXI side: L2, and L1 in its raw view. `pushes` acts for pushed chains, which
  /// descriptors may overtake.
  AttentionEngine(const sc_core::sc_module_name& name, const EngineParameters& engine,
                  const ClockDomain& clock, ByteMemory& memory, WakeUpTarget& harts,
                  GuestErrorSink& guest_errors, StatGroup& parent_stats,
                  const DeviceProbe& probe = {}, const DeviceProbe& pushes = {});

  /// Cycle timing with `timed`, or functional timing (null). REQUIRES: is_idle().
  void use_engine(TimedEngine* timed);
  [[nodiscard]] const EngineParameters& parameters() const { return engine_; }
  [[nodiscard]] const DeviceProbe& probe() const { return probe_; }
  [[nodiscard]] std::string activity() const override;
  /// No descriptor and no instruction is under way.
  [[nodiscard]] bool is_idle() const { return !job_ && engine().is_idle(); }

 private:
  using Perf = std::array<std::uint64_t, ATTENTION_ENGINE_NUM_PERF>;

  /// What registers show or control.
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
    std::uint32_t instruction_low = 0;
    std::uint32_t instruction_tag = 0;
    std::uint32_t watchdog = 0;
    std::uint32_t wake_hart = ATTENTION_ENGINE_NONE;
    bool is_halted = false;
    bool is_fifo_halted = false;
    ErrorCode last_error = ErrorCode::kNone;
    std::array<std::uint32_t, ATTENTION_ENGINE_NUM_ERRINFO> error_info{};
    Perf perf{};
    std::uint32_t hart = kNoHart;  ///< who rang or pushed last
    std::uint32_t pc = 0;

    /// Of the descriptor that runs or comes next.
    [[nodiscard]] std::uint32_t ring_address() const {
      return ring + (head & ((1u << ring_log2) - 1)) * ATTENTION_ENGINE_DESC_BYTES;
    }
  };
  /// A descriptor that runs.
  struct RunningJob {
    DescriptorJob descriptor;
    std::unique_ptr<JobSource> source;
    Cycles start = 0;
    Cycles deadline = kNever;  ///< of the watchdog
    Cycles end = kNever;       ///< functional timing: known from the start
  };

  void add_queue_registers();
  void add_control_registers();
  void add_instruction_registers();
  void add_read_only_registers();
  void add_stats(StatGroup& parent_stats);
  void add_setting(const char* name, std::uint32_t offset, std::uint32_t State::*member,
                   std::uint32_t alignment, std::uint32_t limit);
  void write_control(std::uint32_t value, const RegisterAccess& access);
  void write_tail(std::uint32_t value, const RegisterAccess& access);
  [[nodiscard]] std::uint32_t status() const;
  void report(const RegisterAccess& access, const std::string& message);

  // What observers are told: attention_engine_observed.cpp.
  [[nodiscard]] Activity descriptor(std::uint64_t number) const {
    return probe_.activity("descriptor", number);
  }
  void tell_launched(std::uint32_t count, const RegisterAccess& access);
  void tell_begun(Cycles cycle) const;
  void tell_ended(Cycles cycle);
  /// A register told how many descriptors have ended.
  void tell_seen(const RegisterAccess& reader) const;
  void tell_waiting(Cycles cycle) const;
  [[nodiscard]] Activity pushed_chain(std::uint64_t number) const {
    return pushes_.activity("chain", number);
  }
  /// The last instruction of a chain is about to be pushed.
  void tell_pushed(const RegisterAccess& access);
  void tell_pushed_begun(Cycles cycle);
  void tell_pushed_ended(Cycles cycle);
  /// What was pushed and has not ended never will.
  void tell_pushes_lost(Cycles cycle);
  /// A register told that the first `count` pushed chains have ended.
  void tell_pushes_seen(std::uint64_t count, const RegisterAccess& reader) const;
  void tell_unwritten(const Activity& activity, const WrittenChain& chain, Cycles cycle) const;

  // Descriptors: attention_engine_queue.cpp.
  void start_next(Cycles cycle);
  void end_job(Cycles cycle);
  void complete(const RunningJob& job, const EngineError& error, std::uint32_t causes,
                Cycles cycle);
  [[nodiscard]] std::uint32_t place_of_completion() const;
  void note_error(const EngineError& error, std::uint32_t descriptor);
  /// `from`: who raises them.
  void raise(std::uint32_t causes, Cycles cycle, const DeviceProbe& from);

  // The cycle engine: attention_engine_run.cpp.
  [[nodiscard]] CycleEngine& engine() { return timed_ != nullptr ? timed_->engine() : alone_; }
  [[nodiscard]] const CycleEngine& engine() const {
    return timed_ != nullptr ? timed_->engine() : alone_;
  }
  void advance_to(Cycles cycle) override;
  void schedule();
  void run_job(Cycles cycle);
  void after_step(Cycles cycle);
  /// What is decoded from now on has been pushed.
  void expect_pushes();
  /// What the chains that software wrote do, as far as they are committed; AXI errors.
  std::optional<EngineError> perform_chains(const Activity& descriptor, Cycles cycle);
  std::optional<EngineError> perform_pushed(Cycles cycle);
  [[nodiscard]] bool has_committed_chain() const {
    return !written_.empty() && written_.front().sequence <= engine().committed_chains();
  }
  /// The first of them.
  std::optional<EngineError> perform_chain(const Activity& activity, Cycles cycle);
  void push_instruction(std::uint32_t high, const RegisterAccess& access);
  void tell_waiting_pushes(Cycles cycle);
  void abort_engine(Cycles cycle);
  void fail_fifo(const EngineError& error, Cycles cycle);
  [[nodiscard]] EngineError engine_error() const;
  [[nodiscard]] std::uint32_t take_interrupts();
  void add_perf(const TileCounters& tiles);

  const EngineParameters engine_;
  ByteMemory& memory_;
  WakeUpTarget& harts_;
  GuestErrorSink& guest_errors_;
  AxiMemory bus_;          ///< of functional timing
  CycleEngine alone_;      ///< likewise
  Cycles alone_next_ = 0;  ///< first cycle that it has not stepped
  TimedEngine* timed_ = nullptr;
  State state_;
  std::optional<RunningJob> job_;
  std::shared_ptr<const HeldMatrices> held_;  ///< what the descriptor before left in the MRF
  ChainData chain_data_;
  std::deque<WrittenChain> written_;       ///< chains of software that have been decoded
  CycleEngine::Counters counters_before_;  ///< of the engine, when add_perf() looked last
  AxiMover::Counters traffic_before_;
  std::uint64_t interrupts_before_ = 0;
  std::uint64_t sources_before_ = 0;  ///< that have ended
  sc_core::sc_event place_{"place"};  ///< the instruction FIFO is not full
  std::uint32_t waiting_pushes_ = 0;  ///< for it
  std::uint64_t descriptors_ = 0;
  std::uint64_t failed_descriptors_ = 0;
  std::uint64_t instructions_ = 0;
  std::uint64_t interrupts_ = 0;
  const DeviceProbe probe_;
  std::uint64_t launched_ = 0;  ///< descriptors rung for; those with smaller numbers ...
  std::uint64_t ended_ = 0;     ///< ... have ended, or a reset has dropped them
  const DeviceProbe pushes_;
  std::uint64_t pushed_chains_ = 0;  ///< whole ones
  std::uint64_t ended_pushes_ = 0;   ///< of these, in their order: done or lost
  std::uint64_t told_pushes_ = 0;    ///< of these, before the last interrupt instruction
};

}  // namespace tessera::attention_engine
