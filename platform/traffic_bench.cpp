// SPDX-License-Identifier: Apache-2.0
#include "platform/traffic_bench.h"

#include <algorithm>

#include "models/base/error.h"
#include "platform/soc_parameters.h"

namespace tessera {

TrafficParameters traffic_parameters(const SocConfig& config) {
  TrafficParameters parameters{l1_config(config).layout};
  parameters.harts_per_tile = config.cluster.cores_per_tile;
  parameters.tiles_per_group = config.cluster.core_tiles_per_group;
  parameters.seed = static_cast<std::uint32_t>(config.seed);
  return parameters;
}

TrafficBench::TrafficBench(const SocConfig& config, const TrafficParameters& parameters)
    : parameters_(parameters),
      l1_(l1_config(config), dmi_, cluster_stats_),
      network_(l1_network_parameters(config), l1_, cluster_stats_),
      generator_(parameters, network_, cluster_stats_) {
  network_.set_client(generator_);
}

void TrafficBench::run() {
  const Cycles end = parameters_.warm_up_cycles + parameters_.measured_cycles;
  if (parameters_.trace.empty()) {
    loop_.run_to(end);
  }
  while (!parameters_.trace.empty() && loop_.now() < end && !generator_.is_trace_done()) {
    const Cycles next = loop_.next_active_cycle();
    TESSERA_CHECK(next != kNever, "a request of the trace gets no response");
    loop_.run_to(std::min(std::max(next, loop_.now()) + 1, end));
  }
  measured_cycles_ = std::max(loop_.now(), parameters_.warm_up_cycles) - parameters_.warm_up_cycles;
  // What the network accepts in the last cycle shows in the next one.
  loop_.run_to(loop_.now() + 1);
}

}  // namespace tessera
