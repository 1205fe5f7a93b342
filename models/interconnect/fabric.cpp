// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/fabric.h"

#include <algorithm>

#include "models/base/error.h"
#include "models/interconnect/fabric_impl.h"
#include "models/interconnect/round_robin.h"

namespace tessera {

namespace {
constexpr std::uint32_t kWordBits = 64;
constexpr std::uint32_t kTokenBits = 16;
}  // namespace

Fabric::Counters Fabric::counters(std::uint32_t planned) const {
  const std::uint16_t id = ids_[planned];
  return {arbiters_[id].grants, contests_[id].conflict_cycles, contests_[id].wait_cycles,
          queues_[first_target_ + id].delays};
}

void Fabric::block_bank(std::uint32_t bank, Cycles cycle) {
  bank_ready_[bank] = std::max(bank_ready_[bank], cycle);
  watch_bank(bank);
}

bool Fabric::watched_bank_can_take(std::uint32_t bank, Cycles cycle) {
  if (waiting_[bank] == 0 && cycle >= bank_ready_[bank]) {
    watched_banks_[bank / kWordBits] &= ~(std::uint64_t{1} << (bank % kWordBits));
    return true;
  }
  return cycle >= bank_ready_[bank] && !queues_[bank].has_waited(cycle);
}

void Fabric::enter_wide(std::uint32_t bank, Cycles cycle) {
  ++tokens_;
  if (waiting_[bank] > 0) {
    wait_behind(bank, kWideToken, 0, cycle + 1);
  } else {
    wait_alone(bank, kWideToken, cycle + 1);
  }
}

void Fabric::leave_wide(std::uint32_t bank, Cycles cycle) {
  pop(bank, cycle);
  --tokens_;
  raise_new_heads();
}

void Fabric::step_inner(Batch& batch, Cycles cycle) {
  Batch& next = batches_[batch.behind];
  Arrival* out = next.arrivals.data() + next.num_arrivals;
  Arbiter* const arbiters = arbiters_.data();
  fabric::State* const states = states_.data();
  const std::uint16_t* const waiting = waiting_.data();
  const Arrival* const end = batch.arrivals.data() + batch.num_arrivals;
  for (const Arrival* arrival = batch.arrivals.data(); arrival != end; ++arrival) {
    Arbiter& arbiter = arbiters[arrival->arbiter];
    if (states[arrival->arbiter].arrivals != 1 || waiting[arbiter.behind.buffer()] > 0) {
      step_to_queue(batch, *arrival, cycle);
      continue;
    }
    states[arrival->arbiter] = {
        0, static_cast<std::uint16_t>(arrival->place.input() & favoured_mask_)};
    ++arbiter.grants;
    const std::uint16_t arbiter_behind = next_arbiter(arbiter.route, arrival->token);
    ++states[arbiter_behind].arrivals;
    *out++ = {arbiter_behind, arrival->token, arbiter.behind};
  }
  next.num_arrivals = static_cast<std::uint32_t>(out - next.arrivals.data());
  batch.num_arrivals = 0;
  if (batch.num_contested > 0) {
    settle_inner(batch, cycle);
  }
}

/// The buffer behind the arbiter holds waiting tokens already, or the arrival must wait itself.
void Fabric::step_to_queue(Batch& batch, const Arrival& arrival, Cycles cycle) {
  const Arbiter& arbiter = arbiters_[arrival.arbiter];
  if (states_[arrival.arbiter].arrivals == 1 && has_place(arbiter.behind.buffer(), cycle)) {
    grant(arrival);
    wait_behind(arbiter.behind.buffer(), arrival.token, next_arbiter(arbiter.route, arrival.token),
                cycle + 1);
  } else {
    contest(batch, arrival, cycle);
  }
}

/// Grants what arbiters with waiting requests can.
void Fabric::settle_inner(Batch& batch, Cycles cycle) {
  Batch& next = batches_[batch.behind];
  const std::uint32_t count = batch.num_contested;
  batch.num_contested = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint16_t id = batch.contested[i];
    const Arbiter& arbiter = arbiters_[id];
    if (can_take(arbiter.behind.buffer(), cycle)) {
      const std::uint16_t input = choose(id, batch.is_wide);
      const Token token = pop_input(id, input, cycle);
      const std::uint16_t arbiter_behind = next_arbiter(arbiter.route, token);
      if (waiting_[arbiter.behind.buffer()] > 0) {
        wait_behind(arbiter.behind.buffer(), token, arbiter_behind, cycle + 1);
      } else {
        arrive(next, {arbiter_behind, token, arbiter.behind});
      }
    } else {
      refuse(id, batch.is_wide);
    }
    keep_contested(batch, id);
  }
}

