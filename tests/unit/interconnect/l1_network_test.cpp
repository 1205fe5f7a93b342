// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "models/base/error.h"
#include "models/interconnect/topologies.h"
#include "tests/unit/interconnect/l1_network_bench.h"

namespace tessera {
namespace {

using test::NetworkBench;
using test::word_of;

// Round trips are the distances of spec/mempool.md section 9 minus one: issue to response.

TEST(L1Distances, Minpool) {
  const L1NetworkParameters parameters = test::minpool();
  NetworkBench bench(parameters);
  EXPECT_EQ(bench.round_trip(0, word_of(parameters, 0, 3)), 1u);
  for (std::uint32_t tile = 1; tile < 4; ++tile) {
    EXPECT_EQ(bench.round_trip(0, word_of(parameters, tile, 3)), 3u) << tile;
  }
}

TEST(L1Distances, Mempool) {
  const L1NetworkParameters parameters = test::mempool();
  NetworkBench bench(parameters);
  for (const std::uint32_t hart : {0u, 77u, 255u}) {
    for (std::uint32_t tile = 0; tile < 64; ++tile) {
      const bool is_own = tile == hart / 4;
      const bool is_own_group = tile / 16 == hart / 64;
      EXPECT_EQ(bench.round_trip(hart, word_of(parameters, tile, tile % 16)), is_own         ? 1u
                                                                              : is_own_group ? 3u
                                                                                             : 5u)
          << hart << " to " << tile;
    }
  }
}

TEST(L1Distances, AtomicsHaveLoadLatency) {
  const L1NetworkParameters parameters = test::mempool();
  NetworkBench bench(parameters);
  EXPECT_EQ(bench.round_trip(0, word_of(parameters, 0, 0), AccessKind::kAmoAdd), 1u);
  EXPECT_EQ(bench.round_trip(0, word_of(parameters, 20, 0), AccessKind::kAmoAdd), 5u);
}

TEST(L1Distances, Terapool) {
  for (const std::uint32_t latency : {7u, 9u, 11u}) {
    const L1NetworkParameters parameters = test::terapool(latency);
    NetworkBench bench(parameters);
    const std::uint32_t hart = 8 * 37 + 5;  // tile 37: group 1, sub-group 0
    EXPECT_EQ(bench.round_trip(hart, word_of(parameters, 37, 9)), 1u);
    EXPECT_EQ(bench.round_trip(hart, word_of(parameters, 38, 9)), 3u);
    EXPECT_EQ(bench.round_trip(hart, word_of(parameters, 63, 9)), 5u);
    EXPECT_EQ(bench.round_trip(hart, word_of(parameters, 0, 9)), latency);
    EXPECT_EQ(bench.round_trip(hart, word_of(parameters, 127, 9)), latency);
  }
}

TEST(L1Distances, Butterflies) {
  for (const char* topology : {"top1", "top4"}) {
    L1NetworkParameters parameters = test::mempool();
    parameters.topology = topology;
    NetworkBench bench(parameters);
    for (std::uint32_t tile = 0; tile < 64; ++tile) {
      EXPECT_EQ(bench.round_trip(27, word_of(parameters, tile, 5)), tile == 6 ? 1u : 5u)
          << topology << " to " << tile;
    }
  }
}

TEST(L1Distances, Ideal) {
  L1NetworkParameters parameters = test::mempool();
  parameters.topology = "ideal";
  NetworkBench bench(parameters);
  for (std::uint32_t tile = 0; tile < 64; ++tile) {
    EXPECT_EQ(bench.round_trip(100, word_of(parameters, tile, 5)), 1u) << tile;
  }
}

TEST(L1Distances, EveryTopologyReachesEveryTile) {
  for (const std::string& topology : topology_names()) {
    for (L1NetworkParameters parameters : {test::minpool(), test::mempool(), test::terapool()}) {
      parameters.topology = topology;
      NetworkBench bench(parameters);
      for (std::uint32_t tile = 0; tile < parameters.num_tiles(); ++tile) {
        const std::uint32_t hart = tile * 37 % parameters.num_harts();
        EXPECT_LE(bench.round_trip(hart, word_of(parameters, tile, 1)), 9u) << topology;
        const HartAccess& access = bench.l1.order.back();
        EXPECT_EQ(access.hart, hart);
        EXPECT_EQ(bench.responses.back().hart, hart);
      }
      EXPECT_TRUE(bench.network.is_drained());
    }
  }
}

TEST(L1Distances, ExtraRegistersCostTwoCyclesEach) {
  L1NetworkParameters parameters = test::mempool();
  parameters.extra_registers = 2;
  NetworkBench bench(parameters);
  EXPECT_EQ(bench.round_trip(0, word_of(parameters, 0, 0)), 1u);
  EXPECT_EQ(bench.round_trip(0, word_of(parameters, 1, 0)), 3u + 4u);
  EXPECT_EQ(bench.round_trip(0, word_of(parameters, 63, 0)), 5u + 4u);
}

TEST(L1Map, SequentialRegionStaysInTheTile) {
  const L1NetworkParameters parameters = test::mempool();
  NetworkBench bench(parameters);
  for (std::uint32_t address = 2048 * 9; address < 2048 * 10; address += 52) {
    EXPECT_EQ(bench.round_trip(9 * 4, address / 4 * 4), 1u) << address;
  }
  L1NetworkParameters unscrambled = parameters;
  unscrambled.sequential_bytes_per_tile = 0;
  NetworkBench raw(unscrambled);
  EXPECT_EQ(raw.round_trip(0, 64 * 20), 5u);
}

TEST(L1Map, HartsReachAcceleratorBanksAsSlotsOfTheirGroup) {
  L1NetworkParameters parameters = test::mempool();
  parameters.core_tiles_per_group = 12;
  NetworkBench bench(parameters);
  const std::uint32_t region = 48 * 16 * 1024;
  const std::uint32_t region_bytes = 4 * 16 * 1024;
  // Hart 50 is in group 1: its own accelerator is a neighbour, the others are remote.
  for (std::uint32_t group = 0; group < 4; ++group) {
    for (std::uint32_t word = 0; word < 64; ++word) {
      EXPECT_EQ(bench.round_trip(50, region + group * region_bytes + word * 4),
                group == 1 ? 3u : 5u);
      EXPECT_EQ(bench.network.accesses(16, group * 16 + 12 + word / 16), word % 16 + 1u);
    }
  }
  EXPECT_EQ(bench.round_trip(191, 47 * 2048), 1u);
  EXPECT_EQ(bench.round_trip(50, (47 * 16 + 128 * 16 * 48) * 4), 5u);
}

TEST(L1Parameters, AreChecked) {
  StatGroup stats("test");
  test::CountingL1 l1;
  const auto make = [&](auto&& change) {
    L1NetworkParameters parameters = test::mempool();
    change(parameters);
    L1Network network(parameters, l1, stats);
  };
  EXPECT_THROW(make([](auto& p) { p.topology = "mesh"; }), ConfigError);
  EXPECT_THROW(make([](auto& p) { p.num_groups = 3; }), ConfigError);
  EXPECT_THROW(make([](auto& p) { p.core_tiles_per_group = 17; }), ConfigError);
  EXPECT_THROW(make([](auto& p) { p.banks_per_tile = 12; }), ConfigError);
  EXPECT_THROW(make([](auto& p) { p.wide_bytes = 128; }), ConfigError);
  EXPECT_THROW(make([](auto& p) { p.topology = "terapool", p.remote_group_latency = 8; }),
               ConfigError);
}

}  // namespace
}  // namespace tessera
