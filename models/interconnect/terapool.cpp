// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "models/base/error.h"
#include "models/base/units.h"
#include "models/interconnect/topologies.h"

namespace tessera {

namespace {

/// Numbers of TeraPool's hierarchy. Tile = (group * sub_groups + sub_group) * tiles + tile.
struct Hierarchy {
  std::uint32_t groups;
  std::uint32_t sub_groups;  ///< of a group
  std::uint32_t tiles;       ///< of a sub-group
  std::uint32_t group_tiles() const { return sub_groups * tiles; }
};

/// Ports 0 .. sub_groups-1, by the XOR of the sub-groups: the own sub-group's crossbar without
/// registers, those to the others with. Source: mempool_sub_group.sv, i_local_interco and
/// i_remote_interco.
void wire_sub_groups(Wiring& wiring, const Hierarchy& size, std::uint32_t group) {
  for (std::uint32_t sub_group = 0; sub_group < size.sub_groups; ++sub_group) {
    for (std::uint32_t distance = 0; distance < size.sub_groups; ++distance) {
      const std::uint32_t from = (group * size.sub_groups + sub_group) * size.tiles;
      const std::uint32_t to = (group * size.sub_groups + (sub_group ^ distance)) * size.tiles;
      std::vector<Wiring::Wire> wires;
      for (std::uint32_t tile = 0; tile < size.tiles; ++tile) {
        wires.push_back(wiring.from_tile(from + tile, distance));
      }
      if (size.tiles > 1) {
        wires = wiring.crossbar("group[" + std::to_string(group) + "].sub_group[" +
                                    std::to_string(sub_group) + "].crossbar[" +
                                    std::to_string(distance) + "]",
                                wires, size.tiles);
      }
      for (std::uint32_t tile = 0; tile < size.tiles; ++tile) {
        const bool is_registered = size.tiles > 1 && distance > 0;
        const Wiring::Wire wire = is_registered ? wiring.spill(wires[tile]) : wires[tile];
        wiring.to_tile(wire, to + tile, distance);
      }
    }
  }
}

/// Ports sub_groups .. sub_groups+groups-2, by the XOR of the groups: a crossbar over all tiles of
/// the group with a spill register at its outputs, then a spill and a fall-through register at the
/// border of the cluster. Latency 9 adds a spill register behind, 11 another one in front.
/// Source: mempool_group.sv, i_remote_interco and gen_tcdm_registers_to_*; mempool_cluster.sv,
/// gen_tcdm_registers_*.
void wire_groups(Wiring& wiring, const Hierarchy& size, std::uint32_t group,
                 std::uint32_t latency) {
  for (std::uint32_t distance = 1; distance < size.groups; ++distance) {
    const std::uint32_t port = size.sub_groups - 1 + distance;
    std::vector<Wiring::Wire> wires;
    for (std::uint32_t tile = 0; tile < size.group_tiles(); ++tile) {
      const Wiring::Wire wire = wiring.from_tile(group * size.group_tiles() + tile, port);
      wires.push_back(latency == 11 ? wiring.spill(wire) : wire);
    }
    wires = wiring.crossbar(
        "group[" + std::to_string(group) + "].crossbar[" + std::to_string(distance) + "]", wires,
        size.group_tiles());
    for (std::uint32_t tile = 0; tile < size.group_tiles(); ++tile) {
      Wiring::Wire wire = wiring.fall_through(wiring.spill(wiring.spill(wires[tile])));
      wire = latency == 7 ? wire : wiring.spill(wire);
      wiring.to_tile(wire, (group ^ distance) * size.group_tiles() + tile, port);
    }
  }
}

}  // namespace

Wiring wire_terapool(const L1NetworkParameters& parameters) {
  const std::uint32_t latency = parameters.remote_group_latency;
  if (latency != 7 && latency != 9 && latency != 11) {
    throw ConfigError("", "remote_group_latency " + std::to_string(latency),
                      "terapool has 7, 9 or 11");
  }
  const Hierarchy size{parameters.num_groups, parameters.sub_groups_per_group,
                       parameters.tile_slots_per_group / parameters.sub_groups_per_group};
  if (!is_power_of_two(size.sub_groups) || size.group_tiles() != parameters.tile_slots_per_group) {
    throw ConfigError("", "sub_groups_per_group " + std::to_string(size.sub_groups),
                      "a power of two that divides tile_slots_per_group");
  }
  Wiring wiring(parameters.num_tiles(), size.sub_groups + size.groups - 1,
                Wiring::PortChoice::kByTile);
  for (std::uint32_t group = 0; group < size.groups; ++group) {
    wire_sub_groups(wiring, size, group);
    wire_groups(wiring, size, group, latency);
  }
  return wiring;
}

}  // namespace tessera