/// `arrival` does not get on at once: it enters the queue of its buffer and requests from there.
void Fabric::contest(Batch& batch, const Arrival& arrival, Cycles cycle) {
  states_[arrival.arbiter].arrivals = kContested;
  if (contests_[arrival.arbiter].requests == 0) {
    batch.contested[batch.num_contested++] = arrival.arbiter;
  }
  add_request(arrival.arbiter, arrival.place.input(), batch.is_wide);
  wait_alone(arrival.place.buffer(), arrival.token, cycle);
}

/// After its turn.
void Fabric::keep_contested(Batch& batch, std::uint16_t id) {
  if (contests_[id].requests != 0) {
    batch.contested[batch.num_contested++] = id;
  } else if (!batch.is_wide) {
    states_[id].arrivals = 0;
  }
}

/// The token is the first in the queue, visible from `cycle` on.
void Fabric::wait_alone(std::uint32_t buffer, Token token, Cycles cycle) {
  waiting_[buffer] = 1;
  queues_[buffer].tokens = token;
  queues_[buffer].head_since = static_cast<std::uint32_t>(cycle);
  if (buffer < bank_ready_.size()) {
    watch_bank(buffer);
  }
}

/// The token, which wants `arbiter`, is the last in the queue from `cycle` on.
void Fabric::wait_behind(std::uint32_t buffer, Token token, std::uint16_t arbiter, Cycles cycle) {
  fabric::Queue& queue = queues_[buffer];
  const std::uint32_t place = kTokenBits * waiting_[buffer]++;
  queue.tokens &= (std::uint64_t{1} << place) - 1;
  queue.tokens |= std::uint64_t{token} << place;
  queue.delays -= cycle;
  if (token != kWideToken) {
    entries_[token] = arbiter;
  }
}

/// Takes the head out of a queue; the next token requests from the next cycle on.
Token Fabric::pop(std::uint32_t buffer, Cycles cycle) {
  fabric::Queue& queue = queues_[buffer];
  const Token token = queue.head();
  queue.delays += static_cast<std::uint32_t>(cycle) - queue.head_since;
  const bool is_last = waiting_[buffer] == 1;
  if (buffer < bank_ready_.size()) {
    // What stood in the FIFO at the start of this cycle, or will at the start of the next.
    block_bank(buffer, cycle + (!is_last ? 2 : queue.has_waited(cycle) ? 1 : 0));
  }
  if (!is_last) {
    pop_before_others(buffer, cycle);
  }
  --waiting_[buffer];
  return token;
}

void Fabric::pop_before_others(std::uint32_t buffer, Cycles cycle) {
  fabric::Queue& queue = queues_[buffer];
  full_in_[buffer] = has_place(buffer, cycle) ? full_in_[buffer] : cycle;
  queue.tokens >>= kTokenBits;
  queue.delays += cycle + 1;
  queue.head_since = static_cast<std::uint32_t>(cycle + 1);
  if (queue.head() != kWideToken) {
    new_heads_.push_back({entries_[queue.head()], queue.input});
  }
}

/// Whether a place was free at the start of the cycle. REQUIRES: something waits in the buffer.
bool Fabric::has_place(std::uint32_t buffer, Cycles cycle) const {
  const fabric::Queue& queue = queues_[buffer];
  const bool has_moved_on = queue.head_moves_on && queue.has_waited(cycle);
  return full_in_[buffer] != cycle && waiting_[buffer] < queue.places + has_moved_on;
}

