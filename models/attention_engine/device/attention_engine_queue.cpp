// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "models/attention_engine/device/attention_engine.h"

namespace tessera::attention_engine {

namespace {
constexpr Cycles kRefusalCycles = 24;  ///< a word from L2 (20) and the checks
}  // namespace

void AttentionEngine::write_control(std::uint32_t value, const RegisterAccess& access) {
  constexpr std::uint32_t kPulses = ATTENTION_ENGINE_CTRL_SOFT_RESET | ATTENTION_ENGINE_CTRL_ABORT;
  state_.control = value & ~kPulses;
  if ((value & kPulses) != 0 && !is_idle()) {
    abort(ErrorCode::kAborted, access.cycle);
  }
  if ((value & ATTENTION_ENGINE_CTRL_SOFT_RESET) != 0) {
    state_ = State{};
    return;
  }
  if ((value & ATTENTION_ENGINE_CTRL_EN) != 0 && (value & ATTENTION_ENGINE_CTRL_ABORT) == 0) {
    state_.is_halted = false;
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
  state_.tail = value;
  state_.hart = access.hart;
  state_.pc = access.pc;
  start_next(access.cycle);
}

void AttentionEngine::start_next(Cycles cycle) {
  const bool is_enabled = (state_.control & ATTENTION_ENGINE_CTRL_EN) != 0;
  if (!is_enabled || state_.is_halted || !is_idle() || state_.head == state_.tail) {
    return;
  }
  const std::uint32_t place = state_.head & ((1u << state_.ring_log2) - 1);
  const PlannerMode mode{(state_.control & ATTENTION_ENGINE_CTRL_ONLINE) != 0,
                         (state_.control & ATTENTION_ENGINE_CTRL_UNLIMITED) != 0
                             ? CapacityMode::kUnlimited
                             : CapacityMode::kStrict};
  auto read =
      read_descriptor(engine_, mode, memory_, state_.ring + place * ATTENTION_ENGINE_DESC_BYTES);
  state_.start = cycle;
  state_.is_late = false;
  if (auto* error = std::get_if<DescriptorError>(&read)) {
    state_.failure = std::move(*error);
    state_.is_failing = true;
    state_.end = cycle + kRefusalCycles;
    schedule_advance(state_.end);
    return;
  }
  state_.job = std::move(std::get<DeviceJob>(read));
  state_.job->job.map = &state_.job->map;
  start_job(cycle);
}

void AttentionEngine::start_job(Cycles cycle) {
  CycleEngine& engine = timed_ != nullptr ? timed_->engine() : alone_;
  counters_before_ = engine.counters();
  traffic_before_ = engine.mover().counters();
  program_ =
      std::make_unique<AttentionProgram>(engine_, state_.job->job, engine.decoder().tile_list());
  const Cycles deadline = state_.watchdog == 0 ? kNever : cycle + state_.watchdog;
  engine.run(*program_, cycle);
  if (timed_ != nullptr) {
    state_.end = kNever;
    timed_->expect_end(deadline, [this, deadline](Cycles end) {
      state_.is_late = end >= deadline && !timed_->engine().is_idle();
      end_job(end);
    });
    return;
  }
  run_alone(engine, bus_, cycle, deadline);
  state_.is_late = !engine.is_idle() && !engine.has_failed();
  state_.end = state_.is_late ? deadline : std::max(engine.last_commit(), cycle);
  schedule_advance(state_.end);
}

void AttentionEngine::advance_to(Cycles cycle) {
  while (!is_idle() && state_.end <= cycle) {
    end_job(state_.end);
  }
  if (!is_idle() && state_.end != kNever) {
    schedule_advance(state_.end);
  }
}

void AttentionEngine::end_job(Cycles cycle) {
  if (state_.is_failing) {
    const DescriptorError failure = *state_.failure;
    state_.failure.reset();
    state_.is_failing = false;
    note_error(failure);
    complete(failure.tag, failure.code, failure.index, cycle);
    return;
  }
  CycleEngine& engine = timed_ != nullptr ? timed_->engine() : alone_;
  if (state_.is_late) {
    abort(ErrorCode::kWatchdog, cycle);
    return;
  }
  if (engine.has_failed()) {
    const ChainDecoder::Error error = engine.error();
    note_error({error.code, error.index, error.limit, 0, 0, state_.job->tag, "a chain failed"});
    abort(error.code, cycle);
    return;
  }
  add_perf(engine, *program_);
  std::uint64_t masked_rows = 0;
  const ErrorCode code = compute(*state_.job, memory_, masked_rows);
  state_.perf[ATTENTION_ENGINE_PERF_MASKED_ROWS] += masked_rows;
  const std::uint32_t tag = state_.job->tag;
  const bool wants_interrupt = state_.job->wants_interrupt;
  program_.reset();
  state_.job.reset();
  if (code != ErrorCode::kNone) {
    note_error({code, 0, 0, 0, 0, tag, "an operand or result is not in memory"});
  }
  raise((wants_interrupt ? ATTENTION_ENGINE_IRQ_DESC_DONE : 0) |
            (masked_rows > 0 ? ATTENTION_ENGINE_IRQ_MASKED_ROW : 0),
        cycle);
  complete(tag, code, 0, cycle);
}

void AttentionEngine::abort(ErrorCode code, Cycles cycle) {
  const std::uint32_t tag = state_.job ? state_.job->tag : state_.failure->tag;
  if (state_.job) {
    CycleEngine& engine = timed_ != nullptr ? timed_->engine() : alone_;
    engine.abort(cycle);
    if (timed_ != nullptr) {
      timed_->expect_end(kNever, nullptr);
    } else {
      run_alone(engine, bus_, cycle);  // what the bus still owes
    }
  }
  program_.reset();
  state_.job.reset();
  state_.failure.reset();
  state_.is_failing = false;
  cancel_advance();
  if (code == ErrorCode::kAborted || code == ErrorCode::kWatchdog) {
    note_error({code, 0, 0, 0, 0, tag, code == ErrorCode::kAborted ? "aborted" : "watchdog"});
  }
  state_.is_halted = code == ErrorCode::kAborted;
  raise(code == ErrorCode::kWatchdog ? ATTENTION_ENGINE_IRQ_WATCHDOG : 0, cycle);
  complete(tag, code, 0, cycle);
}

void AttentionEngine::note_error(const DescriptorError& error) {
  const std::uint32_t place = state_.head & ((1u << state_.ring_log2) - 1);
  const std::uint32_t address = state_.ring + place * ATTENTION_ENGINE_DESC_BYTES;
  if (state_.error_info[1] == 0) {
    state_.error_info = {address,     static_cast<std::uint32_t>(error.code),
                         error.index, error.limit,
                         error.row,   error.column};
  }
  guest_errors_.report(
      {GuestErrorKind::kDeviceMisuse, state_.hart, state_.pc, address, name(),
       fmt::format("descriptor {} (tag {}): {}", state_.head, error.tag, error.message)});
}

void AttentionEngine::complete(std::uint32_t tag, ErrorCode code, std::uint32_t index,
                               Cycles cycle) {
  ++descriptors_;
  ++state_.head;
  state_.last_error = code;
  std::uint32_t causes = state_.head == state_.tail ? ATTENTION_ENGINE_IRQ_QUEUE_EMPTY : 0;
  if (code != ErrorCode::kNone) {
    ++failed_descriptors_;
    causes |= ATTENTION_ENGINE_IRQ_ERROR;
    state_.is_halted =
        state_.is_halted || (state_.control & ATTENTION_ENGINE_CTRL_HALT_ON_ERR) != 0;
  }
  const std::uint32_t places = 1u << state_.completions_log2;
  if (state_.completions_tail - state_.completions_head >= places) {
    causes |= ATTENTION_ENGINE_IRQ_CQ_OVERFLOW | ATTENTION_ENGINE_IRQ_ERROR;
    state_.last_error = ErrorCode::kCompletionOverflow;
  } else if (state_.completions != 0) {
    const Cycles cycles = cycle - state_.start;
    const std::array<std::uint32_t, 4> words{
        tag, static_cast<std::uint32_t>(code) | (index & 0xFF'FFFF) << 8,
        static_cast<std::uint32_t>(cycles), static_cast<std::uint32_t>(cycles >> 32)};
    const std::uint32_t place = state_.completions_tail & (places - 1);
    memory_.write(state_.completions + place * ATTENTION_ENGINE_COMPLETION_BYTES, words.data(),
                  sizeof words);
    ++state_.completions_tail;
  }
  raise(causes, cycle);
  start_next(cycle);
}

void AttentionEngine::raise(std::uint32_t causes, Cycles cycle) {
  state_.irq_raw |= causes;
  if ((causes & state_.irq_enabled) != 0 && state_.wake_hart != ATTENTION_ENGINE_NONE) {
    ++interrupts_;
    harts_.wake_up(state_.wake_hart, cycle);
  }
}

void AttentionEngine::add_perf(const CycleEngine& engine, const AttentionProgram& program) {
  const CycleEngine::Counters& now = engine.counters();
  const CycleEngine::Counters& before = counters_before_;
  const auto stall = [&](Stall reason) {
    const auto index = static_cast<std::size_t>(reason);
    return now.mvu[index] - before.mvu[index];
  };
  const AttentionProgram::Counters& map = program.counters();
  Perf& perf = state_.perf;
  perf[ATTENTION_ENGINE_PERF_CYCLES] += now.cycles - before.cycles;
  perf[ATTENTION_ENGINE_PERF_MVU_ACTIVE] += stall(Stall::kNone);
  perf[ATTENTION_ENGINE_PERF_MVU_CONTEXT] += now.context_cycles - before.context_cycles;
  perf[ATTENTION_ENGINE_PERF_USEFUL_MACS] += map.useful_macs;
  perf[ATTENTION_ENGINE_PERF_ISSUED_MACS] += now.issued_macs - before.issued_macs;
  perf[ATTENTION_ENGINE_PERF_SOFTMAX_ACTIVE] += now.softmax_cycles - before.softmax_cycles;
  perf[ATTENTION_ENGINE_PERF_SCAN] += now.scan_cycles - before.scan_cycles;
  perf[ATTENTION_ENGINE_PERF_TILES_FULL] += map.tiles_full;
  perf[ATTENTION_ENGINE_PERF_TILES_PARTIAL] += map.tiles_partial;
  perf[ATTENTION_ENGINE_PERF_TILES_SKIPPED] += map.tiles_skipped;
  perf[ATTENTION_ENGINE_PERF_ELEMENTS_MASKED] += map.masked_elements;
  perf[ATTENTION_ENGINE_PERF_CHAINS] += now.chains - before.chains;
  perf[ATTENTION_ENGINE_PERF_FRONT_END_STALL] += stall(Stall::kFrontEnd) + stall(Stall::kScan);
  perf[ATTENTION_ENGINE_PERF_DEPENDENCY_STALL] += stall(Stall::kDependency);
  perf[ATTENTION_ENGINE_PERF_FIFO_STALL] += stall(Stall::kFifo);
  perf[ATTENTION_ENGINE_PERF_LOAD_STALL] += stall(Stall::kLoad);
  const AxiMover::Counters& traffic = engine.mover().counters();
  perf[ATTENTION_ENGINE_PERF_AXI_READ_BYTES] += traffic.read_bytes - traffic_before_.read_bytes;
  perf[ATTENTION_ENGINE_PERF_AXI_WRITE_BYTES] += traffic.write_bytes - traffic_before_.write_bytes;
  perf[ATTENTION_ENGINE_PERF_SPILL_BYTES] += now.spill_bytes - before.spill_bytes;
  perf[ATTENTION_ENGINE_PERF_REFETCH_BYTES] += now.refetch_bytes - before.refetch_bytes;
}

}  // namespace tessera::attention_engine
