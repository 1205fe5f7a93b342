// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/device/attention_engine.h"

#include <algorithm>

#include <fmt/format.h>

namespace tessera::attention_engine {

namespace {
constexpr std::uint32_t kUnmappedValue = 0;
/// From the address to the first word of an L2 that nobody else uses, on the machines of this
/// project: the tests dma_soc_path measure 12 to 24 cycles.
constexpr Cycles kL2Cycles = 20;
constexpr std::uint32_t kMaxLog2 = 12;
constexpr std::uint32_t kPulses = ATTENTION_ENGINE_CTRL_SOFT_RESET | ATTENTION_ENGINE_CTRL_ABORT;

/// Counters of PERF as statistics.
struct PerfStat {
  const char* name;
  const char* unit;
  const char* description;
  std::size_t index;
};
constexpr PerfStat kPerfStats[] = {
    {"busy_cycles", "cycles", "a descriptor was running", ATTENTION_ENGINE_PERF_CYCLES},
    {"mvu_cycles", "cycles", "the MVU worked", ATTENTION_ENGINE_PERF_MVU_ACTIVE},
    {"mvu_context_cycles", "cycles", "of these, on contexts", ATTENTION_ENGINE_PERF_MVU_CONTEXT},
    {"useful_macs", "count", "multiply-accumulates for allowed pairs",
     ATTENTION_ENGINE_PERF_USEFUL_MACS},
    {"issued_macs", "count", "multiply-accumulates that were issued",
     ATTENTION_ENGINE_PERF_ISSUED_MACS},
    {"softmax_cycles", "cycles", "the softmax unit worked", ATTENTION_ENGINE_PERF_SOFTMAX_ACTIVE},
    {"scan_cycles", "cycles", "the tile-sparse scheduler worked", ATTENTION_ENGINE_PERF_SCAN},
    {"tiles_full", "count", "tiles without a mask", ATTENTION_ENGINE_PERF_TILES_FULL},
    {"tiles_partial", "count", "tiles with an element mask", ATTENTION_ENGINE_PERF_TILES_PARTIAL},
    {"tiles_skipped", "count", "tiles that are empty", ATTENTION_ENGINE_PERF_TILES_SKIPPED},
    {"masked_elements", "count", "elements of computed tiles that are not allowed",
     ATTENTION_ENGINE_PERF_ELEMENTS_MASKED},
    {"chains", "count", "chains dispatched", ATTENTION_ENGINE_PERF_CHAINS},
    {"front_end_stall_cycles", "cycles", "the MVU waited for instructions",
     ATTENTION_ENGINE_PERF_FRONT_END_STALL},
    {"dependency_stall_cycles", "cycles", "the MVU waited for a result",
     ATTENTION_ENGINE_PERF_DEPENDENCY_STALL},
    {"fifo_stall_cycles", "cycles", "the MVU's output had no place",
     ATTENTION_ENGINE_PERF_FIFO_STALL},
    {"load_stall_cycles", "cycles", "the MVU waited for L2", ATTENTION_ENGINE_PERF_LOAD_STALL},
    {"bytes_read", "bytes", "read over AXI", ATTENTION_ENGINE_PERF_AXI_READ_BYTES},
    {"bytes_written", "bytes", "written over AXI", ATTENTION_ENGINE_PERF_AXI_WRITE_BYTES},
    {"spill_bytes", "bytes", "of these, scores", ATTENTION_ENGINE_PERF_SPILL_BYTES},
    {"refetch_bytes", "bytes", "of these, tiles that had been in the MRF",
     ATTENTION_ENGINE_PERF_REFETCH_BYTES},
    {"masked_rows", "count", "queries that may see no key", ATTENTION_ENGINE_PERF_MASKED_ROWS},
    {"uncanonical_tiles", "count", "partial tiles whose mask allows all or nothing",
     ATTENTION_ENGINE_PERF_UNCANONICAL_TILES},
};

}  // namespace

AttentionEngine::AttentionEngine(const sc_core::sc_module_name& name,
                                 const EngineParameters& engine, const ClockDomain& clock,
                                 ByteMemory& memory, WakeUpTarget& harts,
                                 GuestErrorSink& guest_errors, StatGroup& parent_stats,
                                 const DeviceProbe& probe, const DeviceProbe& pushes)
    : RegisterDevice(name, clock, kUnmappedValue),
      engine_(engine),
      memory_(memory),
      harts_(harts),
      guest_errors_(guest_errors),
      bus_(kL2Cycles, 0, 1, engine.l2_word_cycles),
      alone_(engine, bus_),
      chain_data_(engine_, memory_),
      probe_(probe),
      pushes_(pushes) {
  bus_.connect(alone_.axi_client());
  add_read_only_registers();
  add_control_registers();
  add_queue_registers();
  add_instruction_registers();
  registers_.check_complete();
  add_stats(parent_stats);
}

void AttentionEngine::add_read_only_registers() {
  const auto add = [this](const std::string& name, std::uint32_t offset, std::uint32_t value) {
    registers_.add_word(name, offset, RegisterMode::kReadOnly).value_from([value](Cycles) {
      return value;
    });
  };
  add("ID", ATTENTION_ENGINE_ID, ATTENTION_ENGINE_ID_VALUE);
  add("VERSION", ATTENTION_ENGINE_VERSION, 1);
  add("CAP0", ATTENTION_ENGINE_CAP0,
      engine_.native_dim << 16 | engine_.lanes << 8 | engine_.engines);
  add("CAP1", ATTENTION_ENGINE_CAP1, engine_.entries_of(MemoryId::kMrf) | engine_.mfus << 16);
  for (std::uint32_t k = 0; k < kNumMemories; ++k) {
    add(fmt::format("CAPV[{}]", k), ATTENTION_ENGINE_CAPV + 4 * k, engine_.entries[k]);
  }
  for (std::uint32_t k = 0; k < ATTENTION_ENGINE_NUM_ERRINFO; ++k) {
    registers_
        .add_word(fmt::format("ERRINFO[{}]", k), ATTENTION_ENGINE_ERRINFO + 4 * k,
                  RegisterMode::kReadOnly)
        .value_from([this, k](Cycles) { return state_.error_info[k]; });
  }
  for (std::uint32_t k = 0; k < 2 * ATTENTION_ENGINE_NUM_PERF; ++k) {
    registers_
        .add_word(fmt::format("PERF[{}]{}", k / 2, k % 2 == 0 ? "_LO" : "_HI"),
                  ATTENTION_ENGINE_PERF + 4 * k, RegisterMode::kReadOnly)
        .value_from([this, k](Cycles) {
          return static_cast<std::uint32_t>(state_.perf[k / 2] >> (32 * (k % 2)));
        });
  }
}

void AttentionEngine::add_control_registers() {
  registers_.add("CTRL", ATTENTION_ENGINE_CTRL)
      .flag(0, "EN")
      .flag(1, "SOFT_RESET")
      .flag(2, "ABORT")
      .flag(3, "HALT_ON_ERR")
      .reserved(4, 1)
      .flag(5, "ONLINE")
      .flag(6, "UNLIMITED")
      .flag(7, "CHECK_READS")
      .reserved(8, 24)
      .value_from([this](Cycles) { return state_.control; })
      .on_write([this](std::uint32_t value, const RegisterAccess& access) {
        write_control(value, access);
      });
  registers_.add_word("STATUS", ATTENTION_ENGINE_STATUS, RegisterMode::kReadOnly)
      .on_read([this](const RegisterAccess& access) {
        tell_seen(access);
        const bool is_through = is_idle() || state_.is_fifo_halted;
        tell_pushes_seen(is_through ? ended_pushes_ : 0, access);
      })
      .value_from([this](Cycles) { return status(); });
  registers_.add_word("IRQ_RAW", ATTENTION_ENGINE_IRQ_RAW, RegisterMode::kReadOnly)
      .on_read([this](const RegisterAccess& access) {
        const bool has_cause = (state_.irq_raw & ATTENTION_ENGINE_IRQ_INSTRUCTION) != 0;
        tell_pushes_seen(has_cause ? told_pushes_ : 0, access);
      })
      .value_from([this](Cycles) { return state_.irq_raw; });
  registers_.add_word("IRQ_EN", ATTENTION_ENGINE_IRQ_EN)
      .value_from([this](Cycles) { return state_.irq_enabled; })
      .on_write([this](std::uint32_t value, const RegisterAccess&) { state_.irq_enabled = value; });
  registers_.add_word("IRQ_CLR", ATTENTION_ENGINE_IRQ_CLR, RegisterMode::kWriteOnly)
      .on_write([this](std::uint32_t value, const RegisterAccess&) { state_.irq_raw &= ~value; });
  add_setting("WDOG", ATTENTION_ENGINE_WDOG, &State::watchdog, 1, 0xFFFF'FFFF);
  registers_.add_word("WAKE_HART", ATTENTION_ENGINE_WAKE_HART)
      .value_from([this](Cycles) { return state_.wake_hart; })
      .on_write([this](std::uint32_t value, const RegisterAccess& access) {
        if (value != ATTENTION_ENGINE_NONE && value >= harts_.num_harts()) {
          report(access, fmt::format("WAKE_HART {}: ignored; allowed: 0 .. {} and {:#x}", value,
                                     harts_.num_harts() - 1, ATTENTION_ENGINE_NONE));
          return;
        }
        state_.wake_hart = value;
      });
}

void AttentionEngine::add_setting(const char* name, std::uint32_t offset,
                                  std::uint32_t State::*member, std::uint32_t alignment,
                                  std::uint32_t limit) {
  registers_.add_word(name, offset)
      .value_from([this, member](Cycles) { return state_.*member; })
      .on_write([this, name, member, alignment, limit](std::uint32_t value,
                                                       const RegisterAccess& access) {
        const bool is_in_use = member != &State::watchdog && member != &State::completions_head &&
                               (state_.head != state_.tail || job_);
        if (value % alignment != 0 || value > limit || is_in_use) {
          report(access, fmt::format("{} = {:#x}: ignored; {}", name, value,
                                     is_in_use ? "descriptors are waiting"
                                               : fmt::format("allowed: multiples of {} up to {:#x}",
                                                             alignment, limit)));
          return;
        }
        state_.*member = value;
      });
}

void AttentionEngine::add_queue_registers() {
  add_setting("RING_LO", ATTENTION_ENGINE_RING_LO, &State::ring, ATTENTION_ENGINE_DESC_BYTES,
              0xFFFF'FFC0);
  add_setting("RING_LOG2", ATTENTION_ENGINE_RING_LOG2, &State::ring_log2, 1, kMaxLog2);
  add_setting("CQ_LO", ATTENTION_ENGINE_CQ_LO, &State::completions,
              ATTENTION_ENGINE_COMPLETION_BYTES, 0xFFFF'FFF0);
  add_setting("CQ_LOG2", ATTENTION_ENGINE_CQ_LOG2, &State::completions_log2, 1, kMaxLog2);
  add_setting("CQ_HEAD", ATTENTION_ENGINE_CQ_HEAD, &State::completions_head, 1, 0xFFFF'FFFF);
  const auto seen = [this](const RegisterAccess& access) { tell_seen(access); };
  registers_.add_word("CQ_TAIL", ATTENTION_ENGINE_CQ_TAIL, RegisterMode::kReadOnly)
      .on_read(seen)
      .value_from([this](Cycles) { return state_.completions_tail; });
  registers_.add_word("HEAD", ATTENTION_ENGINE_HEAD, RegisterMode::kReadOnly)
      .on_read(seen)
      .value_from([this](Cycles) { return state_.head; });
  registers_.add_word("TAIL", ATTENTION_ENGINE_TAIL)
      .value_from([this](Cycles) { return state_.tail; })
      .on_write(
          [this](std::uint32_t value, const RegisterAccess& access) { write_tail(value, access); });
}

void AttentionEngine::add_instruction_registers() {
  registers_.add_word("INST_LO", ATTENTION_ENGINE_INST_LO, RegisterMode::kWriteOnly)
      .on_write(
          [this](std::uint32_t value, const RegisterAccess&) { state_.instruction_low = value; });
  registers_.add_word("INST_HI", ATTENTION_ENGINE_INST_HI, RegisterMode::kWriteOnly)
      .on_write([this](std::uint32_t value, const RegisterAccess& access) {
        push_instruction(value, access);
      });
  registers_.add_word("INST_SPACE", ATTENTION_ENGINE_INST_SPACE, RegisterMode::kReadOnly)
      .value_from([this](Cycles) { return engine().free_places(); });
  registers_.add_word("INST_TAG", ATTENTION_ENGINE_INST_TAG, RegisterMode::kReadOnly)
      .on_read([this](const RegisterAccess& access) { tell_pushes_seen(told_pushes_, access); })
      .value_from([this](Cycles) { return state_.instruction_tag; });
}

void AttentionEngine::write_control(std::uint32_t value, const RegisterAccess& access) {
  state_.control = value & ~kPulses;
  if ((value & kPulses) != 0 && !is_idle()) {
    const EngineError error{ErrorCode::kAborted, 0, 0, 0, 0, 0, "aborted"};
    abort_engine(access.cycle);
    state_.is_halted = true;
    if (job_) {
      const RunningJob job = std::move(*job_);
      job_.reset();
      note_error(error, state_.ring_address());
      complete(job, error, 0, access.cycle);
    } else {
      fail_fifo(error, access.cycle);
    }
  }
  if ((value & ATTENTION_ENGINE_CTRL_SOFT_RESET) != 0) {
    state_ = State{};
    ended_ = launched_;
    held_ = nullptr;
    chain_data_.reset();
    engine().reset(access.cycle);
    return;
  }
  if ((value & ATTENTION_ENGINE_CTRL_EN) != 0 && (value & ATTENTION_ENGINE_CTRL_ABORT) == 0) {
    state_.is_halted = state_.is_fifo_halted = false;
  }
  start_next(access.cycle);
}

void AttentionEngine::write_tail(std::uint32_t value, const RegisterAccess& access) {
  const std::uint32_t places = 1u << state_.ring_log2;
  if (value - state_.head > places) {
    report(access, fmt::format("TAIL = {}: ignored; HEAD is {} and the ring has {} places", value,
                               state_.head, places));
    return;
  }
  const std::uint32_t added = value - state_.tail;
  const std::uint32_t taken_back = state_.tail - value;
  state_.tail = value;
  state_.hart = access.hart;
  state_.pc = access.pc;
  if (added <= places) {
    tell_launched(added, access);
  } else {
    launched_ -= taken_back;
  }
  start_next(access.cycle);
}

void AttentionEngine::add_stats(StatGroup& parent_stats) {
  StatGroup& stats = parent_stats.add_group(basename());
  stats.add("descriptors", "count", "descriptors that ended", &descriptors_);
  stats.add("failed_descriptors", "count", "of these, those with an error", &failed_descriptors_);
  stats.add("instructions", "count", "instructions that were pushed", &instructions_);
  stats.add("interrupts", "count", "wake-ups of the hart in WAKE_HART", &interrupts_);
  for (const PerfStat& counter : kPerfStats) {
    stats.add(counter.name, counter.unit, counter.description, &state_.perf[counter.index]);
  }
}

std::uint32_t AttentionEngine::status() const {
  const bool is_waiting = state_.head != state_.tail && (state_.control & 1) != 0;
  std::uint32_t status = is_idle() && (!is_waiting || state_.is_halted)
                             ? ATTENTION_ENGINE_STATUS_IDLE
                             : ATTENTION_ENGINE_STATUS_BUSY;
  status |= state_.is_halted ? ATTENTION_ENGINE_STATUS_HALTED : 0;
  status |= state_.is_fifo_halted ? ATTENTION_ENGINE_STATUS_FIFO_HALTED : 0;
  status |= state_.last_error != ErrorCode::kNone ? ATTENTION_ENGINE_STATUS_ERR : 0;
  return status | static_cast<std::uint32_t>(state_.last_error)
                      << ATTENTION_ENGINE_STATUS_ERROR_SHIFT;
}

void AttentionEngine::report(const RegisterAccess& access, const std::string& message) {
  guest_errors_.report({GuestErrorKind::kDeviceMisuse, access.hart, access.pc, 0, name(), message});
}

}  // namespace tessera::attention_engine
