// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "models/attention_engine/cycle/cycle_engine.h"

namespace tessera::attention_engine {

bool CycleEngine::next_instruction(std::uint64_t& word) {
  if (source_ != nullptr) {
    if (source_->next(word)) {
      return true;
    }
    source_ = nullptr;
  }
  if (is_running_source_ || instructions_.is_empty()) {
    return false;
  }
  word = instructions_.front();
  instructions_.pop();
  return true;
}

bool CycleEngine::has_instruction() const {
  return source_ != nullptr || (!is_running_source_ && !instructions_.is_empty());
}

void CycleEngine::decode(Cycles cycle) {
  std::uint64_t word = 0;
  while (front_end_ == FrontEnd::kEmpty && front_end_free_ <= cycle && !has_failed_ &&
         next_instruction(word)) {
    is_scanning_ = false;
    ++counters_.instructions;
    front_end_free_ = cycle + engine_.instruction_cycles;
    switch (decoder_.take(word)) {
      case ChainDecoder::Outcome::kMore:
        break;
      case ChainDecoder::Outcome::kChain:
        decoded_ = decoder_.chain();
        front_end_ = FrontEnd::kChain;
        front_end_free_ += engine_.chain_cycles;
        break;
      case ChainDecoder::Outcome::kWalk: {
        const Cycles tests = Cycles{decoder_.argument()} * engine_.scan_cycles;
        counters_.scan_cycles += tests;
        front_end_free_ += tests;
        is_scanning_ = true;
        break;
      }
      case ChainDecoder::Outcome::kFence:
        front_end_ = FrontEnd::kFence;
        break;
      case ChainDecoder::Outcome::kInterrupt:
        front_end_ = FrontEnd::kInterrupt;
        break;
      case ChainDecoder::Outcome::kError:
        has_failed_ = true;
        break;
    }
  }
}

bool CycleEngine::is_drained() const {
  return std::all_of(units_.begin(), units_.end(),
                     [](const UnitState& unit) { return unit.chains.is_empty(); }) &&
         commits_[0].is_empty();
}

bool CycleEngine::can_dispatch() const {
  if (front_end_ != FrontEnd::kChain) {
    return retired_ == dispatched_ && mover_.is_idle();  // a fence
  }
  if (dispatched_ - retired_ >= window_.size() || (decoded_.waits_for_drain && !is_drained())) {
    return false;
  }
  for (std::uint32_t unit = 0; unit < kNumUnits; ++unit) {
    if (decoded_.uses(static_cast<Unit>(unit)) && units_[unit].chains.is_full()) {
      return false;
    }
  }
  return true;
}

void CycleEngine::dispatch(Cycles cycle) {
  if (front_end_ == FrontEnd::kEmpty || front_end_free_ > cycle || !can_dispatch()) {
    return;
  }
  if (front_end_ == FrontEnd::kChain) {
    dispatched_ = decoded_.sequence;
    chain(dispatched_) = decoded_;
    has_read_[dispatched_ % window_.size()] = 0;
    has_committed_[dispatched_ % window_.size()] = 0;
    for (std::uint32_t unit = 0; unit < kNumUnits; ++unit) {
      if (decoded_.uses(static_cast<Unit>(unit))) {
        units_[unit].chains.push(dispatched_);
      }
    }
    if (ActivityProbe* probe = probe_.activities()) {
      probe->begins(probe_.activity("chain", dispatched_ - 1), to_string(decoded_.path),
                    cycle * engine_.clock_divider);
    }
    ++counters_.chains;
    counters_.issued_macs += decoded_.issued_macs;
  } else if (front_end_ == FrontEnd::kInterrupt) {
    interrupt_tag_ = decoder_.argument();
    ++interrupts_;
  }
  front_end_ = FrontEnd::kEmpty;
}

}  // namespace tessera::attention_engine