void Fabric::raise_new_heads() {
  for (const fabric::Request& head : new_heads_) {
    Batch& batch = batch_of(head.arbiter);
    if (contests_[head.arbiter].requests == 0) {
      batch.contested[batch.num_contested++] = head.arbiter;
    }
    states_[head.arbiter].arrivals |= kContested;
    add_request(head.arbiter, head.input, batch.is_wide);
  }
  new_heads_.clear();
}

void Fabric::add_request(std::uint16_t arbiter, std::uint16_t input, bool is_wide) {
  if (is_wide) {
    wide_masks_[arbiter].requests[input / kWordBits] |= std::uint64_t{1} << (input % kWordBits);
    input /= kWordBits;
  }
  contests_[arbiter].requests |= std::uint64_t{1} << input;
}

/// The winner's input; it requests no more.
std::uint16_t Fabric::choose(std::uint16_t id, bool is_wide) {
  fabric::Contest& contest = contests_[id];
  std::uint16_t& favoured = states_[id].favoured;
  ++arbiters_[id].grants;
  if (is_wide) {
    return static_cast<std::uint16_t>(choose_wide(id));
  }
  const std::uint64_t candidates = contest.is_locked ? contest.locked : contest.requests;
  const std::uint32_t winner = round_robin_winner(candidates, favoured);
  favoured = static_cast<std::uint16_t>(round_robin_next(candidates, favoured) & favoured_mask_);
  contest.requests &= ~(std::uint64_t{1} << winner);
  contest.is_locked = false;
  if (contest.requests != 0) {
    count_waiting(id, is_wide);
  }
  return static_cast<std::uint16_t>(winner);
}

std::uint32_t Fabric::choose_wide(std::uint16_t id) {
  fabric::Contest& contest = contests_[id];
  std::uint16_t& favoured = states_[id].favoured;
  fabric::WideMask& mask = wide_masks_[id];
  const std::uint64_t words = contest.is_locked ? contest.locked : contest.requests;
  const auto& candidates = contest.is_locked ? mask.locked : mask.requests;
  const std::uint32_t favoured_word = favoured / kWordBits;
  const std::uint32_t favoured_bit = favoured % kWordBits;
  const std::uint32_t word = round_robin_winner(words, favoured_word);
  const std::uint32_t bit = round_robin_winner(candidates[word], favoured_bit);
  // Words that do not request may hold old bits.
  const bool has_favoured = (words >> favoured_word & 1) != 0;
  const std::uint64_t above =
      has_favoured ? candidates[favoured_word] & (~std::uint64_t{1} << favoured_bit) : 0;
  const std::uint32_t next_word = round_robin_next(words, favoured_word);
  const std::uint32_t next = above != 0 ? favoured_word * kWordBits + lowest_bit(above)
                                        : next_word * kWordBits + lowest_bit(candidates[next_word]);
  favoured = static_cast<std::uint16_t>(next & favoured_mask_);
  mask.requests[word] &= ~(std::uint64_t{1} << bit);
  if (mask.requests[word] == 0) {
    contest.requests &= ~(std::uint64_t{1} << word);
  }
  contest.is_locked = false;
  if (contest.requests != 0) {
    count_waiting(id, true);
  }
  return word * kWordBits + bit;
}

/// The output takes nothing in this cycle.
void Fabric::refuse(std::uint16_t id, bool is_wide) {
  fabric::Contest& contest = contests_[id];
  count_waiting(id, is_wide);
  if (contest.locks && !contest.is_locked) {
    contest.is_locked = true;
    contest.locked = contest.requests;
    if (is_wide) {
      wide_masks_[id].locked = wide_masks_[id].requests;
    }
  }
}

void Fabric::count_waiting(std::uint16_t id, bool is_wide) {
  fabric::Contest& contest = contests_[id];
  ++contest.conflict_cycles;
  for (std::uint64_t rest = contest.requests; rest != 0; rest &= rest - 1) {
    if (!is_wide) {
      ++contest.wait_cycles;
      continue;
    }
    std::uint64_t word = wide_masks_[id].requests[lowest_bit(rest)];
    for (; word != 0; word &= word - 1) {
      ++contest.wait_cycles;
    }
  }
}

}  // namespace tessera
