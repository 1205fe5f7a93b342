// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "models/attention_engine/engine_config.h"
#include "models/axi/soc_path.h"
#include "models/base/config_node.h"
#include "models/core/timing_mode.h"
#include "models/interconnect/l1_network_parameters.h"
#include "models/isa/interpreter.h"
#include "models/ita/job_interface_regs.h"
#include "models/ita/operand_block.h"

namespace tessera {

/// Which register map the control block has (models/periph).
enum class ControlVariant : std::uint8_t { kMempool, kMempoolIta };
/// Where harts start: in the boot ROM (they sleep there until woken) or at the base of L2 at once.
enum class BootMode : std::uint8_t { kRom, kL2 };
/// How software drives an ITA. Values are those of PLATFORM_BLOCK_ITA_*.
enum class ItaInterface : std::uint8_t { kNone, kJob, kOperandBlock };
/// Values are those of PLATFORM_BLOCK_FLAVOUR_*.
enum class ItaFlavour : std::uint8_t { kRtl, kRtl202408, kMempool };

/// The L1 network in cycle timing. Meaning of the values: models/interconnect/README.md.
struct InterconnectConfig {
  std::string topology = "toph";
  std::uint32_t sub_groups_per_group = 1;
  Arbitration arbitration = Arbitration::kRoundRobin;
  std::uint32_t extra_registers = 0;
  std::uint32_t remote_group_latency = 7;
};

/// The instruction caches of a tile in cycle timing.
struct InstructionCacheConfig {
  std::uint32_t line_bytes = 32;
  std::uint32_t l0_lines = 4;
  std::uint32_t l1_bytes = 2048;  ///< per tile
  std::uint32_t l1_ways = 2;
  bool is_perfect = false;
};

/// Harts and L1. A group has `tile_slots_per_group` places on the L1 network: its first
/// `core_tiles_per_group` are core tiles, the others belong to accelerators. Every slot brings
/// `banks_per_tile` banks.
struct ClusterConfig {
  std::uint32_t num_groups = 4;
  std::uint32_t core_tiles_per_group = 12;
  std::uint32_t tile_slots_per_group = 16;
  std::uint32_t cores_per_tile = 4;
  std::uint32_t banks_per_tile = 16;  ///< power of two
  std::uint32_t bank_bytes = 1024;    ///< power of two
  std::uint32_t sequential_bytes_per_core = 512;
  isa::IsaConfig isa{true, true, 0};  ///< trap_address is the boot address
  InterconnectConfig interconnect{};
  InstructionCacheConfig instruction_cache{};

  std::uint32_t core_tiles() const { return num_groups * core_tiles_per_group; }
  std::uint32_t num_harts() const { return core_tiles() * cores_per_tile; }
  std::uint32_t tile_bytes() const { return banks_per_tile * bank_bytes; }
  std::uint32_t sequential_bytes_per_tile() const {
    return sequential_bytes_per_core * cores_per_tile;
  }
  /// L1 of the core tiles: addresses 0 .. this-1.
  std::uint32_t core_l1_bytes() const { return core_tiles() * tile_bytes(); }
  /// L1 of the slots of a group that its core tiles leave over.
  std::uint32_t accelerator_bytes_per_group() const {
    return (tile_slots_per_group - core_tiles_per_group) * tile_bytes();
  }
  /// All of L1, with the accelerators' banks above the core tiles'.
  std::uint32_t l1_bytes() const { return num_groups * tile_slots_per_group * tile_bytes(); }
};

struct ControlConfig {
  ControlVariant variant = ControlVariant::kMempool;
  /// Only this hart's write of end-of-computation ends the run; kNoHart: the first of any hart.
  std::uint32_t eoc_hart = kNoHart;
};

struct BootConfig {
  BootMode mode = BootMode::kRom;
  std::uint32_t rom_base = 0xA000'0000;
  std::uint32_t rom_bytes = 0x1'0000;
  /// kRom: the cycle at which the host wakes all harts, as the RTL's testbench does.
  std::uint64_t wake_up_cycle = 1000;
};

struct MemoryConfig {
  std::uint32_t base = 0x8000'0000;
  std::uint32_t bytes = 16u << 20;  ///< multiple of 4 KiB
};

/// Timing of L2 in cycle timing.
struct L2Config : MemoryConfig {
  std::uint32_t banks = 4;
  L2Type type = L2Type::kSram;
};

struct UartConfig {
  std::uint32_t base = 0xC000'0000;
  std::uint32_t bytes = 0x1'0000;
  /// Addresses that nothing else decodes answer as the UART, as in the RTL's Verilator testbench.
  bool answers_unmapped = false;
};

struct DmaConfig {
  std::uint32_t backends_per_group = 1;
  std::uint32_t beat_bytes = 64;  ///< AXI data width
};

/// The ITA tiles. Instance i has its registers at base() + i * stride() and the L1 banks of the
/// slots that the core tiles leave over at SocConfig::ita_l1_base(i).
struct ItaTilesConfig {
  ItaInterface interface = ItaInterface::kJob;
  ItaFlavour flavour = ItaFlavour::kRtl;
  std::uint32_t count = 4;  ///< 0 when the interface is kNone
  ita::Hardware hardware{};
  /// Between an ITA's port and whoever else wants its banks, cycle timing.
  BankArbitration arbitration = BankArbitration::kRoundRobin;

