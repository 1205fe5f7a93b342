// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/l1_network_plan.h"

#include <algorithm>

#include "models/base/error.h"

namespace tessera {

namespace {

using Tile = L1NetworkPlan::Tile;

std::vector<Tile> tiles_of(const L1NetworkParameters& parameters, bool is_flat) {
  if (is_flat) {
    return {{0, parameters.num_harts(), 0, parameters.num_banks()}};
  }
  std::vector<Tile> tiles;
  std::uint32_t harts = 0;
  for (std::uint32_t tile = 0; tile < parameters.num_tiles(); ++tile) {
    const bool is_core_tile =
        tile % parameters.tile_slots_per_group < parameters.core_tiles_per_group;
    tiles.push_back({harts, is_core_tile ? parameters.cores_per_tile : 0,
                     tile * parameters.banks_per_tile, parameters.banks_per_tile});
    harts += tiles.back().harts;
  }
  return tiles;
}

std::vector<std::uint32_t> numbers(std::uint32_t first, std::uint32_t count) {
  std::vector<std::uint32_t> result;
  for (std::uint32_t i = 0; i < count; ++i) {
    result.push_back(first + i);
  }
  return result;
}

/// The buffers at the inputs of `tile`, which become inputs `first_input` ... of its crossbar.
std::vector<std::uint32_t> arrivals_at(const NetworkPlan& network, std::uint32_t tile,
                                       std::uint32_t ports, std::uint32_t first_input,
                                       FabricPlan& plan) {
  std::vector<std::uint32_t> buffers;
  for (std::uint32_t port = 0; port < ports; ++port) {
    const std::uint32_t buffer = network.arrivals[tile * ports + port];
    if (buffer != FabricPlan::kNone) {
      plan.buffers[buffer].input = first_input + port;
    }
    buffers.push_back(buffer);
  }
  return buffers;
}

/// Which port arbiter the requests of hart `lane` of a tile go to, by target tile.
std::vector<std::uint32_t> hart_row(const Wiring& wiring, const NetworkPlan& network,
                                    std::uint32_t tile, std::uint32_t lane) {
  std::vector<std::uint32_t> row(wiring.tiles(), FabricPlan::kNone);
  for (std::uint32_t target = 0; target < wiring.tiles(); ++target) {
    for (std::uint32_t port = 0; port < wiring.ports_per_tile() && target != tile; ++port) {
      const std::uint32_t place = tile * wiring.ports_per_tile() + port;
      const bool is_mine = wiring.port_choice() == Wiring::PortChoice::kByTile ||
                           port == lane % wiring.ports_per_tile();
      if (is_mine && network.arrival_ports[place][target] >= 0) {
        TESSERA_CHECK(row[target] == FabricPlan::kNone, "two ports of tile {} lead to tile {}",
                      tile, target);
        row[target] = network.port_arbiters[place];
      }
    }
    TESSERA_CHECK(target == tile || row[target] != FabricPlan::kNone,
                  "no port of tile {} leads to tile {}", tile, target);
  }
  return row;
}

/// Harts' requests, the network, an arbiter per bank. Source: mempool_tile.sv,
/// i_remote_req_interco and i_local_req_interco.
void plan_requests(const Wiring& wiring, L1NetworkPlan& plan) {
  FabricPlan& fabric = plan.requests;
  fabric.rows.emplace_back(plan.tiles.size(), FabricPlan::kNone);
  std::vector<std::vector<std::uint32_t>> sources;
  for (const Tile& tile : plan.tiles) {
    for (std::uint32_t lane = 0; lane < tile.harts; ++lane) {
      fabric.add_buffer(BufferKind::kPlace, lane);
    }
    sources.push_back(numbers(tile.first_hart, tile.harts));
  }
  fabric.num_sources = static_cast<std::uint32_t>(fabric.buffers.size());
  plan.request_network = plan_network(wiring, sources, plan.extra_registers, fabric);
  for (std::uint32_t t = 0; t < plan.tiles.size(); ++t) {
    const Tile& tile = plan.tiles[t];
    for (std::uint32_t lane = 0; lane < tile.harts && !wiring.is_flat(); ++lane) {
      FabricPlan::Buffer& hart = fabric.buffers[tile.first_hart + lane];
      // Harts that choose alike share a row.
      if (lane == 0 || wiring.port_choice() == Wiring::PortChoice::kByCore) {
        fabric.rows.push_back(hart_row(wiring, plan.request_network, t, lane));
      }
      hart.row = static_cast<std::uint32_t>(fabric.rows.size() - 1);
    }
    std::vector<std::uint32_t> inputs = sources[t];
    const std::vector<std::uint32_t> arrivals =
        arrivals_at(plan.request_network, t, plan.ports_per_tile, tile.harts, fabric);
    inputs.insert(inputs.end(), arrivals.begin(), arrivals.end());
    for (std::uint32_t bank = 0; bank < tile.banks; ++bank) {
      fabric.sinks.push_back(fabric.add_sink_arbiter(inputs, tile.first_bank + bank, false));
    }
  }
}

/// Banks' answers, the network, per hart an arbiter for what comes from other tiles and one for
/// the own tile's banks, which lose against it: snitch_addr_demux.sv, i_resp_stream_arbiter.
/// Source: mempool_tile.sv, i_local_resp_interco and i_remote_resp_interco.
void plan_responses(const Wiring& wiring, L1NetworkPlan& plan) {
  FabricPlan& fabric = plan.responses;
  fabric.rows.emplace_back(plan.tiles.size(), FabricPlan::kNone);
  std::vector<std::vector<std::uint32_t>> sources;
  for (const Tile& tile : plan.tiles) {
    for (std::uint32_t bank = 0; bank < tile.banks; ++bank) {
      fabric.add_buffer(BufferKind::kBank, bank);
    }
    sources.push_back(numbers(tile.first_bank, tile.banks));
  }
  fabric.num_sources = static_cast<std::uint32_t>(fabric.buffers.size());
  plan.response_network = plan_network(wiring, sources, plan.extra_registers, fabric);
  for (std::uint32_t t = 0; t < plan.tiles.size(); ++t) {
    const Tile& tile = plan.tiles[t];
    const std::vector<std::uint32_t> arrivals =
        arrivals_at(plan.response_network, t, plan.ports_per_tile, 0, fabric);
    for (std::uint32_t lane = 0; lane < tile.harts; ++lane) {
      fabric.sinks.push_back(fabric.add_sink_arbiter(arrivals, tile.first_hart + lane, false));
    }
  }
  plan.first_local_arbiter = static_cast<std::uint32_t>(fabric.arbiters.size());
  for (std::uint32_t t = 0; t < plan.tiles.size(); ++t) {
    const Tile& tile = plan.tiles[t];
    for (std::uint32_t lane = 0; lane < tile.harts; ++lane) {
      fabric.add_sink_arbiter(sources[t], tile.first_hart + lane, true);
    }
  }
}

/// A response must find back to the tile of its hart from the port at which the request arrived.
void check_ways_back(const L1NetworkPlan& plan) {
  const auto ports = static_cast<std::int32_t>(plan.ports_per_tile);
  for (std::uint32_t place = 0; place < plan.request_network.arrival_ports.size(); ++place) {
    const std::uint32_t from = place / plan.ports_per_tile;
    for (std::uint32_t to = 0; to < plan.tiles.size(); ++to) {
      const std::int32_t port = plan.request_network.arrival_ports[place][to];
      TESSERA_CHECK(port < 0 || plan.response_network.arrival_ports[static_cast<std::uint32_t>(
                                    static_cast<std::int32_t>(to) * ports + port)][from] >= 0,
                    "no way back from port {} of tile {} to tile {}", port, to, from);
    }
  }
}

}  // namespace

L1NetworkPlan plan_l1_network(const L1NetworkParameters& parameters, const Wiring& wiring) {
  parameters.check();
  TESSERA_CHECK(wiring.is_flat() || wiring.tiles() == parameters.num_tiles(),
                "a wiring of {} tiles for {}", wiring.tiles(), parameters.num_tiles());
  L1NetworkPlan plan;
  plan.tiles = tiles_of(parameters, wiring.is_flat());
  plan.ports_per_tile = wiring.ports_per_tile();
  plan.extra_registers = parameters.extra_registers;
  plan_requests(wiring, plan);
  plan_responses(wiring, plan);
  check_ways_back(plan);
  return plan;
}

}  // namespace tessera
