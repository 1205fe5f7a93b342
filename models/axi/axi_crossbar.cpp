// SPDX-License-Identifier: Apache-2.0
#include "models/axi/axi_crossbar.h"

namespace tessera {

namespace {

constexpr std::uint64_t bit(std::uint32_t index) {
  return std::uint64_t{1} << index;
}

}  // namespace

AxiCrossbar::AxiCrossbar(std::uint32_t num_masters, std::uint32_t num_targets,
                         std::uint32_t max_per_id, const Decoder& decoder)
    : decoder_(decoder), masters_(num_masters, Master(max_per_id)), targets_(num_targets) {}

const AxiResponse* AxiCrossbar::read_response(std::uint32_t master, Cycles now) {
  std::uint64_t offered = 0;
  for (std::uint32_t index = 0; index < targets_.size(); ++index) {
    const auto& responses = targets_[index].channels.read_responses;
    if (responses.can_pop(now) && responses.front().master == master) {
      offered |= bit(index);
    }
  }
  if (offered == 0) {
    return nullptr;
  }
  Master& port = masters_[master];
  port.read_target = port.demux.read_arbiter().winner(offered);
  return &targets_[port.read_target].channels.read_responses.front();
}

const AxiResponse* AxiCrossbar::write_response(std::uint32_t master, Cycles now) {
  std::uint64_t offered = 0;
  for (std::uint32_t index = 0; index < targets_.size(); ++index) {
    const auto& responses = targets_[index].channels.write_responses;
    if (responses.can_pop(now) && responses.front().master == master) {
      offered |= bit(index);
    }
  }
  if (offered == 0) {
    return nullptr;
  }
  Master& port = masters_[master];
  port.write_target = port.demux.write_arbiter().winner(offered);
  return &targets_[port.write_target].channels.write_responses.front();
}

void AxiCrossbar::end_read_response(std::uint32_t master, bool is_accepted, Cycles now) {
  Master& port = masters_[master];
  if (!is_accepted) {
    port.demux.read_arbiter().hold();
    return;
  }
  port.demux.read_arbiter().accept();
  auto& responses = targets_[port.read_target].channels.read_responses;
  if (responses.front().is_last) {
    port.demux.close_read(responses.front().source, now);
    --num_open_;
  }
  responses.pop(now);
}

void AxiCrossbar::end_write_response(std::uint32_t master, bool is_accepted, Cycles now) {
  Master& port = masters_[master];
  if (!is_accepted) {
    port.demux.write_arbiter().hold();
    return;
  }
  port.demux.write_arbiter().accept();
  auto& responses = targets_[port.write_target].channels.write_responses;
  port.demux.close_write(responses.front().source, now);
  --num_open_;
  responses.pop(now);
}

void AxiCrossbar::show(std::uint32_t master, const Shown& shown, Cycles now) {
  Master& port = masters_[master];
  port.accepted = {};
  port.shown = shown;
  is_shown_ = true;
  if (shown.read != nullptr) {
    const std::uint32_t target = decoder_.target_of(shown.read->address);
    if (port.demux.presents_read(*shown.read, target, now)) {
      targets_[target].reads |= bit(master);
    }
  }
  if (shown.write != nullptr) {
    const std::uint32_t target = decoder_.target_of(shown.write->address);
    if (port.demux.presents_write(*shown.write, target, now)) {
      targets_[target].writes |= bit(master);
    }
  }
  if (shown.data != nullptr && port.demux.presents_data()) {
    targets_[port.demux.data_target()].data |= bit(master);
  }
}

void AxiCrossbar::step(Cycles now) {
  for (std::uint32_t index = 0; index < targets_.size(); ++index) {
    Target& target = targets_[index];
    if (target.data != 0) {
      step_data(target, now);
    }
    if (target.writes != 0) {
      step_writes(index, now);
    }
    if (target.reads != 0) {
      step_reads(index, now);
    }
    target.data = target.writes = target.reads = 0;
  }
  is_shown_ = false;
}

void AxiCrossbar::step_reads(std::uint32_t index, Cycles now) {
  Target& target = targets_[index];
  const std::uint32_t winner = target.read_arbiter.winner(target.reads);
  if (!target.channels.reads.can_push(now)) {
    target.read_arbiter.hold();
    return;
  }
  target.read_arbiter.accept();
  Master& master = masters_[winner];
  target.channels.reads.push(*master.shown.read, now);
  master.demux.accept_read(*master.shown.read, index, now);
  master.accepted.read = true;
  ++num_open_;
}

void AxiCrossbar::step_writes(std::uint32_t index, Cycles now) {
  Target& target = targets_[index];
  const std::uint32_t winner = target.write_arbiter.winner(target.writes);
  if (!target.is_write_shown && target.data_order.can_push(now)) {
    target.data_order.push(static_cast<std::uint8_t>(winner), now);
    target.is_write_shown = true;
  }
  if (!target.is_write_shown || !target.channels.writes.can_push(now)) {
    target.write_arbiter.hold();
    return;
  }
  target.is_write_shown = false;
  target.write_arbiter.accept();
  Master& master = masters_[winner];
  target.channels.writes.push(*master.shown.write, now);
  master.demux.accept_write(*master.shown.write, index, now);
  master.accepted.write = true;
  num_open_ += master.shown.write->is_atomic ? 2 : 1;
}

void AxiCrossbar::step_data(Target& target, Cycles now) {
  if (!target.data_order.can_pop(now) || !target.channels.data.can_push(now) ||
      (target.data & bit(target.data_order.front())) == 0) {
    return;
  }
  Master& master = masters_[target.data_order.front()];
  const bool is_last = *master.shown.data;
  target.channels.data.push(is_last, now);
  master.accepted.data = true;
  if (is_last) {
    master.demux.accept_last_data(now);
    target.data_order.pop(now);
  }
}

}  // namespace tessera
