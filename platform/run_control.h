// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/core/cluster.h"
#include "models/tlm/clock_domain.h"
#include "platform/soc.h"

namespace tessera {

/// When the run of a Soc changes its timing mode, and when and why it ends.
class RunControl {
 public:
  /// `end_hart`: the only hart whose end of computation ends the run, or kNoHart for any.
  RunControl(Cluster& cluster, const ClockDomain& clock, const SocServices& services,
             std::uint32_t end_hart)
      : cluster_(cluster), clock_(clock), services_(services), end_hart_(end_hart) {}

  void add_timing_switch(const TimingSwitch& change);
  /// `hart` begins or ends a region of interest.
  void region(std::uint32_t hart, std::uint32_t id, bool begins);
  /// The first reason stands. Before run(): that run ends before the first instruction.
  void request_stop(RunEnd reason);
  void end_of_computation(std::uint32_t hart, std::uint32_t value);
  RunResult run(const RunLimits& limits);

 private:
  Cluster& cluster_;
  const ClockDomain& clock_;
  const SocServices& services_;
  const std::uint32_t end_hart_;
  std::vector<TimingSwitch> region_switches_;
  std::optional<RunEnd> requested_end_;
  std::optional<std::uint32_t> other_end_value_;  ///< written by a hart that does not count
  std::uint32_t end_value_ = 0;
};

}  // namespace tessera
