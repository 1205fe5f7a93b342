// SPDX-License-Identifier: Apache-2.0
#pragma once

// The step of a fabric, for the one source that gives it its sinks.

#include "models/interconnect/fabric.h"

namespace tessera {

inline void Fabric::enter(std::uint32_t source, Token token) {
  ++tokens_;
  const fabric::Source& from = sources_[source];
  const std::uint16_t arbiter = next_arbiter(from.route, token);
  arrive(batch_of(arbiter), {arbiter, token, from.place});
}

inline void Fabric::enter_bank(std::uint32_t bank, Token token, std::uint16_t arbiter,
                               Cycles cycle) {
  ++tokens_;
  if (waiting_[bank] > 0) {
    wait_behind(bank, token, arbiter, cycle + 1);
  } else {
    arrive(batch_of(arbiter), {arbiter, token, sources_[bank].place});
  }
}

/// The token of `arrival`, alone at its arbiter, gets on.
inline void Fabric::grant(const Arrival& arrival) {
  states_[arrival.arbiter] = {0,
                              static_cast<std::uint16_t>(arrival.place.input() & favoured_mask_)};
  ++arbiters_[arrival.arbiter].grants;
}

template <typename Sink>
void Fabric::step_sinks(Batch& batch, Cycles cycle, Sink& sink) {
  const Arrival* const end = batch.arrivals.data() + batch.num_arrivals;
  for (const Arrival* arrival = batch.arrivals.data(); arrival != end; ++arrival) {
    const std::uint32_t number = arbiters_[arrival->arbiter].route;
    if (states_[arrival->arbiter].arrivals == 1 && sink.can_take(number, cycle)) {
      grant(*arrival);
      --tokens_;
      sink.take(number, arrival->token, arrival->place.input(), cycle);
    } else {
      contest(batch, *arrival, cycle);
    }
  }
  batch.num_arrivals = 0;
  if (batch.num_contested > 0) {
    settle_sinks(batch, cycle, sink);
  }
}

/// Grants what arbiters with waiting requests can.
template <typename Sink>
void Fabric::settle_sinks(Batch& batch, Cycles cycle, Sink& sink) {
  const std::uint32_t count = batch.num_contested;
  batch.num_contested = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint16_t id = batch.contested[i];
    const std::uint32_t number = arbiters_[id].route;
    if (sink.can_take(number, cycle)) {
      const std::uint16_t input = choose(id, batch.is_wide);
      --tokens_;
      sink.take(number, pop_input(id, input, cycle), input, cycle);
    } else {
      refuse(id, batch.is_wide);
    }
    keep_contested(batch, id);
  }
}

template <typename Sink>
void Fabric::step(Cycles cycle, Sink& sink) {
  for (Batch& batch : batches_) {
    if (batch.num_arrivals == 0 && batch.num_contested == 0) {
      continue;
    }
    if (batch.is_sink) {
      step_sinks(batch, cycle, sink);
    } else {
      step_inner(batch, cycle);
    }
  }
  raise_new_heads();
}

}  // namespace tessera
