// SPDX-License-Identifier: Apache-2.0
#include "models/axi/port_group.h"

namespace tessera {

PortGroup::PortGroup(const std::vector<AxiPort*>& ports) : ports_(ports) {
  for (std::uint32_t port = 0; port < size(); ++port) {
    clients_.emplace_back(*this, port);
    sending_.push_back(port);
  }
}

bool PortGroup::can_issue(bool is_write) const {
  const Direction& direction = is_write ? writes_ : reads_;
  return direction.issued - direction.ended < kMaxBursts &&
         ports_[direction.issued % size()]->can_issue(is_write);
}

void PortGroup::issue(const AxiBurst& burst) {
  Direction& direction = burst.is_write ? writes_ : reads_;
  direction.at(direction.issued) = {burst.tag, burst.beats, 0, false, false};
  ports_[direction.issued % size()]->issue(burst);
  ++direction.issued;
}

void PortGroup::write_beat(bool is_last) {
  Burst& burst = writes_.at(filling_);
  ++burst.ready;
  burst.is_complete = is_last;
  filling_ += is_last ? 1 : 0;
}

void PortGroup::Client::read_beat(std::uint32_t /*tag*/, bool is_last, Cycles /*cycle*/) {
  ++group_.reads_.at(read_).ready;
  read_ += is_last ? group_.size() : 0;
}

void PortGroup::Client::write_response(std::uint32_t /*tag*/, Cycles /*cycle*/) {
  group_.writes_.at(write_).is_answered = true;
  write_ += group_.size();
}

Cycles PortGroup::next_active_cycle(Cycles from) const {
  return reads_.issued != reads_.ended || writes_.issued != writes_.ended ? from : kNever;
}

void PortGroup::step(Cycles cycle) {
  for (std::uint32_t port = 0; port < size(); ++port) {
    send(port);
  }
  deliver(cycle);
}

void PortGroup::send(std::uint32_t port) {
  std::uint32_t& number = sending_[port];
  if (static_cast<std::int32_t>(writes_.issued - number) <= 0) {
    return;  // its next burst has not been issued
  }
  Burst& burst = writes_.at(number);
  if (burst.ready == 0 || !ports_[port]->can_write()) {
    return;
  }
  --burst.ready;
  const bool is_last = burst.is_complete && burst.ready == 0;
  ports_[port]->write_beat(is_last);
  number += is_last ? size() : 0;
}

void PortGroup::deliver(Cycles cycle) {
  if (reads_.issued != reads_.ended && client_->can_take_beat()) {
    Burst& burst = reads_.at(reads_.ended);
    if (burst.ready != 0) {
      --burst.ready;
      const bool is_last = --burst.beats == 0;
      reads_.ended += is_last ? 1 : 0;
      client_->read_beat(burst.tag, is_last, cycle);
    }
  }
  if (writes_.issued != writes_.ended && writes_.at(writes_.ended).is_answered) {
    client_->write_response(writes_.at(writes_.ended++).tag, cycle);
  }
}

}  // namespace tessera
