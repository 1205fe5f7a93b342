// SPDX-License-Identifier: Apache-2.0
#include "models/axi/register_path.h"

namespace tessera {

namespace {

// Inputs of the arbiter in front of the registers. Source: axi_lite_to_reg.sv.
constexpr std::uint32_t kWrite = 0;
constexpr std::uint32_t kRead = 1;

}  // namespace

RegisterPath::RegisterPath(const RegisterPathTiming& timing, AxiChannels& port, SocTarget& target,
                           StatGroup& stats)
    : timing_(timing), port_(port), target_(target) {
  stats.add("reads", "count", "registers read", &reads_);
  stats.add("writes", "count", "registers written", &writes_);
  stats.add("wait_cycles", "cycles", "cycles in which a request waited for the one before",
            &wait_cycles_);
}

void RegisterPath::step(Cycles now) {
  respond(now);
  parked_.step(port_, target_, now);
  take_read(now);
  take_write_address(false, now);
  if (take_write_data(now)) {
    take_write_address(true, now);
  }
  access(now);
  wait_cycles_ += port_.reads.can_pop(now) || port_.writes.can_pop(now);
}

void RegisterPath::respond(Cycles now) {
  if (read_.is_due(State::kRespond, now) && port_.read_responses.can_push(now)) {
    const bool is_last = --read_.beats_left == 0;
    port_.read_responses.push(response_to(read_.request, is_last), now);
    read_.state = is_last ? State::kIdle : State::kAccess;
    read_.due = now + 1;
  }
  if (write_.is_due(State::kRespond, now) && port_.write_responses.can_push(now)) {
    port_.write_responses.push(response_to(write_.request), now);
    write_.state = State::kIdle;
    write_.due = now + 1;
    next_data_from_ = now + timing_.response_to_data;
  }
}

void RegisterPath::take_read(Cycles now) {
  if (!port_.reads.can_pop(now) || !read_.is_due(State::kIdle, now)) {
    return;
  }
  read_.request = port_.reads.front();
  read_.beats_left = read_.request.beats;
  read_.state = State::kAccess;
  read_.due = now + timing_.read_to_access;
  port_.reads.pop(now);
}

void RegisterPath::take_write_address(bool has_data_passed, Cycles now) {
  if (has_address_ || !port_.writes.can_pop(now)) {
    return;
  }
  if (!has_data_passed && !write_.is_due(State::kIdle, now)) {
    return;
  }
  if (!timing_.takes_address_early && !(port_.data.can_pop(now) && now >= next_data_from_)) {
    return;
  }
  if (port_.writes.front().is_atomic) {
    // Its response takes the read half's place.
    if (!read_.is_due(State::kIdle, now)) {
      return;
    }
    read_.state = State::kReserved;
  }
  address_ = port_.writes.front();
  has_address_ = true;
  data_from_ = now + timing_.write_to_data;
  port_.writes.pop(now);
}

bool RegisterPath::take_write_data(Cycles now) {
  if (!has_address_ || !port_.data.can_pop(now) || write_.state != State::kIdle ||
      now < data_from_ || now < next_data_from_) {
    return false;
  }
  write_.request = address_;
  write_.is_last = port_.data.front();
  write_.state = State::kAccess;
  write_.due = now + timing_.data_to_access;
  has_address_ = !write_.is_last;
  port_.data.pop(now);
  return write_.is_last;
}

void RegisterPath::access(Cycles now) {
  const std::uint64_t requests = std::uint64_t{write_.is_due(State::kAccess, now)} << kWrite |
                                 std::uint64_t{read_.is_due(State::kAccess, now)} << kRead;
  if (requests == 0) {
    return;
  }
  Side& side = arbiter_.winner(requests) == kWrite ? write_ : read_;
  HartTransaction* hart = side.request.hart;
  arbiter_.accept();
  if (hart != nullptr &&
      (parked_.must_follow(side.request, &side == &write_) || !perform(target_, *hart, now))) {
    park(side, now);
    return;
  }
  side.state = State::kRespond;
  if (&side == &read_) {
    side.due = now + timing_.access_to_response;
    ++reads_;
    return;
  }
  ++writes_;
  side.due = now + 1;
  if (!side.is_last) {
    side.state = State::kIdle;
    next_data_from_ = now + timing_.response_to_data;
  } else if (side.request.is_atomic) {
    read_.request = side.request;
    read_.beats_left = 1;
    read_.state = State::kRespond;
    read_.due = now + timing_.access_to_response;
  }
}

void RegisterPath::park(Side& side, Cycles now) {
  const bool is_write = &side == &write_;
  parked_.add(side.request, is_write);
  side.state = State::kIdle;
  side.due = now + 1;
  if (is_write) {
    next_data_from_ = now + timing_.response_to_data;
    if (side.request.is_atomic) {
      read_.state = State::kIdle;
    }
  }
}

}  // namespace tessera
