// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/interconnect/fabric_plan.h"
#include "models/interconnect/l1_network_parameters.h"
#include "models/interconnect/wiring.h"

namespace tessera {

/// Both directions of an L1 network. Buffers 0, 1, ... are the harts' requests in the one and the
/// banks' answers in the other.
struct L1NetworkPlan {
  /// What one crossbar of harts, ports and banks joins: a tile, or all of them (Wiring::is_flat).
  struct Tile {
    std::uint32_t first_hart;
    std::uint32_t harts;
    std::uint32_t first_bank;
    std::uint32_t banks;
  };
  std::vector<Tile> tiles;
  std::uint32_t ports_per_tile = 0;
  std::uint32_t extra_registers = 0;
  FabricPlan requests;
  FabricPlan responses;
  NetworkPlan request_network;
  NetworkPlan response_network;
  /// Of the responses: the arbiters of harts 0, 1, ... for what their own tile answers.
  std::uint32_t first_local_arbiter = 0;
};

/// Throws ConfigError when the parameters do not fit together.
L1NetworkPlan plan_l1_network(const L1NetworkParameters& parameters, const Wiring& wiring);

}  // namespace tessera
