// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "models/base/axi_port.h"
#include "models/base/hart_access.h"
#include "models/base/memory_port.h"
#include "models/base/stat.h"
#include "models/base/steppable.h"
#include "models/interconnect/l1_network_parameters.h"

namespace tessera {

/// The way from the harts to the banks of the L1 and back, and the timing of the banks: tile
/// crossbars, the network between the tiles, arbiters, registers, bank adapters.
///
/// Timing: a load accepted in cycle c by a bank of the own tile answers in c + 1; every register on
/// the way there or back adds one cycle (README). An access takes effect in the cycle in which its
/// bank accepts it; the response carries its result.
/// Source: mempool_tile.sv, mempool_group.sv, mempool_cluster.sv, tcdm_adapter.sv of MemPool.
class L1Network final : public MemoryPort {
 public:
  /// `l1` performs the accesses; addresses are those that harts use. Throws ConfigError when the
  /// parameters do not make a network.
  L1Network(const L1NetworkParameters& parameters, HartPort& l1, StatGroup& parent_stats);
  ~L1Network() override;
  /// Set once, before the first step.
  void set_client(MemoryClient& client);

  bool is_pending(std::uint32_t hart) const override;
  /// REQUIRES: the address is in L1. Any number of requests of a hart may be under way.
  void request(const MemoryRequest& request) override;

  /// Parts 1 and 6 of a cycle (models/core/cycle_loop.h).
  Steppable& response_side();
  Steppable& request_side();
  /// Where the DMA back-end of `group` reaches the banks.
  WideL1Port& wide_port(std::uint32_t group);
  /// No request is pending or under way.
  bool is_drained() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera
