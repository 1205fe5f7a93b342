// SPDX-License-Identifier: Apache-2.0
#include "models/axi/master_demux.h"

namespace tessera {

void MasterDemux::take_responses(Cycles now) {
  std::array<const AxiResponse*, kNumTargets> offered{};
  std::uint64_t requests = 0;
  for (std::uint32_t target = 0; target < kNumTargets; ++target) {
    offered[target] = open_[target] != 0 ? slaves_[target]->read_response(master_, now) : nullptr;
    requests |= std::uint64_t{offered[target] != nullptr} << target;
  }
  if (requests != 0) {
    const std::uint32_t winner = demux_.read_arbiter().winner(requests);
    const bool is_accepted = cut_.read_responses.can_push(now);
    if (is_accepted) {
      demux_.read_arbiter().accept();
      cut_.read_responses.push(*offered[winner], now);
      if (offered[winner]->is_last) {
        demux_.close_read(offered[winner]->source, now);
        --open_[winner];
      }
    } else {
      demux_.read_arbiter().hold();
    }
    for (std::uint32_t target = 0; target < kNumTargets; ++target) {
      if (offered[target] != nullptr) {
        slaves_[target]->end_read_response(master_, is_accepted && target == winner, now);
      }
    }
  }

  requests = 0;
  for (std::uint32_t target = 0; target < kNumTargets; ++target) {
    offered[target] = open_[target] != 0 ? slaves_[target]->write_response(master_, now) : nullptr;
    requests |= std::uint64_t{offered[target] != nullptr} << target;
  }
  if (requests != 0) {
    const std::uint32_t winner = demux_.write_arbiter().winner(requests);
    const bool is_accepted = cut_.write_responses.can_push(now);
    if (is_accepted) {
      demux_.write_arbiter().accept();
      cut_.write_responses.push(*offered[winner], now);
      demux_.close_write(offered[winner]->source, now);
      --open_[winner];
    } else {
      demux_.write_arbiter().hold();
    }
    for (std::uint32_t target = 0; target < kNumTargets; ++target) {
      if (offered[target] != nullptr) {
        slaves_[target]->end_write_response(master_, is_accepted && target == winner, now);
      }
    }
  }
}

void MasterDemux::show_requests(Cycles now) {
  std::array<AxiSlave::Shown, kNumTargets> shown{};
  if (cut_.reads.can_pop(now)) {
    const AxiRequest& read = cut_.reads.front();
    if (demux_.presents_read(read, target_of(read), now)) {
      shown[target_of(read)].read = &read;
    }
  }
  if (cut_.writes.can_pop(now)) {
    const AxiRequest& write = cut_.writes.front();
    if (demux_.presents_write(write, target_of(write), now)) {
      shown[target_of(write)].write = &write;
    }
  }
  if (cut_.data.can_pop(now) && demux_.presents_data()) {
    shown[demux_.data_target()].data = &cut_.data.front();
  }
  for (std::uint32_t target = 0; target < kNumTargets; ++target) {
    const AxiSlave::Shown& to_slave = shown[target];
    is_shown_[target] = open_[target] != 0 || to_slave.read != nullptr ||
                        to_slave.write != nullptr || to_slave.data != nullptr;
    if (is_shown_[target]) {
      slaves_[target]->show(master_, to_slave, now);
    }
  }
}

void MasterDemux::end_requests(Cycles now) {
  for (std::uint32_t target = 0; target < kNumTargets; ++target) {
    if (!is_shown_[target]) {
      continue;
    }
    const AxiSlave::Accepted accepted = slaves_[target]->accepted(master_);
    if (accepted.read) {
      demux_.accept_read(cut_.reads.front(), target, now);
      ++open_[target];
      cut_.reads.pop(now);
    }
    if (accepted.write) {
      demux_.accept_write(cut_.writes.front(), target, now);
      open_[target] += cut_.writes.front().is_atomic ? 2 : 1;
      cut_.writes.pop(now);
    }
    if (accepted.data) {
      if (cut_.data.front()) {
        demux_.accept_last_data(now);
      }
      cut_.data.pop(now);
    }
  }
}

}  // namespace tessera
