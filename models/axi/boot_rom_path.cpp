// SPDX-License-Identifier: Apache-2.0
#include "models/axi/boot_rom_path.h"

namespace tessera {

BootRomPath::BootRomPath(AxiChannels& port, SocTarget& target, StatGroup& stats)
    : port_(port), target_(target) {
  stats.add("beats", "count", "AXI words read", &beats_);
}

void BootRomPath::step(Cycles now) {
  if (read_responses_.can_pop(now) && port_.read_responses.can_push(now)) {
    port_.read_responses.push(read_responses_.front(), now);
    read_responses_.pop(now);
  }
  if (write_responses_.can_pop(now) && port_.write_responses.can_push(now)) {
    port_.write_responses.push(write_responses_.front(), now);
    write_responses_.pop(now);
  }
  if (port_.reads.can_pop(now)) {
    if (!read_responses_.can_push(now)) {
      return;
    }
    const AxiRequest& read = port_.reads.front();
    if (read.hart != nullptr && !perform(target_, *read.hart, now)) {
      return;
    }
    beats_left_ = beats_left_ == 0 ? read.beats : beats_left_;
    --beats_left_;
    ++beats_;
    read_responses_.push(response_to(read, beats_left_ == 0), now);
    if (beats_left_ == 0) {
      port_.reads.pop(now);
    }
  } else if (port_.writes.can_pop(now) && port_.data.can_pop(now) &&
             write_responses_.can_push(now)) {
    const AxiRequest& write = port_.writes.front();
    if (write.hart != nullptr && !perform(target_, *write.hart, now)) {
      return;
    }
    if (port_.data.front()) {
      write_responses_.push(response_to(write), now);
      if (write.is_atomic) {
        read_responses_.push(response_to(write), now);
      }
      port_.writes.pop(now);
    }
    port_.data.pop(now);
  }
}

}  // namespace tessera
