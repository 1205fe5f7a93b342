// SPDX-License-Identifier: Apache-2.0
#include "models/dma/dma_l1_side.h"

#include <array>

#include "models/base/error.h"
#include "models/dma/realign_buffer.h"

namespace tessera {

namespace {
/// Outstanding accesses where a back-end serves several tiles: RespDepth of i_reqrsp_demux,
/// mempool_group.sv; with one tile there is no such unit.
constexpr std::size_t kMaxAccessesOfTiles = 2;
}  // namespace

DmaL1Side::DmaL1Side(const DmaParameters& parameters, WideL1Port& port, ByteMemory& memory)
    : beat_bytes_(parameters.beat_bytes),
      max_accesses_(parameters.tiles_per_backend > 1 ? kMaxAccessesOfTiles : kBufferPlaces + 1),
      port_(port),
      memory_(memory),
      read_(parameters.beat_bytes),
      write_(parameters.beat_bytes) {}

void DmaL1Side::step(DmaChannels& channels, Cycles cycle) {
  respond(channels, cycle);
  request(channels, cycle);
}

void DmaL1Side::respond(DmaChannels& channels, Cycles cycle) {
  if (!responses_.can_pop(cycle) || !port_.has_answer(responses_.front().word, beat_bytes_)) {
    return;
  }
  const Response& response = responses_.front();
  if (!response.is_write) {
    if (!channels.read_data.can_push(cycle)) {
      return;
    }
    channels.read_data.push(response.is_last, cycle);
  } else if (response.is_last) {
    if (!channels.write_response.can_push(cycle)) {
      return;
    }
    channels.write_response.push(true, cycle);
  }
  port_.take_answer(responses_.pop(cycle).word, beat_bytes_);
}

bool DmaL1Side::is_write_next(const BeatCursor::Beat& read, const BeatCursor::Beat& write) const {
  if (write.is_last && !read.is_last) {
    return true;  // a single write before a read burst
  }
  if (write_.is_active() || read_.is_active()) {
    return write_.is_active();  // the burst under way
  }
  return !is_write_selected_;
}

void DmaL1Side::request(DmaChannels& channels, Cycles cycle) {
  if (is_last_unbuffered_) {
    is_last_unbuffered_ = responses_.occupied(cycle) > kBufferPlaces;
    return;
  }
  const bool can_read = read_.is_active() || channels.read_address.can_pop(cycle);
  const bool can_write = channels.write_data.can_pop(cycle) &&
                         (write_.is_active() || channels.write_address.can_pop(cycle));
  if (!can_read && !can_write) {
    return;
  }
  const auto next_beat = [&](const BeatCursor& cursor, const auto& addresses) {
    return cursor.is_active() ? cursor.beat() : cursor.first_beat(addresses.front());
  };
  if (!is_selection_locked_) {
    is_write_selected_ = can_read && can_write
                             ? is_write_next(next_beat(read_, channels.read_address),
                                             next_beat(write_, channels.write_address))
                             : can_write;
  }
  auto& addresses = is_write_selected_ ? channels.write_address : channels.read_address;
  BeatCursor& cursor = is_write_selected_ ? write_ : read_;
  const std::size_t under_way = responses_.occupied(cycle);
  is_selection_locked_ = under_way >= max_accesses_ || !access(next_beat(cursor, addresses), cycle);
  if (is_selection_locked_) {
    return;
  }
  is_last_unbuffered_ = under_way >= kBufferPlaces;
  if (!cursor.is_active()) {
    cursor.start(addresses.pop(cycle));
  }
  cursor.advance();
  if (is_write_selected_) {
    channels.write_data.pop(cycle);
  }
}

bool DmaL1Side::access(const BeatCursor::Beat& beat, Cycles cycle) {
  const bool is_write = is_write_selected_;
  const std::uint32_t word = beat.address - beat.address % beat_bytes_;
  if (!port_.access(word, beat_bytes_, is_write)) {
    ++counters_.refused_cycles;
    return false;
  }
  if (beat.number != attributed_) {
    attributed_ = beat.number;
    memory_.attribute_to(beat.number);
  }
  std::array<std::uint8_t, RealignBuffer::kMaxLanes> data{};
  const std::uint32_t source = is_write ? beat.partner : beat.address;
  const std::uint32_t destination = is_write ? beat.address : beat.partner;
  const bool is_moved = memory_.read(source, data.data(), beat.bytes) &&
                        memory_.write(destination, data.data(), beat.bytes);
  TESSERA_CHECK(is_moved, "DMA beat from {:#x} to {:#x} leaves memory", source, destination);
  responses_.push({word, is_write, beat.is_last}, cycle);
  ++counters_.beats;
  counters_.bytes += beat.bytes;
  return true;
}

}  // namespace tessera
