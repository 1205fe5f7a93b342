// SPDX-License-Identifier: Apache-2.0
#include "platform/soc_config.h"

#include <limits>

#include <fmt/format.h>

#include "models/base/text.h"
#include "models/base/units.h"
#include "models/interconnect/topologies.h"
#include "platform/address_map.h"

namespace tessera {

namespace {

constexpr std::uint64_t kMaxHarts = 1024;
/// MemPool's wake_up_tile registers: one of 32 bits for each of 8 groups; 4 in `mempool_ita`.
constexpr std::uint64_t kMaxGroups = 8;
constexpr std::uint64_t kMaxGroupsMempoolIta = 4;
constexpr std::uint64_t kMaxCoreTilesPerGroup = 32;
/// Direct memory access works in pages of this size (DmiTable).
constexpr std::uint64_t kPageBytes = 4_KiB;
constexpr std::uint64_t kLastAddress = std::numeric_limits<std::uint32_t>::max();

std::uint32_t get_u32(const ConfigNode& node, const std::string& key, std::uint32_t default_value,
                      std::uint64_t min, std::uint64_t max, const std::string& unit,
                      const std::string& help) {
  return static_cast<std::uint32_t>(node.get_unsigned(key, default_value, min, max, unit, help));
}

/// A base address or size that must be whole pages.
std::uint32_t get_pages(const ConfigNode& node, const std::string& key, std::uint32_t default_value,
                        std::uint64_t min, std::uint64_t max, const std::string& unit,
                        const std::string& help) {
  const std::uint32_t value = get_u32(node, key, default_value, min, max, unit, help);
  if (value % kPageBytes != 0) {
    node.report(key, fmt::format("expected a multiple of 4KiB, got 0x{:X}", value));
    return default_value;
  }
  return value;
}

std::uint32_t get_base(const ConfigNode& node, const std::string& key, std::uint32_t default_value,
                       const std::string& help) {
  return get_pages(node, key, default_value, 0, kLastAddress, "address", help);
}

InterconnectConfig read_interconnect(const ConfigNode& node) {
  InterconnectConfig interconnect;
  const std::vector<std::string> topologies = topology_names();
  interconnect.topology = topologies[node.get_choice("topology", interconnect.topology, topologies,
                                                     "how tiles reach each other's banks")];
  interconnect.sub_groups_per_group = static_cast<std::uint32_t>(
      node.get_power_of_two("sub_groups_per_group", interconnect.sub_groups_per_group, 1, 8, "",
                            "groups within a group, topology terapool"));
  interconnect.arbitration = static_cast<Arbitration>(
      node.get_choice("arbitration", "round_robin", {"round_robin", "fixed_priority"},
                      "how arbiters choose; round_robin is that of the RTL"));
  interconnect.extra_registers =
      get_u32(node, "extra_registers", interconnect.extra_registers, 0, 8, "cycles",
              "more registers on every way between tiles, in each direction");
  interconnect.remote_group_latency =
      get_u32(node, "remote_group_latency", interconnect.remote_group_latency, 7, 11, "cycles",
              "to a bank of another group and back, topology terapool: 7, 9 or 11");
  if (interconnect.remote_group_latency % 2 == 0) {
    node.report("remote_group_latency",
                fmt::format("expected 7, 9 or 11, got {}", interconnect.remote_group_latency));
  }
  return interconnect;
}

InstructionCacheConfig read_instruction_cache(const ConfigNode& node) {
  InstructionCacheConfig cache;
  const auto power_of_two = [&](const std::string& key, std::uint32_t default_value,
                                std::uint64_t min, std::uint64_t max, const std::string& unit,
                                const std::string& help) {
    return static_cast<std::uint32_t>(
        node.get_power_of_two(key, default_value, min, max, unit, help));
  };
  cache.line_bytes =
      power_of_two("line_bytes", cache.line_bytes, 8, 64, "bytes", "a line of L0 and of L1");
  cache.l0_lines = power_of_two("l0_lines", cache.l0_lines, 2, 8, "", "lines of each hart's L0");
  cache.l1_bytes = power_of_two("l1_bytes", cache.l1_bytes, 512, 1_MiB, "bytes",
                                "size of the L1 that the harts of a tile share");
  cache.l1_ways = power_of_two("l1_ways", cache.l1_ways, 2, 16, "", "ways of L1");
  cache.is_perfect = node.get_bool("perfect", cache.is_perfect,
                                   "every fetch hits: leaves out what instruction caches cost");
  if (cache.l1_bytes < cache.l1_ways * cache.line_bytes) {
    node.report("l1_bytes", fmt::format("expected a set of lines or more, {} bytes, got {}",
                                        cache.l1_ways * cache.line_bytes, cache.l1_bytes));
  }
  return cache;
}

ClusterConfig read_cluster(const ConfigNode& node) {
  ClusterConfig cluster;
  cluster.num_groups =
      get_u32(node, "num_groups", cluster.num_groups, 1, kMaxGroups, "", "groups of tiles");
  cluster.core_tiles_per_group =
      get_u32(node, "core_tiles_per_group", cluster.core_tiles_per_group, 1, kMaxCoreTilesPerGroup,
              "", "tiles with cores, per group");
  cluster.tile_slots_per_group =
      get_u32(node, "tile_slots_per_group", cluster.tile_slots_per_group, 1, 64, "",
              "places on a group's L1 network: core tiles, then accelerators");
  cluster.cores_per_tile = static_cast<std::uint32_t>(node.get_power_of_two(
      "cores_per_tile", cluster.cores_per_tile, 1, 16, "", "harts per core tile"));
  cluster.banks_per_tile = static_cast<std::uint32_t>(node.get_power_of_two(
      "banks_per_tile", cluster.banks_per_tile, 1, 64, "", "L1 banks per tile slot"));
  cluster.bank_bytes = static_cast<std::uint32_t>(node.get_power_of_two(
      "bank_bytes", cluster.bank_bytes, 64, 64_KiB, "bytes", "size of one L1 bank"));
  cluster.sequential_bytes_per_core =
      get_u32(node, "sequential_bytes_per_core", cluster.sequential_bytes_per_core, 0, 64_KiB,
              "bytes", "L1 per hart at consecutive addresses of its own tile (stack); 0: none");
  cluster.interconnect = read_interconnect(node.child("interconnect", "L1 network, cycle timing"));
  cluster.instruction_cache =
      read_instruction_cache(node.child("instruction_cache", "caches of a tile, cycle timing"));
  const ConfigNode isa = node.child("isa", "instruction set of the harts");
  cluster.isa.xpulpimg =
      isa.get_bool("xpulpimg", cluster.isa.xpulpimg, "the Xpulpimg instructions");
  cluster.isa.fence_i =
      isa.get_bool("fence_i", cluster.isa.fence_i, "fence.i; MemPool's RTL does not decode it");
  return cluster;
}

/// Reports what does not fit together, and repairs it so that later rules see a sound cluster.
void check_cluster(const ConfigNode& node, ClusterConfig& cluster) {
  const std::uint64_t harts =
      std::uint64_t{cluster.num_groups} * cluster.core_tiles_per_group * cluster.cores_per_tile;
  if (harts > kMaxHarts) {
    node.report("cores_per_tile",
                fmt::format("{} harts; expected 1..{}, see {} and {}", harts, kMaxHarts,
                            node.cite("num_groups"), node.cite("core_tiles_per_group")));
  }
  if (cluster.tile_slots_per_group < cluster.core_tiles_per_group) {
    node.report("tile_slots_per_group",
                fmt::format("{} slots do not hold {}", cluster.tile_slots_per_group,
                            node.cite("core_tiles_per_group")));
    cluster.tile_slots_per_group = cluster.core_tiles_per_group;
  }
  const std::uint32_t sequential = cluster.sequential_bytes_per_tile();
  const std::uint32_t row_bytes = cluster.banks_per_tile * 4;
  if (sequential % row_bytes != 0 || sequential > cluster.tile_bytes()) {
    node.report(
        "sequential_bytes_per_core",
        fmt::format("{} bytes per tile with {}; expected whole rows of {} bytes, at most {}",
                    sequential, node.cite("cores_per_tile"), row_bytes, cluster.tile_bytes()));
  }
}

ControlConfig read_control(const ConfigNode& node, const ClusterConfig& cluster) {
  ControlConfig control;
  control.variant = static_cast<ControlVariant>(
      node.get_choice("variant", "mempool", {"mempool", "mempool_ita"}, "register map"));
  const std::string eoc_hart = node.get_string(
      "eoc_hart", "any", "whose end-of-computation write ends the run: any, or a hart");
  const auto hart = parse_unsigned(eoc_hart);
  if (std::holds_alternative<std::uint64_t>(hart) &&
      std::get<std::uint64_t>(hart) < cluster.num_harts()) {
    control.eoc_hart = static_cast<std::uint32_t>(std::get<std::uint64_t>(hart));
  } else if (eoc_hart != "any") {
    node.report("eoc_hart", fmt::format("expected any or a hart 0..{}, got '{}'",
                                        cluster.num_harts() - 1, eoc_hart));
  }
  return control;
}

BootConfig read_boot(const ConfigNode& node) {
  BootConfig boot;
  boot.mode = static_cast<BootMode>(node.get_choice(
      "mode", "rom", {"rom", "l2"},
      "rom: harts sleep in the boot ROM until woken; l2: they start in L2 at once"));
  boot.rom_base = get_base(node, "rom_base", boot.rom_base, "boot ROM");
  boot.wake_up_cycle = node.get_unsigned("wake_up_cycle", boot.wake_up_cycle, 0, 1'000'000'000,
                                         "cycles", "rom: when the host wakes all harts");
  return boot;
}

L2Config read_l2(const ConfigNode& node) {
  L2Config l2;
  l2.base = get_base(node, "base", l2.base, "first address; programs are linked to it");
  l2.bytes = get_pages(node, "bytes", l2.bytes, kPageBytes, 1024_MiB, "bytes", "size");
  l2.banks = static_cast<std::uint32_t>(node.get_power_of_two(
      "banks", l2.banks, 1, 64, "", "interleaved by AXI words, cycle timing"));
  l2.type = static_cast<L2Type>(
      node.get_choice("type", "sram", {"sram", "dram"}, "timing of L2, cycle timing"));
  return l2;
}

UartConfig read_uart(const ConfigNode& node) {
  UartConfig uart;
  uart.base = get_base(node, "base", uart.base, "a byte written here is printed");
  uart.answers_unmapped =
      node.get_bool("answers_unmapped", uart.answers_unmapped,
                    "every address that nothing decodes answers as UART, as in MemPool's Verilator "
                    "testbench");
  return uart;
}

DmaConfig read_dma(const ConfigNode& node) {
  DmaConfig dma;
  dma.backends_per_group =
      get_u32(node, "backends_per_group", dma.backends_per_group, 1, 8, "", "DMA back-ends");
  dma.beat_bytes = static_cast<std::uint32_t>(
      node.get_power_of_two("beat_bytes", dma.beat_bytes, 4, 128, "bytes", "width of the AXI bus"));
  return dma;
}

ItaTilesConfig read_ita(const ConfigNode& node) {
  ItaTilesConfig ita;
  ita.interface = static_cast<ItaInterface>(node.get_choice(
      "interface", "job", {"none", "job", "operand_block"},
      "how software drives it: job = ITA's HWPE registers, operand_block = Deeploy's"));
  ita.flavour = static_cast<ItaFlavour>(node.get_choice(
      "flavour", "rtl", {"rtl", "rtl_2024_08", "mempool"}, "arithmetic of the datapath"));
  ita.count = get_u32(node, "count", ita.count, 1, 16, "", "instances");
  ita.hardware = ita::Hardware::from_config(node, static_cast<ita::Flavour>(ita.flavour));
  ita.arbitration = static_cast<BankArbitration>(
      node.get_choice("arbitration", "round_robin", {"round_robin", "wide_first", "narrow_first"},
                      "between an ITA's port and harts and DMA on the same banks, cycle timing"));
  if (ita.interface == ItaInterface::kNone) {
    ita.count = 0;
  }
  ita.operand_block = ita::OperandBlockParameters::from_config(
      node.child("operand_block", "of the interface operand_block"));
  ita.operand_block.num_instances = ita.count;
  ita.operand_block.flavour = static_cast<ita::Flavour>(ita.flavour);
  return ita;
}

/// Each back-end of the DMA moves an equal share of every L1 row, in whole beats; a beat goes to
/// the banks of one tile.
void check_dma(const ConfigNode& soc, const SocConfig& config) {
  const ClusterConfig& cluster = config.cluster;
  if (config.dma.beat_bytes > cluster.banks_per_tile * 4) {
    soc.report("dma.beat_bytes",
               fmt::format("expected at most a row of a tile's banks, {} bytes, got {}; see {}",
                           cluster.banks_per_tile * 4, config.dma.beat_bytes,
                           soc.cite("cluster.banks_per_tile")));
    return;
  }
  const std::uint32_t row_bytes = cluster.core_tiles() * cluster.banks_per_tile * 4;
  const std::uint32_t backends = cluster.num_groups * config.dma.backends_per_group;
  if (row_bytes % (backends * config.dma.beat_bytes) != 0) {
    soc.report(
        "dma.backends_per_group",
        fmt::format("a row of L1 ({} bytes over all core tiles) must divide into whole beats "
                    "for {} back-ends; {}, {}",
                    row_bytes, backends, soc.cite("dma.backends_per_group"),
                    soc.cite("dma.beat_bytes")));
  }
}

/// The groups' slots must divide into the ITAs' regions, and a region must be as wide as a port.
void check_ita_slots(const ConfigNode& soc, const SocConfig& config) {
  const ClusterConfig& cluster = config.cluster;
  const std::uint32_t per_group = config.itas_per_group();
  const std::uint32_t slots = cluster.tile_slots_per_group - cluster.core_tiles_per_group;
  if (config.ita.count > cluster.num_groups && config.ita.count % cluster.num_groups != 0) {
    soc.report("ita.count",
               fmt::format("expected up to {} or a multiple of it, got {}; see {}",
                           cluster.num_groups, config.ita.count, soc.cite("cluster.num_groups")));
    return;
  }
  if (slots % per_group != 0) {
    soc.report("ita.count",
               fmt::format("{} ITAs of a group cannot share its {} accelerator slots evenly; see "
                           "{} and {}",
                           per_group, slots, soc.cite("cluster.tile_slots_per_group"),
                           soc.cite("cluster.core_tiles_per_group")));
    return;
  }
  const std::uint32_t row_bytes = slots / per_group * cluster.banks_per_tile * 4;
  if (config.ita.interface == ItaInterface::kJob && config.ita.hardware.port_bytes > row_bytes) {
    soc.report("ita.port_bytes",
               fmt::format("expected at most a row of the ITA's banks, {} bytes, got {}; see {}",
                           row_bytes, config.ita.hardware.port_bytes, soc.cite("ita.count")));
  }
}

/// As check_cluster().
void check_ita(const ConfigNode& soc, SocConfig& config) {
  const ClusterConfig& cluster = config.cluster;
  if (config.ita.count == 0) {
    return;
  }
  if (cluster.tile_slots_per_group <= cluster.core_tiles_per_group) {
    soc.report("ita.interface",
               fmt::format("an ITA needs tile slots of its own; {} leaves none of {}",
                           soc.cite("cluster.core_tiles_per_group"),
                           soc.cite("cluster.tile_slots_per_group")));
    config.ita.count = 0;
    return;
  }
  check_ita_slots(soc, config);
  if (config.ita.interface == ItaInterface::kJob && config.ita.flavour == ItaFlavour::kMempool) {
    soc.report("ita.flavour", fmt::format("expected rtl or rtl_2024_08 with {}, got mempool",
                                          soc.cite("ita.interface")));
  }
  if (config.ita.interface == ItaInterface::kOperandBlock) {
    if (config.ita.hardware.processing_elements != ita::kSplitColumns) {
      soc.report("ita.processing_elements",
                 fmt::format("expected {} with {}, got {}: operand blocks are split by as many "
                             "columns",
                             ita::kSplitColumns, soc.cite("ita.interface"),
                             config.ita.hardware.processing_elements));
    }
    if (config.control.variant != ControlVariant::kMempoolIta) {
      soc.report("ita.interface",
                 fmt::format("operand_block needs soc.control.variant = mempool_ita, not {}",
                             soc.cite("control.variant")));
    }
    if (config.ita.count > 4) {
      soc.report("ita.count", fmt::format("expected 1..4 with {}, got {}",
                                          soc.cite("ita.interface"), config.ita.count));
    }
  }
}

ExternalConfig read_external(const ConfigNode& node) {
  ExternalConfig external;
  external.base = get_base(node, "base", external.base, "first address of the window");
  external.bytes =
      get_pages(node, "bytes", external.bytes, 0, 1024_MiB, "bytes", "size; 0: no window");
  return external;
}

}  // namespace

SocConfig SocConfig::from_config(const ConfigNode& root) {
  const ConfigNode soc = root.child("soc", "the machine");
  SocConfig config;
  config.name = soc.get_string("name", config.name, "name of the machine");
  config.timing = static_cast<TimingMode>(
      soc.get_choice("timing", "functional", {"functional", "cycle"},
                     "timing mode of the start: functional is fast, cycle counts true cycles"));
  config.clock_khz =
      soc.get_unsigned("clock_khz", config.clock_khz, 1'000, 10'000'000, "kHz", "SoC clock");
  config.quantum_cycles = soc.get_unsigned("quantum_cycles", config.quantum_cycles, 1, 1'000'000,
                                           "cycles", "how far a hart may run ahead of the others");
  config.seed = soc.get_unsigned("seed", config.seed, 0, kLastAddress, "",
                                 "of all random choices; functional timing makes none");
  const ConfigNode cluster = soc.child("cluster", "harts and L1");
  config.cluster = read_cluster(cluster);
  check_cluster(cluster, config.cluster);
  config.control = read_control(soc.child("control", "control registers"), config.cluster);
  if (config.control.variant == ControlVariant::kMempoolIta &&
      config.cluster.num_groups > kMaxGroupsMempoolIta) {
    soc.report("control.variant",
               fmt::format("mempool_ita has wake-up registers for {} groups; {}",
                           kMaxGroupsMempoolIta, soc.cite("cluster.num_groups")));
  }
  config.boot = read_boot(soc.child("boot", "where harts start"));
  config.l2 = read_l2(soc.child("l2", "L2 memory"));
  config.uart = read_uart(soc.child("uart", "console"));
  config.dma = read_dma(soc.child("dma", "DMA between L1 and L2"));
  config.ita = read_ita(soc.child("ita", "transformer accelerators"));
  check_ita(soc, config);
  config.attention_engine = attention_engine::EngineConfig::from_config(
      soc.child("attention_engine", "tile-sparse attention on AXI"),
      config.cluster.num_groups * config.dma.backends_per_group);
  check_dma(soc, config);
  config.external = read_external(soc.child("external", "window for other TLM-2.0 models"));
  config.cluster.isa.trap_address = config.boot_address();
  AddressMap(config).check(soc);
  return config;
}

}  // namespace tessera
