// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/traffic_statistics.h"

#include <algorithm>
#include <cmath>

namespace tessera {

void LatencyHistogram::add(Cycles latency) {
  if (latency >= counts_.size()) {
    counts_.resize(latency + 1);
  }
  ++counts_[latency];
  ++count_;
  sum_ += latency;
}

void LatencyHistogram::add(const LatencyHistogram& other) {
  counts_.resize(std::max(counts_.size(), other.counts_.size()));
  for (std::size_t i = 0; i < other.counts_.size(); ++i) {
    counts_[i] += other.counts_[i];
  }
  count_ += other.count_;
  sum_ += other.sum_;
}

double LatencyHistogram::mean() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

Cycles LatencyHistogram::percentile(double percent) const {
  const auto rank =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100));
  std::uint64_t seen = 0;
  for (std::size_t latency = 0; latency < counts_.size(); ++latency) {
    seen += counts_[latency];
    if (seen >= rank && seen > 0) {
      return latency;
    }
  }
  return 0;
}

void TrafficLatencies::add(const TrafficLatencies& other) {
  total.add(other.total);
  net.add(other.net);
  source_wait.add(other.source_wait);
}

TrafficLatencies TrafficStatistics::all() const {
  TrafficLatencies sum;
  for (const TrafficLatencies& each : latencies) {
    sum.add(each);
  }
  return sum;
}

std::uint64_t TrafficStatistics::responses() const {
  std::uint64_t count = 0;
  for (const TrafficLatencies& each : latencies) {
    count += each.total.count();
  }
  return count;
}

void TrafficStatistics::add_to(StatGroup& group) const {
  group.add("generated_requests", "count", "requests created", &generated);
  group.add("accepted_requests", "count", "requests the network took", &accepted);
  group.add("responses", "count", "responses that arrived", [this] { return responses(); });
  group.add("blocked_cycles", "cycles", "cycles of all harts without a free id", &blocked_cycles);
  group.add("outstanding_cycles", "cycles", "sum over requests from creation to response",
            &outstanding_cycles);
  constexpr const char* kNames[kNumTrafficDistances] = {"tile", "group", "remote"};
  for (std::size_t i = 0; i < kNumTrafficDistances; ++i) {
    StatGroup& distance = group.add_group(kNames[i]);
    const TrafficLatencies& each = latencies[i];
    distance.add("responses", "count", "responses from this far",
                 [&each] { return each.total.count(); });
    distance.add("total_latency_cycles", "cycles", "sum over responses, creation to response",
                 [&each] { return each.total.sum(); });
    distance.add("net_latency_cycles", "cycles",
                 "sum over responses, head of the source queue to response",
                 [&each] { return each.net.sum(); });
    distance.add("source_wait_cycles", "cycles", "sum over responses, creation to accepted",
                 [&each] { return each.source_wait.sum(); });
  }
}

}  // namespace tessera
