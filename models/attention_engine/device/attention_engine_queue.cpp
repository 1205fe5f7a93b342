// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <fmt/format.h>

#include "models/attention_engine/device/attention_engine.h"

namespace tessera::attention_engine {

std::string AttentionEngine::activity() const {
  const std::uint32_t queued = state_.tail - state_.head;
  if (job_) {
    return fmt::format(
        "runs the descriptor at HEAD = {} since cycle {}, rung by hart {}; {} more queued",
        state_.head, job_->start, state_.hart, queued - 1);
  }
  if (!is_idle()) {
    return fmt::format("runs pushed instructions, the last by hart {}", state_.hart);
  }
  if (queued == 0) {
    return "";
  }
  return fmt::format(
      "{} descriptors queued, but {}", queued,
      state_.is_halted ? "halted by an error: CTRL.EN starts it again" : "CTRL.EN is 0");
}

void AttentionEngine::start_next(Cycles cycle) {
  const bool is_enabled = (state_.control & ATTENTION_ENGINE_CTRL_EN) != 0;
  if (!is_enabled || state_.is_halted || !is_idle() || state_.head == state_.tail) {
    return;
  }
  const DeviceContext context{
      engine_,
      memory_,
      {(state_.control & ATTENTION_ENGINE_CTRL_ONLINE) != 0,
       (state_.control & ATTENTION_ENGINE_CTRL_UNLIMITED) != 0 ? CapacityMode::kUnlimited
                                                               : CapacityMode::kStrict},
      std::exchange(held_, nullptr)};
  memory_.attribute_to(ended_);
  tell_begun(cycle);
  job_ = RunningJob();
  job_->descriptor = read_descriptor(context, state_.ring_address());
  job_->start = cycle;
  job_->deadline = state_.watchdog == 0 ? kNever : cycle + state_.watchdog;
  run_job(cycle);
}

/// The engine has done all its chains, cannot go on, or has taken too long.
void AttentionEngine::end_job(Cycles cycle) {
  RunningJob job = std::move(*job_);
  job_.reset();
  if (timed_ != nullptr) {
    timed_->set_deadline(kNever);
  }
  std::uint32_t causes = take_interrupts();
  WorkReport report;
  EngineError error = job.descriptor.error;
  if (engine().ended_sources() != sources_before_) {
    sources_before_ = engine().ended_sources();
    add_perf(job.source->counters());
    if (job.descriptor.work) {
      std::optional<EngineError> failure = job.descriptor.work->compute(memory_, report);
      failure = failure ? failure : perform_chains(this->descriptor(ended_), cycle);
      error = failure.value_or(EngineError{});
      held_ = error.code == ErrorCode::kNone ? job.descriptor.work->leaves() : nullptr;
    }
  } else {
    const bool has_failed = engine().has_failed();
    error =
        has_failed ? engine_error() : EngineError{ErrorCode::kWatchdog, 0, 0, 0, 0, 0, "watchdog"};
    causes |= has_failed ? 0 : ATTENTION_ENGINE_IRQ_WATCHDOG;
    abort_engine(cycle);
  }
  written_.clear();
  expect_pushes();
  state_.perf[ATTENTION_ENGINE_PERF_MASKED_ROWS] += report.masked_rows;
  state_.perf[ATTENTION_ENGINE_PERF_UNCANONICAL_TILES] += report.uncanonical_tiles;
  causes |= report.masked_rows + report.uncanonical_tiles > 0 ? ATTENTION_ENGINE_IRQ_MASKED_ROW : 0;
  if (error.code != ErrorCode::kNone) {
    note_error(error, state_.ring_address());
  } else if (job.descriptor.wants_interrupt) {
    causes |= ATTENTION_ENGINE_IRQ_DESC_DONE;
  }
  complete(job, error, causes, cycle);
}

std::uint32_t AttentionEngine::place_of_completion() const {
  const std::uint32_t place = state_.completions_tail & ((1u << state_.completions_log2) - 1);
  return state_.completions == 0 ? 0
                                 : state_.completions + place * ATTENTION_ENGINE_COMPLETION_BYTES;
}

void AttentionEngine::complete(const RunningJob& job, const EngineError& error,
                               std::uint32_t causes, Cycles cycle) {
  const DescriptorJob& descriptor = job.descriptor;
  ++descriptors_;
  state_.last_error = error.code;
  if (error.code != ErrorCode::kNone) {
    ++failed_descriptors_;
    causes |= ATTENTION_ENGINE_IRQ_ERROR;
    state_.is_halted =
        state_.is_halted || (state_.control & ATTENTION_ENGINE_CTRL_HALT_ON_ERR) != 0;
  }
  const std::uint32_t places = 1u << state_.completions_log2;
  if (state_.completions_tail - state_.completions_head >= places) {
    causes |= ATTENTION_ENGINE_IRQ_CQ_OVERFLOW | ATTENTION_ENGINE_IRQ_ERROR;
    note_error({ErrorCode::kCompletionOverflow, state_.completions_tail,
                state_.completions_head + places, 0, 0, 0, "no place for the completion"},
               state_.ring_address());
    state_.last_error = ErrorCode::kCompletionOverflow;
  } else if (state_.completions != 0) {
    const Cycles cycles = cycle - job.start;
    const std::array<std::uint32_t, 4> words{
        descriptor.tag, static_cast<std::uint32_t>(error.code) | (error.index & 0xFF'FFFF) << 8,
        static_cast<std::uint32_t>(cycles), static_cast<std::uint32_t>(cycles >> 32)};
    memory_.write(place_of_completion(), words.data(), sizeof words);
    ++state_.completions_tail;
  }
  ++state_.head;
  causes |= state_.head == state_.tail ? ATTENTION_ENGINE_IRQ_QUEUE_EMPTY : 0;
  tell_ended(cycle);
  raise(causes, cycle, probe_);
  start_next(cycle);
}

void AttentionEngine::note_error(const EngineError& error, std::uint32_t descriptor) {
  if (state_.error_info[1] == 0) {
    state_.error_info = {descriptor,
                         static_cast<std::uint32_t>(error.code),
                         error.index,
                         error.limit,
                         error.row,
                         error.column,
                         static_cast<std::uint32_t>(error.instruction),
                         static_cast<std::uint32_t>(error.instruction >> 32)};
  }
  guest_errors_.report({GuestErrorKind::kDeviceMisuse, state_.hart, state_.pc, descriptor, name(),
                        descriptor == 0
                            ? fmt::format("pushed instructions: {}", error.message)
                            : fmt::format("descriptor {}: {}", state_.head, error.message)});
}

void AttentionEngine::raise(std::uint32_t causes, Cycles cycle, const DeviceProbe& from) {
  state_.irq_raw |= causes;
  if ((causes & state_.irq_enabled) != 0 && state_.wake_hart != ATTENTION_ENGINE_NONE) {
    ++interrupts_;
    if (SyncProbe* probe = from.sync()) {
      probe->wake_up_sent(state_.wake_hart, {from.agent(), 0, cycle});
    }
    harts_.wake_up(state_.wake_hart, cycle);
  }
}

}  // namespace tessera::attention_engine
