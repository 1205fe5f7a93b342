// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/fabric.h"

#include <algorithm>

#include "models/base/error.h"

namespace tessera {

namespace {
constexpr std::uint32_t kWordBits = 64;
}  // namespace

Fabric::Fabric(const FabricPlan& plan, Arbitration arbitration,
               const std::vector<InFlight>& in_flight)
    : in_flight_(in_flight), rotates_(arbitration == Arbitration::kRoundRobin) {
  lay_out_arbiters(plan);
  lay_out_buffers(plan);
  becoming_heads_.reserve(buffers_.size());
}

/// By rank, every rank from a new word of active_ on; within a rank in the order of the plan.
void Fabric::lay_out_arbiters(const FabricPlan& plan) {
  std::uint32_t ranks = 0;
  for (const FabricPlan::Arbiter& arbiter : plan.arbiters) {
    ranks = std::max(ranks, arbiter.rank + 1);
  }
  ids_.resize(plan.arbiters.size());
  for (std::uint32_t rank = 0; rank < ranks; ++rank) {
    const auto first_word = static_cast<std::uint32_t>(arbiters_.size()) / kWordBits;
    bool is_sink = false;
    for (std::size_t number = 0; number < plan.arbiters.size(); ++number) {
      const FabricPlan::Arbiter& planned = plan.arbiters[number];
      if (planned.rank != rank) {
        continue;
      }
      TESSERA_CHECK(arbiters_.size() < kWayBack, "{} arbiters", plan.arbiters.size());
      ids_[number] = static_cast<std::uint16_t>(arbiters_.size());
      Arbiter arbiter;
      arbiter.first_input = static_cast<std::uint32_t>(inputs_.size());
      arbiter.target = planned.target;
      arbiter.locks = planned.locks;
      if (planned.inputs.size() > kWordBits) {
        TESSERA_CHECK(planned.inputs.size() <= kWordBits * kWordBits, "arbiter with {} inputs",
                      planned.inputs.size());
        wide_masks_.emplace_back();
        arbiter.wide = static_cast<std::uint16_t>(wide_masks_.size());
      }
      inputs_.insert(inputs_.end(), planned.inputs.begin(), planned.inputs.end());
      arbiters_.push_back(arbiter);
      is_sink = planned.is_sink;
    }
    arbiters_.resize((arbiters_.size() + kWordBits - 1) / kWordBits * kWordBits);
    ranks_.push_back(
        {first_word, static_cast<std::uint32_t>(arbiters_.size()) / kWordBits, is_sink});
  }
  active_.resize(arbiters_.size() / kWordBits);
  first_sink_ = ids_[plan.first_sink];
}

void Fabric::lay_out_buffers(const FabricPlan& plan) {
  std::vector<std::uint32_t> row_places;
  for (const std::vector<std::uint32_t>& row : plan.rows) {
    row_places.push_back(static_cast<std::uint32_t>(routes_.size()));
    for (const std::uint32_t number : row) {
      routes_.push_back(number == FabricPlan::kNone ? static_cast<std::uint16_t>(kToSink)
                                                    : ids_[number]);
    }
  }
  TESSERA_CHECK(plan.buffers.size() < kWideToken, "{} buffers", plan.buffers.size());
  for (const FabricPlan::Buffer& planned : plan.buffers) {
    Buffer buffer;
    buffer.kind = planned.kind;
    buffer.input = static_cast<std::uint16_t>(planned.input);
    switch (planned.route_kind) {
      case FabricPlan::RouteKind::kSink:
        buffer.route = kToSink;
        break;
      case FabricPlan::RouteKind::kWayBack:
        buffer.route = kWayBack;
        break;
      case FabricPlan::RouteKind::kArbiter:
        buffer.route = ids_[planned.route];
        break;
      case FabricPlan::RouteKind::kRow:
        buffer.route = kByTable + row_places[planned.route];
    }
    buffers_.push_back(buffer);
  }
}

std::uint32_t Fabric::choose_wide(Arbiter& arbiter) {
  WideMask& mask = wide_masks_[arbiter.wide - 1u];
  const std::uint64_t words = arbiter.locked != 0 ? arbiter.locked : arbiter.requests;
  const auto& candidates = arbiter.locked != 0 ? mask.locked : mask.requests;
  const std::uint32_t favoured_word = arbiter.favoured / kWordBits;
  const std::uint32_t favoured_bit = arbiter.favoured % kWordBits;
  const std::uint32_t word = round_robin_winner(words, favoured_word);
  const std::uint32_t winner =
      word * kWordBits + round_robin_winner(candidates[word], favoured_bit);
  if (rotates_) {
    const std::uint64_t above = candidates[favoured_word] & (~std::uint64_t{1} << favoured_bit);
    const std::uint32_t next_word = round_robin_next(words, favoured_word);
    arbiter.favoured = static_cast<std::uint16_t>(
        above != 0 ? favoured_word * kWordBits + lowest_bit(above)
                   : next_word * kWordBits + lowest_bit(candidates[next_word]));
  }
  arbiter.locked = 0;
  mask.requests[word] &= ~(std::uint64_t{1} << (winner % kWordBits));
  if (mask.requests[word] == 0) {
    arbiter.requests &= ~(std::uint64_t{1} << word);
  }
  return winner;
}

void Fabric::count_waiting(Arbiter& arbiter) {
  ++arbiter.conflict_cycles;
  if (arbiter.wide == 0) {
    arbiter.wait_cycles += static_cast<std::uint64_t>(__builtin_popcountll(arbiter.requests));
    return;
  }
  const WideMask& mask = wide_masks_[arbiter.wide - 1u];
  for (std::uint64_t rest = arbiter.requests; rest != 0; rest &= rest - 1) {
    arbiter.wait_cycles +=
        static_cast<std::uint64_t>(__builtin_popcountll(mask.requests[lowest_bit(rest)]));
  }
}

}  // namespace tessera
