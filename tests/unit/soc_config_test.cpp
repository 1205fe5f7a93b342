// SPDX-License-Identifier: Apache-2.0
#include "platform/soc_config.h"

#include <map>

#include <gtest/gtest.h>

#include "models/base/config_tree.h"
#include "models/base/error.h"
#include "platform/address_map.h"

namespace tessera {
namespace {

SocConfig machine(const std::string& name) {
  ConfigTree tree;
  tree.load_file(std::string(CONFIGS_DIR) + "/" + name + ".yaml");
  const SocConfig config = SocConfig::from_config(tree.root());
  tree.check();
  return config;
}

/// The message for a machine with these settings on top of the defaults.
std::string problems(const std::vector<std::string>& settings) {
  ConfigTree tree;
  for (const std::string& setting : settings) {
    tree.set(setting);
  }
  SocConfig::from_config(tree.root());
  try {
    tree.check();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

std::string problem(const std::string& setting) {
  return problems({setting});
}

TEST(Machines, SizesAreThoseOfTheSpecification) {
  struct Expected {
    const char* name;
    std::uint32_t harts, core_tiles, core_l1_bytes, l1_bytes, sequential_bytes_per_tile, l2_bytes;
  };
  // Source: table "Configurations" of MemPool (config/*.mk); tessera and mempool_ita: their maps.
  for (const Expected& expected : {
           Expected{"minpool", 16, 4, 64 << 10, 64 << 10, 2048, 4 << 20},
           Expected{"mempool", 256, 64, 1 << 20, 1 << 20, 2048, 4 << 20},
           Expected{"terapool", 1024, 128, 4 << 20, 4 << 20, 4096, 16 << 20},
           Expected{"mempool_ita", 192, 48, 768 << 10, 1 << 20, 4096, 4 << 20},
           Expected{"tessera", 192, 48, 768 << 10, 1 << 20, 2048, 16 << 20},
       }) {
    const SocConfig config = machine(expected.name);
    EXPECT_EQ(config.name, expected.name);
    EXPECT_EQ(config.cluster.num_harts(), expected.harts) << expected.name;
    EXPECT_EQ(config.cluster.core_tiles(), expected.core_tiles) << expected.name;
    EXPECT_EQ(config.cluster.core_l1_bytes(), expected.core_l1_bytes) << expected.name;
    EXPECT_EQ(config.cluster.l1_bytes(), expected.l1_bytes) << expected.name;
    EXPECT_EQ(config.cluster.sequential_bytes_per_tile(), expected.sequential_bytes_per_tile)
        << expected.name;
    EXPECT_EQ(config.l2.bytes, expected.l2_bytes) << expected.name;
    EXPECT_EQ(config.clock_khz, 500'000u) << expected.name;
    EXPECT_EQ(config.boot_address(), 0xA000'0000u) << expected.name;
    EXPECT_EQ(config.cluster.isa.trap_address, 0xA000'0000u) << expected.name;
  }
}

TEST(Machines, ItaTilesOwnTheTopOfL1) {
  for (const char* name : {"tessera", "mempool_ita"}) {
    const SocConfig config = machine(name);
    ASSERT_EQ(config.ita.count, 4u) << name;
    EXPECT_EQ(config.ita_l1_bytes(), 64u << 10) << name;
    EXPECT_EQ(config.ita_l1_base(0), 0xC0000u) << name;
    EXPECT_EQ(config.ita_l1_base(3), 0xF0000u) << name;
  }
  EXPECT_EQ(machine("mempool").ita.count, 0u);
}

TEST(Machines, TheDefaultIsTessera) {
  ConfigTree defaults;
  SocConfig::from_config(defaults.root());
  ConfigTree file;
  file.load_file(std::string(CONFIGS_DIR) + "/tessera.yaml");
  SocConfig::from_config(file.root());
  EXPECT_EQ(defaults.dump(false), file.dump(false));
}

TEST(Machines, DumpFedBackGivesTheSameMachine) {
  for (const char* name : {"minpool", "mempool", "terapool", "mempool_ita", "tessera"}) {
    ConfigTree tree;
    tree.load_file(std::string(CONFIGS_DIR) + "/" + name + ".yaml");
    SocConfig::from_config(tree.root());
    tree.check();
    const std::string path = ::testing::TempDir() + "/dump_" + name + ".yaml";
    FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs(tree.dump(true).c_str(), file);
    std::fclose(file);
    ConfigTree again;
    again.load_file(path);
    SocConfig::from_config(again.root());
    again.check();
    EXPECT_EQ(again.dump(false), tree.dump(false)) << name;
  }
}

TEST(AddressMap, FindsTheRangeOfAnAddress) {
  const AddressMap map(machine("tessera"));
  const auto name = [&](std::uint32_t address) {
    const MapRange* range = map.find(address);
    return range == nullptr ? "" : range->name;
  };
  EXPECT_EQ(name(0), "soc.cluster.l1");
  EXPECT_EQ(name(0xBFFFF), "soc.cluster.l1");
  EXPECT_EQ(name(0xC0000), "soc.ita[0].l1");
  EXPECT_EQ(name(0xFFFFF), "soc.ita[3].l1");
  EXPECT_EQ(name(0x100000), "");
  EXPECT_EQ(name(0x40000000), "soc.control");
  EXPECT_EQ(name(0x40010014), "soc.dma");
  EXPECT_EQ(name(0x40023FFC), "soc.ita[3]");
  EXPECT_EQ(name(0x40024000), "");
  EXPECT_EQ(name(0x40040000), "soc.platform_block");
  EXPECT_EQ(name(0x80FFFFFF), "soc.l2");
  EXPECT_EQ(name(0xA0000000), "soc.boot_rom");
  EXPECT_EQ(name(0xC0000000), "soc.uart");
  EXPECT_EQ(name(0xFFFFFFFF), "");
}

TEST(AddressMap, MempoolItaDrivesItsItasInsideTheControlRegisters) {
  const AddressMap map(machine("mempool_ita"));
  EXPECT_EQ(map.find(0x4000003C)->name, "soc.control");
  EXPECT_EQ(map.find(0x40000040)->name, "soc.ita[0]");
  EXPECT_EQ(map.find(0x400000C0)->name, "soc.control") << "wake_up_tile[0]";
  EXPECT_EQ(map.find(0x400000D0)->name, "soc.ita[3]");
  EXPECT_EQ(map.find(0x400000EC)->name, "soc.control");
  EXPECT_EQ(map.find(0x40020000), nullptr);
  EXPECT_EQ(map.find(0xD0000)->name, "soc.ita[1].l1");
}

TEST(AddressMap, SlotsWithoutAcceleratorKeepTheirBanks) {
  ConfigTree tree;
  tree.set("soc.ita.interface=none");
  const AddressMap map(SocConfig::from_config(tree.root()));
  tree.check();
  EXPECT_EQ(map.find(0xC0000)->text(), "soc.cluster.l1 0x000C0000..0x000FFFFF");
}

TEST(SocRules, OverlapNamesBothRanges) {
  EXPECT_EQ(problem("soc.uart.base=0x80001000"),
            "--set soc.uart.base=0x80001000: soc.uart.base: soc.uart 0x80001000..0x80010FFF "
            "overlaps soc.l2 0x80000000..0x80FFFFFF");
  EXPECT_EQ(
      problem("soc.l2.base=0x3FFFF000"),
      "--set soc.l2.base=0x3FFFF000: soc.l2.base: soc.control 0x40000000..0x4000FFFF overlaps "
      "soc.l2 0x3FFFF000..0x40FFEFFF\n"
      "--set soc.l2.base=0x3FFFF000: soc.l2.base: soc.dma 0x40010000..0x4001FFFF overlaps "
      "soc.l2 0x3FFFF000..0x40FFEFFF\n"
      "--set soc.l2.base=0x3FFFF000: soc.l2.base: soc.ita[0] 0x40020000..0x40020FFF overlaps "
      "soc.l2 0x3FFFF000..0x40FFEFFF\n"
      "--set soc.l2.base=0x3FFFF000: soc.l2.base: soc.ita[1] 0x40021000..0x40021FFF overlaps "
      "soc.l2 0x3FFFF000..0x40FFEFFF\n"
      "--set soc.l2.base=0x3FFFF000: soc.l2.base: soc.ita[2] 0x40022000..0x40022FFF overlaps "
      "soc.l2 0x3FFFF000..0x40FFEFFF\n"
      "--set soc.l2.base=0x3FFFF000: soc.l2.base: soc.ita[3] 0x40023000..0x40023FFF overlaps "
      "soc.l2 0x3FFFF000..0x40FFEFFF\n"
      "--set soc.l2.base=0x3FFFF000: soc.l2.base: soc.attention_engine 0x40030000..0x40030FFF "
      "overlaps soc.l2 0x3FFFF000..0x40FFEFFF\n"
      "--set soc.l2.base=0x3FFFF000: soc.l2.base: soc.platform_block 0x40040000..0x40040FFF "
      "overlaps soc.l2 0x3FFFF000..0x40FFEFFF");
}

TEST(SocRules, ARangeMayNotLeaveTheAddressSpace) {
  EXPECT_EQ(problem("soc.l2.base=0xFFFFF000"),
            "--set soc.l2.base=0xFFFFF000: soc.l2.base: soc.l2 0xFFFFF000..0x100FFEFFF leaves the "
            "32-bit address space");
}

TEST(SocRules, ExternalWindowIsPartOfTheMap) {
  EXPECT_EQ(problem("soc.external.bytes=1MiB"), "");
  EXPECT_EQ(problems({"soc.external.bytes=1MiB", "soc.external.base=0xA0000000"}),
            "--set soc.external.base=0xA0000000: soc.external.base: soc.external "
            "0xA0000000..0xA00FFFFF overlaps soc.boot_rom 0xA0000000..0xA000FFFF");
}

TEST(SocRules, CycleTimingIsRefusedForNow) {
  EXPECT_EQ(problem("soc.timing=exact"),
            "--set soc.timing=exact: soc.timing: expected functional|cycle, got 'exact'");
}

TEST(SocRules, HartsAreLimitedTo1024) {
  EXPECT_EQ(problems({"soc.cluster.cores_per_tile=16", "soc.cluster.core_tiles_per_group=32",
                      "soc.cluster.tile_slots_per_group=64"}),
            "--set soc.cluster.cores_per_tile=16: soc.cluster.cores_per_tile: 2048 harts; expected "
            "1..1024, see soc.cluster.num_groups = 4 (default) and "
            "soc.cluster.core_tiles_per_group = 32 (--set soc.cluster.core_tiles_per_group=32)");
}

TEST(SocRules, SlotsHoldTheCoreTiles) {
  EXPECT_EQ(
      problems({"soc.cluster.tile_slots_per_group=8", "soc.ita.interface=none"}),
      "--set soc.cluster.tile_slots_per_group=8: soc.cluster.tile_slots_per_group: 8 slots do "
      "not hold soc.cluster.core_tiles_per_group = 12 (default)");
}

TEST(SocRules, AnItaNeedsSlots) {
  EXPECT_EQ(problem("soc.cluster.core_tiles_per_group=16"),
            "default: soc.ita.interface: an ITA needs tile slots of its own; "
            "soc.cluster.core_tiles_per_group = 16 (--set soc.cluster.core_tiles_per_group=16) "
            "leaves none of soc.cluster.tile_slots_per_group = 16 (default)");
  EXPECT_EQ(problem("soc.ita.count=6"),
            "--set soc.ita.count=6: soc.ita.count: expected up to 4 or a multiple of it, got 6; "
            "see soc.cluster.num_groups = 4 (default)");
  EXPECT_EQ(problem("soc.ita.count=12"),
            "--set soc.ita.count=12: soc.ita.count: 3 ITAs of a group cannot share its 4 "
            "accelerator slots evenly; see soc.cluster.tile_slots_per_group = 16 (default) and "
            "soc.cluster.core_tiles_per_group = 12 (default)");
}

TEST(SocRules, ItasAreDealtOutToTheGroups) {
  for (const auto& [count, bytes] :
       std::map<std::uint32_t, std::uint32_t>{{1, 64_KiB}, {2, 64_KiB}, {4, 64_KiB}, {8, 32_KiB}}) {
    const std::string text = "soc.ita.count=" + std::to_string(count);
    ConfigTree tree;
    tree.set(text);
    const SocConfig config = SocConfig::from_config(tree.root());
    EXPECT_EQ(config.ita_l1_bytes(), bytes);
    EXPECT_EQ(config.ita_l1_base(count - 1), 0xC0000 + (count - 1) * bytes);
  }
}

TEST(SocRules, ABeatFitsARowOfATilesBanks) {
  EXPECT_EQ(problem("soc.dma.beat_bytes=128"),
            "--set soc.dma.beat_bytes=128: soc.dma.beat_bytes: expected at most a row of a tile's "
            "banks, 64 bytes, got 128; see soc.cluster.banks_per_tile = 16 (default)");
}

TEST(SocRules, HardwareOfAnIta) {
  EXPECT_EQ(problem("soc.ita.processing_elements=24"),
            "--set soc.ita.processing_elements=24: soc.ita.processing_elements: expected an "
            "integer 4..64 and a power of two, got '24'");
  EXPECT_EQ(problem("soc.ita.vector_length=128"),
            "--set soc.ita.vector_length=128: soc.ita.vector_length: expected 64, got 128: tiles, "
            "register map and programs are made for 64 x 64; change processing_elements instead");
  EXPECT_EQ(problem("soc.ita.weight_port_bytes=256"),
            "--set soc.ita.weight_port_bytes=256: soc.ita.weight_port_bytes: expected at most "
            "soc.ita.port_bytes = 128 (default), got 256");
  EXPECT_EQ(problems({"soc.ita.count=16", "soc.ita.port_bytes=128"}),
            "--set soc.ita.port_bytes=128: soc.ita.port_bytes: expected at most a row of the "
            "ITA's banks, 64 bytes, got 128; see soc.ita.count = 16 (--set soc.ita.count=16)");
  EXPECT_EQ(problems({"soc.ita.processing_elements=32", "soc.ita.interface=operand_block",
                      "soc.ita.flavour=mempool", "soc.control.variant=mempool_ita"}),
            "--set soc.ita.processing_elements=32: soc.ita.processing_elements: expected 16 with "
            "soc.ita.interface = operand_block (--set soc.ita.interface=operand_block), got 32: "
            "operand blocks are split by as many columns");
  EXPECT_EQ(problem("soc.ita.arbitration=first"),
            "--set soc.ita.arbitration=first: soc.ita.arbitration: expected "
            "round_robin|wide_first|narrow_first, got 'first'");
}

TEST(SocRules, TheAttentionEngineIsItsPresetWithChanges) {
  const SocConfig tessera = machine("tessera");
  EXPECT_EQ(tessera.attention_engine.engine.entries_of(attention_engine::MemoryId::kMrf), 256u);
  EXPECT_EQ(tessera.attention_engine.axi_ports, 4u);
  EXPECT_FALSE(machine("minpool").attention_engine.is_there);
  ConfigTree tree;
  for (const char* setting : {"preset=bert_np", "score_entries=640", "clock_divider=3",
                              "operation_fifo_depth=1", "mechanisms.transposer=none",
                              "mechanisms.has_indirect=false", "mechanisms.context_split=tiles"}) {
    tree.set(std::string("soc.attention_engine.") + setting);
  }
  const attention_engine::EngineConfig config =
      SocConfig::from_config(tree.root()).attention_engine;
  tree.check();
  EXPECT_EQ(config.engine.native_dim, 128u);
  EXPECT_EQ(config.engine.entries_of(attention_engine::MemoryId::kScoreVrf), 640u);
  EXPECT_EQ(config.engine.clock_divider, 3u);
  EXPECT_EQ(config.engine.operation_fifo_depth, 1u);
  EXPECT_EQ(config.engine.mechanisms.transposer, attention_engine::Transposer::kNone);
  EXPECT_FALSE(config.engine.mechanisms.has_indirect);
  EXPECT_EQ(config.engine.mechanisms.context_split, attention_engine::Split::kTiles);
  EXPECT_TRUE(config.engine.mechanisms.overlaps_rows);
}

TEST(SocRules, TheAttentionEngineHasAtMostAMasterInEachGroup) {
  EXPECT_EQ(problem("soc.attention_engine.axi_ports=5"),
            "--set soc.attention_engine.axi_ports=5: soc.attention_engine.axi_ports: expected an "
            "integer 1..4, got '5'");
  EXPECT_EQ(problems({"soc.attention_engine.axi_ports=8", "soc.dma.backends_per_group=2"}), "");
}

TEST(SocRules, OperandBlocksNeedTheirControlRegisters) {
  EXPECT_EQ(problems({"soc.ita.interface=operand_block", "soc.ita.count=8"}),
            "--set soc.ita.interface=operand_block: soc.ita.interface: operand_block needs "
            "soc.control.variant = mempool_ita, not soc.control.variant = mempool (default)\n"
            "--set soc.ita.count=8: soc.ita.count: expected 1..4 with soc.ita.interface = "
            "operand_block (--set soc.ita.interface=operand_block), got 8");
}

TEST(SocRules, TheJobInterfaceBelongsToTheFlavoursOfTheRtl) {
  EXPECT_EQ(problem("soc.ita.flavour=mempool"),
            "--set soc.ita.flavour=mempool: soc.ita.flavour: expected rtl or rtl_2024_08 with "
            "soc.ita.interface = job (default), got mempool");
}

TEST(SocRules, SequentialRegionIsWholeRowsOfATile) {
  EXPECT_EQ(
      problem("soc.cluster.sequential_bytes_per_core=8"),
      "--set soc.cluster.sequential_bytes_per_core=8: soc.cluster.sequential_bytes_per_core: "
      "32 bytes per tile with soc.cluster.cores_per_tile = 4 (default); expected whole rows of "
      "64 bytes, at most 16384");
  EXPECT_EQ(problem("soc.cluster.sequential_bytes_per_core=0"), "");
}

TEST(SocRules, EndOfComputationHart) {
  EXPECT_EQ(problem("soc.control.eoc_hart=191"), "");
  EXPECT_EQ(problem("soc.control.eoc_hart=192"),
            "--set soc.control.eoc_hart=192: soc.control.eoc_hart: expected any or a hart 0..191, "
            "got '192'");
}

TEST(SocRules, MempoolItaHasWakeUpRegistersForFourGroups) {
  EXPECT_EQ(problems({"soc.cluster.num_groups=5", "soc.cluster.core_tiles_per_group=4",
                      "soc.cluster.tile_slots_per_group=8", "soc.control.variant=mempool_ita"}),
            "--set soc.control.variant=mempool_ita: soc.control.variant: mempool_ita has wake-up "
            "registers for 4 groups; soc.cluster.num_groups = 5 (--set soc.cluster.num_groups=5)");
}

TEST(SocRules, MemoriesAreWholePages) {
  EXPECT_EQ(problem("soc.l2.bytes=5000"),
            "--set soc.l2.bytes=5000: soc.l2.bytes: expected a multiple of 4KiB, got 0x1388");
}

}  // namespace
}  // namespace tessera
