// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "models/attention_engine/pattern.h"
#include "models/attention_engine/tile_map_builder.h"
#include "tests/support/engine_bench.h"

namespace tessera::attention_engine {
namespace {

using test::AttentionRun;

enum class Kind { kDense, kCausal, kWindow, kBigBird };

TileMap map_of(Kind kind, std::uint32_t tokens, std::uint32_t tile = 64) {
  Pattern pattern;
  switch (kind) {
    case Kind::kDense:
      break;
    case Kind::kCausal:
      pattern.kind = PatternKind::kCausal;
      break;
    case Kind::kWindow:
      pattern.kind = PatternKind::kWindow;
      pattern.window = 128;
      break;
    case Kind::kBigBird:
      pattern.kind = PatternKind::kBigBird;
      pattern.window = 64, pattern.global_tokens = 64, pattern.random_tiles = 3, pattern.seed = 42;
      break;
  }
  return pattern_map(pattern, {tokens, tokens, tile});
}

AttentionRun run(const EngineParameters& engine, const TileMap& map, const PlanRequest& request,
                 bool has_kv = false, double refusal = 0) {
  AttentionJob job = test::attention_job(map, test::plan_of(engine, map, request), request.head_dim,
                                         request.heads);
  job.has_kv = has_kv;
  return test::run_attention(engine, job, refusal, 1);
}

PlanRequest exact_results() {
  PlanRequest request;
  request.may_use_online = false;
  return request;
}

// Section 4 of the specification, K and V in the MRF, the first policy that fits. The
// specification is corrected where the structure says otherwise:
//  - S = 128: vectors, not tiles, are split over the engines, so rows of two tiles leave none idle;
//  - S = 256, dense and BigBird: Q comes and the result goes through AXI, 170 cycles in all, which
//    the table leaves out;
//  - S = 4096, window: the scheduler tests the tiles of the next row while the MVU works, so the
//    n * n term does not show.
TEST(AttentionTiming, LatencyOverSequenceLengthIsThatOfTheSpecification) {
  struct Row {
    std::uint32_t tokens;
    std::uint64_t cycles[4];  ///< dense, causal, window 128, BigBird w64 g64 r3
    std::uint64_t corrected[4];
  };
  const Row rows[] = {
      {128, {1328, 1248, 1328, 1328}, {1247, 1051, 1247, 1247}},
      {256, {3036, 2316, 2780, 3036}, {3209, 0, 0, 3209}},
      {512, {10060, 6268, 5708, 8908}, {}},
      {1024, {36492, 20412, 11660, 18444}, {}},
      {2048, {138892, 73660, 23948, 37900}, {}},
      {4096, {541836, 279996, 50060, 78348}, {0, 0, 47224, 0}},
  };
  const EngineParameters& engine = engine_preset("soc64");
  for (const Row& row : rows) {
    for (std::uint32_t kind = 0; kind < 4; ++kind) {
      const auto map = map_of(static_cast<Kind>(kind), row.tokens);
      const AttentionRun result = run(engine, map, exact_results(), true);
      ASSERT_TRUE(result.is_finished);
      const auto expected =
          static_cast<double>(row.corrected[kind] != 0 ? row.corrected[kind] : row.cycles[kind]);
      EXPECT_LE(std::abs(static_cast<double>(result.cycles) - expected), 0.05 * expected)
          << "S = " << row.tokens << ", pattern " << kind << ": " << result.cycles
          << " cycles, expected " << expected;
      EXPECT_GE(result.engine.issued_macs / engine.macs_per_cycle(), result.map.useful_macs / 4096);
      EXPECT_GE(result.cycles * engine.macs_per_cycle(), result.engine.issued_macs);
    }
  }
}

TEST(AttentionTiming, ShapesOfTheCurves) {
  const EngineParameters& engine = engine_preset("soc64");
  const auto cycles = [&](Kind kind, std::uint32_t tokens) {
    return static_cast<double>(run(engine, map_of(kind, tokens), exact_results(), true).cycles);
  };
  const double dense = cycles(Kind::kDense, 4096);
  EXPECT_NEAR(dense / cycles(Kind::kDense, 2048), 3.9, 0.1);
  EXPECT_NEAR(cycles(Kind::kWindow, 4096) / cycles(Kind::kWindow, 2048), 2.05, 0.1);
  const double causal = dense / cycles(Kind::kCausal, 4096);
  EXPECT_GT(causal, 1.9);
  EXPECT_LT(causal, 2.0);
}

TEST(AttentionTiming, CountersEqualTheirFormulas) {
  const EngineParameters& engine = engine_preset("soc64");
  for (const Kind kind : {Kind::kDense, Kind::kCausal, Kind::kWindow, Kind::kBigBird}) {
    const TileMap map = map_of(kind, 512);
    const MapSummary summary = summarise(map);
    const AttentionRun result = run(engine, map, exact_results());
    const std::uint64_t n = map.shape.rows();
    EXPECT_EQ(result.map.tiles_skipped, n * n - summary.tiles);
    EXPECT_EQ(result.map.tiles_full, summary.full_tiles);
    EXPECT_EQ(result.map.tiles_partial, summary.partial_tiles);
    EXPECT_EQ(result.map.masked_elements, summary.masked_elements);
    EXPECT_EQ(result.map.useful_macs, 2 * 64 * summary.pairs);
    // Z T N c_d L + Z T N ceil(d / N) c_T L
    EXPECT_EQ(result.engine.issued_macs, 2 * summary.tiles * 64 * 64 * 4 * 16);
    EXPECT_EQ(result.engine.scan_cycles, n * n);
    // Every operand once, the result once.
    EXPECT_EQ(result.axi.read_bytes, 3u * 512 * 64);
    EXPECT_EQ(result.axi.write_bytes, 512u * 64);
    EXPECT_EQ(result.engine.spill_bytes, 0u);
    EXPECT_EQ(result.engine.refetch_bytes, 0u);
  }
}

// T5 of the specification: Z T N c_d L (QK) + Z T N ceil(d / N) c_T L (AV) issued, where trimmed
// rows count with the queries that they have; 2 d for each allowed pair is useful.
TEST(AttentionTiming, CountersEqualTheirFormulasForAnyHeadDimensionAndLength) {
  const EngineParameters& engine = engine_preset("soc64");
  for (const std::uint32_t tokens : {1u, 63u, 65u, 200u}) {
    for (const std::uint32_t head_dim : {1u, 17u, 48u, 65u, 100u, 192u}) {
      for (const Kind kind : {Kind::kDense, Kind::kCausal, Kind::kWindow}) {
        SCOPED_TRACE(::testing::Message() << tokens << " tokens, d = " << head_dim);
        const TileMap map = map_of(kind, tokens);
        const MapSummary summary = summarise(map);
        PlanRequest request = exact_results();
        request.head_dim = head_dim;
        const AttentionRun result = run(engine, map, request);
        std::uint64_t vectors = 0;  // of queries, times the tiles that they meet
        for (std::uint32_t row = 0; row < map.shape.rows(); ++row) {
          vectors += std::uint64_t{map.row(row).size()} * map.shape.queries_in(row);
        }
        const std::uint64_t parts = (head_dim + 63) / 64;
        const std::uint64_t score_cycles = (std::min(head_dim, 64u) + 15) / 16;  // c_d of a part
        EXPECT_EQ(result.engine.issued_macs,
                  vectors * parts * 64 * 16 * (score_cycles + 4 /* c_T */));
        EXPECT_EQ(result.map.useful_macs, 2 * head_dim * summary.pairs);
        EXPECT_EQ(result.map.tiles_skipped,
                  std::uint64_t{map.shape.rows()} * map.shape.columns() - summary.tiles);
        EXPECT_EQ(result.axi.read_bytes, 3ull * tokens * head_dim);
        EXPECT_EQ(result.axi.write_bytes, 1ull * tokens * head_dim);
      }
    }
  }
}

TEST(AttentionTiming, AnySequenceLengthAndHeadDimensionFinishes) {
  const EngineParameters& engine = engine_preset("soc64");
  for (const std::uint32_t tokens : {1u, 63u, 64u, 65u, 200u, 1000u}) {
    for (const std::uint32_t head_dim : {32u, 64u, 128u}) {
      for (const Policy policy : {Policy::kResident, Policy::kOverlapped, Policy::kRow,
                                  Policy::kOnline, Policy::kSpill}) {
        PlanRequest request;
        request.head_dim = head_dim;
        request.policy = policy;
        request.capacity = CapacityMode::kUnlimited;
        EngineParameters wide = engine;
        wide.entries[static_cast<std::size_t>(MemoryId::kScoreVrf)] = 1u << 20;
        const TileMap map = map_of(Kind::kCausal, tokens);
        const AttentionRun result = run(wide, map, request);
        EXPECT_TRUE(result.is_finished)
            << tokens << " tokens, d = " << head_dim << ", " << to_string(policy);
        const std::uint64_t spilled = result.engine.spill_bytes;
        EXPECT_EQ(result.axi.write_bytes, std::uint64_t{tokens} * head_dim + spilled / 2);
      }
    }
  }
}

/// Cycles that a job takes at least, whatever waits for what: each unit does its own work without a
/// gap, and a word per direction crosses AXI per cycle.
std::uint64_t structural_bound(const EngineParameters& engine, const TileMap& map,
                               const AttentionRun& result) {
  std::uint64_t softmax = 0;  // elements through the lanes, all passes, and the end of each row
  for (std::uint32_t row = 0; row < map.shape.rows(); ++row) {
    const std::uint64_t elements =
        std::uint64_t{map.row(row).size()} * map.shape.queries_in(row) * engine.native_dim;
    softmax += elements * engine.softmax_passes / engine.softmax_lanes;
    softmax += elements > 0 ? engine.softmax_row_cycles : 0;
  }
  return std::max(
      {result.engine.issued_macs / engine.macs_per_cycle(), softmax,
       result.axi.read_bytes / engine.axi_bytes, result.axi.write_bytes / engine.axi_bytes,
       result.engine.instructions * engine.instruction_cycles + result.engine.scan_cycles});
}

// C3 of the specification: nothing is faster than its structure.
TEST(AttentionTiming, NoJobIsFasterThanItsStructuralBound) {
  for (const char* preset : {"soc64", "bert_np"}) {
    EngineParameters engine = engine_preset(preset);
    engine.entries[static_cast<std::size_t>(MemoryId::kScoreVrf)] = 1u << 20;
    for (const Kind kind : {Kind::kDense, Kind::kCausal, Kind::kWindow, Kind::kBigBird}) {
      for (const std::uint32_t tokens : {1u, 65u, 200u, 512u, 1024u}) {
        for (const Policy policy : {Policy::kResident, Policy::kOverlapped, Policy::kRow,
                                    Policy::kOnline, Policy::kSpill}) {
          PlanRequest request;
          request.policy = policy;
          request.capacity = CapacityMode::kUnlimited;
          const TileMap map = map_of(kind, tokens, engine.native_dim);
          const AttentionRun result = run(engine, map, request);
          ASSERT_TRUE(result.is_finished);
          EXPECT_GE(result.cycles, structural_bound(engine, map, result))
              << preset << ", pattern " << static_cast<int>(kind) << ", " << tokens << " tokens, "
              << to_string(policy);
        }
      }
    }
  }
}

// A6: with whole tiles over the engines a context row takes ceil(r / E) rounds; by columns it does
// so for each part of a head dimension above N; by vectors nothing is lost.
TEST(AttentionTiming, TheSplitOfTheContextSetsItsRounds) {
  const TileMap map = map_of(Kind::kBigBird, 1024);
  for (const std::uint32_t head_dim : {64u, 128u}) {
    const std::uint64_t parts = head_dim / 64;
    std::uint64_t by_tile = 0;
    std::uint64_t by_column = 0;
    std::uint64_t by_vector = 0;
    for (std::uint32_t row = 0; row < map.shape.rows(); ++row) {
      const std::uint64_t tiles = map.row(row).size();
      by_tile += 64 * 4 * ((parts * tiles + 3) / 4);
      by_column += 64 * 4 * parts * ((tiles + 3) / 4);
      by_vector += 64 * 4 * parts * tiles / 4;
    }
    for (const auto& [split, cycles] : {std::pair{Split::kTiles, by_tile},
                                        {Split::kColumns, by_column},
                                        {Split::kVectors, by_vector}}) {
      EngineParameters engine = engine_preset("soc64");
      engine.mechanisms.context_split = split;
      PlanRequest request = exact_results();
      request.head_dim = head_dim;
      request.policy = Policy::kOverlapped;
      const AttentionRun result = run(engine, map, request);
      ASSERT_TRUE(result.is_finished);
      EXPECT_EQ(result.engine.context_cycles, cycles) << head_dim << " " << static_cast<int>(split);
    }
  }
}

// Section 1.9: thresholds exactly at C and C - 1, what each policy costs, and spilled bytes.
TEST(AttentionTiming, LatencyOverScoreVrfIsAStaircase) {
  const auto cycles = [&](Kind kind, std::uint32_t entries, bool is_packed, Policy expected) {
    EngineParameters engine = engine_preset("soc64");
    engine.entries[static_cast<std::size_t>(MemoryId::kScoreVrf)] = entries;
    PlanRequest request = exact_results();
    request.is_packed = is_packed;
    const TileMap map = map_of(kind, 1024);
    const AttentionRun result = run(engine, map, request, true);
    EXPECT_TRUE(result.is_finished);
    EXPECT_EQ(result.plan.policy, expected) << entries << " entries";
    return result;
  };
  const auto overlapped = cycles(Kind::kDense, 2048, false, Policy::kOverlapped);
  const auto row = cycles(Kind::kDense, 2047, false, Policy::kRow);
  EXPECT_GT(row.cycles, overlapped.cycles * 3 / 2);
  EXPECT_EQ(cycles(Kind::kDense, 1024, false, Policy::kRow).cycles, row.cycles);
  const auto spill = cycles(Kind::kDense, 1023, false, Policy::kSpill);
  EXPECT_GT(spill.cycles, row.cycles);
  EXPECT_EQ(spill.engine.spill_bytes, 2u * 256 * 64 * 64);
  // A packed window overlaps with about a third of the entries.
  const auto packed = cycles(Kind::kWindow, 640, true, Policy::kOverlapped);
  EXPECT_EQ(cycles(Kind::kWindow, 639, true, Policy::kRow).plan.policy, Policy::kRow);
  const auto unpacked = cycles(Kind::kWindow, 2048, false, Policy::kOverlapped);
  EXPECT_NEAR(static_cast<double>(packed.cycles), static_cast<double>(unpacked.cycles),
              0.02 * static_cast<double>(unpacked.cycles));
}

TEST(AttentionTiming, ASmallMrfFetchesTilesAgain) {
  EngineParameters engine = engine_preset("soc64");
  engine.entries[static_cast<std::size_t>(MemoryId::kMrf)] = 8;
  const TileMap map = map_of(Kind::kDense, 1024);
  const AttentionRun result = run(engine, map, exact_results());
  ASSERT_TRUE(result.is_finished);
  // 2 Z T d bytes of K and V instead of 2 n T d (section 1.9: 16 times as much for dense).
  EXPECT_EQ(result.engine.refetch_bytes, 2u * (256 - 16) * 64 * 64);
  EXPECT_EQ(result.axi.read_bytes, 2u * 256 * 64 * 64 + 1024 * 64);
}

// AXI refuses 30 % of all addresses and words at random, every FIFO has one place.
TEST(AttentionTiming, ARefusingBusAndShallowFifosCostCyclesNotBytes) {
  for (const auto& [kind, policy] : {std::pair{Kind::kWindow, Policy::kOverlapped},
                                     {Kind::kWindow, Policy::kSpill},
                                     {Kind::kDense, Policy::kResident},
                                     {Kind::kBigBird, Policy::kRow},
                                     {Kind::kCausal, Policy::kOnline}}) {
    const TileMap map = map_of(kind, 512);
    PlanRequest request;
    request.policy = policy;
    const EngineParameters& deep = engine_preset("soc64");
    EngineParameters shallow = deep;
    shallow.instruction_fifo_depth = 1;
    shallow.operation_fifo_depth = 1;
    shallow.vector_fifo_depth = 1;
    shallow.out_queue_depth = 1;
    shallow.max_bursts = 1;
    const AttentionRun free = run(deep, map, request);
    const AttentionRun refused = run(shallow, map, request, false, 0.3);
    ASSERT_TRUE(free.is_finished && refused.is_finished);
    EXPECT_GT(refused.cycles, free.cycles);
    EXPECT_EQ(refused.axi.read_bytes, free.axi.read_bytes);
    EXPECT_EQ(refused.axi.write_bytes, free.axi.write_bytes);
    EXPECT_EQ(refused.engine.issued_macs, free.engine.issued_macs);
    EXPECT_EQ(refused.engine.spill_bytes, free.engine.spill_bytes);
  }
}

TEST(AttentionTiming, TheSameJobTakesTheSameCycles) {
  const EngineParameters& engine = engine_preset("soc64");
  const TileMap map = map_of(Kind::kBigBird, 1024);
  const AttentionRun first = run(engine, map, exact_results(), false, 0.3);
  const AttentionRun second = run(engine, map, exact_results(), false, 0.3);
  EXPECT_EQ(first.cycles, second.cycles);
  EXPECT_EQ(first.engine.mvu, second.engine.mvu);
}

// Each mechanism alone, at S = 1024: what it costs and that its counter shows it.
TEST(AttentionTiming, MechanismsOfTheContextProductCostWhatTheySay) {
  const EngineParameters& base = engine_preset("soc64");
  const TileMap window = map_of(Kind::kWindow, 1024);
  const TileMap bigbird = map_of(Kind::kBigBird, 1024);
  PlanRequest request = exact_results();
  request.policy = Policy::kOverlapped;
  const auto with = [&](auto change) {
    EngineParameters engine = base;
    change(engine);
    return engine;
  };
  const auto stall = [](const AttentionRun& result, Stall reason) {
    return result.engine.mvu[static_cast<std::size_t>(reason)];
  };
  const AttentionRun plain = run(base, window, request);

  const auto serial = with([](auto& e) { e.mechanisms.transposer = Transposer::kNone; });
  const AttentionRun a1 = run(serial, window, request);
  EXPECT_GT(a1.cycles, 16u * 64 * 64);  // every V tile, an element a cycle
  EXPECT_GT(stall(a1, Stall::kLoad), stall(plain, Stall::kLoad));

  const auto no_lists = with([](auto& e) { e.mechanisms.has_indirect = false; });
  const AttentionRun runs = run(no_lists, bigbird, request);
  EXPECT_EQ(runs.map.context_chains, summarise(bigbird).column_runs);
  EXPECT_EQ(run(base, bigbird, request).map.context_chains, 16u);
  EXPECT_GT(runs.cycles, run(base, bigbird, request).cycles);

  const auto drains = with([](auto& e) { e.mechanisms.drains_on_swr = true; });
  const AttentionRun a4 = run(drains, window, request);
  EXPECT_GT(a4.cycles, plain.cycles);
  EXPECT_GT(stall(a4, Stall::kDrain), 0u);

  const auto serial_rows = with([](auto& e) { e.mechanisms.overlaps_rows = false; });
  const AttentionRun a5 = run(serial_rows, window, request);
  EXPECT_GT(a5.cycles, plain.cycles + 16u * 400);  // softmax of each row is exposed
  EXPECT_GT(stall(a5, Stall::kDependency), stall(plain, Stall::kDependency));

  const auto by_tile = with([](auto& e) { e.mechanisms.context_split = Split::kTiles; });
  const AttentionRun a6 = run(by_tile, window, request);
  // Rows of 5 tiles on 4 engines: 2 rounds instead of 5 / 4.
  EXPECT_GT(a6.engine.context_cycles, plain.engine.context_cycles * 3 / 2);
  EXPECT_EQ(a6.engine.issued_macs, plain.engine.issued_macs);
}

TEST(AttentionTiming, HeadsThatShareTheNativeDimensionHalveTheContext) {
  EngineParameters engine = engine_preset("bert_np");
  PlanRequest request = exact_results();
  request.policy = Policy::kOverlapped;
  request.heads = 2;
  const TileMap map = dense_tile_map({512, 512, 128});
  const AttentionRun packed = run(engine, map, request);
  engine.mechanisms.packs_heads = false;
  const AttentionRun apart = run(engine, map, request);
  ASSERT_TRUE(packed.is_finished && apart.is_finished);
  EXPECT_EQ(apart.engine.context_cycles, 2 * packed.engine.context_cycles);
}

// The next head's K and V come while a head is computed: it costs what the softmax unit takes for
// it.
TEST(AttentionTiming, TheLoadsOfAHeadHideBehindTheHeadBefore) {
  const EngineParameters& engine = engine_preset("soc64");
  for (const std::uint32_t tokens : {256u, 512u}) {
    for (const Kind kind : {Kind::kDense, Kind::kWindow}) {
      PlanRequest request = exact_results();
      const TileMap map = map_of(kind, tokens);
      const AttentionRun one = run(engine, map, request);
      request.heads = 4;
      const AttentionRun four = run(engine, map, request);
      ASSERT_TRUE(one.is_finished && four.is_finished);
      const Cycles each = (four.cycles - one.cycles) / 3;
      EXPECT_GT(one.cycles, one.engine.softmax_cycles + 600) << tokens;
      EXPECT_GE(each, one.engine.softmax_cycles) << tokens;
      EXPECT_LE(each, one.engine.softmax_cycles + one.engine.softmax_cycles / 50) << tokens;
    }
  }
}

TEST(AttentionTiming, ALongSparseSequenceIsSimulatedInWellUnderTwoSeconds) {
  const TileMap map = map_of(Kind::kBigBird, 4096);
  const auto begin = std::chrono::steady_clock::now();
  const AttentionRun result = run(engine_preset("soc64"), map, exact_results());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_TRUE(result.is_finished);
  EXPECT_LT(seconds.count(), 2.0);
}

}  // namespace
}  // namespace tessera::attention_engine
