// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "models/attention_engine/cycle/cycle_engine.h"

namespace tessera::attention_engine {

bool CycleEngine::is_met(const Waits& waits) const {
  for (std::uint32_t path = 0; path < kNumPaths; ++path) {
    const std::uint64_t reader = waits.read[path];
    if (!is_committed(waits.committed[path]) ||
        (reader > retired_ && has_read_[reader % window_.size()] == 0)) {
      return false;
    }
  }
  return true;
}

Stall CycleEngine::stall_of(const Waits& waits) const {
  return is_committed(waits.committed[static_cast<std::size_t>(Path::kLoad)]) ? Stall::kDependency
                                                                              : Stall::kLoad;
}

Unit CycleEngine::unit_before(const Chain& chain, Unit unit) const {
  for (std::size_t i = index_of(unit); i-- > 0;) {
    if (chain.uses(static_cast<Unit>(i))) {
      return static_cast<Unit>(i);
    }
  }
  return unit;  // it is the first
}

bool CycleEngine::start(UnitState& unit, Unit name) {
  unit.has_started = unit.has_started || is_met(chain(unit.chains.front()).waits[index_of(name)]);
  return unit.has_started;
}

void CycleEngine::end_chain(UnitState& unit) {
  unit.chains.pop();
  unit.done = 0;
  unit.has_started = false;
}

bool CycleEngine::has_room(Unit unit, const Chain& chain) const {
  switch (unit) {
    case Unit::kWrite:
      return !chain.stores_to_l2 || mover_.can_store();
    case Unit::kMvu:
      return state(unit).out.has_room(outputs_of_step(chain.mvu, state(unit).done));
    case Unit::kLoad: {
      const std::uint64_t buffers = engine_.mechanisms.transposer == Transposer::kFull ? 2 : 1;
      return mover_.can_load() && (!chain.is_transposed || tiles_in_buffer_ < buffers);
    }
    case Unit::kSoftmax:
      return true;
    default:
      return state(unit).out.has_room(1);
  }
}

Cycles CycleEngine::ready_at(Unit name, Cycles from) const {
  const UnitState& unit = state(name);
  if (unit.chains.is_empty()) {
    return kNever;
  }
  const std::uint64_t sequence = unit.chains.front();
  const Chain& work = chain(sequence);
  if (!has_room(name, work) || (!unit.has_started && !is_met(work.waits[index_of(name)]))) {
    return kNever;
  }
  Cycles ready = std::max(unit.free, from);
  const Unit before = unit_before(work, name);
  if (before != name) {
    const VectorFifo& input = state(before).out;
    if (input.is_empty() || input.front().chain != sequence) {
      return kNever;
    }
    ready = std::max(ready, input.front().ready);
  }
  return ready;
}

void CycleEngine::step_vector_unit(Unit name, Cycles cycle) {
  if (ready_at(name, cycle) != cycle) {
    return;
  }
  UnitState& unit = state(name);
  start(unit, name);
  const std::uint64_t sequence = unit.chains.front();
  const Chain& work = chain(sequence);
  const Unit before = unit_before(work, name);
  if (before != name) {
    state(before).out.take();
  }
  unit.free = cycle + unit.vector_cycles;
  if (name == Unit::kWrite) {
    write_back(unit, work, cycle);
  } else {
    unit.out.push({sequence, 1, cycle + unit.vector_cycles - 1 + unit.latency});
    counters_.mfu_cycles += name == Unit::kMfu0 || name == Unit::kMfu1 ? unit.vector_cycles : 0;
  }
  if (++unit.done == work.vectors) {
    has_read_[sequence % window_.size()] |= before == name ? 1 : 0;
    end_chain(unit);
  }
}

void CycleEngine::write_back(UnitState& unit, const Chain& work, Cycles cycle) {
  if (work.stores_to_l2) {
    mover_.store(work.sequence, work.l2, unit.done);
    counters_.spill_bytes += work.traffic == Traffic::kSpill ? work.l2.row_bytes : 0;
  } else if (unit.done + 1 == work.vectors) {
    commit_at(static_cast<std::size_t>(Path::kVector), work.sequence,
              cycle + unit.vector_cycles - 1 + unit.latency);
  }
}

void CycleEngine::step_mvu(Cycles cycle) {
  if (ready_at(Unit::kMvu, cycle) != cycle) {
    return;
  }
  UnitState& unit = state(Unit::kMvu);
  start(unit, Unit::kMvu);
  const std::uint64_t sequence = unit.chains.front();
  const Chain& work = chain(sequence);
  const std::uint32_t outputs = outputs_of_step(work.mvu, unit.done);
  unit.free = cycle + work.mvu.step_cycles;
  if (outputs > 0) {
    unit.out.push({sequence, outputs, unit.free - 1 + unit.latency});
  }
  mvu_is_context_ = work.is_context;
  if (++unit.done == work.mvu.steps) {
    has_read_[sequence % window_.size()] = 1;
    end_chain(unit);
  }
}

void CycleEngine::step_softmax(Cycles cycle) {
  if (ready_at(Unit::kSoftmax, cycle) != cycle) {
    return;
  }
  UnitState& unit = state(Unit::kSoftmax);
  const std::uint64_t sequence = unit.chains.front();
  const std::uint32_t cycles = chain(sequence).softmax_cycles;
  unit.free = cycle + cycles;
  counters_.softmax_cycles += cycles;
  commit_at(static_cast<std::size_t>(Path::kSoftmax), sequence, unit.free - 1 + unit.latency);
  end_chain(unit);
}

void CycleEngine::step_load(Cycles cycle) {
  if (ready_at(Unit::kLoad, cycle) != cycle) {
    return;
  }
  UnitState& unit = state(Unit::kLoad);
  const std::uint64_t sequence = unit.chains.front();
  const Chain& work = chain(sequence);
  mover_.load(sequence, work.l2);
  loading_.push(sequence);
  tiles_in_buffer_ += work.is_transposed ? 1 : 0;
  const std::uint64_t bytes = std::uint64_t{work.l2.row_bytes} * work.l2.rows;
  counters_.refetch_bytes += work.traffic == Traffic::kRefetch ? bytes : 0;
  counters_.spill_bytes += work.traffic == Traffic::kSpill ? bytes : 0;
  end_chain(unit);
}

void CycleEngine::finish_loads(Cycles cycle) {
  std::uint64_t sequence = 0;
  while (mover_.take_loaded(sequence)) {
    if (loading_.is_empty() || loading_.front() != sequence) {
      continue;  // of a chain that was given up
    }
    loading_.pop();
    const Chain& work = chain(sequence);
    const L2Rows& rows = work.l2;
    // Rows go into the register file as they come; a tile that is transposed does when it is whole,
    // a row of it (or an element) per cycle.
    if (!work.is_transposed) {
      port_free_ = std::max(port_free_ + rows.rows, cycle);
    } else if (engine_.mechanisms.transposer == Transposer::kNone) {
      port_free_ = std::max(port_free_, cycle) + Cycles{rows.rows} * rows.row_bytes;
    } else {
      port_free_ = std::max(port_free_, cycle) + rows.row_bytes;
    }
    commit_at(static_cast<std::size_t>(Path::kLoad), sequence,
              port_free_ + state(Unit::kLoad).latency);
  }
}

Stall CycleEngine::mvu_stall(Cycles cycle) const {
  const UnitState& unit = state(Unit::kMvu);
  if (unit.free > cycle) {
    return Stall::kNone;
  }
  if (!unit.chains.is_empty()) {
    const Chain& work = chain(unit.chains.front());
    const Waits& waits = work.waits[index_of(Unit::kMvu)];
    if (!unit.has_started && !is_met(waits)) {
      return stall_of(waits);
    }
    return has_room(Unit::kMvu, work) ? Stall::kFrontEnd : Stall::kFifo;  // dispatched just now
  }
  if (front_end_ == FrontEnd::kChain && decoded_.waits_for_drain) {
    return Stall::kDrain;
  }
  if (is_scanning_) {
    return Stall::kScan;
  }
  const bool has_work = has_instruction() || front_end_ != FrontEnd::kEmpty;
  return has_work ? Stall::kFrontEnd : Stall::kIdle;
}

}  // namespace tessera::attention_engine
