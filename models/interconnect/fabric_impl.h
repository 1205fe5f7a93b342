// SPDX-License-Identifier: Apache-2.0
#pragma once

// The step of a fabric; for the one source that gives it its sinks.

#include <algorithm>

#include "models/interconnect/fabric.h"

namespace tessera {

inline bool Fabric::Buffer::can_take(Cycles cycle) const {
  switch (kind) {
    case BufferKind::kSpill:
      return count < 2;
    case BufferKind::kSpillFallThrough:
      // A head that has waited for a cycle stands in the fall-through register.
      return count < 2 + static_cast<int>(head_since < cycle);
    case BufferKind::kBank:
      // rdata_ready: the response FIFO was empty at the start of the cycle.
      return cycle >= ready_from && head_since >= cycle;
    default:
      return count == 0;
  }
}

inline void Fabric::enter(std::uint32_t buffer, Token token, Cycles cycle) {
  Buffer& to = buffers_[buffer];
  to.tokens[(to.first + to.count) % Buffer::kRing] = token;
  to.occupancy -= cycle;
  ++tokens_;
  if (to.count++ == 0) {
    to.head_since = cycle + static_cast<Cycles>(to.kind == BufferKind::kBank);
    request(to);
  }
}

inline void Fabric::leave(std::uint32_t buffer, Cycles cycle) {
  pop(buffer, cycle);
  --tokens_;
}

inline void Fabric::block(std::uint32_t buffer, Cycles cycle) {
  buffers_[buffer].ready_from = std::max(buffers_[buffer].ready_from, cycle);
}

inline void Fabric::push(std::uint32_t buffer, Token token, Cycles cycle) {
  Buffer& to = buffers_[buffer];
  to.tokens[(to.first + to.count) % Buffer::kRing] = token;
  to.occupancy -= cycle;
  if (to.count++ == 0) {
    if (to.kind == BufferKind::kFallThrough) {
      to.head_since = cycle;
      request(to);
    } else {
      to.head_since = cycle + 1;
      becoming_heads_.push_back(static_cast<std::uint16_t>(buffer));
    }
  }
}

inline Token Fabric::pop(std::uint32_t buffer, Cycles cycle) {
  Buffer& from = buffers_[buffer];
  const Token token = from.head();
  from.first = (from.first + 1) % Buffer::kRing;
  from.occupancy += cycle;
  --from.count;
  if (from.kind == BufferKind::kBank && (from.count > 0 || from.head_since < cycle)) {
    // What stood in the FIFO at the start of this cycle, or will at the start of the next.
    block(buffer, cycle + (from.count > 0 ? 2 : 1));
  }
  if (from.count > 0) {
    from.head_since = cycle + 1;
    becoming_heads_.push_back(static_cast<std::uint16_t>(buffer));
  } else {
    from.head_since = kNever;
  }
  return token;
}

inline std::uint32_t Fabric::next_arbiter(const Buffer& buffer, Token token) const {
  const InFlight& access = in_flight_[token];
  std::uint32_t next = buffer.route;
  if (next >= kByTable) {
    next = routes_[next - kByTable + access.tile];
  }
  if (next == kToSink) {
    next = first_sink_ + access.sink;
  } else if (next == kWayBack) {
    next = access.way_back;
  }
  return next;
}

inline void Fabric::request(Buffer& buffer) {
  const Token token = buffer.head();
  if (token == kWideToken) {
    return;
  }
  const std::uint32_t id = next_arbiter(buffer, token);
  Arbiter& arbiter = arbiters_[id];
  if (arbiter.wide == 0) {
    arbiter.requests |= std::uint64_t{1} << buffer.input;
  } else {
    wide_masks_[arbiter.wide - 1u].requests[buffer.input / 64] |= std::uint64_t{1}
                                                                  << (buffer.input % 64);
    arbiter.requests |= std::uint64_t{1} << (buffer.input / 64);
  }
  active_[id / 64] |= std::uint64_t{1} << (id % 64);
}

inline std::uint32_t Fabric::choose(std::uint32_t id, Arbiter& arbiter) {
  std::uint32_t winner = 0;
  if (arbiter.wide != 0) {
    winner = choose_wide(arbiter);
  } else {
    const std::uint64_t candidates = arbiter.locked != 0 ? arbiter.locked : arbiter.requests;
    arbiter.locked = 0;
    winner = round_robin_winner(candidates, arbiter.favoured);
    if (rotates_) {
      arbiter.favoured = static_cast<std::uint16_t>(round_robin_next(candidates, arbiter.favoured));
    }
    arbiter.requests &= ~(std::uint64_t{1} << winner);
  }
  ++arbiter.grants;
  if (arbiter.requests == 0) {
    active_[id / 64] &= ~(std::uint64_t{1} << (id % 64));
  } else {
    count_waiting(arbiter);
  }
  return inputs_[arbiter.first_input + winner];
}

inline void Fabric::refuse(Arbiter& arbiter) {
  count_waiting(arbiter);
  if (arbiter.locks && arbiter.locked == 0) {
    if (arbiter.wide != 0) {
      wide_masks_[arbiter.wide - 1u].locked = wide_masks_[arbiter.wide - 1u].requests;
    }
    arbiter.locked = arbiter.requests;
  }
}

inline void Fabric::forward(std::uint32_t id, Cycles cycle) {
  Arbiter& arbiter = arbiters_[id];
  if (!buffers_[arbiter.target].can_take(cycle)) {
    refuse(arbiter);
    return;
  }
  push(arbiter.target, pop(choose(id, arbiter), cycle), cycle);
}

template <typename Sink>
void Fabric::deliver(std::uint32_t id, Cycles cycle, Sink& sink) {
  Arbiter& arbiter = arbiters_[id];
  if (!sink.can_take(arbiter.target, cycle)) {
    refuse(arbiter);
    return;
  }
  const std::uint32_t from = choose(id, arbiter);
  const Token token = pop(from, cycle);
  --tokens_;
  sink.take(arbiter.target, token, buffers_[from].input, cycle);
}

template <typename Visit>
void Fabric::for_each_active(const Rank& rank, Visit&& visit) {
  for (std::uint32_t word = rank.first_word; word < rank.end_word; ++word) {
    for (std::uint64_t rest = active_[word]; rest != 0; rest &= rest - 1) {
      visit(word * 64 + lowest_bit(rest));
    }
  }
}

template <typename Sink>
void Fabric::step(Cycles cycle, Sink& sink) {
  for (const Rank& rank : ranks_) {
    if (rank.is_sink) {
      for_each_active(rank, [&](std::uint32_t id) { deliver(id, cycle, sink); });
    } else {
      for_each_active(rank, [&](std::uint32_t id) { forward(id, cycle); });
    }
  }
  for (const std::uint16_t buffer : becoming_heads_) {
    request(buffers_[buffer]);
  }
  becoming_heads_.clear();
}

}  // namespace tessera
