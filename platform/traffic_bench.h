// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/base/dmi_table.h"
#include "models/base/stat.h"
#include "models/core/cycle_loop.h"
#include "models/interconnect/l1_network.h"
#include "models/interconnect/traffic_generator.h"
#include "models/memory/l1_memory.h"
#include "platform/soc_config.h"

namespace tessera {

/// Generator parameters that a machine fixes: address map, harts, seed. No load yet.
TrafficParameters traffic_parameters(const SocConfig& config);

/// The L1 of a machine, network and banks, with the traffic generator in place of the harts.
class TrafficBench {
 public:
  /// `parameters` are those of traffic_parameters(config) with the caller's load.
  TrafficBench(const SocConfig& config, const TrafficParameters& parameters);

  /// Simulates warm-up and measured cycles; a trace ends with its last response, if that is
  /// earlier. Once.
  void run();
  /// Length of the window that has been measured.
  Cycles measured_cycles() const { return measured_cycles_; }
  Cycles now() const { return loop_.now(); }
  const TrafficStatistics& statistics() const { return generator_.statistics(); }
  const StatGroup& stats() const { return stats_; }

 private:
  StatGroup stats_{"soc"};
  StatGroup& cluster_stats_ = stats_.add_group("cluster");
  const TrafficParameters parameters_;
  DmiTable dmi_;
  L1Memory l1_;
  L1Network network_;
  TrafficGenerator generator_;
  CycleLoop loop_{{&network_.response_side(), &generator_, &network_.request_side()}};
  Cycles measured_cycles_ = 0;
};

}  // namespace tessera
