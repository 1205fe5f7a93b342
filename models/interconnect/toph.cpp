// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "models/interconnect/topologies.h"

namespace tessera {

/// MemPool: a tile has a port per group, numbered by the XOR of the two groups. Port 0 leads
/// through the own group's crossbar, which has no registers; port d through a crossbar of the own
/// group with a spill register behind every output to the tiles of group XOR d.
/// Source: mempool_group.sv, i_local_interco and i_remote_interco; mempool_cluster.sv,
/// gen_interconnections. With one tile per group the crossbars and their registers vanish
/// (variable_latency_interconnect.sv, gen_con).
Wiring wire_toph(const L1NetworkParameters& parameters) {
  const std::uint32_t groups = parameters.num_groups;
  const std::uint32_t slots = parameters.tile_slots_per_group;
  Wiring wiring(parameters.num_tiles(), groups, Wiring::PortChoice::kByTile);
  for (std::uint32_t group = 0; group < groups; ++group) {
    for (std::uint32_t distance = 0; distance < groups; ++distance) {
      std::vector<Wiring::Wire> wires;
      for (std::uint32_t slot = 0; slot < slots; ++slot) {
        wires.push_back(wiring.from_tile(group * slots + slot, distance));
      }
      if (slots > 1) {
        const std::string name =
            "group[" + std::to_string(group) + "].crossbar[" + std::to_string(distance) + "]";
        wires = wiring.crossbar(name, wires, slots);
      }
      for (std::uint32_t slot = 0; slot < slots; ++slot) {
        const bool is_registered = slots > 1 && distance > 0;
        const Wiring::Wire wire = is_registered ? wiring.spill(wires[slot]) : wires[slot];
        wiring.to_tile(wire, (group ^ distance) * slots + slot, distance);
      }
    }
  }
  return wiring;
}

}  // namespace tessera
