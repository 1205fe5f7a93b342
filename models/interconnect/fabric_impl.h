// SPDX-License-Identifier: Apache-2.0
#pragma once

// The step of a fabric, for the one source that gives it its sinks.

#include "models/interconnect/fabric.h"

namespace tessera {

inline std::uint16_t Fabric::next_arbiter(std::uint32_t route, Token token) const {
  const Destination destination = destinations_[token];
  const std::uint16_t next = routes_[route + destination.tile];
  return next == kToSink ? sinks_[destination.sink] : next;
}

inline void Fabric::enter(std::uint32_t source, Token token) {
  ++tokens_;
  const std::uint16_t arbiter = next_arbiter(ways_[source].route, token);
  arrive(batch_of(arbiter),
         {arbiter, ways_[source].input, static_cast<std::uint16_t>(source), token});
}

inline void Fabric::enter_bank(std::uint32_t bank, Token token, std::uint16_t arbiter,
                               Cycles cycle) {
  ++tokens_;
  if (waiting_[bank] > 0) {
    entries_[token] = arbiter;
    append(bank, token, cycle + 1);
    return;
  }
  arrive(batch_of(arbiter), {arbiter, ways_[bank].input, static_cast<std::uint16_t>(bank), token});
}

/// The token of `arrival` gets on: nobody else requests, and what is behind takes it.
inline void Fabric::grant(Arbiter& arbiter, const Arrival& arrival) {
  arbiter.requests = 0;
  arbiter.favoured = arrival.input & favoured_mask_;
  ++arbiter.grants;
}

template <typename Sink>
void Fabric::step_sinks(Batch& batch, Cycles cycle, Sink& sink) {
  for (std::uint32_t i = 0; i < batch.num_arrivals; ++i) {
    const Arrival arrival = batch.arrivals[i];
    if (arrival.arbiter == kQueued) {
      continue;
    }
    Arbiter& arbiter = arbiters_[arrival.arbiter];
    if (is_alone(arbiter) && sink.can_take(arbiter.target, cycle)) {
      grant(arbiter, arrival);
      --tokens_;
      sink.take(arbiter.target, arrival.token, arrival.input, cycle);
    } else {
      contest(batch, arrival, cycle);
    }
  }
  batch.num_arrivals = 0;
  std::size_t kept = 0;
  for (const std::uint16_t id : batch.contested) {
    Arbiter& arbiter = arbiters_[id];
    if (sink.can_take(arbiter.target, cycle)) {
      const std::uint16_t input = choose(id);
      --tokens_;
      sink.take(arbiter.target, pop_input(id, input, cycle), input, cycle);
    } else {
      refuse(id);
    }
    if (arbiter.requests != 0) {
      batch.contested[kept++] = id;
    }
  }
  batch.contested.resize(kept);
}

template <typename Sink>
void Fabric::step(Cycles cycle, Sink& sink) {
  for (Batch& batch : batches_) {
    if (batch.num_arrivals == 0 && batch.contested.empty()) {
      continue;
    }
    collect_arrivals(batch, cycle);
    if (batch.is_sink) {
      step_sinks(batch, cycle, sink);
    } else {
      step_targets(batch, cycle);
    }
  }
  raise_new_heads();
}

}  // namespace tessera
