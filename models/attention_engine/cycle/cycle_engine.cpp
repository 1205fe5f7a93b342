// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/cycle_engine.h"

#include <algorithm>

#include "models/base/error.h"

namespace tessera::attention_engine {

namespace {
/// Chains between dispatch and commit: the tags of the NPU's compiler (max_tag). Source:
/// compiler.py, intel/fpga-npu.
constexpr std::size_t kWindow = 512;
constexpr std::size_t kStores = kNumPaths;  // their queue of commits
}  // namespace

void CycleEngine::Client::read_beat(std::uint32_t tag, bool is_last, Cycles cycle) {
  mover_.read_beat(tag, is_last, cycle);
  is_woken_ = is_woken_ || is_last;
}

void CycleEngine::Client::write_response(std::uint32_t tag, Cycles cycle) {
  mover_.write_response(tag, cycle);
  is_woken_ = true;
}

CycleEngine::CycleEngine(const EngineParameters& engine, AxiPort& port, const DeviceProbe& probe)
    : engine_(engine),
      probe_(probe),
      decoder_(engine),
      mover_(engine, port),
      instructions_(engine.instruction_fifo_depth),
      window_(kWindow),
      has_read_(kWindow),
      has_committed_(kWindow),
      commits_(kNumPaths + 1, Ring<Commit>(kWindow)),
      units_(kNumUnits, UnitState(engine)),
      loading_(kWindow) {
  const auto divide_up = [](std::uint32_t a, std::uint32_t b) { return (a + b - 1) / b; };
  const std::uint32_t path = divide_up(engine.native_dim, engine.path_lanes);
  const std::uint32_t mfu = divide_up(engine.native_dim, engine.mfu_lanes);
  const auto set = [&](Unit unit, std::uint32_t latency, std::uint32_t vector_cycles) {
    state(unit).latency = latency + engine.fifo_cycles;
    state(unit).vector_cycles = vector_cycles;
  };
  set(Unit::kMvu, engine.mvu_cycles, 1);
  set(Unit::kRead, engine.read_cycles, path);
  set(Unit::kMfu0, engine.mfu_cycles, mfu);
  set(Unit::kMfu1, engine.mfu_cycles, mfu);
  set(Unit::kSoftmax, engine.softmax_cycles, 1);
  set(Unit::kWrite, engine.write_cycles, path);
  set(Unit::kLoad, engine.load_cycles, 1);
}

void CycleEngine::run(InstructionSource& source, Cycles soc_cycle) {
  const Cycles cycle = engine_.engine_cycle(soc_cycle);
  if (is_idle()) {
    accounted_ = cycle;
  }
  source_ = &source;
  is_running_source_ = true;
  front_end_free_ =
      std::max(front_end_free_, cycle + engine_.start_cycles + engine_.invocation_cycles);
  next_ = std::min(next_, cycle);
}

std::uint32_t CycleEngine::free_places() const {
  return engine_.instruction_fifo_depth - static_cast<std::uint32_t>(instructions_.size());
}

void CycleEngine::push(std::uint64_t instruction, Cycles soc_cycle) {
  const Cycles cycle = engine_.engine_cycle(soc_cycle);
  if (is_idle()) {
    accounted_ = cycle;
  }
  instructions_.push(instruction);
  next_ = std::min(next_, cycle + 1);
}

bool CycleEngine::is_done() const {
  return source_ == nullptr && front_end_ == FrontEnd::kEmpty && retired_ == dispatched_ &&
         mover_.is_idle();
}

Cycles CycleEngine::next_active_cycle(Cycles from) const {
  const Cycles cycle = engine_.engine_cycle(from);
  const Cycles next = is_woken_ ? cycle : std::max(next_, cycle);
  return next == kNever ? kNever : next * engine_.clock_divider;
}

void CycleEngine::step(Cycles soc_cycle) {
  const Cycles cycle = soc_cycle / engine_.clock_divider;
  if (soc_cycle % engine_.clock_divider != 0 || (!is_woken_ && cycle < next_)) {
    return;
  }
  is_woken_ = false;
  account(cycle);
  finish_loads(cycle);
  std::uint64_t stored = 0;
  while (mover_.take_stored(stored)) {
    if (stored > retired_) {  // not given up meanwhile
      commit_at(kStores, stored, cycle);
    }
  }
  apply_commits(cycle);
  // Against the stream, so that a place that becomes free can be filled in the same cycle.
  step_vector_unit(Unit::kWrite, cycle);
  step_softmax(cycle);
  step_vector_unit(Unit::kMfu1, cycle);
  step_vector_unit(Unit::kMfu0, cycle);
  step_vector_unit(Unit::kRead, cycle);
  step_mvu(cycle);
  step_load(cycle);
  mover_.step(cycle);
  dispatch(cycle);
  decode(cycle);
  if (is_running_source_ && is_done()) {
    is_running_source_ = false;
    ++ended_sources_;
  }
  mvu_stall_ = mvu_stall(cycle);
  next_ = find_next(cycle + 1);
}

Cycles CycleEngine::find_next(Cycles from) const {
  if (mover_.is_offering()) {
    return from;
  }
  Cycles next = kNever;
  for (std::uint32_t unit = 0; unit < kNumUnits; ++unit) {
    next = std::min(next, ready_at(static_cast<Unit>(unit), from));
  }
  // The reason of a stall may change when the MVU gets free.
  if (state(Unit::kMvu).free >= from) {
    next = std::min(next, state(Unit::kMvu).free);
  }
  for (const auto& commits : commits_) {
    if (!commits.is_empty()) {
      next = std::min(next, std::max(from, commits.front().cycle));
    }
  }
  if (!has_failed_ && (front_end_ == FrontEnd::kEmpty ? has_instruction() : can_dispatch())) {
    next = std::min(next, std::max(from, front_end_free_));
  }
  return next;
}

void CycleEngine::account(Cycles cycle) {
  if (cycle > accounted_ && !is_idle()) {
    const Cycles span = cycle - accounted_;
    counters_.cycles += span;
    counters_.mvu[static_cast<std::size_t>(mvu_stall_)] += span;
    counters_.context_cycles += mvu_stall_ == Stall::kNone && mvu_is_context_ ? span : 0;
  }
  accounted_ = cycle;
}

void CycleEngine::commit_at(std::size_t queue, std::uint64_t sequence, Cycles cycle) {
  commits_[queue].push({sequence, cycle});
}

void CycleEngine::apply_commits(Cycles cycle) {
  for (auto& commits : commits_) {
    while (!commits.is_empty() && commits.front().cycle <= cycle) {
      const std::uint64_t sequence = commits.front().chain;
      commits.pop();
      has_committed_[sequence % kWindow] = 1;
      has_read_[sequence % kWindow] = 1;
      last_commit_ = std::max(last_commit_, cycle);
      if (ActivityProbe* probe = probe_.activities()) {
        probe->ends(probe_.activity("chain", sequence - 1), cycle * engine_.clock_divider);
      }
      if (chain(sequence).is_transposed) {
        --tiles_in_buffer_;
      }
    }
  }
  while (retired_ < dispatched_ && has_committed_[(retired_ + 1) % kWindow] != 0) {
    ++retired_;
  }
}

bool CycleEngine::is_committed(std::uint64_t sequence) const {
  return sequence <= retired_ || has_committed_[sequence % kWindow] != 0;
}

void CycleEngine::abort(Cycles soc_cycle) {
  const Cycles cycle = engine_.engine_cycle(soc_cycle);
  account(cycle);
  source_ = nullptr;
  is_running_source_ = false;
  instructions_.clear();
  front_end_ = FrontEnd::kEmpty;
  decoder_.abandon();
  for (UnitState& unit : units_) {
    unit.chains.clear();
    unit.out.clear();
    unit.done = 0;
    unit.has_started = false;
    unit.free = cycle;
  }
  for (auto& commits : commits_) {
    commits.clear();
  }
  loading_.clear();
  tiles_in_buffer_ = 0;
  mover_.abandon();
  dispatched_ = decoder_.chains();
  retired_ = dispatched_;
  has_failed_ = false;
  front_end_free_ = cycle;
  next_ = cycle + 1;
}

void CycleEngine::reset(Cycles soc_cycle) {
  abort(soc_cycle);
  decoder_.reset();
}

}  // namespace tessera::attention_engine
