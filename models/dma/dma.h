// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <systemc>

#include "models/base/byte_memory.h"
#include "models/base/guest_error.h"
#include "models/base/stat.h"
#include "models/tlm/register_device.h"

namespace tessera {

struct DmaParameters {
  std::uint32_t l1_bytes = 0;       ///< L1 is 0 .. l1_bytes-1
  std::uint32_t core_l1_bytes = 0;  ///< interleaved over all groups; above it, one region per group
  std::uint32_t accelerator_region_bytes = 0;  ///< of one group's accelerator tile, 0: none
  std::uint32_t row_bytes = 0;                 ///< one L1 row over all core tiles
  std::uint32_t num_groups = 4;
  std::uint32_t backends_per_group = 1;
  std::uint32_t beat_bytes = 64;  ///< AXI data width
  /// Extra cycles when more than one back-end takes part. Source: spec/mempool.md section 9, DMA
  /// (1 on minpool, 3 on mempool; other machines: assumption, as mempool).
  Cycles multi_backend_cycles = 3;
};

/// Uncontended duration of a transfer in the front-end: 24 + 4 * beats + m, where beats is the
/// largest number of AXI beats that one back-end moves. Source: spec/mempool.md section 9, DMA.
Cycles dma_duration_cycles(const DmaParameters& parameters, std::uint32_t source,
                           std::uint32_t destination, std::uint32_t bytes);

/// The DMA front-end with its quirks, and the movement of the data, README.
/// The bytes move when the transfer completes. L1 addresses are raw (not scrambled).
class Dma : public RegisterDevice {
 public:
  /// `memory` is the AXI side: L2, and L1 in its raw view.
  Dma(const sc_core::sc_module_name& name, const DmaParameters& parameters,
      const ClockDomain& clock, ByteMemory& memory, GuestErrorSink& guest_errors,
      StatGroup& parent_stats);

 private:
  struct Transfer {
    std::uint32_t source = 0;
    std::uint32_t destination = 0;
    std::uint32_t bytes = 0;
    std::uint32_t hart = kNoHart;  ///< who launched it, and where
    std::uint32_t pc = 0;
  };
  /// Launched transfers that wait behind the one under way: the two slots of the request register.
  /// Source: i_dma_req_register (a spill register), mempool_cluster.sv.
  static constexpr std::size_t kMaxWaiting = 2;
  struct State {
    bool is_busy = false;
    bool is_moving = false;  ///< inside move(), which may wait for a foreign target
    bool is_done = false;    ///< sticky: all launched transfers have completed
    Transfer active;
    Cycles start = 0;  ///< of the active transfer
    Cycles end = 0;
    std::array<Transfer, kMaxWaiting> waiting{};
    std::size_t num_waiting = 0;
  };

  void advance_to(Cycles cycle) override;
  void launch(const RegisterAccess& access);
  void begin(const Transfer& transfer, Cycles cycle);
  void move(const Transfer& transfer);
  void report(const Transfer& transfer, std::uint32_t address, const std::string& message);

  const DmaParameters parameters_;
  ByteMemory& memory_;
  GuestErrorSink& guest_errors_;
  State state_;
  Register* source_ = nullptr;
  Register* destination_ = nullptr;
  Register* bytes_ = nullptr;
  std::uint64_t transfers_ = 0;
  std::uint64_t bytes_moved_ = 0;
  std::uint64_t busy_cycles_ = 0;
  std::uint64_t lost_launches_ = 0;
};

}  // namespace tessera
