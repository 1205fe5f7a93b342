// SPDX-License-Identifier: Apache-2.0
#include "models/axi/dram_path.h"

#include <algorithm>
#include <string>

#include "models/base/error.h"

namespace tessera {

DramPath::DramPath(std::uint32_t num_masters, std::uint32_t num_channels, std::uint32_t axi_bytes,
                   const DramParameters& dram, std::uint32_t core_khz, SocTarget& target,
                   StatGroup& stats)
    : axi_bytes_(axi_bytes),
      target_(target),
      interleaving_(num_channels, axi_bytes * kInterleaveWords),
      crossbar_(num_masters, num_channels, kMaxPerId, interleaving_) {
  for (std::uint32_t channel = 0; channel < num_channels; ++channel) {
    channels_.emplace_back(dram, core_khz,
                           stats.add_group("channel[" + std::to_string(channel) + "]"));
  }
}

void DramPath::step(Cycles now) {
  for (std::uint32_t index = 0; index < channels_.size(); ++index) {
    step_channel(channels_[index], crossbar_.target(index), now);
  }
  crossbar_.step(now);
}

void DramPath::step_channel(Channel& channel, AxiChannels& port, Cycles now) {
  auto& reads = channel.read_responses;
  if (!reads.empty() && reads.front().due <= now && port.read_responses.can_push(now)) {
    port.read_responses.push(reads.front().response, now);
    reads.pop_front();
  }
  auto& writes = channel.write_responses;
  if (!writes.empty() && writes.front().due <= now && port.write_responses.can_push(now)) {
    port.write_responses.push(writes.front().response, now);
    writes.pop_front();
  }
  while (!channel.queue.empty() && channel.queue.front() <= now) {
    channel.queue.pop_front();
  }
  if (channel.queue.size() >= kQueueBeats) {
    return;
  }
  // A burst that has begun goes on; reads before writes.
  if (channel.writes_left == 0 && (channel.reads_left != 0 || port.reads.can_pop(now))) {
    take_read(channel, port, now);
  } else if (port.data.can_pop(now) && (channel.writes_left != 0 || port.writes.can_pop(now))) {
    take_write(channel, port, now);
  }
}

Cycles DramPath::access(Channel& channel, AxiRequest& burst, bool is_write, Cycles now) {
  const std::uint32_t word = burst.address / axi_bytes_ * axi_bytes_;
  Cycles due = channel.timing.access(interleaving_.inside(word), axi_bytes_, is_write, now);
  // The controller answers in order.
  due = channel.queue.empty() ? due : std::max(due, channel.queue.back());
  channel.queue.push_back(due);
  burst.address = word + axi_bytes_;
  return due;
}

void DramPath::take_read(Channel& channel, AxiChannels& port, Cycles now) {
  if (channel.reads_left == 0) {
    channel.read = port.reads.front();
    channel.reads_left = channel.read.beats;
    port.reads.pop(now);
    if (channel.read.hart != nullptr) {
      const bool is_done = perform(target_, *channel.read.hart, now);
      TESSERA_CHECK(is_done, "L2 does not answer at {:#x}", channel.read.address);
    }
  }
  const Cycles due = access(channel, channel.read, false, now);
  --channel.reads_left;
  channel.read_responses.push_back({response_to(channel.read, channel.reads_left == 0), due});
}

void DramPath::take_write(Channel& channel, AxiChannels& port, Cycles now) {
  if (channel.writes_left == 0) {
    channel.write = port.writes.front();
    channel.writes_left = channel.write.beats;
    port.writes.pop(now);
    if (channel.write.hart != nullptr) {
      const bool is_done = perform(target_, *channel.write.hart, now);
      TESSERA_CHECK(is_done, "L2 does not answer at {:#x}", channel.write.address);
    }
  }
  port.data.pop(now);
  if (channel.write.is_atomic) {
    AxiRequest read = channel.write;
    channel.read_responses.push_back({response_to(read), access(channel, read, false, now)});
  }
  const Cycles due = access(channel, channel.write, true, now);
  if (--channel.writes_left == 0) {
    channel.write_responses.push_back({response_to(channel.write), due});
  }
}

}  // namespace tessera
