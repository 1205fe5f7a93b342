// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/axi/axi_channel.h"
#include "models/axi/locking_arbiter.h"
#include "models/base/memory_port.h"
#include "models/base/stat.h"

namespace tessera {

/// The SoC side of one tile: its harts' accesses and its cache's refills on their way to and from
/// the group. Source: mempool_tile.sv from reqrsp_mux to axi_mux; reqrsp_to_axi.sv,
/// axi_dw_upsizer.sv.
/// Timing: harts -> round robin -> at most 3 reads or 3 writes in flight (a read waits for all
/// writes and a write for all reads; an atomic is alone) -> register -> width converter (one read
/// at a time, from AR to R: all have one AXI id; one write at a time, from AW to W) -> round robin
/// with the refills -> register on AW and AR. Back: register at the hart and at the cache side.
class TilePort {
 public:
  /// The two inputs of the tile's AXI mux, the lowest bit but one of the AXI id at the group.
  enum Input : std::uint16_t { kCache = 0, kHarts = 1 };

  TilePort(std::uint32_t harts_per_tile, std::uint32_t axi_bytes, StatGroup& stats);
  /// Tells `requests` when input `index` of the mux has an address to send.
  void connect(AddressRequests& requests, std::uint32_t index) {
    requests_ = &requests;
    request_bit_ = std::uint64_t{1} << index;
  }

  bool is_pending(std::uint32_t lane) const { return (pending_ >> lane & 1) != 0; }
  void request(std::uint32_t lane, const MemoryRequest& request);
  bool can_refill(Cycles now) const { return refill_reads_.can_push(now); }
  void refill(std::uint32_t address, std::uint32_t bytes, std::uint32_t tag, Cycles now);

  /// Hands what has arrived to the harts and the cache (`tile` is this tile's number).
  void deliver(std::uint32_t tile, MemoryClient& harts, RefillClient& caches, Cycles now);
  /// Moves requests one register further; after the group has taken its part.
  void step(Cycles now);

  /// The side towards the group. The registers hold requests with `source` = Input.
  ChannelRegister<AxiRequest> reads;
  ChannelRegister<AxiRequest> writes;
  bool has_data() const { return has_write_data_; }
  void take_data();
  bool can_take_read(Input input, Cycles now) const;
  void take_read(Input input, const AxiResponse& response, Cycles now);
  bool can_take_write_response(Cycles now) const { return hart_write_responses_.can_push(now); }
  void take_write_response(const AxiResponse& response, Cycles now);

  /// Nothing pending or in flight.
  bool is_idle() const { return pending_ == 0 && num_open_ == 0 && num_refills_ == 0; }

 private:
  void mux_reads(Cycles now);
  void convert_writes(Cycles now);
  void convert_reads(Cycles now);
  void accept_hart(Cycles now);
  bool may_accept(const HartAccess& access, Cycles now) const;
  void open(const HartAccess& access, Cycles now);
  void respond(bool is_read, MemoryClient& harts, Cycles now);

  /// MaxTrans - 1 of reqrsp_to_axi.sv as mempool_tile.sv instantiates it.
  static constexpr std::uint32_t kMaxInFlight = 3;
  /// After the last response of an atomic the counters are 0 in the next cycle, and the flag that
  /// holds everything back falls in the one after. Source: reqrsp_to_axi.sv.
  static constexpr Cycles kCyclesAfterAtomic = 2;

  const std::uint32_t axi_bytes_;
  AddressRequests* requests_ = nullptr;
  std::uint64_t request_bit_ = 0;

  // reqrsp_mux and reqrsp_to_axi. Slots are used and answered in order.
  std::vector<MemoryRequest> waiting_;
  std::uint64_t pending_ = 0;
  LockingArbiter hart_arbiter_;
  std::array<HartTransaction, kMaxInFlight + 1> slots_{};
  std::uint32_t next_slot_ = 0;
  std::uint32_t num_open_ = 0;
  RegisteredCount open_reads_;
  RegisteredCount open_writes_;
  bool is_atomic_open_ = false;
  Cycles atomic_until_ = 0;       ///< nothing is accepted before, after an atomic
  bool is_address_sent_ = false;  ///< of the write being accepted
  bool is_data_sent_ = false;

  // The register between, axi_core_slice.
  ChannelRegister<AxiRequest> hart_reads_;
  ChannelRegister<AxiRequest> hart_writes_;
  ChannelRegister<bool> hart_data_;
  ChannelRegister<AxiResponse> hart_read_responses_;
  ChannelRegister<AxiResponse> hart_write_responses_;

  // The width converter and the registers in its demux.
  enum class ReadState : std::uint8_t { kIdle, kAddress, kData };
  ReadState read_state_ = ReadState::kIdle;
  AxiRequest read_;
  Cycles read_changed_ = ~Cycles{0};  ///< when the response passed: idle from the next cycle on
  enum class WriteState : std::uint8_t { kIdle, kAddress, kData };
  WriteState write_state_ = WriteState::kIdle;
  AxiRequest write_;
  bool has_write_data_ = false;
  ChannelRegister<AxiRequest> converted_reads_;
  ChannelRegister<AxiRequest> converted_writes_;

  // The cache's side, axi_cache_slice, and the mux.
  ChannelRegister<AxiRequest> refill_reads_;
  ChannelRegister<AxiResponse> refill_responses_;
  std::uint32_t num_refills_ = 0;
  LockingArbiter read_arbiter_;

  std::uint64_t loads_ = 0;
  std::uint64_t stores_ = 0;
  std::uint64_t refills_ = 0;
  std::uint64_t stall_cycles_ = 0;
  std::uint64_t busy_cycles_ = 0;
};

}  // namespace tessera
