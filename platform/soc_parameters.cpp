// SPDX-License-Identifier: Apache-2.0
#include "platform/soc_parameters.h"

#include <algorithm>

#include "models/attention_engine/attention_engine_regs.h"
#include "models/periph/control_regs.h"
#include "models/periph/platform_block_regs.h"

namespace tessera {

namespace {
/// Of a master alone on L2. Source: models/axi/README.md, Timing: L2 beats of a group.
constexpr std::uint32_t kL2WordCycles = 4;
}  // namespace

L1Memory::Config l1_config(const SocConfig& config) {
  const ClusterConfig& cluster = config.cluster;
  const L1Layout layout(cluster.core_tiles(), cluster.banks_per_tile, cluster.bank_bytes,
                        cluster.sequential_bytes_per_tile());
  const std::uint32_t slots =
      (cluster.tile_slots_per_group - cluster.core_tiles_per_group) / config.itas_per_group();
  return {layout, slots == 0 ? 0 : cluster.num_groups * config.itas_per_group(),
          slots * cluster.tile_bytes(), slots * cluster.banks_per_tile};
}

ClusterParameters cluster_parameters(const SocConfig& config) {
  ClusterParameters parameters;
  parameters.num_harts = config.cluster.num_harts();
  parameters.harts_per_tile = config.cluster.cores_per_tile;
  parameters.tiles_per_group = config.cluster.core_tiles_per_group;
  parameters.boot_address = config.boot_address();
  parameters.quantum_cycles = config.quantum_cycles;
  parameters.isa = config.cluster.isa;
  parameters.memories = {config.boot.rom_base, config.l2.base};
  return parameters;
}

ControlParameters control_parameters(const SocConfig& config) {
  ControlParameters parameters;
  const bool is_mempool = config.control.variant == ControlVariant::kMempool;
  parameters.map = is_mempool ? kControlMapMempool : kControlMapMempoolIta;
  parameters.harts_per_tile = config.cluster.cores_per_tile;
  parameters.tiles_per_group = config.cluster.core_tiles_per_group;
  parameters.num_groups = config.cluster.num_groups;
  parameters.tcdm_end = config.cluster.core_l1_bytes();
  return parameters;
}

std::uint32_t end_register(const SocConfig& config) {
  return CONTROL_BASE + control_parameters(config).map.eoc;
}

DmaParameters dma_parameters(const SocConfig& config) {
  const ClusterConfig& cluster = config.cluster;
  DmaParameters parameters;
  parameters.l1_bytes = cluster.l1_bytes();
  parameters.core_l1_bytes = cluster.core_l1_bytes();
  parameters.accelerator_region_bytes = cluster.accelerator_bytes_per_group();
  parameters.row_bytes = cluster.core_tiles() * cluster.banks_per_tile * 4;
  parameters.num_groups = cluster.num_groups;
  parameters.backends_per_group = config.dma.backends_per_group;
  parameters.beat_bytes = config.dma.beat_bytes;
  parameters.tiles_per_backend = cluster.core_tiles_per_group / config.dma.backends_per_group;
  parameters.l2_base = config.l2.base;
  parameters.l2_bytes = config.l2.bytes;
  parameters.l2_banks = config.l2.banks;
  return parameters;
}

std::map<std::uint32_t, std::uint32_t> platform_block_values(const SocConfig& config) {
  const ClusterConfig& cluster = config.cluster;
  const bool has_ita = config.ita.count > 0;
  return {
      {PLATFORM_BLOCK_NUM_HARTS, cluster.num_harts()},
      {PLATFORM_BLOCK_HARTS_PER_TILE, cluster.cores_per_tile},
      {PLATFORM_BLOCK_CORE_TILES_PER_GROUP, cluster.core_tiles_per_group},
      {PLATFORM_BLOCK_TILE_SLOTS_PER_GROUP, cluster.tile_slots_per_group},
      {PLATFORM_BLOCK_NUM_GROUPS, cluster.num_groups},
      {PLATFORM_BLOCK_BANKS_PER_TILE, cluster.banks_per_tile},
      {PLATFORM_BLOCK_BANK_BYTES, cluster.bank_bytes},
      {PLATFORM_BLOCK_SEQ_BYTES_PER_HART, cluster.sequential_bytes_per_core},
      {PLATFORM_BLOCK_L1_BYTES, cluster.l1_bytes()},
      {PLATFORM_BLOCK_CORE_L1_BYTES, cluster.core_l1_bytes()},
      {PLATFORM_BLOCK_L2_BASE, config.l2.base},
      {PLATFORM_BLOCK_L2_BYTES, config.l2.bytes},
      {PLATFORM_BLOCK_CONTROL_VARIANT, static_cast<std::uint32_t>(config.control.variant)},
      {PLATFORM_BLOCK_NUM_ITAS, config.ita.count},
      {PLATFORM_BLOCK_ITA_INTERFACE, static_cast<std::uint32_t>(config.ita.interface)},
      {PLATFORM_BLOCK_ITA_FLAVOUR, static_cast<std::uint32_t>(config.ita.flavour)},
      {PLATFORM_BLOCK_ITA_BASE, has_ita ? config.ita.base() : 0},
      {PLATFORM_BLOCK_ITA_STRIDE, has_ita ? config.ita.stride() : 0},
      {PLATFORM_BLOCK_ITA_L1_BASE, has_ita ? config.ita_l1_base(0) : 0},
      {PLATFORM_BLOCK_ITA_L1_BYTES, config.ita_l1_bytes()},
      {PLATFORM_BLOCK_ATTENTION_ENGINE_BASE,
       config.attention_engine.is_there ? ATTENTION_ENGINE_BASE : 0},
      {PLATFORM_BLOCK_CLOCK_KHZ, static_cast<std::uint32_t>(config.clock_khz)},
  };
}

attention_engine::EngineParameters attention_engine_parameters(const SocConfig& config) {
  attention_engine::EngineParameters engine = config.attention_engine.engine;
  engine.axi_bytes = config.dma.beat_bytes;
  engine.l2_word_cycles = std::max(1u, kL2WordCycles / config.attention_engine.axi_ports);
  return engine;
}

CycleHartsParameters cycle_harts_parameters(const SocConfig& config) {
  CycleHartsParameters parameters;
  parameters.l1_bytes = config.cluster.l1_bytes();
  parameters.isa = config.cluster.isa;
  return parameters;
}

InstructionCachesParameters instruction_caches_parameters(const SocConfig& config) {
  const InstructionCacheConfig& cache = config.cluster.instruction_cache;
  InstructionCachesParameters parameters;
  parameters.num_tiles = config.cluster.core_tiles();
  parameters.harts_per_tile = config.cluster.cores_per_tile;
  parameters.line_bytes = cache.line_bytes;
  parameters.l0_lines = cache.l0_lines;
  parameters.l1_bytes = cache.l1_bytes;
  parameters.l1_ways = cache.l1_ways;
  parameters.is_perfect = cache.is_perfect;
  return parameters;
}

L1NetworkParameters l1_network_parameters(const SocConfig& config) {
  const ClusterConfig& cluster = config.cluster;
  L1NetworkParameters parameters;
  parameters.topology = cluster.interconnect.topology;
  parameters.num_groups = cluster.num_groups;
  parameters.sub_groups_per_group = cluster.interconnect.sub_groups_per_group;
  parameters.core_tiles_per_group = cluster.core_tiles_per_group;
  parameters.tile_slots_per_group = cluster.tile_slots_per_group;
  parameters.cores_per_tile = cluster.cores_per_tile;
  parameters.banks_per_tile = cluster.banks_per_tile;
  parameters.bank_bytes = cluster.bank_bytes;
  parameters.sequential_bytes_per_tile = cluster.sequential_bytes_per_tile();
  parameters.wide_bytes = config.dma.beat_bytes;
  parameters.accelerators_per_group = config.itas_per_group();
  parameters.bank_arbitration = config.ita.arbitration;
  parameters.arbitration = cluster.interconnect.arbitration;
  parameters.extra_registers = cluster.interconnect.extra_registers;
  parameters.remote_group_latency = cluster.interconnect.remote_group_latency;
  return parameters;
}

SocPathParameters soc_path_parameters(const SocConfig& config) {
  const ClusterConfig& cluster = config.cluster;
  SocPathParameters parameters;
  parameters.harts_per_tile = cluster.cores_per_tile;
  parameters.num_tiles = cluster.core_tiles();
  parameters.tiles_per_group = cluster.core_tiles_per_group / config.dma.backends_per_group;
  parameters.axi_bytes = config.dma.beat_bytes;
  const bool has_operand_blocks = config.ita.interface == ItaInterface::kOperandBlock;
  parameters.masters_per_group = 1 + (config.attention_engine.is_there ? 1 : 0) +
                                 (has_operand_blocks ? config.itas_per_group() : 0);
  parameters.l2 = {config.l2.base, config.l2.base + config.l2.bytes};
  parameters.l2_banks = config.l2.banks;
  parameters.l2_type = config.l2.type;
  parameters.core_khz = static_cast<std::uint32_t>(config.clock_khz);
  parameters.registers = {CONTROL_BASE, PLATFORM_BLOCK_BASE + PLATFORM_BLOCK_BYTES};
  parameters.boot_rom = {config.boot.rom_base, config.boot.rom_base + config.boot.rom_bytes};
  return parameters;
}

ita::JobInterfaceParameters job_interface_parameters(const SocConfig& config, std::uint32_t index) {
  ita::JobInterfaceParameters parameters;
  parameters.flavour = static_cast<ita::Flavour>(config.ita.flavour);
  parameters.hardware = config.ita.hardware;
  parameters.region_base = config.ita_l1_base(index);
  parameters.region_bytes = config.ita_l1_bytes();
  return parameters;
}

}  // namespace tessera
