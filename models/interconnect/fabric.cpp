// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/fabric.h"

#include <algorithm>
#include <utility>

#include "models/base/error.h"
#include "models/interconnect/fabric_impl.h"
#include "models/interconnect/fabric_schedule.h"

namespace tessera {

namespace {
constexpr std::uint32_t kWordBits = 64;
constexpr std::uint32_t kTokenBits = 16;
}  // namespace

Fabric::Fabric(const FabricPlan& plan, Arbitration arbitration, std::size_t tokens)
    : favoured_mask_(arbitration == Arbitration::kRoundRobin ? 0xFFFF : 0),
      destinations_(tokens),
      entries_(tokens) {
  lay_out_arbiters(plan);
  lay_out_buffers(plan);
  TESSERA_CHECK(tokens < kWideToken && queues_.size() < kQueued, "{} tokens, {} buffers", tokens,
                queues_.size());
}

void Fabric::lay_out_arbiters(const FabricPlan& plan) {
  ids_.resize(plan.arbiters.size());
  for (const ScheduledBatch& scheduled : schedule_fabric(plan)) {
    for (const std::uint32_t number : scheduled.arbiters) {
      ids_[number] = static_cast<std::uint16_t>(arbiters_.size());
      lay_out_arbiter(plan.arbiters[number]);
      batch_numbers_.push_back(static_cast<std::uint16_t>(batches_.size()));
    }
    Batch batch;
    batch.is_sink = scheduled.is_sink;
    batch.is_wide = scheduled.is_wide;
    batch.behind = scheduled.behind;
    batch.arrivals.resize(plan.buffers.size());
    batches_.push_back(std::move(batch));
  }
  for (const std::uint32_t number : plan.sinks) {
    sinks_.push_back(ids_[number]);
  }
}

void Fabric::lay_out_arbiter(const FabricPlan::Arbiter& planned) {
  Arbiter arbiter;
  arbiter.target = planned.is_sink ? static_cast<std::uint16_t>(planned.target) : 0;
  Conflicts conflicts;
  conflicts.locks = planned.locks;
  if (planned.inputs.size() > kWordBits) {
    TESSERA_CHECK(planned.inputs.size() <= kWordBits * kWordBits, "arbiter with {} inputs",
                  planned.inputs.size());
    conflicts.wide = static_cast<std::uint32_t>(wide_masks_.size());
    wide_masks_.emplace_back();
  }
  arbiters_.push_back(arbiter);
  conflicts_.push_back(conflicts);
}

/// Sources first, as in the plan; then one behind every arbiter.
void Fabric::lay_out_buffers(const FabricPlan& plan) {
  first_target_ = plan.num_sources;
  queues_.resize(first_target_ + arbiters_.size());
  ways_.resize(queues_.size());
  waiting_.resize(queues_.size());
  full_in_.resize(queues_.size(), kNever);
  std::vector<std::uint16_t> buffer_ids(plan.buffers.size());
  for (std::uint32_t source = 0; source < plan.num_sources; ++source) {
    buffer_ids[source] = static_cast<std::uint16_t>(source);
    if (plan.buffers[source].kind == BufferKind::kBank) {
      bank_ready_.push_back(0);
    }
  }
  for (std::size_t number = 0; number < plan.arbiters.size(); ++number) {
    if (!plan.arbiters[number].is_sink && plan.arbiters[number].target != FabricPlan::kNone) {
      buffer_ids[plan.arbiters[number].target] =
          static_cast<std::uint16_t>(first_target_ + ids_[number]);
    }
  }
  std::vector<std::uint32_t> row_places;
  for (const std::vector<std::uint32_t>& row : plan.rows) {
    row_places.push_back(static_cast<std::uint32_t>(routes_.size()));
    for (const std::uint32_t number : row) {
      routes_.push_back(number == FabricPlan::kNone ? kToSink : ids_[number]);
    }
  }
  for (std::size_t number = 0; number < plan.buffers.size(); ++number) {
    const FabricPlan::Buffer& planned = plan.buffers[number];
    Queue& queue = queues_[buffer_ids[number]];
    const bool is_spill =
        planned.kind == BufferKind::kSpill || planned.kind == BufferKind::kSpillFallThrough;
    queue.places = is_spill ? 2 : 1;
    queue.head_moves_on = planned.kind == BufferKind::kSpillFallThrough;
    ways_[buffer_ids[number]] = {row_places[planned.row],
                                 static_cast<std::uint16_t>(planned.input)};
  }
  for (std::size_t number = 0; number < plan.arbiters.size(); ++number) {
    lay_out_inputs(plan.arbiters[number].inputs, buffer_ids, conflicts_[ids_[number]]);
    if (!plan.arbiters[number].is_sink) {
      Arbiter& arbiter = arbiters_[ids_[number]];
      arbiter.target_route = ways_[first_target_ + ids_[number]].route;
      arbiter.target = ways_[first_target_ + ids_[number]].input;
    }
  }
}

void Fabric::lay_out_inputs(const std::vector<std::uint32_t>& inputs,
                            const std::vector<std::uint16_t>& buffer_ids, Conflicts& conflicts) {
  conflicts.first_input = static_cast<std::uint32_t>(inputs_.size());
  for (const std::uint32_t buffer : inputs) {
    inputs_.push_back(buffer == FabricPlan::kNone ? std::uint16_t{0} : buffer_ids[buffer]);
  }
}

Fabric::Counters Fabric::counters(std::uint32_t planned) const {
  const std::uint16_t id = ids_[planned];
  return {arbiters_[id].grants, conflicts_[id].conflict_cycles, conflicts_[id].wait_cycles,
          queues_[first_target_ + id].delays};
}

void Fabric::block_bank(std::uint32_t bank, Cycles cycle) {
  bank_ready_[bank] = std::max(bank_ready_[bank], cycle);
}

void Fabric::enter_wide(std::uint32_t bank, Cycles cycle) {
  ++tokens_;
  if (waiting_[bank] > 0) {
    append(bank, kWideToken, cycle + 1);
    return;
  }
  waiting_[bank] = 1;
  queues_[bank].tokens = kWideToken;
  queues_[bank].head_since = static_cast<std::uint32_t>(cycle + 1);
}

void Fabric::leave_wide(std::uint32_t bank, Cycles cycle) {
  pop(bank, cycle);
  --tokens_;
}

/// The arrivals request. Those that find a request there, or tokens before them in their buffer,
/// enter its queue.
void Fabric::collect_arrivals(Batch& batch, Cycles cycle) {
  Arbiter* const arbiters = arbiters_.data();
  const std::uint16_t* const waiting = waiting_.data();
  Arrival* const end = batch.arrivals.data() + batch.num_arrivals;
  for (Arrival* arrival = batch.arrivals.data(); arrival != end; ++arrival) {
    Arbiter& arbiter = arbiters[arrival->arbiter];
    if ((waiting[arrival->buffer] | arbiter.requests) == 0 && !batch.is_wide) {
      arbiter.requests = std::uint64_t{1} << arrival->input;
    } else {
      join(batch, *arrival, cycle);
      arrival->arbiter = kQueued;
    }
  }
}

/// `arrival` finds a request at its arbiter or tokens in its buffer, or the arbiter is wide.
void Fabric::join(Batch& batch, const Arrival& arrival, Cycles cycle) {
  if (waiting_[arrival.buffer] > 0) {
    entries_[arrival.token] = arrival.arbiter;
    append(arrival.buffer, arrival.token, cycle);
    return;
  }
  if (batch.is_wide && arbiters_[arrival.arbiter].requests == 0) {
    batch.contested.push_back(arrival.arbiter);
  }
  add_request(arrival.arbiter, arrival.input);
  wait_alone(arrival, cycle);
}

/// `arrival` was the first to request at its arbiter, but does not get on at once.
void Fabric::contest(Batch& batch, const Arrival& arrival, Cycles cycle) {
  wait_alone(arrival, cycle);
  batch.contested.push_back(arrival.arbiter);
}

/// `arrival` becomes the only token in its queue.
void Fabric::wait_alone(const Arrival& arrival, Cycles cycle) {
  waiting_[arrival.buffer] = 1;
  entries_[arrival.token] = arrival.arbiter;
  queues_[arrival.buffer].tokens = arrival.token;
  queues_[arrival.buffer].head_since = static_cast<std::uint32_t>(cycle);
}

void Fabric::step_targets(Batch& batch, Cycles cycle) {
  Batch& next = batches_[batch.behind];
  Arbiter* const arbiters = arbiters_.data();
  const std::uint16_t* const waiting = waiting_.data() + first_target_;
  const Arrival* const end = batch.arrivals.data() + batch.num_arrivals;
  for (const Arrival* arrival = batch.arrivals.data(); arrival != end; ++arrival) {
    if (arrival->arbiter == kQueued) {
      continue;
    }
    Arbiter& arbiter = arbiters[arrival->arbiter];
    if (is_alone(arbiter) &&
        (waiting[arrival->arbiter] == 0 || has_place(first_target_ + arrival->arbiter, cycle))) {
      grant(arbiter, *arrival);
      arrive(next, behind(arrival->arbiter, arrival->token));
    } else {
      contest(batch, *arrival, cycle);
    }
  }
  batch.num_arrivals = 0;
  std::size_t kept = 0;
  for (const std::uint16_t id : batch.contested) {
    if (waiting[id] == 0 || has_place(first_target_ + id, cycle)) {
      const std::uint16_t input = choose(id);
      arrive(next, behind(id, pop_input(id, input, cycle)));
    } else {
      refuse(id);
    }
    if (arbiters[id].requests != 0) {
      batch.contested[kept++] = id;
    }
  }
  batch.contested.resize(kept);
}

/// What a token that leaves through `arbiter` is behind its target.
Fabric::Arrival Fabric::behind(std::uint16_t arbiter, Token token) const {
  const Arbiter& from = arbiters_[arbiter];
  return {next_arbiter(from.target_route, token), from.target,
          static_cast<std::uint16_t>(first_target_ + arbiter), token};
}

void Fabric::append(std::uint32_t buffer, Token token, Cycles cycle) {
  Queue& queue = queues_[buffer];
  const std::uint32_t place = kTokenBits * waiting_[buffer]++;
  queue.tokens &= (std::uint64_t{1} << place) - 1;
  queue.tokens |= std::uint64_t{token} << place;
  queue.delays -= cycle;
}

Token Fabric::pop_input(std::uint16_t arbiter, std::uint16_t input, Cycles cycle) {
  return pop(inputs_[conflicts_[arbiter].first_input + input], cycle);
}

/// Takes the head out of a queue; the next token requests from the next cycle on.
Token Fabric::pop(std::uint32_t buffer, Cycles cycle) {
  Queue& queue = queues_[buffer];
  const Token token = queue.head();
  const bool is_bank = buffer < bank_ready_.size();
  if (is_bank) {
    // What stood in the FIFO at the start of this cycle, or will at the start of the next.
    block_bank(buffer, waiting_[buffer] > 1 ? cycle + 2 : queue.has_waited(cycle) ? cycle + 1 : 0);
  } else if (!has_place(buffer, cycle)) {
    full_in_[buffer] = cycle;
  }
  queue.delays += static_cast<std::uint32_t>(cycle) - queue.head_since;
  queue.tokens >>= kTokenBits;
  if (--waiting_[buffer] > 0) {
    queue.delays += cycle + 1;
    queue.head_since = static_cast<std::uint32_t>(cycle + 1);
    if (queue.head() != kWideToken) {
      new_heads_.push_back({entries_[queue.head()], ways_[buffer].input});
    }
  }
  return token;
}

/// Whether a place was free at the start of the cycle. REQUIRES: something waits in the buffer.
bool Fabric::has_place(std::uint32_t buffer, Cycles cycle) const {
  const Queue& queue = queues_[buffer];
  const bool has_moved_on = queue.head_moves_on && queue.has_waited(cycle);
  return full_in_[buffer] != cycle && waiting_[buffer] < queue.places + has_moved_on;
}

void Fabric::raise_new_heads() {
  for (const Request& head : new_heads_) {
    if (arbiters_[head.arbiter].requests == 0) {
      batch_of(head.arbiter).contested.push_back(head.arbiter);
    }
    add_request(head.arbiter, head.input);
  }
  new_heads_.clear();
}

void Fabric::add_request(std::uint16_t arbiter, std::uint16_t input) {
  if (conflicts_[arbiter].wide != kNotWide) {
    wide_masks_[conflicts_[arbiter].wide].requests[input / kWordBits] |= std::uint64_t{1}
                                                                         << (input % kWordBits);
    input /= kWordBits;
  }
  arbiters_[arbiter].requests |= std::uint64_t{1} << input;
}

/// The winner's input; it requests no more.
std::uint16_t Fabric::choose(std::uint16_t id) {
  Arbiter& arbiter = arbiters_[id];
  Conflicts& conflicts = conflicts_[id];
  std::uint32_t winner = 0;
  if (conflicts.wide != kNotWide) {
    winner = choose_wide(arbiter, conflicts);
  } else {
    const std::uint64_t candidates = conflicts.locked != 0 ? conflicts.locked : arbiter.requests;
    winner = round_robin_winner(candidates, arbiter.favoured);
    arbiter.favoured =
        static_cast<std::uint16_t>(round_robin_next(candidates, arbiter.favoured) & favoured_mask_);
    arbiter.requests &= ~(std::uint64_t{1} << winner);
  }
  ++arbiter.grants;
  conflicts.locked = 0;
  if (arbiter.requests != 0) {
    count_waiting(arbiter, conflicts);
  }
  return static_cast<std::uint16_t>(winner);
}

std::uint32_t Fabric::choose_wide(Arbiter& arbiter, const Conflicts& conflicts) {
  WideMask& mask = wide_masks_[conflicts.wide];
  const std::uint64_t words = conflicts.locked != 0 ? conflicts.locked : arbiter.requests;
  const auto& candidates = conflicts.locked != 0 ? mask.locked : mask.requests;
  const std::uint32_t favoured_word = arbiter.favoured / kWordBits;
  const std::uint32_t favoured_bit = arbiter.favoured % kWordBits;
  const std::uint32_t word = round_robin_winner(words, favoured_word);
  const std::uint32_t bit = round_robin_winner(candidates[word], favoured_bit);
  const std::uint64_t above = candidates[favoured_word] & (~std::uint64_t{1} << favoured_bit);
  const std::uint32_t next_word = round_robin_next(words, favoured_word);
  const std::uint32_t next = above != 0 ? favoured_word * kWordBits + lowest_bit(above)
                                        : next_word * kWordBits + lowest_bit(candidates[next_word]);
  arbiter.favoured = static_cast<std::uint16_t>(next & favoured_mask_);
  mask.requests[word] &= ~(std::uint64_t{1} << bit);
  if (mask.requests[word] == 0) {
    arbiter.requests &= ~(std::uint64_t{1} << word);
  }
  return word * kWordBits + bit;
}

/// The output takes nothing in this cycle.
void Fabric::refuse(std::uint16_t id) {
  Conflicts& conflicts = conflicts_[id];
  count_waiting(arbiters_[id], conflicts);
  if (conflicts.locks && conflicts.locked == 0) {
    conflicts.locked = arbiters_[id].requests;
    if (conflicts.wide != kNotWide) {
      WideMask& mask = wide_masks_[conflicts.wide];
      mask.locked = mask.requests;
    }
  }
}

void Fabric::count_waiting(const Arbiter& arbiter, Conflicts& conflicts) {
  ++conflicts.conflict_cycles;
  for (std::uint64_t rest = arbiter.requests; rest != 0; rest &= rest - 1) {
    if (conflicts.wide == kNotWide) {
      ++conflicts.wait_cycles;
      continue;
    }
    std::uint64_t word = wide_masks_[conflicts.wide].requests[lowest_bit(rest)];
    for (; word != 0; word &= word - 1) {
      ++conflicts.wait_cycles;
    }
  }
}

}  // namespace tessera
