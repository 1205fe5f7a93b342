// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/base/axi_port.h"
#include "models/base/byte_memory.h"
#include "models/base/register_fifo.h"
#include "models/base/stat.h"
#include "models/dma/dma_burst.h"
#include "models/dma/dma_l1_side.h"
#include "models/dma/dma_parameters.h"
#include "models/dma/dma_split.h"
#include "models/dma/realign_buffer.h"

namespace tessera {

/// One back-end: cuts what it is given into AXI bursts, reads, realigns, writes. One side of every
/// transfer is in L1, the other behind its AXI port.
/// Timing: cycle-true to axi_dma_backend.sv and the modules it is made of, and to the crossbar
/// behind it (i_dma_axi_xbar, mempool_group.sv).
class DmaBackend : public AxiClient {
 public:
  DmaBackend(const DmaParameters& parameters, AxiPort& axi, WideL1Port& l1, ByteMemory& memory,
             StatGroup& stats);

  bool can_take(Cycles cycle) const { return requests_.can_push(cycle); }
  /// REQUIRES: can_take(cycle), transfer.bytes > 0.
  void take(const DmaTransfer& transfer, Cycles cycle) { requests_.push(transfer, cycle); }
  /// Does everything of `cycle`; true when something it was given has completed in it.
  bool step(Cycles cycle);
  /// What the status register shows: no read or write is waiting for data. Source:
  /// data_path_idle_o.
  bool is_data_path_idle() const;
  /// Nothing is under way.
  bool is_idle() const;
  std::uint64_t bytes_moved() const { return l1_side_.counters().bytes; }

  bool can_take_beat() const override;
  void read_beat(std::uint32_t tag, bool is_last, Cycles cycle) override;
  void write_response(std::uint32_t tag, Cycles cycle) override;

 private:
  /// One side of the burst reshaper. Source: axi_dma_burst_reshaper.sv.
  struct Reshaper {
    std::uint32_t address = 0;
    std::uint32_t partner = 0;
    std::uint32_t bytes = 0;  ///< still to be cut; 0: none
    std::uint32_t number = 0;
  };
  /// Where the crossbar sends one direction. Source: axi_demux_simple.sv, one AXI id.
  struct Route {
    std::uint32_t outstanding = 0;  ///< bursts without their last response
    std::uint32_t port = 0;         ///< of those
    bool is_address_locked = false;
  };
  static constexpr std::size_t kAddressPlaces = 8;  ///< AxReqFifoDepth, mempool_group.sv
  static constexpr std::size_t kLastPlaces = 24;    ///< 2 * (AxReqFifoDepth + BufferDepth)
  static constexpr std::uint32_t kAxiPort = 0;      ///< ports of the crossbar
  static constexpr std::uint32_t kL1Port = 1;

  std::uint32_t port_of(std::uint32_t address) const {
    return address < parameters_.l1_bytes ? kL1Port : kAxiPort;
  }
  std::uint32_t lane_of(std::uint32_t address) const { return address % parameters_.beat_bytes; }

  void move_data(Cycles cycle);
  bool complete_burst(Cycles cycle);
  void emit_addresses(Cycles cycle);
  void cut_bursts(Cycles cycle);
  DmaBurst next_burst(Reshaper& reshaper) const;
  void route_writes(Cycles cycle);
  void route_reads(Cycles cycle);
  void serve_axi_port(Cycles cycle);

  const DmaParameters parameters_;
  const std::uint32_t page_bytes_;  ///< no burst crosses it
  AxiPort& axi_;
  DmaL1Side l1_side_;

  RegisterFifo<DmaTransfer, 1> requests_;  ///< TransFifoDepth, mempool_group.sv
  Reshaper read_reshaper_;
  Reshaper write_reshaper_;
  RegisterFifo<DmaBurst, kAddressPlaces> read_addresses_;
  RegisterFifo<DmaBurst, kAddressPlaces> write_addresses_;
  RegisterFifo<DmaBurst, kAddressPlaces> reads_;  ///< whose data has not all arrived
  RegisterFifo<DmaBurst, kAddressPlaces> writes_;
  RegisterFifo<bool, kLastPlaces> ends_transfer_;  ///< per write burst without response
  BeatCursor read_beats_;
  BeatCursor write_beats_;
  RealignBuffer buffer_;

  DmaChannels cut_;                   ///< slave port of the crossbar
  std::array<DmaChannels, 2> ports_;  ///< its master ports
  Route read_route_;
  Route write_route_;
  std::uint32_t open_writes_ = 0;    ///< bursts routed whose data has not all been
  std::uint32_t issued_writes_ = 0;  ///< bursts at the AXI port whose data has not all been

  std::uint64_t axi_wait_cycles_ = 0;
};

}  // namespace tessera
