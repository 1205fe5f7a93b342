// SPDX-License-Identifier: Apache-2.0
#include "models/axi/group_mux.h"

namespace tessera {

namespace {

std::uint32_t index_of(std::uint64_t bit) {
  return static_cast<std::uint32_t>(__builtin_ctzll(bit));
}

/// Takes the front of an input's register, with the id that it has behind the mux.
AxiRequest take(ChannelRegister<AxiRequest>& input, std::uint64_t& inputs, std::uint32_t index,
                Cycles now) {
  AxiRequest request = input.pop(now);
  request.source = static_cast<std::uint16_t>(request.source + index * GroupMux::kIdsPerInput);
  if (input.is_empty()) {
    inputs &= ~(std::uint64_t{1} << index);
  }
  return request;
}

}  // namespace

GroupMux::GroupMux(TilePort* tiles, std::uint32_t num_tiles, MasterPort* masters,
                   std::uint32_t num_masters, std::uint32_t& open_bursts)
    : tiles_(tiles), num_tiles_(num_tiles), masters_(masters), num_masters_(num_masters) {
  for (std::uint32_t input = 0; input < num_tiles; ++input) {
    tiles_[input].connect(requests_, input);
  }
  for (std::uint32_t input = 0; input < num_masters; ++input) {
    masters_[input].connect(requests_, num_tiles + input, open_bursts);
  }
}

ChannelRegister<AxiRequest>& GroupMux::reads_of(std::uint32_t input) {
  return input < num_tiles_ ? tiles_[input].reads : masters_[input - num_tiles_].reads;
}

ChannelRegister<AxiRequest>& GroupMux::writes_of(std::uint32_t input) {
  return input < num_tiles_ ? tiles_[input].writes : masters_[input - num_tiles_].writes;
}

void GroupMux::step(Cycles now) {
  step_data(now);
  step_writes(now);
  step_reads(now);
}

void GroupMux::step_reads(Cycles now) {
  std::uint64_t requests = 0;
  for (std::uint64_t inputs = requests_.reads; inputs != 0; inputs &= inputs - 1) {
    const std::uint64_t bit = inputs & (~inputs + 1);
    requests |= reads_of(index_of(bit)).can_pop(now) ? bit : 0;
  }
  if (requests == 0) {
    return;
  }
  const std::uint32_t winner = read_arbiter_.winner(requests);
  if (!channels.reads.can_push(now)) {
    read_arbiter_.hold();
    return;
  }
  read_arbiter_.accept();
  channels.reads.push(take(reads_of(winner), requests_.reads, winner, now), now);
}

void GroupMux::step_writes(Cycles now) {
  std::uint64_t requests = 0;
  for (std::uint64_t inputs = requests_.writes; inputs != 0; inputs &= inputs - 1) {
    const std::uint64_t bit = inputs & (~inputs + 1);
    requests |= writes_of(index_of(bit)).can_pop(now) ? bit : 0;
  }
  if (requests == 0) {
    return;
  }
  const std::uint32_t winner = write_arbiter_.winner(requests);
  if (!is_write_shown_ && data_order_.can_push(now)) {
    data_order_.push(static_cast<std::uint8_t>(winner), now);
    is_write_shown_ = true;
  }
  if (!is_write_shown_ || !channels.writes.can_push(now)) {
    write_arbiter_.hold();
    return;
  }
  is_write_shown_ = false;
  write_arbiter_.accept();
  channels.writes.push(take(writes_of(winner), requests_.writes, winner, now), now);
}

void GroupMux::step_data(Cycles now) {
  if (!data_order_.can_pop(now) || !channels.data.can_push(now)) {
    return;
  }
  const std::uint32_t input = data_order_.front();
  bool is_last = true;
  if (input < num_tiles_) {
    if (!tiles_[input].has_data()) {
      return;
    }
    tiles_[input].take_data();
  } else {
    MasterPort& master = masters_[input - num_tiles_];
    if (!master.data.can_pop(now)) {
      return;
    }
    is_last = master.data.front();
    master.data.pop(now);
  }
  channels.data.push(is_last, now);
  if (is_last) {
    data_order_.pop(now);
  }
}

void GroupMux::deliver(Cycles now) {
  if (channels.read_responses.can_pop(now)) {
    const AxiResponse& response = channels.read_responses.front();
    const std::uint32_t input = response.source / kIdsPerInput;
    const auto side = static_cast<TilePort::Input>(response.source % kIdsPerInput);
    if (input < num_tiles_ ? tiles_[input].can_take_read(side, now)
                           : masters_[input - num_tiles_].can_take_read()) {
      if (input < num_tiles_) {
        tiles_[input].take_read(side, response, now);
      } else {
        masters_[input - num_tiles_].take_read(response);
      }
      channels.read_responses.pop(now);
    }
  }
  if (channels.write_responses.can_pop(now)) {
    const AxiResponse& response = channels.write_responses.front();
    const std::uint32_t input = response.source / kIdsPerInput;
    if (input >= num_tiles_) {
      masters_[input - num_tiles_].take_write_response(response);
    } else if (tiles_[input].can_take_write_response(now)) {
      tiles_[input].take_write_response(response, now);
    } else {
      return;
    }
    channels.write_responses.pop(now);
  }
}

}  // namespace tessera
