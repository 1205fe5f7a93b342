// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/axi/axi_channel.h"
#include "models/axi/locking_arbiter.h"
#include "models/axi/master_port.h"
#include "models/axi/tile_port.h"

namespace tessera {

/// The mux of the tiles and further masters of a group, with a register on every channel. The
/// source of a request behind it is its input's number times 4 plus the input's own id.
/// Timing: round robin per address channel; data follows the order of the write addresses (8 at
/// most in advance), from the cycle after the address on. Source: axi_mux.sv as
/// axi_hier_interco.sv instantiates it; inputs in the order of mempool_group.sv: tiles, masters.
class GroupMux {
 public:
  /// Counts the masters' bursts under way in `open_bursts`.
  GroupMux(TilePort* tiles, std::uint32_t num_tiles, MasterPort* masters, std::uint32_t num_masters,
           std::uint32_t& open_bursts);
  GroupMux(const GroupMux&) = delete;
  GroupMux& operator=(const GroupMux&) = delete;

  AxiChannels channels;
  static constexpr std::uint32_t kIdsPerInput = 4;
  std::uint32_t num_sources() const { return (num_tiles_ + num_masters_) * kIdsPerInput; }

  /// Hands the responses in the registers to the inputs.
  void deliver(Cycles now);
  /// Moves requests from the inputs into the registers.
  void step(Cycles now);

 private:
  static constexpr std::uint32_t kMaxWrites = 8;  ///< MaxWTrans, axi_hier_interco.sv

  void step_reads(Cycles now);
  void step_writes(Cycles now);
  void step_data(Cycles now);
  ChannelRegister<AxiRequest>& reads_of(std::uint32_t input);
  ChannelRegister<AxiRequest>& writes_of(std::uint32_t input);

  TilePort* tiles_;
  std::uint32_t num_tiles_;
  MasterPort* masters_;
  std::uint32_t num_masters_;
  AddressRequests requests_;
  LockingArbiter read_arbiter_;
  LockingArbiter write_arbiter_;
  bool is_write_shown_ = false;  ///< its place in the order of data is taken already
  RegisterFifo<std::uint8_t, kMaxWrites> data_order_;
};

}  // namespace tessera
