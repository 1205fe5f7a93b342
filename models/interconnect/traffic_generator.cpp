// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/traffic_generator.h"

#include <algorithm>

namespace tessera {

TrafficGenerator::TrafficGenerator(TrafficParameters parameters, MemoryPort& port,
                                   StatGroup& parent_stats)
    : parameters_(std::move(parameters)),
      port_(port),
      random_(parameters_.seed),
      harts_(std::size_t{parameters_.layout.tiles()} * parameters_.harts_per_tile) {
  for (std::uint32_t hart = 0; hart < num_harts(); ++hart) {
    harts_[hart].walk_address = hart * 4 % parameters_.layout.size_bytes();
  }
  statistics_.add_to(parent_stats.add_group("traffic"));
}

bool TrafficGenerator::is_trace_done() const {
  for (std::uint32_t hart = 0; hart < num_harts(); ++hart) {
    if (harts_[hart].trace_position < parameters_.trace[hart].size()) {
      return false;
    }
  }
  return num_outstanding_ == 0;
}

Cycles TrafficGenerator::next_active_cycle(Cycles from) const {
  if (!has_trace()) {
    return parameters_.load > 0 || num_queued_ > 0 || !responses_.empty() ? from : kNever;
  }
  if (num_queued_ > 0 || !responses_.empty()) {
    return from;
  }
  Cycles next = kNever;
  for (std::uint32_t hart = 0; hart < num_harts(); ++hart) {
    if (harts_[hart].trace_position < parameters_.trace[hart].size()) {
      next = std::min(next, parameters_.trace[hart][harts_[hart].trace_position].cycle);
    }
  }
  return next == kNever ? kNever : std::max(next, from);
}

void TrafficGenerator::step(Cycles cycle) {
  for (std::uint32_t hart = num_harts(); hart-- > 0;) {
    take_acceptance(hart, cycle);
    create(hart, cycle);
    if (cycle == 0 && parameters_.rtl_start) {
      lose_first_request(hart);
    } else {
      present(hart, cycle);
    }
  }
  if (is_measured(cycle)) {
    statistics_.outstanding_cycles += num_outstanding_;
  }
  for (const Response& response : responses_) {
    measure(response);
    release(response);
  }
  responses_.clear();
}

/// The network accepts after the harts' part of a cycle, so it shows in the next one.
void TrafficGenerator::take_acceptance(std::uint32_t hart_index, Cycles cycle) {
  Hart& hart = harts_[hart_index];
  if (!hart.is_presented || port_.is_pending(hart_index)) {
    return;
  }
  Request& head = hart.requests[hart.queue_head];
  head.accepted = cycle - 1;
  if (is_measured(head.accepted)) {
    ++statistics_.accepted;
  }
  hart.is_presented = false;
  hart.queue_head = head.next;
  --num_queued_;
}

void TrafficGenerator::create(std::uint32_t hart, Cycles cycle) {
  if (harts_[hart].outstanding == parameters_.max_outstanding) {
    if (is_measured(cycle)) {
      ++statistics_.blocked_cycles;
    }
    return;
  }
  if (has_trace()) {
    create_from_trace(hart, cycle);
  } else {
    create_random(hart, cycle);
  }
}

void TrafficGenerator::create_from_trace(std::uint32_t hart, Cycles cycle) {
  const std::vector<TraceRequest>& trace = parameters_.trace[hart];
  std::size_t& position = harts_[hart].trace_position;
  if (position < trace.size() && trace[position].cycle <= cycle) {
    enqueue(hart, trace[position], cycle);
    ++position;
  }
}

void TrafficGenerator::create_random(std::uint32_t hart, Cycles cycle) {
  if (!random_.chance(parameters_.load)) {
    return;
  }
  TraceRequest created;
  created.address = draw_address(hart);
  const double writes = parameters_.pattern.write_fraction;
  created.is_write = writes > 0 && random_.chance(writes);
  enqueue(hart, created, cycle);
}

std::uint32_t TrafficGenerator::draw_address(std::uint32_t hart) {
  const TrafficPattern& pattern = parameters_.pattern;
  const L1Layout& layout = parameters_.layout;
  std::uint32_t raw = 0;
  if (pattern.stride_bytes == 0) {
    // 31 bits, as the RTL's generator. With L1 sizes that are no power of two some words are more
    // likely than others by size / 2^31.
    raw = (random_.bits() >> 1) % layout.size_bytes();
  } else {
    std::uint32_t& walk = harts_[hart].walk_address;
    raw = walk;
    walk = static_cast<std::uint32_t>((std::uint64_t{walk} + pattern.stride_bytes) %
                                      layout.size_bytes());
  }
  BankLocation location = layout.locate_raw(raw);
  const std::uint32_t own_tile = hart / parameters_.harts_per_tile;
  // Drawn also when the fraction is 0: the RTL measurements did.
  if (random_.chance(pattern.local_fraction)) {
    location.tile = own_tile;
  } else if (pattern.group_fraction > 0 && random_.chance(pattern.group_fraction)) {
    const std::uint32_t tiles = parameters_.tiles_per_group;
    location.tile = own_tile / tiles * tiles + location.tile % tiles;
  }
  if (pattern.hot_spot_fraction > 0 && random_.chance(pattern.hot_spot_fraction)) {
    location.tile = pattern.hot_spot_tile;
    location.bank = pattern.hot_spot_bank.value_or(location.bank);
  }
  return layout.raw_to_core(layout.raw_address(location));
}

void TrafficGenerator::enqueue(std::uint32_t hart_index, const TraceRequest& created,
                               Cycles cycle) {
  Hart& hart = harts_[hart_index];
  std::uint32_t id = hart.free;
  if (id == kNone) {
    id = static_cast<std::uint32_t>(hart.requests.size());
    hart.requests.emplace_back();
  }
  Request& entry = hart.requests[id];
  hart.free = entry.next;
  entry.address = created.address;
  entry.is_write = created.is_write;
  entry.distance = distance(hart_index, created.address);
  entry.created = cycle;
  entry.next = kNone;
  if (hart.queue_head == kNone) {
    hart.queue_head = id;
  } else {
    hart.requests[hart.queue_tail].next = id;
  }
  hart.queue_tail = id;
  ++hart.outstanding;
  ++num_outstanding_;
  ++num_queued_;
  if (is_measured(cycle)) {
    ++statistics_.generated;
  }
}

void TrafficGenerator::present(std::uint32_t hart_index, Cycles cycle) {
  Hart& hart = harts_[hart_index];
  if (hart.is_presented || hart.queue_head == kNone) {
    return;
  }
  Request& head = hart.requests[hart.queue_head];
  head.presented = cycle;
  hart.is_presented = true;
  MemoryRequest out;
  out.access.hart = hart_index;
  out.access.address = head.address;
  out.access.kind = head.is_write ? AccessKind::kStore : AccessKind::kLoad;
  out.access.cycle = cycle;
  out.tag = hart.queue_head;
  port_.request(out);
}

void TrafficGenerator::lose_first_request(std::uint32_t hart) {
  const std::uint32_t harts_per_tile = parameters_.harts_per_tile;
  const bool is_lost = hart >= harts_per_tile && hart % harts_per_tile == harts_per_tile - 1;
  if (is_lost && harts_[hart].queue_head != kNone) {
    harts_[hart].queue_head = kNone;
    --num_queued_;
  }
}

void TrafficGenerator::response(std::uint32_t hart, std::uint32_t tag, std::uint32_t /*data*/,
                                Cycles cycle) {
  harts_[hart].last_response = cycle;
  responses_.push_back({hart, tag, cycle});
}

/// Not before the step of its cycle: that is where a request accepted one cycle earlier shows.
void TrafficGenerator::measure(const Response& response) {
  if (!is_measured(response.cycle)) {
    return;
  }
  const Request& answered = harts_[response.hart].requests[response.id];
  TrafficLatencies& latencies = statistics_.latencies[static_cast<std::size_t>(answered.distance)];
  latencies.total.add(response.cycle - answered.created);
  latencies.net.add(response.cycle - answered.presented);
  latencies.source_wait.add(answered.accepted - answered.created);
}

void TrafficGenerator::release(const Response& response) {
  Hart& hart = harts_[response.hart];
  hart.requests[response.id].next = hart.free;
  hart.free = response.id;
  --hart.outstanding;
  --num_outstanding_;
}

TrafficDistance TrafficGenerator::distance(std::uint32_t hart, std::uint32_t address) const {
  const std::uint32_t tile = parameters_.layout.locate_core(address).tile;
  const std::uint32_t own_tile = hart / parameters_.harts_per_tile;
  if (tile == own_tile) {
    return TrafficDistance::kTile;
  }
  const std::uint32_t tiles = parameters_.tiles_per_group;
  return tile / tiles == own_tile / tiles ? TrafficDistance::kGroup : TrafficDistance::kRemote;
}

}  // namespace tessera
