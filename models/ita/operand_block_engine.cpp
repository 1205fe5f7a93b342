// SPDX-License-Identifier: Apache-2.0
#include "models/ita/operand_block_engine.h"

#include <algorithm>

#include "models/base/error.h"

namespace tessera::ita {

namespace {
constexpr std::uint32_t kWordBytes = 4;
constexpr std::uint32_t kMaxL1AccessBytes = 64;
constexpr std::uint32_t kTag = 0;
}  // namespace

OperandBlockEngine::OperandBlockEngine(const OperandBlockTiming& timing, std::uint32_t index,
                                       OperandBlockClient& client, const Environment& environment)
    : timing_(timing), index_(index), client_(client), environment_(environment) {}

void OperandBlockEngine::add_stats(StatGroup& stats) {
  stats.add("fetch_cycles", "cycles", "operands were on their way", &fetch_cycles_);
  stats.add("compute_cycles", "cycles", "it computed and fetched nothing", &compute_cycles_);
  stats.add("write_cycles", "cycles", "the result was on its way", &write_cycles_);
  stats.add("l1_requests", "count", "cycles in which it asked banks of L1", &l1_requests_);
  stats.add("l1_refusals", "count", "of these, cycles in which they did not take it",
            &l1_refusals_);
}

void OperandBlockEngine::start(const OperandBlockRun& run, Cycles cycle) {
  TESSERA_CHECK(is_idle(), "ITA {} is at work", index_);
  run_ = run;
  pieces_ = run.operands;
  next_piece_ = 0;
  phase_ = Phase::kFetch;
  start_ = cycle + timing_.start_latency_cycles;
  next_beat_ = start_;
  result_offset_ = 0;
  client_.phase_began(index_, "fetch", start_);
}

Cycles OperandBlockEngine::next_active_cycle(Cycles from) const {
  switch (phase_) {
    case Phase::kIdle:
      return kNever;
    case Phase::kFetch:
      return std::max(from, start_);
    case Phase::kCompute:
      return std::max(from, compute_end_);
    case Phase::kWrite:
      break;
  }
  return from;
}

void OperandBlockEngine::step(Cycles cycle) {
  now_ = cycle;
  if (phase_ == Phase::kFetch && cycle >= start_) {
    step_fetch(cycle);
  } else if (phase_ == Phase::kCompute && cycle >= compute_end_) {
    pieces_ = {run_.result};
    next_piece_ = 0;
    phase_ = Phase::kWrite;
    client_.phase_began(index_, "write", cycle);
    step_write(cycle);
  } else if (phase_ == Phase::kWrite) {
    step_write(cycle);
  }
}

void OperandBlockEngine::step_fetch(Cycles cycle) {
  ++fetch_cycles_;
  take_l1_access(cycle);
  go_on(false, cycle);
  if (has_rest() || open_bursts_ > 0) {
    return;
  }
  client_.operands_arrived(index_);
  const Cycles compute_start = timing_.is_fetch_overlapped ? start_ : cycle + 1;
  compute_end_ = std::max(cycle + 1, compute_start + run_.compute_cycles);
  compute_cycles_ += compute_end_ - (cycle + 1);
  phase_ = Phase::kCompute;
  client_.phase_began(index_, "compute", cycle + 1);
}

void OperandBlockEngine::step_write(Cycles cycle) {
  ++write_cycles_;
  if (const std::uint32_t bytes = l1_access_; take_l1_access(cycle)) {
    result_written(bytes);
  }
  send_beats(cycle);
  go_on(true, cycle);
  if (!has_rest() && open_bursts_ == 0) {
    phase_ = Phase::kIdle;
    client_.run_ended(index_, cycle + 1);
  }
}

void OperandBlockEngine::load_rest() {
  if (rest_.bytes == 0 && next_piece_ < pieces_.size()) {
    rest_ = pieces_[next_piece_++];
  }
}

void OperandBlockEngine::go_on(bool is_write, Cycles cycle) {
  load_rest();
  if (rest_.bytes == 0) {
    return;
  }
  if (!is_in_l1(rest_.address)) {
    if (open_bursts_ < kMaxBursts && beats_to_send_ == 0 && environment_.axi.can_issue(is_write)) {
      issue(is_write);
    }
  } else if (cycle + 1 >= next_beat_) {
    // Whole words, within an aligned group as wide as an access.
    const std::uint32_t width = std::clamp(bytes_per_cycle(), kWordBytes, kMaxL1AccessBytes);
    l1_access_ = std::min(rest_.bytes, width - rest_.address % width);
    const std::uint32_t first = rest_.address / kWordBytes * kWordBytes;
    const std::uint32_t end = (rest_.address + l1_access_ + kWordBytes - 1) / kWordBytes;
    environment_.l1.announce(first, end * kWordBytes - first);
  }
}

void OperandBlockEngine::issue(bool is_write) {
  const std::uint32_t beat = environment_.beat_bytes;
  const std::uint32_t page = std::min(kMaxBurstBytes, kMaxBurstBeats * beat);
  const std::uint32_t bytes = std::min(rest_.bytes, page - rest_.address % page);
  const std::uint32_t beats = (rest_.address % beat + bytes + beat - 1) / beat;
  environment_.axi.issue({rest_.address, beats, is_write, kTag});
  ++open_bursts_;
  if (is_write) {
    beats_to_send_ = beats;
    burst_bytes_ = bytes;
  }
  rest_ = {rest_.address + bytes, rest_.bytes - bytes};
}

bool OperandBlockEngine::take_l1_access(Cycles cycle) {
  if (l1_access_ == 0) {
    return false;
  }
  const std::uint32_t bytes = l1_access_;
  l1_access_ = 0;
  ++l1_requests_;
  if (!environment_.l1.ask()) {
    ++l1_refusals_;
    return false;
  }
  rest_ = {rest_.address + bytes, rest_.bytes - bytes};
  moved(bytes, cycle);
  return true;
}

void OperandBlockEngine::send_beats(Cycles cycle) {
  if (beats_to_send_ == 0 || cycle < next_beat_ || !environment_.axi.can_write()) {
    return;
  }
  --beats_to_send_;
  environment_.axi.write_beat(beats_to_send_ == 0);
  moved(environment_.beat_bytes, cycle);
  if (beats_to_send_ == 0) {
    result_written(burst_bytes_);
  }
}

void OperandBlockEngine::result_written(std::uint32_t bytes) {
  client_.write_result(index_, result_offset_, bytes);
  result_offset_ += bytes;
}

std::uint32_t OperandBlockEngine::bytes_per_cycle() const {
  return phase_ == Phase::kFetch ? timing_.fetch_bytes_per_cycle : timing_.output_bytes_per_cycle;
}

void OperandBlockEngine::moved(std::uint32_t bytes, Cycles cycle) {
  const std::uint32_t width = bytes_per_cycle();
  next_beat_ = cycle + std::max<Cycles>(1, (bytes + width - 1) / width);
}

void OperandBlockEngine::read_beat(std::uint32_t /*tag*/, bool is_last, Cycles cycle) {
  open_bursts_ -= is_last ? 1 : 0;
  moved(environment_.beat_bytes, cycle);
}

void OperandBlockEngine::write_response(std::uint32_t /*tag*/, Cycles /*cycle*/) {
  --open_bursts_;
}

}  // namespace tessera::ita
