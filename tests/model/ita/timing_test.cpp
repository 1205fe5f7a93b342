// SPDX-License-Identifier: Apache-2.0
#include "models/ita/timing.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "models/ita/job_times.h"
#include "tests/model/ita/measured_runs.h"

namespace tessera::ita {
namespace {

/// The jobs of one phase of the HWPE wrapper: how many end an output tile, and their bias.
struct PhaseJobs {
  Phase phase;
  bool has_bias;
  std::uint32_t depth;
};

/// Cycles of a chain of phases, the first job of the first being the chain's first.
Cycles chain_cycles(const std::vector<PhaseJobs>& phases, const TileCounts& tiles) {
  static const JobTimes times{Hardware{}};
  Cycles total = 0;
  bool is_first = true;
  for (const PhaseJobs& jobs : phases) {
    const bool is_last_phase = &jobs == &phases.back();
    const std::uint64_t steps = tile_steps(jobs.phase, tiles);
    for (std::uint64_t step = 0; step < steps; ++step) {
      total += times.cycles({is_first, is_last_phase && step + 1 == steps, jobs.has_bias,
                             (step + 1) % jobs.depth == 0});
      is_first = false;
    }
  }
  return total;
}

Cycles attention_chain_cycles(const TileCounts& t) {
  return chain_cycles({{Phase::kQ, true, t.e},
                       {Phase::kK, true, t.e},
                       {Phase::kV, true, t.e},
                       {Phase::kQK, false, t.p},
                       {Phase::kAV, false, t.s},
                       {Phase::kOW, true, t.p}},
                      t);
}

Cycles feed_forward_chain_cycles(const TileCounts& t) {
  return chain_cycles({{Phase::kF1, true, t.e}, {Phase::kF2, true, t.f}}, t);
}

TEST(ItaCoreTiming, EqualsMeasuredRuns) {
  const auto attention = [](const TileCounts& tiles, WeightPort port) {
    return core_cycles(attention_tile_steps(tiles), port);
  };
  EXPECT_EQ(attention({1, 1, 1}, WeightPort::k128Bytes), 1555u);
  EXPECT_EQ(attention({1, 1, 1}, WeightPort::k16Bytes), 1611u);
  EXPECT_EQ(attention({1, 2, 3}, WeightPort::k128Bytes), 7699u);
  EXPECT_EQ(attention({1, 2, 3}, WeightPort::k16Bytes), 7755u);
  EXPECT_EQ(attention({2, 2, 2}, WeightPort::k128Bytes), 12307u);
  EXPECT_EQ(attention({8, 1, 1}, WeightPort::k128Bytes), 40979u);
  EXPECT_EQ(core_cycles(tile_steps(Phase::kLinear, {1, 1, 1}), WeightPort::k128Bytes), 275u);
  EXPECT_EQ(core_cycles(tile_steps(Phase::kLinear, {1, 1, 1}), WeightPort::k16Bytes), 331u);
}

TEST(ItaCoreTiming, OldSoftmaxStallsOncePerBlockOfRows) {
  const auto attention = [](const TileCounts& tiles) {
    return core_cycles(attention_tile_steps(tiles), WeightPort::k128Bytes, Flavour::kRtl202408,
                       tiles.s);
  };
  EXPECT_EQ(attention({1, 1, 1}), 1660u);
  EXPECT_EQ(attention({2, 1, 1}), 4325u);
  EXPECT_EQ(attention({4, 2, 1}), 16823u);
}

TEST(ItaJobTiming, EqualsMeasuredChains) {
  EXPECT_EQ(attention_chain_cycles({1, 1, 1}), 1841u);
  EXPECT_EQ(attention_chain_cycles({1, 2, 3}), 8672u);
  EXPECT_EQ(attention_chain_cycles({2, 2, 2}), 13837u);
  EXPECT_EQ(attention_chain_cycles({8, 1, 1}), 46697u);
  EXPECT_EQ(feed_forward_chain_cycles({1, 2, 1, 4}), 4567u);
  EXPECT_EQ(feed_forward_chain_cycles({2, 2, 1, 4}), 9129u);
}

TEST(ItaJobTiming, TrafficEqualsMeasuredPortRequests) {
  // 64^3 attention: 968 reads and 768 writes.
  const std::vector<JobKind> jobs{{true, false, true, true},   {false, false, true, true},
                                  {false, false, true, true},  {false, false, false, true},
                                  {false, false, false, true}, {false, true, true, true}};
  std::uint32_t reads = 0;
  std::uint32_t writes = 0;
  for (const JobKind& kind : jobs) {
    reads += job_traffic(kind, Hardware{}).reads;
    writes += job_traffic(kind, Hardware{}).writes;
  }
  EXPECT_EQ(reads, 968u);
  EXPECT_EQ(writes, 768u);
}

TEST(ItaOperandBlockTiming, AddsFetchComputeAndWrite) {
  // 64^3: 25,600 bytes of operands and 60 of requantisation, 1555 cycles, 4096 bytes out.
  OperandBlockTiming timing;
  EXPECT_EQ(operand_block_cycles({64, 64, 64}, timing, Flavour::kMempool), 1604u + 1555 + 256);
  timing.is_fetch_overlapped = true;
  EXPECT_EQ(operand_block_cycles({64, 64, 64}, timing, Flavour::kMempool), 1604u + 256);
  timing.fetch_bytes_per_cycle = 32;
  timing.output_bytes_per_cycle = 64;
  timing.start_latency_cycles = 7;
  EXPECT_EQ(operand_block_cycles({64, 64, 64}, timing, Flavour::kMempool), 7u + 1555 + 64);
}

TEST(ItaOperandBlockTiming, ComputesInWholeTiles) {
  OperandBlockTiming timing;
  timing.fetch_bytes_per_cycle = 1024;
  timing.is_fetch_overlapped = true;
  EXPECT_EQ(operand_block_cycles({16, 16, 16}, timing, Flavour::kMempool), 1555u + 16);
  EXPECT_EQ(operand_block_cycles({80, 64, 64}, timing, Flavour::kMempool),
            core_cycles(attention_tile_steps({2, 1, 1}), WeightPort::k128Bytes) + 320);
}

/// Tile steps of a measured run by the name of its layer.
std::uint64_t measured_steps(const std::string& layer, const TileCounts& tiles) {
  const auto steps = [&](Phase phase) { return tile_steps(phase, tiles); };
  if (layer == "att") {
    return attention_tile_steps(tiles);
  }
  if (layer == "satt") {
    return steps(Phase::kQK) + steps(Phase::kAV);
  }
  if (layer == "ffn") {
    return steps(Phase::kF1) + steps(Phase::kF2);
  }
  const std::map<std::string, Phase> phases{{"f1", Phase::kF1},
                                            {"lin:F2", Phase::kF2},
                                            {"lin:OW", Phase::kOW},
                                            {"lin:Q", Phase::kQ},
                                            {"lin:V", Phase::kV}};
  return steps(phases.at(layer));
}

TEST(ItaCoreTiming, EqualsEveryMeasuredRunWithoutStalls) {
  auto rows = test::measured_runs("rtl_core_cycles.csv");
  if (rows.empty()) {
    GTEST_SKIP() << "no measurements below " << SHARED_DIR;
  }
  int compared = 0;
  for (auto& row : rows) {
    if (row["stall_in"] != "0" || row["stall_w"] != "0" || row["stall_out"] != "0") {
      continue;
    }
    const auto port = row["weight_port"] == "16" ? WeightPort::k16Bytes : WeightPort::k128Bytes;
    EXPECT_EQ(std::to_string(core_cycles(measured_steps(row["layer"], test::tiles_of(row)), port)),
              row["total_cycles"])
        << row["case"] << " " << row["layer"];
    ++compared;
  }
  EXPECT_EQ(compared, 246);
}

TEST(ItaJobTiming, EqualsEveryMeasuredRunWithoutStalls) {
  auto rows = test::measured_runs("rtl_hwpe_cycles.csv");
  if (rows.empty()) {
    GTEST_SKIP() << "no measurements below " << SHARED_DIR;
  }
  int compared = 0;
  for (auto& row : rows) {
    if (row["stall_prob"] != "0") {
      continue;
    }
    EXPECT_EQ(std::to_string(attention_chain_cycles(test::tiles_of(row))),
              row["cycles_trigger_to_done"])
        << row["case"];
    ++compared;
  }
  EXPECT_EQ(compared, 16);
}

}  // namespace
}  // namespace tessera::ita
