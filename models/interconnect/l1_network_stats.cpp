// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "models/interconnect/l1_network.h"

namespace tessera {

namespace {

std::string indexed(const std::string& name, std::size_t index) {
  return name + "[" + std::to_string(index) + "]";
}

void add_arbiter(const Fabric::Counters& arbiter, StatGroup& stats) {
  stats.add("requests", "count", "requests granted", &arbiter.grants);
  stats.add("conflict_cycles", "cycles", "cycles in which a request waited",
            &arbiter.conflict_cycles);
  stats.add("wait_cycles", "cycles", "waiting time of all requests", &arbiter.wait_cycles);
}

void add_ports(const Fabric& fabric, const NetworkPlan& network, std::uint32_t ports,
               const std::string& name, std::vector<StatGroup*>& tiles) {
  for (std::size_t i = 0; i < network.port_arbiters.size(); ++i) {
    StatGroup& stats = tiles[i / ports]->add_group(indexed(name, i % ports));
    add_arbiter(fabric.counters(network.port_arbiters[i]), stats);
    const Fabric::Counters counters = fabric.counters(network.port_arbiters[i]);
    stats.add("occupancy_cycles", "cycles", "time that requests spent in the port's register",
              [counters] { return counters.grants + counters.delay_cycles; });
  }
}

void add_crossbars(const Fabric& fabric, const NetworkPlan& network, StatGroup& stats) {
  for (const NetworkPlan::Crossbar& crossbar : network.crossbars) {
    StatGroup& group = stats.add_group(crossbar.name);
    for (std::size_t i = 0; i < crossbar.arbiters.size(); ++i) {
      add_arbiter(fabric.counters(crossbar.arbiters[i]), group.add_group(indexed("output", i)));
    }
  }
}

}  // namespace

void L1Network::add_stats(const L1NetworkPlan& plan, StatGroup& stats) {
  const std::uint32_t tiles = parameters_.num_tiles();
  std::vector<StatGroup*> tile_stats;
  for (std::uint32_t tile = 0; tile < tiles; ++tile) {
    tile_stats.push_back(&stats.add_group(indexed("tile", tile)));
    for (std::uint32_t i = 0; i < parameters_.banks_per_tile; ++i) {
      const std::uint32_t bank = tile * parameters_.banks_per_tile + i;
      StatGroup& group = tile_stats.back()->add_group(indexed("bank", i));
      add_arbiter(requests_.counters(plan.requests.sinks[bank]), group);
      group.add("amo_busy_cycles", "cycles", "cycles in which the result of an AMO was written",
                &bank_counters_[bank].amos);
      group.add("wide_accesses", "count",
                "cycles given to the DMA, or to the port of an accelerator",
                &bank_counters_[bank].wide_accesses);
    }
  }
  add_ports(requests_, plan.request_network, plan.ports_per_tile, "request_port", tile_stats);
  add_ports(responses_, plan.response_network, plan.ports_per_tile, "response_port", tile_stats);
  add_crossbars(requests_, plan.request_network, stats.add_group("request_network"));
  add_crossbars(responses_, plan.response_network, stats.add_group("response_network"));
  StatGroup& matrix = stats.add_group("accesses");
  for (std::uint32_t from = 0; from < tiles; ++from) {
    StatGroup& row = matrix.add_group(indexed("from_tile", from));
    for (std::uint32_t to = 0; to < tiles; ++to) {
      row.add(indexed("to_tile", to), "count", "accesses between the two tiles",
              [this, from, to] { return accesses(from, to); });
    }
  }
}

}  // namespace tessera
