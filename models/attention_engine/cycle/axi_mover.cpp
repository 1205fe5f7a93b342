// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/axi_mover.h"

#include <algorithm>

namespace tessera::attention_engine {

namespace {
constexpr std::uint32_t kPageBytes = 4096;  // AXI: no burst crosses it
constexpr std::uint32_t kReadTag = 0;
constexpr std::uint32_t kWriteTag = 1;
constexpr std::size_t kMaxLoads = 16;
}  // namespace

AxiMover::AxiMover(const EngineParameters& engine, AxiPort& port)
    : engine_(engine),
      port_(port),
      loads_(kMaxLoads),
      closed_(engine.out_queue_depth + 1),
      sending_(engine.max_bursts),
      unanswered_(engine.max_bursts),
      stored_(engine.max_bursts) {}

std::uint32_t AxiMover::beats_of(std::uint32_t address, std::uint32_t bytes) const {
  const std::uint32_t beat = engine_.axi_bytes;
  return (address % beat + bytes + beat - 1) / beat;
}

std::uint32_t AxiMover::burst_bytes(std::uint32_t address, std::uint32_t bytes) const {
  const std::uint32_t longest =
      engine_.max_burst_beats * engine_.axi_bytes - address % engine_.axi_bytes;
  return std::min({bytes, kPageBytes - address % kPageBytes, longest});
}

void AxiMover::load(std::uint64_t chain, const L2Rows& rows) {
  Load load{chain, rows, 0, 0, 0};
  if (rows.stride == rows.row_bytes || rows.stride == 0) {  // one piece
    load.rows.row_bytes = rows.row_bytes * rows.rows;
    load.rows.rows = 1;
  }
  loads_.push(load);
}

bool AxiMover::take_loaded(std::uint64_t& chain) {
  if (loads_.is_empty() || !loads_.front().is_issued() || loads_.front().bursts > 0) {
    return false;
  }
  chain = loads_.front().chain;
  loads_.pop();
  issuing_ -= issuing_ > 0 ? 1 : 0;
  return true;
}

AxiMover::Load* AxiMover::next_load() {
  while (issuing_ < loads_.size() && loads_.at(issuing_).is_issued()) {
    ++issuing_;
  }
  return issuing_ < loads_.size() ? &loads_.at(issuing_) : nullptr;
}

void AxiMover::issue_load(Cycles /*cycle*/) {
  Load* const load = next_load();
  if (load == nullptr || read_bursts_ >= engine_.max_bursts) {
    return;
  }
  if (!port_.can_issue(false)) {
    ++counters_.wait_cycles;
    return;
  }
  const L2Rows& rows = load->rows;
  const std::uint32_t address = rows.address + load->row * rows.stride + load->offset;
  const std::uint32_t bytes = burst_bytes(address, rows.row_bytes - load->offset);
  port_.issue({address, beats_of(address, bytes), false, kReadTag});
  counters_.read_bytes += bytes;
  ++load->bursts;
  ++read_bursts_;
  load->offset += bytes;
  if (load->offset == rows.row_bytes) {
    load->offset = 0;
    ++load->row;
  }
}

void AxiMover::read_beat(std::uint32_t /*tag*/, bool is_last, Cycles /*cycle*/) {
  if (!is_last) {
    return;
  }
  --read_bursts_;
  // Bursts of one tag come back in order: this one belongs to the oldest load that waits.
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    if (loads_.at(i).bursts > 0) {
      --loads_.at(i).bursts;
      return;
    }
  }
}

bool AxiMover::can_store() const {
  return queued_vectors_ < engine_.out_queue_depth && !closed_.is_full();
}

void AxiMover::close_store() {
  if (open_.bytes > 0) {
    closed_.push(open_);
    open_ = {};
  }
}

void AxiMover::store(std::uint64_t chain, const L2Rows& rows, std::uint32_t index) {
  const std::uint32_t stride = rows.stride == 0 ? rows.row_bytes : rows.stride;
  const std::uint32_t offset = index % rows.parts * engine_.native_dim;
  const std::uint32_t address = rows.address + index / rows.parts * stride + offset;
  const std::uint32_t bytes =
      rows.parts == 1 ? rows.row_bytes : std::min(engine_.native_dim, rows.row_bytes - offset);
  const bool joins = open_.bytes > 0 && open_.chain == chain &&
                     address == open_.address + open_.bytes &&
                     burst_bytes(open_.address, open_.bytes + bytes) == open_.bytes + bytes;
  if (!joins) {
    close_store();
    open_ = {chain, address, 0, 0, false};
  }
  open_.bytes += bytes;
  ++open_.vectors;
  ++queued_vectors_;
  open_.is_last = index + 1 == rows.rows * rows.parts;
  if (open_.is_last || queued_vectors_ == engine_.out_queue_depth) {
    close_store();
  }
}

void AxiMover::issue_store() {
  const bool has_place = sending_.size() + unanswered_.size() < engine_.max_bursts;
  if (!closed_.is_empty() && has_place) {
    const Store& store = closed_.front();
    if (port_.can_issue(true)) {
      const std::uint32_t beats = beats_of(store.address, store.bytes);
      port_.issue({store.address, beats, true, kWriteTag});
      beats_left_ = sending_.is_empty() ? beats : beats_left_;
      sending_.push(store);
      closed_.pop();
    } else {
      ++counters_.wait_cycles;
    }
  }
}

void AxiMover::step(Cycles cycle) {
  issue_load(cycle);
  if (!sending_.is_empty()) {
    if (port_.can_write()) {
      port_.write_beat(beats_left_ == 1);
      if (--beats_left_ == 0) {
        const Store sent = sending_.front();
        sending_.pop();
        queued_vectors_ -= sent.vectors;
        counters_.write_bytes += sent.bytes;
        unanswered_.push(sent);
        beats_left_ =
            sending_.is_empty() ? 0 : beats_of(sending_.front().address, sending_.front().bytes);
      }
    } else {
      ++counters_.wait_cycles;
    }
  }
  issue_store();
}

void AxiMover::write_response(std::uint32_t /*tag*/, Cycles /*cycle*/) {
  const Store store = unanswered_.front();
  unanswered_.pop();
  if (store.is_last) {
    stored_.push(store.chain);
  }
}

bool AxiMover::take_stored(std::uint64_t& chain) {
  if (stored_.is_empty()) {
    return false;
  }
  chain = stored_.front();
  stored_.pop();
  return true;
}

bool AxiMover::is_offering() const {
  const bool has_load = issuing_ < loads_.size() && read_bursts_ < engine_.max_bursts;
  const bool has_store =
      !closed_.is_empty() && sending_.size() + unanswered_.size() < engine_.max_bursts;
  return has_load || has_store || !sending_.is_empty();
}

bool AxiMover::is_idle() const {
  return loads_.is_empty() && read_bursts_ == 0 && queued_vectors_ == 0 && unanswered_.is_empty() &&
         stored_.is_empty();
}

void AxiMover::abandon() {
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    loads_.at(i).row = loads_.at(i).rows.rows;
  }
  queued_vectors_ -= open_.vectors;
  open_ = {};
  while (!closed_.is_empty()) {
    queued_vectors_ -= closed_.front().vectors;
    closed_.pop();
  }
}

}  // namespace tessera::attention_engine