  ita::OperandBlockParameters operand_block{};  ///< without meaning for the job interface

  std::uint32_t base() const {
    return interface == ItaInterface::kOperandBlock ? ITA_BLOCK_BASE : ITA_JOB_BASE;
  }
  std::uint32_t stride() const {
    return interface == ItaInterface::kOperandBlock ? ITA_BLOCK_STRIDE : kJobStride;
  }
  /// Bytes of registers of one instance.
  std::uint32_t register_bytes() const {
    return interface == ItaInterface::kOperandBlock ? ITA_BLOCK_BYTES : kJobStride;
  }

 private:
  static constexpr std::uint32_t kJobStride = 0x1000;
};

/// A window for TLM-2.0 models that know nothing of this project; bytes 0: none.
struct ExternalConfig {
  std::uint32_t base = 0xE000'0000;
  std::uint32_t bytes = 0;
};

/// The whole machine. Defaults are the `tessera` machine. What software finds by a constant
/// (CONTROL_BASE, DMA_BASE, PLATFORM_BLOCK_BASE) is not configurable.
struct SocConfig {
  std::string name = "tessera";
  TimingMode timing = TimingMode::kFunctional;  ///< in which the run starts
  std::uint64_t clock_khz = 500'000;
  std::uint64_t quantum_cycles = 1000;
  std::uint64_t seed = 0;  ///< of every random choice; functional timing makes none
  ClusterConfig cluster{};
  ControlConfig control{};
  BootConfig boot{};
  L2Config l2{};
  UartConfig uart{};
  DmaConfig dma{};
  ItaTilesConfig ita{};
  attention_engine::EngineConfig attention_engine{};  ///< at ATTENTION_ENGINE_BASE
  ExternalConfig external{};

  std::uint64_t clock_period_ps() const { return 1'000'000'000 / clock_khz; }
  /// First instruction of every hart, and where traps go.
  std::uint32_t boot_address() const {
    return boot.mode == BootMode::kRom ? boot.rom_base : l2.base;
  }
  /// ITAs are dealt out to the groups in order, `itas_per_group()` each as far as they go; a
  /// group's accelerator slots belong to its ITAs in equal shares.
  std::uint32_t itas_per_group() const {
    return ita.count == 0 ? 1 : (ita.count + cluster.num_groups - 1) / cluster.num_groups;
  }
  /// L1 banks of one ITA in bytes; 0 when there is no ITA.
  std::uint32_t ita_l1_bytes() const {
    return ita.count == 0 ? 0 : cluster.accelerator_bytes_per_group() / itas_per_group();
  }
  /// Address of the L1 banks of ITA `index` (< ita.count).
  std::uint32_t ita_l1_base(std::uint32_t index) const {
    return cluster.core_l1_bytes() + index * ita_l1_bytes();
  }

  /// Reads the whole configuration and checks rules that span keys. Errors are recorded in the
  /// tree: ConfigTree::check() throws them.
  static SocConfig from_config(const ConfigNode& root);
};

}  // namespace tessera
