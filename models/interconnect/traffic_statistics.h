// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/base/stat.h"
#include "models/base/units.h"

namespace tessera {

/// How often each latency occurred.
class LatencyHistogram {
 public:
  void add(Cycles latency);
  void add(const LatencyHistogram& other);

  std::uint64_t count() const { return count_; }
  Cycles sum() const { return sum_; }
  /// 0 without samples, as are the other two.
  double mean() const;
  /// Smallest latency that at least `percent` (0..100] of the samples do not exceed.
  Cycles percentile(double percent) const;
  Cycles max() const { return counts_.empty() ? 0 : counts_.size() - 1; }

 private:
  std::vector<std::uint64_t> counts_;  ///< by latency
  std::uint64_t count_ = 0;
  Cycles sum_ = 0;
};

/// How far a request goes: to the hart's own tile, to another one of its group, to another group.
enum class TrafficDistance : std::uint8_t { kTile, kGroup, kRemote };
constexpr std::size_t kNumTrafficDistances = 3;

/// Latencies of the requests that went equally far.
struct TrafficLatencies {
  LatencyHistogram total;        ///< creation -> response
  LatencyHistogram net;          ///< head of the source queue -> response
  LatencyHistogram source_wait;  ///< creation -> accepted by the network

  void add(const TrafficLatencies& other);
};

/// What happened in the measured window; latencies are of the responses that arrived in it.
struct TrafficStatistics {
  std::uint64_t generated = 0;
  std::uint64_t accepted = 0;
  std::uint64_t blocked_cycles = 0;      ///< of all harts: no free id
  std::uint64_t outstanding_cycles = 0;  ///< sum over cycles of requests created and not answered
  std::array<TrafficLatencies, kNumTrafficDistances> latencies;

  /// Of all distances together.
  TrafficLatencies all() const;
  std::uint64_t responses() const;
  /// Adds the counters to `group`; this object must outlive it.
  void add_to(StatGroup& group) const;
};

}  // namespace tessera
