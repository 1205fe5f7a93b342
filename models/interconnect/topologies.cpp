// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/topologies.h"

#include "models/base/error.h"

namespace tessera {

namespace {

struct Topology {
  const char* name;
  Wiring (*wire)(const L1NetworkParameters& parameters);
};

constexpr Topology kTopologies[] = {{"toph", wire_toph},
                                    {"top1", wire_top1},
                                    {"top4", wire_top4},
                                    {"ideal", wire_ideal},
                                    {"terapool", wire_terapool}};

}  // namespace

std::vector<std::string> topology_names() {
  std::vector<std::string> names;
  for (const Topology& topology : kTopologies) {
    names.emplace_back(topology.name);
  }
  return names;
}

Wiring wire_topology(const L1NetworkParameters& parameters) {
  parameters.check();
  std::string names;
  for (const Topology& topology : kTopologies) {
    if (parameters.topology == topology.name) {
      return topology.wire(parameters);
    }
    names += names.empty() ? "" : ", ";
    names += topology.name;
  }
  throw ConfigError("", "no topology '" + parameters.topology + "'", "there are " + names);
}

}  // namespace tessera
