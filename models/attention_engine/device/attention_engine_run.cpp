// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "models/attention_engine/device/attention_engine.h"

namespace tessera::attention_engine {

void AttentionEngine::use_engine(TimedEngine* timed) {
  CycleEngine& before = engine();
  timed_ = timed;
  engine().decoder().continue_from(before.decoder());
  counters_before_ = engine().counters();
  traffic_before_ = engine().mover().counters();
  interrupts_before_ = engine().interrupts();
  sources_before_ = engine().ended_sources();
  if (timed_ != nullptr) {
    timed_->connect([this](Cycles cycle) { after_step(cycle); });
  }
}

void AttentionEngine::run_job(Cycles cycle) {
  CycleEngine& engine = this->engine();
  RunningJob& job = *job_;
  job.source = std::make_unique<JobSource>(engine_, job.descriptor, place_of_completion(),
                                           engine.decoder().tile_list());
  const std::optional<std::uint64_t> chains =
      job.descriptor.work ? job.descriptor.work->software_chains() : std::nullopt;
  ChainDecoder& decoder = engine.decoder();
  decoder.ignore_sizes(!chains && (state_.control & ATTENTION_ENGINE_CTRL_UNLIMITED) != 0);
  decoder.check_reads(chains && (state_.control & ATTENTION_ENGINE_CTRL_CHECK_READS) != 0);
  // They follow the chains, one each, that fetch the descriptor and its parts.
  const std::uint64_t first = decoder.chains() + job.descriptor.fetches.size() + 1;
  decoder.keep_chains(&written_, first, first + chains.value_or(0));
  engine.run(*job.source, cycle);
  if (timed_ != nullptr) {
    timed_->set_deadline(job.deadline);
    return;
  }
  alone_next_ = run_alone(engine, bus_, cycle, job.deadline);
  const bool is_late = engine.ended_sources() == sources_before_ && !engine.has_failed();
  job.end = is_late ? job.deadline : std::max(cycle, alone_next_ - 1);
  schedule();
}

void AttentionEngine::advance_to(Cycles cycle) {
  if (timed_ != nullptr) {
    return;  // the loop of cycle timing steps the engine
  }
  while (true) {
    if (job_) {
      if (job_->end > cycle) {
        break;
      }
      end_job(job_->end);
    } else if (!alone_.is_idle()) {  // with pushed instructions
      const Cycles next =
          std::min(alone_.next_active_cycle(alone_next_), bus_.next_active_cycle(alone_next_));
      if (next > cycle) {
        break;
      }
      bus_.step(next);
      alone_.step(next);
      alone_next_ = next + 1;
      after_step(next);
    } else {
      break;
    }
  }
  schedule();
}

/// Functional timing: the next cycle in which something ends or goes on.
void AttentionEngine::schedule() {
  if (job_) {
    schedule_advance(job_->end);
  } else if (!alone_.is_idle()) {
    schedule_advance(
        std::min(alone_.next_active_cycle(alone_next_), bus_.next_active_cycle(alone_next_)));
  } else {
    cancel_advance();
  }
}

/// The engine has stepped: has something ended?
void AttentionEngine::after_step(Cycles cycle) {
  CycleEngine& engine = this->engine();
  if (job_) {
    if (engine.has_failed() || engine.ended_sources() != sources_before_ ||
        cycle >= job_->deadline) {
      end_job(cycle);
    }
  } else {
    std::optional<EngineError> error = perform_pushed(cycle);
    if (!error && engine.has_failed()) {
      error = engine_error();
    }
    if (error) {
      abort_engine(cycle);
      fail_fifo(*error, cycle);
      return;
    }
    const std::uint32_t causes = take_interrupts();
    if (causes != 0) {
      raise(causes, cycle, pushes_);
    }
    if (engine.is_idle()) {
      add_perf({});
      start_next(cycle);
    }
  }
  if (engine.free_places() > 0) {
    tell_waiting_pushes(cycle);
  }
}

/// They go on in `cycle`, or now if that has passed. The loop of cycle timing runs ahead of the
/// kernel, in which they wait, and must not run past them.
void AttentionEngine::tell_waiting_pushes(Cycles cycle) {
  if (waiting_pushes_ == 0) {
    return;
  }
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  place_.notify(std::max(clock_.time(cycle), now) - now);
  if (timed_ != nullptr) {
    timed_->limit_run(cycle);
  }
}

void AttentionEngine::expect_pushes() {
  ChainDecoder& decoder = engine().decoder();
  decoder.ignore_sizes(false);
  decoder.check_reads((state_.control & ATTENTION_ENGINE_CTRL_CHECK_READS) != 0);
  decoder.keep_chains(&written_, decoder.chains() + 1);
}

std::optional<EngineError> AttentionEngine::perform_chain(const Activity& activity, Cycles cycle) {
  const WrittenChain chain = std::move(written_.front());
  written_.pop_front();
  if (chain.unwritten && chain.stores()) {
    tell_unwritten(activity, chain, cycle);
  }
  return chain_data_.perform(chain);
}

std::optional<EngineError> AttentionEngine::perform_chains(const Activity& descriptor,
                                                           Cycles cycle) {
  std::optional<EngineError> error;
  while (!error && has_committed_chain()) {
    error = perform_chain(descriptor, cycle);
  }
  return error;
}

std::optional<EngineError> AttentionEngine::perform_pushed(Cycles cycle) {
  std::optional<EngineError> error;
  while (!error && has_committed_chain()) {
    tell_pushed_begun(cycle);
    error = perform_chain(pushed_chain(ended_pushes_), cycle);
    tell_pushed_ended(cycle);
  }
  return error;
}

void AttentionEngine::push_instruction(std::uint32_t high, const RegisterAccess& access) {
  const std::uint64_t instruction = std::uint64_t{high} << 32 | state_.instruction_low;
  while (engine().free_places() == 0 && !state_.is_fifo_halted) {
    ++waiting_pushes_;
    sc_core::wait(place_);
    --waiting_pushes_;
  }
  if (state_.is_fifo_halted) {
    return;
  }
  const Cycles cycle = std::max(access.cycle, clock_.now());
  state_.hart = access.hart;
  state_.pc = access.pc;
  ++instructions_;
  held_ = nullptr;  // the chain may write there
  if (!job_) {
    if (engine().is_idle()) {
      alone_next_ = cycle;
    }
    expect_pushes();
  }
  if (attention_engine::decode(instruction).opcode == Opcode::kEndChain) {
    tell_pushed(access);
  }
  engine().push(instruction, cycle);
  if (timed_ == nullptr) {
    schedule();
  }
}

/// Gives up what the engine does; in functional timing the bus owes nothing afterwards. Pushed
/// instructions that are lost halt the FIFO.
void AttentionEngine::abort_engine(Cycles cycle) {
  state_.is_fifo_halted =
      state_.is_fifo_halted || engine().free_places() < engine_.instruction_fifo_depth;
  engine().abort(cycle);
  written_.clear();
  tell_pushes_lost(cycle);
  tell_waiting_pushes(cycle);
  if (timed_ == nullptr) {
    alone_next_ = run_alone(alone_, bus_, cycle);
    cancel_advance();
  } else {
    timed_->set_deadline(kNever);
  }
  add_perf({});
  interrupts_before_ = engine().interrupts();
  held_ = nullptr;
}

/// A pushed chain failed: what follows makes no sense until firmware says so.
void AttentionEngine::fail_fifo(const EngineError& error, Cycles cycle) {
  state_.last_error = error.code;
  state_.is_fifo_halted = true;
  state_.is_halted = state_.is_halted || (state_.control & ATTENTION_ENGINE_CTRL_HALT_ON_ERR) != 0;
  note_error(error, 0);
  tell_waiting_pushes(cycle);
  raise(ATTENTION_ENGINE_IRQ_ERROR, cycle, pushes_);
  start_next(cycle);
}

EngineError AttentionEngine::engine_error() const {
  const ChainDecoder::Error& error = engine().error();
  return {error.code,
          error.index,
          error.limit,
          0,
          0,
          error.word,
          fmt::format("instruction {:#018x}: error {:#04x}, {} against {}", error.word,
                      static_cast<std::uint32_t>(error.code), error.index, error.limit)};
}

/// Interrupt instructions since the last look.
std::uint32_t AttentionEngine::take_interrupts() {
  if (engine().interrupts() == interrupts_before_) {
    return 0;
  }
  interrupts_before_ = engine().interrupts();
  told_pushes_ = ended_pushes_;
  state_.instruction_tag = engine().interrupt_tag();
  return ATTENTION_ENGINE_IRQ_INSTRUCTION;
}

/// Adds what the engine has done since the last call.
void AttentionEngine::add_perf(const TileCounters& tiles) {
  const CycleEngine& engine = this->engine();
  const CycleEngine::Counters& now = engine.counters();
  const CycleEngine::Counters& before = counters_before_;
  const auto stall = [&](Stall reason) {
    const auto index = static_cast<std::size_t>(reason);
    return now.mvu[index] - before.mvu[index];
  };
  Perf& perf = state_.perf;
  perf[ATTENTION_ENGINE_PERF_CYCLES] += now.cycles - before.cycles;
  perf[ATTENTION_ENGINE_PERF_MVU_ACTIVE] += stall(Stall::kNone);
  perf[ATTENTION_ENGINE_PERF_MVU_CONTEXT] += now.context_cycles - before.context_cycles;
  perf[ATTENTION_ENGINE_PERF_USEFUL_MACS] += tiles.useful_macs;
  perf[ATTENTION_ENGINE_PERF_ISSUED_MACS] += now.issued_macs - before.issued_macs;
  perf[ATTENTION_ENGINE_PERF_SOFTMAX_ACTIVE] += now.softmax_cycles - before.softmax_cycles;
  perf[ATTENTION_ENGINE_PERF_SCAN] += now.scan_cycles - before.scan_cycles;
  perf[ATTENTION_ENGINE_PERF_TILES_FULL] += tiles.tiles_full;
  perf[ATTENTION_ENGINE_PERF_TILES_PARTIAL] += tiles.tiles_partial;
  perf[ATTENTION_ENGINE_PERF_TILES_SKIPPED] += tiles.tiles_skipped;
  perf[ATTENTION_ENGINE_PERF_ELEMENTS_MASKED] += tiles.masked_elements;
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
  counters_before_ = now;
  traffic_before_ = traffic;
}

}  // namespace tessera::attention_engine
