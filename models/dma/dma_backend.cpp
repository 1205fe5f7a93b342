// SPDX-License-Identifier: Apache-2.0
#include "models/dma/dma_backend.h"

#include <algorithm>

#include "models/base/error.h"

namespace tessera {

namespace {
constexpr std::uint32_t kMaxPageBytes = 4096;  // AXI; PageSize in axi_dma_burst_reshaper.sv
constexpr std::uint32_t kMaxBurstBeats = 256;
/// Bursts per direction in the crossbar: the counters of axi_demux_simple.sv for MaxMstTrans 8 have
/// three bits, and all ones means full.
constexpr std::uint32_t kMaxOutstanding = 7;
constexpr std::uint32_t kTag = 0;  // the AXI id: burst_req_o in mempool_dma.sv

/// A register of the crossbar has a free place. What the AXI port was given and has not passed on
/// yet (`is_shown`) is in the hardware still in this register.
template <typename Fifo>
bool has_room(const Fifo& fifo, bool is_shown, Cycles cycle) {
  return fifo.occupied(cycle) + (is_shown ? 1 : 0) < DmaChannels::kPlaces;
}
}  // namespace

DmaBackend::DmaBackend(const DmaParameters& parameters, AxiPort& axi, WideL1Port& l1,
                       ByteMemory& memory, StatGroup& stats)
    : parameters_(parameters),
      page_bytes_(std::min(kMaxPageBytes, kMaxBurstBeats * parameters.beat_bytes)),
      axi_(axi),
      l1_side_(parameters, l1, memory),
      read_beats_(parameters.beat_bytes),
      write_beats_(parameters.beat_bytes),
      buffer_(parameters.beat_bytes) {
  TESSERA_CHECK(parameters.beat_bytes <= RealignBuffer::kMaxLanes, "AXI words of {} bytes",
                parameters.beat_bytes);
  const DmaL1Side::Counters& l1_counters = l1_side_.counters();
  stats.add("beats", "count", "AXI words read from or written to L1", &l1_counters.beats);
  stats.add("l1_refused_cycles", "cycles", "its banks were busy", &l1_counters.refused_cycles);
  stats.add("axi_wait_cycles", "cycles", "an address or data waited for the AXI port",
            &axi_wait_cycles_);
}

bool DmaBackend::is_data_path_idle() const {
  return reads_.is_empty() && writes_.is_empty() && buffer_.is_empty();
}

bool DmaBackend::is_idle() const {
  return requests_.is_empty() && read_reshaper_.bytes == 0 && write_reshaper_.bytes == 0 &&
         ends_transfer_.is_empty() && write_addresses_.is_empty() && l1_side_.is_idle();
}

bool DmaBackend::can_take_beat() const {
  return ports_[kAxiPort].read_data.size() < DmaChannels::kPlaces;
}

void DmaBackend::read_beat(std::uint32_t /*tag*/, bool is_last, Cycles cycle) {
  ports_[kAxiPort].read_data.push(is_last, cycle);
}

void DmaBackend::write_response(std::uint32_t /*tag*/, Cycles cycle) {
  ports_[kAxiPort].write_response.push(true, cycle);
}

bool DmaBackend::step(Cycles cycle) {
  const bool is_complete = complete_burst(cycle);
  move_data(cycle);
  emit_addresses(cycle);
  cut_bursts(cycle);
  route_writes(cycle);
  route_reads(cycle);
  l1_side_.step(ports_[kL1Port], cycle);
  serve_axi_port(cycle);
  return is_complete;
}

bool DmaBackend::complete_burst(Cycles cycle) {
  if (!cut_.write_response.can_pop(cycle)) {
    return false;
  }
  cut_.write_response.pop(cycle);
  return ends_transfer_.pop(cycle);
}

void DmaBackend::move_data(Cycles cycle) {
  // Both sides see the buffer as it was at the start of the cycle.
  bool can_fill = false;
  std::uint32_t fill_lane = 0;
  std::uint32_t fill_bytes = 0;
  if (cut_.read_data.can_pop(cycle)) {
    if (!read_beats_.is_active()) {
      read_beats_.start(reads_.front());
    }
    const BeatCursor::Beat beat = read_beats_.beat();
    fill_lane = lane_of(beat.partner);
    fill_bytes = beat.bytes;
    can_fill = buffer_.has_room(fill_lane, fill_bytes);
  }
  if (writes_.can_pop(cycle) && cut_.write_data.can_push(cycle)) {
    if (!write_beats_.is_active()) {
      write_beats_.start(writes_.front());
    }
    const BeatCursor::Beat beat = write_beats_.beat();
    if (buffer_.has_bytes(lane_of(beat.address), beat.bytes)) {
      buffer_.drain(lane_of(beat.address), beat.bytes);
      cut_.write_data.push(beat.is_last, cycle);
      write_beats_.advance();
      if (beat.is_last) {
        writes_.pop(cycle);
      }
    }
  }
  if (can_fill) {
    buffer_.fill(fill_lane, fill_bytes);
    cut_.read_data.pop(cycle);
    read_beats_.advance();
    if (!read_beats_.is_active()) {
      reads_.pop(cycle);
    }
  }
}

void DmaBackend::emit_addresses(Cycles cycle) {
  if (read_addresses_.can_pop(cycle) && cut_.read_address.can_push(cycle)) {
    cut_.read_address.push(read_addresses_.pop(cycle), cycle);
  }
  if (write_addresses_.can_pop(cycle) && cut_.write_address.can_push(cycle)) {
    const DmaBurst burst = write_addresses_.pop(cycle);
    cut_.write_address.push(burst, cycle);
    ends_transfer_.push(burst.ends_transfer, cycle);
  }
}

DmaBurst DmaBackend::next_burst(Reshaper& reshaper) const {
  const std::uint32_t bytes =
      std::min(reshaper.bytes, page_bytes_ - reshaper.address % page_bytes_);
  const DmaBurst burst{reshaper.address, bytes, reshaper.partner, bytes == reshaper.bytes,
                       reshaper.number};
  reshaper.address += bytes;
  reshaper.partner += bytes;
  reshaper.bytes -= bytes;
  return burst;
}

void DmaBackend::cut_bursts(Cycles cycle) {
  const bool can_read = read_addresses_.can_push(cycle) && reads_.can_push(cycle);
  const bool can_write = write_addresses_.can_push(cycle) && writes_.can_push(cycle);
  if (can_read && read_reshaper_.bytes > 0) {
    const DmaBurst burst = next_burst(read_reshaper_);
    read_addresses_.push(burst, cycle);
    reads_.push(burst, cycle);
  }
  if (can_write && write_reshaper_.bytes > 0) {
    const DmaBurst burst = next_burst(write_reshaper_);
    write_addresses_.push(burst, cycle);
    writes_.push(burst, cycle);
  }
  // The next request comes in with the last bursts of the one before.
  if (can_read && can_write && read_reshaper_.bytes == 0 && write_reshaper_.bytes == 0 &&
      requests_.can_pop(cycle)) {
    const DmaTransfer request = requests_.pop(cycle);
    read_reshaper_ = {request.source, request.destination, request.bytes, request.number};
    write_reshaper_ = {request.destination, request.source, request.bytes, request.number};
  }
}

void DmaBackend::route_writes(Cycles cycle) {
  // Counters as they were at the start of the cycle decide; data may follow its address at once.
  if (cut_.write_address.can_pop(cycle)) {
    const std::uint32_t port = port_of(cut_.write_address.front().address);
    Route& route = write_route_;
    const bool is_new = !route.is_address_locked && route.outstanding < kMaxOutstanding &&
                        open_writes_ < kMaxOutstanding &&
                        (route.outstanding == 0 || route.port == port);
    if (is_new) {
      ++open_writes_;
      ++route.outstanding;
      route.port = port;
    }
    if (is_new || route.is_address_locked) {
      auto& addresses = ports_[port].write_address;
      const bool is_shown = port == kAxiPort && !axi_.can_issue(true);
      route.is_address_locked = !has_room(addresses, is_shown, cycle);
      if (!route.is_address_locked) {
        addresses.push(cut_.write_address.pop(cycle), cycle);
      }
    }
  }
  DmaChannels& port = ports_[write_route_.port];
  const bool is_shown = write_route_.port == kAxiPort && !axi_.can_write();
  if (open_writes_ > 0 && cut_.write_data.can_pop(cycle) &&
      has_room(port.write_data, is_shown, cycle)) {
    const bool is_last = cut_.write_data.pop(cycle);
    port.write_data.push(is_last, cycle);
    open_writes_ -= is_last ? 1 : 0;
  }
  if (port.write_response.can_pop(cycle) && cut_.write_response.can_push(cycle)) {
    cut_.write_response.push(port.write_response.pop(cycle), cycle);
    --write_route_.outstanding;
  }
}

void DmaBackend::route_reads(Cycles cycle) {
  Route& route = read_route_;
  const std::uint32_t outstanding = route.outstanding;  // at the start of the cycle
  DmaChannels& from = ports_[route.port];
  if (from.read_data.can_pop(cycle) && cut_.read_data.can_push(cycle)) {
    const bool is_last = from.read_data.pop(cycle);
    cut_.read_data.push(is_last, cycle);
    route.outstanding -= is_last ? 1 : 0;
  }
  if (!cut_.read_address.can_pop(cycle)) {
    return;
  }
  const std::uint32_t port = port_of(cut_.read_address.front().address);
  const bool is_allowed = outstanding < kMaxOutstanding && (outstanding == 0 || route.port == port);
  if (is_allowed || route.is_address_locked) {
    auto& addresses = ports_[port].read_address;
    const bool is_shown = port == kAxiPort && !axi_.can_issue(false);
    route.is_address_locked = !has_room(addresses, is_shown, cycle);
    if (!route.is_address_locked) {
      addresses.push(cut_.read_address.pop(cycle), cycle);
      route.port = port;
      ++route.outstanding;
    }
  }
}

void DmaBackend::serve_axi_port(Cycles cycle) {
  DmaChannels& port = ports_[kAxiPort];
  const auto issue = [&](auto& addresses, bool is_write) {
    if (!addresses.can_pop(cycle)) {
      return false;
    }
    if (!axi_.can_issue(is_write)) {
      ++axi_wait_cycles_;
      return false;
    }
    const DmaBurst burst = addresses.pop(cycle);
    const std::uint32_t beat = parameters_.beat_bytes;
    const std::uint32_t beats = (burst.address % beat + burst.bytes + beat - 1) / beat;
    axi_.issue({burst.address, beats, is_write, kTag});
    return true;
  };
  issue(port.read_address, false);
  if (issued_writes_ > 0 && port.write_data.can_pop(cycle)) {
    if (axi_.can_write()) {
      const bool is_last = port.write_data.pop(cycle);
      axi_.write_beat(is_last);
      issued_writes_ -= is_last ? 1 : 0;
    } else {
      ++axi_wait_cycles_;
    }
  }
  issued_writes_ += issue(port.write_address, true) ? 1 : 0;
}

}  // namespace tessera
