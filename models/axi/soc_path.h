// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "models/axi/dram_timing.h"
#include "models/base/address_range.h"
#include "models/base/axi_port.h"
#include "models/base/memory_port.h"
#include "models/base/read_only_cache_control.h"
#include "models/base/stat.h"
#include "models/base/steppable.h"

namespace tessera {

/// What L2 is made of: banks that answer in a cycle (l2_path.h), or DRAM (dram_timing.h).
enum class L2Type : std::uint8_t { kSram, kDram };

/// Shape of the SoC side in cycle timing. Defaults: MemPool. Source: config/mempool.mk,
/// mempool_system.sv.
struct SocPathParameters {
  std::uint32_t harts_per_tile = 4;
  std::uint32_t num_tiles = 64;
  std::uint32_t tiles_per_group = 16;   ///< that share one AXI master to the system
  std::uint32_t masters_per_group = 1;  ///< further masters beside the tiles: the DMA back-end
  std::uint32_t axi_bytes = 64;         ///< one AXI word: bus width, line of the RO cache
  std::uint32_t read_only_cache_bytes = 8192;
  AddressRange l2{0x80000000, 0x80400000};
  std::uint32_t l2_banks = 4;
  L2Type l2_type = L2Type::kSram;
  DramParameters dram;               ///< with L2Type::kDram; a channel per bank
  std::uint32_t core_khz = 500'000;  ///< clock of the cycles, against that of the DRAM
  AddressRange registers{0x40000000, 0x40020000};
  AddressRange boot_rom{0xA0000000, 0xA000FFFF};  ///< the rest, but L1, is external
};

/// The SoC side in cycle timing: from the tiles' ports over the AXI tree of each group to L2, the
/// registers, the boot ROM and the external port, and back.
/// Functional effects go through SocTarget in the cycle in which the hardware performs them.
/// Timing: cycle-true to the RTL named in models/axi/README.md.
class SocPath : public MemoryPort, public RefillPort {
 public:
  /// From the cycle in which a wake-up register is written to the one in which the pulse reaches
  /// the hart (which issues from the next cycle on): the register and its write enable
  /// (prim_subreg.sv), the delayed enable (ctrl_registers.sv), and a flip-flop each in
  /// mempool_cluster.sv, mempool_group.sv and mempool_tile.sv.
  static constexpr Cycles kWakeUpCycles = 5;

  /// `stats` is the path's own group.
  SocPath(const SocPathParameters& parameters, SocTarget& target, StatGroup& stats);
  ~SocPath() override;

  /// Who gets the responses; before the first cycle.
  void connect(MemoryClient& harts, RefillClient& caches);
  /// The client of master `index` (of masters_per_group) of `group`; before the first cycle.
  void connect_master(std::uint32_t group, std::uint32_t index, AxiClient& client);
  AxiPort& master_port(std::uint32_t group, std::uint32_t index);

  /// Parts 2 and 7 of CycleLoop.
  Steppable& response_side();
  Steppable& request_side();

  bool is_pending(std::uint32_t hart) const override;
  void request(const MemoryRequest& request) override;
  bool can_refill(std::uint32_t tile) const override;
  void refill(std::uint32_t tile, std::uint32_t address, std::uint32_t bytes,
              std::uint32_t tag) override;

  /// What the control registers say now; reaches the caches some cycles later, but before the
  /// first cycle at once.
  void set_read_only_cache(const ReadOnlyCacheControl& control);
  /// Nothing is under way.
  bool is_idle() const;

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace tessera
