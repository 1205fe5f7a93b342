// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "models/base/l1_layout.h"
#include "models/base/memory_port.h"
#include "models/base/random.h"
#include "models/base/stat.h"
#include "models/base/steppable.h"
#include "models/interconnect/traffic_statistics.h"
#include "models/interconnect/traffic_trace.h"

namespace tessera {

/// Where requests go. Without anything: to a random word of the core tiles' L1, all equally likely.
/// Each fraction is the probability that a request is changed; they apply in this order.
struct TrafficPattern {
  /// Not 0: hart h walks from word h in steps of this many bytes (a multiple of 4) through the
  /// interleaved address map and around its end.
  std::uint32_t stride_bytes = 0;
  double local_fraction = 0;  ///< to the own tile instead; bank and row stay
  double group_fraction = 0;  ///< of those that stay: to a tile of the own group instead
  double hot_spot_fraction = 0;
  std::uint32_t hot_spot_tile = 0;
  std::optional<std::uint32_t> hot_spot_bank;  ///< of that tile; none: the bank stays
  double write_fraction = 0;
};

struct TrafficParameters {
  L1Layout layout;
  std::uint32_t harts_per_tile = 4;
  std::uint32_t tiles_per_group = 16;
  double load = 0;  ///< probability that a hart creates a request in a cycle
  TrafficPattern pattern{};
  /// Ids per hart: requests created and not answered, those in the source queue among them. 8: what
  /// a Snitch core has; 2048: what the RTL's generator has, practically an open loop.
  std::uint32_t max_outstanding = 2048;
  std::uint32_t seed = 0;
  /// Begins as the measurements of the RTL did, so that they can be compared request by request: in
  /// cycle 0 nothing reaches the network, but its idle `ready` makes the RTL's generator take what
  /// the last hart of every tile other than tile 0 creates then for accepted. These requests are
  /// lost, and their ids with them.
  bool rtl_start = false;
  /// Statistics count events of [warm_up_cycles, warm_up_cycles + measured_cycles).
  Cycles warm_up_cycles = 0;
  Cycles measured_cycles = std::numeric_limits<Cycles>::max() / 2;
  /// Not empty: these requests instead of random ones; `load` and `pattern` are without meaning.
  TrafficTrace trace{};
};

/// In place of the harts: creates requests at random or from a trace, and measures when the network
/// accepts and answers them. Steps in the place of the harts (models/core/cycle_loop.h).
/// Source: hardware/tb/traffic_generator.sv and dpi/traffic_generator.cpp of MemPool. A hart
/// creates at most one request in a cycle, if it has a free id, and puts it into a queue of its own
/// whose head is at the network; it takes one response per cycle and always does. An id that comes
/// back in a cycle is free in the next one: requests are made at the falling edge, responses seen
/// at the rising one.
/// Harts draw from one sequence of random numbers, the last one first, in the order and from the
/// engine of the RTL measurements: equal seeds give equal requests there and here.
class TrafficGenerator final : public Steppable, public MemoryClient {
 public:
  /// `parent_stats` gets a group "traffic".
  TrafficGenerator(TrafficParameters parameters, MemoryPort& port, StatGroup& parent_stats);

  std::uint32_t num_harts() const { return static_cast<std::uint32_t>(harts_.size()); }
  const TrafficStatistics& statistics() const { return statistics_; }
  /// All requests of the trace have been answered.
  bool is_trace_done() const;

  Cycles next_active_cycle(Cycles from) const override;
  void step(Cycles cycle) override;
  bool is_response_port_free(std::uint32_t hart, Cycles cycle) const override {
    return harts_[hart].last_response != cycle;
  }
  void response(std::uint32_t hart, std::uint32_t tag, std::uint32_t data, Cycles cycle) override;

 private:
  static constexpr std::uint32_t kNone = ~0u;  ///< no id
  /// A request from creation to response; its index among those of the hart is its id. Free ones
  /// and those in the source queue are linked through `next`.
  struct Request {
    std::uint32_t address = 0;
    std::uint32_t next = kNone;
    bool is_write = false;
    TrafficDistance distance = TrafficDistance::kTile;
    Cycles created = 0;
    Cycles presented = 0;  ///< at the head of the queue
    Cycles accepted = 0;
  };
  struct Hart {
    std::vector<Request> requests;  ///< by id; grows to the largest number under way
    std::uint32_t free = kNone;
    std::uint32_t queue_head = kNone;
    std::uint32_t queue_tail = kNone;
    std::uint32_t outstanding = 0;
    bool is_presented = false;  ///< the head of the queue is at the network
    Cycles last_response = kNever;
    std::size_t trace_position = 0;
    std::uint32_t walk_address = 0;
  };
  struct Response {
    std::uint32_t hart;
    std::uint32_t id;
    Cycles cycle;
  };

  bool has_trace() const { return !parameters_.trace.empty(); }
  bool is_measured(Cycles cycle) const {
    return cycle - parameters_.warm_up_cycles < parameters_.measured_cycles;
  }
  void take_acceptance(std::uint32_t hart, Cycles cycle);
  void create(std::uint32_t hart, Cycles cycle);
  void create_from_trace(std::uint32_t hart, Cycles cycle);
  void create_random(std::uint32_t hart, Cycles cycle);
  /// Next address of the pattern, as the hart sees it.
  std::uint32_t draw_address(std::uint32_t hart);
  void enqueue(std::uint32_t hart, const TraceRequest& created, Cycles cycle);
  void present(std::uint32_t hart, Cycles cycle);
  void lose_first_request(std::uint32_t hart);
  void measure(const Response& response);
  void release(const Response& response);
  TrafficDistance distance(std::uint32_t hart, std::uint32_t address) const;

  const TrafficParameters parameters_;
  MemoryPort& port_;
  Random random_;
  std::vector<Hart> harts_;
  std::vector<Response> responses_;  ///< of this cycle
  std::uint64_t num_outstanding_ = 0;
  std::uint64_t num_queued_ = 0;
  TrafficStatistics statistics_;
};

}  // namespace tessera
