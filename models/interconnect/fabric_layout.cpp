// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "models/base/error.h"
#include "models/interconnect/fabric.h"
#include "models/interconnect/fabric_schedule.h"

namespace tessera {

namespace {
constexpr std::uint32_t kWordBits = 64;
}  // namespace

Fabric::Fabric(const FabricPlan& plan, Arbitration arbitration, std::size_t tokens)
    : favoured_mask_(arbitration == Arbitration::kRoundRobin ? 0xFFFF : 0),
      destinations_(tokens),
      entries_(tokens) {
  lay_out_arbiters(plan);
  lay_out_buffers(plan);
  TESSERA_CHECK(tokens <= kWideToken && queues_.size() < kToSink, "{} tokens, {} buffers", tokens,
                queues_.size());
}

void Fabric::lay_out_arbiters(const FabricPlan& plan) {
  ids_.resize(plan.arbiters.size());
  for (const ScheduledBatch& scheduled : schedule_fabric(plan)) {
    for (const std::uint32_t number : scheduled.arbiters) {
      ids_[number] = static_cast<std::uint16_t>(arbiters_.size());
      lay_out_arbiter(plan.arbiters[number]);
      batch_numbers_.push_back(static_cast<std::uint16_t>(batches_.size()));
      states_.push_back({scheduled.is_wide ? kContested : std::uint16_t{0}, 0});
    }
    Batch batch;
    batch.is_sink = scheduled.is_sink;
    batch.is_wide = scheduled.is_wide;
    batch.behind = scheduled.behind;
    batch.arrivals.resize(plan.buffers.size());
    batch.contested.resize(scheduled.arbiters.size());
    batches_.push_back(std::move(batch));
  }
  const bool has_wide = std::any_of(batches_.begin(), batches_.end(),
                                    [](const Batch& batch) { return batch.is_wide; });
  wide_masks_.resize(has_wide ? arbiters_.size() : 0);
  for (const std::uint32_t number : plan.sinks) {
    sinks_.push_back(ids_[number]);
  }
}

void Fabric::lay_out_arbiter(const FabricPlan::Arbiter& planned) {
  TESSERA_CHECK(planned.inputs.size() <= kWordBits * kWordBits, "arbiter with {} inputs",
                planned.inputs.size());
  Arbiter arbiter;
  arbiter.route = planned.is_sink ? planned.target : 0;
  arbiters_.push_back(arbiter);
  contests_.emplace_back();
  contests_.back().locks = planned.locks;
}

/// Sources first, as in the plan; then one behind every arbiter.
void Fabric::lay_out_buffers(const FabricPlan& plan) {
  first_target_ = plan.num_sources;
  queues_.resize(first_target_ + arbiters_.size());
  waiting_.resize(queues_.size());
  full_in_.resize(queues_.size(), kNever);
  watched_banks_.resize(plan.num_sources / kWordBits + 1);
  std::vector<std::uint16_t> buffer_ids(plan.buffers.size());
  for (std::uint32_t source = 0; source < plan.num_sources; ++source) {
    buffer_ids[source] = static_cast<std::uint16_t>(source);
    bank_ready_.resize(plan.buffers[source].kind == BufferKind::kBank ? source + 1 : 0);
  }
  for (std::size_t number = 0; number < plan.arbiters.size(); ++number) {
    if (!plan.arbiters[number].is_sink && plan.arbiters[number].target != FabricPlan::kNone) {
      buffer_ids[plan.arbiters[number].target] =
          static_cast<std::uint16_t>(first_target_ + ids_[number]);
    }
  }
  for (const std::vector<std::uint32_t>& row : plan.rows) {
    for (const std::uint32_t number : row) {
      routes_.push_back(number == FabricPlan::kNone ? kToSink : ids_[number]);
    }
  }
  sources_.resize(plan.num_sources);
  for (std::size_t number = 0; number < plan.buffers.size(); ++number) {
    const std::size_t route = plan.buffers[number].row * plan.rows[0].size();
    lay_out_buffer(plan.buffers[number], buffer_ids[number], static_cast<std::uint32_t>(route));
  }
  for (std::size_t number = 0; number < plan.arbiters.size(); ++number) {
    contests_[ids_[number]].first_input = static_cast<std::uint32_t>(inputs_.size());
    for (const std::uint32_t buffer : plan.arbiters[number].inputs) {
      inputs_.push_back(buffer == FabricPlan::kNone ? std::uint16_t{0} : buffer_ids[buffer]);
    }
  }
}

void Fabric::lay_out_buffer(const FabricPlan::Buffer& planned, std::uint16_t id,
                            std::uint32_t route) {
  fabric::Queue& queue = queues_[id];
  const bool is_spill =
      planned.kind == BufferKind::kSpill || planned.kind == BufferKind::kSpillFallThrough;
  queue.places = is_spill ? 2 : 1;
  queue.head_moves_on = planned.kind == BufferKind::kSpillFallThrough;
  queue.input = static_cast<std::uint16_t>(planned.input);
  const Place place(queue.input, id);
  if (id < first_target_) {
    sources_[id] = {route, place};
  } else {
    arbiters_[id - first_target_].route = route;
    arbiters_[id - first_target_].behind = place;
  }
}

}  // namespace tessera
