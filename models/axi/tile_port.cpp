// SPDX-License-Identifier: Apache-2.0
#include "models/axi/tile_port.h"

namespace tessera {

namespace {

bool is_write(AccessKind kind) {
  return kind == AccessKind::kStore || kind == AccessKind::kStoreConditional || is_amo(kind);
}

bool is_exclusive(AccessKind kind) {
  return kind == AccessKind::kLoadReserved || kind == AccessKind::kStoreConditional;
}

}  // namespace

TilePort::TilePort(std::uint32_t harts_per_tile, std::uint32_t axi_bytes, StatGroup& stats)
    : axi_bytes_(axi_bytes), waiting_(harts_per_tile) {
  stats.add("loads", "count", "reads of the tile's harts", &loads_);
  stats.add("stores", "count", "writes and atomics of the tile's harts", &stores_);
  stats.add("refills", "count", "lines read by the tile's cache", &refills_);
  stats.add("stall_cycles", "cycles", "cycles in which a hart's request waited", &stall_cycles_);
  stats.add("busy_cycles", "cycles", "cycles with accesses of harts in flight", &busy_cycles_);
}

void TilePort::request(std::uint32_t lane, const MemoryRequest& request) {
  waiting_[lane] = request;
  pending_ |= std::uint64_t{1} << lane;
}

void TilePort::refill(std::uint32_t address, std::uint32_t bytes, std::uint32_t tag, Cycles now) {
  AxiRequest read;
  read.address = address;
  read.tag = tag;
  read.source = kCache;
  read.beats = static_cast<std::uint16_t>((bytes + axi_bytes_ - 1) / axi_bytes_);
  refill_reads_.push(read, now);
  ++num_refills_;
  ++refills_;
}

void TilePort::step(Cycles now) {
  mux_reads(now);
  if (converted_writes_.can_pop(now) && writes.can_push(now)) {
    writes.push(converted_writes_.front(), now);
    requests_->writes |= request_bit_;
    converted_writes_.pop(now);
  }
  convert_writes(now);
  convert_reads(now);
  accept_hart(now);
  busy_cycles_ += num_open_ != 0;
}

void TilePort::mux_reads(Cycles now) {
  const std::uint64_t requests = std::uint64_t{refill_reads_.can_pop(now)} << kCache |
                                 std::uint64_t{converted_reads_.can_pop(now)} << kHarts;
  if (requests == 0) {
    return;
  }
  auto& winner = read_arbiter_.winner(requests) == kCache ? refill_reads_ : converted_reads_;
  if (!reads.can_push(now)) {
    read_arbiter_.hold();
    return;
  }
  read_arbiter_.accept();
  reads.push(winner.front(), now);
  requests_->reads |= request_bit_;
  winner.pop(now);
}

void TilePort::convert_writes(Cycles now) {
  switch (write_state_) {
    case WriteState::kIdle:
      if (hart_writes_.can_pop(now)) {
        // An atomic also occupies the read half, which will carry its response.
        if (hart_writes_.front().is_atomic) {
          if (read_state_ != ReadState::kIdle || read_changed_ == now) {
            return;
          }
          read_state_ = ReadState::kData;
        }
        write_ = hart_writes_.front();
        hart_writes_.pop(now);
        write_state_ = WriteState::kAddress;
      }
      return;
    case WriteState::kAddress:
      if (converted_writes_.can_push(now)) {
        converted_writes_.push(write_, now);
        write_state_ = WriteState::kData;
      }
      return;
    case WriteState::kData:
      if (!has_write_data_ && hart_data_.can_pop(now)) {
        hart_data_.pop(now);
        has_write_data_ = true;
      }
      return;
  }
}

void TilePort::take_data() {
  has_write_data_ = false;
  write_state_ = WriteState::kIdle;
}

void TilePort::convert_reads(Cycles now) {
  if (read_state_ == ReadState::kAddress) {
    if (converted_reads_.can_push(now)) {
      converted_reads_.push(read_, now);
      read_state_ = ReadState::kData;
    }
  } else if (read_state_ == ReadState::kIdle && read_changed_ != now && hart_reads_.can_pop(now)) {
    read_ = hart_reads_.front();
    hart_reads_.pop(now);
    read_state_ = ReadState::kAddress;
  }
}

bool TilePort::can_take_read(Input input, Cycles now) const {
  return input == kCache ? refill_responses_.can_push(now) : hart_read_responses_.can_push(now);
}

void TilePort::take_read(Input input, const AxiResponse& response, Cycles now) {
  if (input == kCache) {
    refill_responses_.push(response, now);
    return;
  }
  hart_read_responses_.push(response, now);
  read_state_ = ReadState::kIdle;
  read_changed_ = now;
}

void TilePort::take_write_response(const AxiResponse& response, Cycles now) {
  hart_write_responses_.push(response, now);
}

bool TilePort::may_accept(const HartAccess& access, Cycles now) const {
  if (is_atomic_open_ || now < atomic_until_) {
    return false;
  }
  if (!is_write(access.kind)) {
    return open_reads_.at_start(now) < kMaxInFlight && open_writes_.value() == 0;
  }
  return open_writes_.at_start(now) < kMaxInFlight && open_reads_.value() == 0 &&
         !(is_amo(access.kind) && open_writes_.value() != 0);
}

void TilePort::accept_hart(Cycles now) {
  if (pending_ == 0) {
    return;
  }
  const std::uint32_t lane = hart_arbiter_.winner(pending_);
  const HartAccess& access = waiting_[lane].access;
  HartTransaction& slot = slots_[next_slot_ % slots_.size()];
  bool is_accepted = may_accept(access, now);
  if (is_accepted) {
    AxiRequest request;
    request.address = access.address;
    request.tag = next_slot_ % static_cast<std::uint32_t>(slots_.size());
    request.source = kHarts;
    request.is_atomic = is_amo(access.kind);
    request.is_exclusive = is_exclusive(access.kind);
    request.hart = &slot;
    if (is_write(access.kind)) {
      // Address and data go separately; the request is accepted when both have gone.
      if (!is_address_sent_ && hart_writes_.can_push(now)) {
        hart_writes_.push(request, now);
        is_address_sent_ = true;
      }
      if (!is_data_sent_ && hart_data_.can_push(now)) {
        hart_data_.push(true, now);
        is_data_sent_ = true;
      }
      is_accepted = is_address_sent_ && is_data_sent_;
    } else if (hart_reads_.can_push(now)) {
      hart_reads_.push(request, now);
    } else {
      is_accepted = false;
    }
  }
  if (!is_accepted) {
    hart_arbiter_.hold();
    ++stall_cycles_;
    return;
  }
  hart_arbiter_.accept();
  slot = {waiting_[lane], 0};
  open(access, now);
  pending_ &= ~(std::uint64_t{1} << lane);
}

void TilePort::open(const HartAccess& access, Cycles now) {
  is_address_sent_ = false;
  is_data_sent_ = false;
  ++next_slot_;
  ++num_open_;
  if (is_write(access.kind)) {
    open_writes_.add(1, now);
    ++stores_;
  } else {
    ++loads_;
  }
  if (!is_write(access.kind) || is_amo(access.kind)) {
    open_reads_.add(1, now);
  }
  is_atomic_open_ = is_amo(access.kind);
}

void TilePort::deliver(std::uint32_t tile, MemoryClient& harts, RefillClient& caches, Cycles now) {
  if (refill_responses_.can_pop(now)) {
    const AxiResponse& response = refill_responses_.front();
    if (response.is_last) {
      --num_refills_;
      caches.refill_done(tile, response.tag, now);
    }
    refill_responses_.pop(now);
  }
  const bool has_read = hart_read_responses_.can_pop(now);
  const bool has_write = hart_write_responses_.can_pop(now);
  if (has_write && is_atomic_open_) {
    // The hart is only interested in what an atomic returns on R.
    hart_write_responses_.pop(now);
    open_writes_.add(-1, now);
  }
  if (has_read || (has_write && !is_atomic_open_)) {
    respond(has_read, harts, now);
  }
  if (is_atomic_open_ && open_reads_.value() == 0 && open_writes_.value() == 0) {
    is_atomic_open_ = false;
    atomic_until_ = now + kCyclesAfterAtomic;
  }
}

void TilePort::respond(bool is_read, MemoryClient& harts, Cycles now) {
  const HartTransaction& slot =
      slots_[(next_slot_ - num_open_) % static_cast<std::uint32_t>(slots_.size())];
  const std::uint32_t hart = slot.request.access.hart;
  if (!harts.is_response_port_free(hart, now)) {
    return;
  }
  if (is_read) {
    hart_read_responses_.pop(now);
    open_reads_.add(-1, now);
  } else {
    hart_write_responses_.pop(now);
    open_writes_.add(-1, now);
  }
  --num_open_;
  harts.response(hart, slot.request.tag, slot.data, now);
}

}  // namespace tessera
