// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/analytical/twin.h"

#include <chrono>
#include <cmath>

#include <gtest/gtest.h>

#include "models/attention_engine/analytical/recurrent.h"
#include "models/attention_engine/analytical/storage.h"
#include "models/attention_engine/analytical/workload.h"
#include "models/attention_engine/pattern.h"
#include "models/attention_engine/tile_map_builder.h"

namespace tessera::attention_engine::analytical {
namespace {

enum class Kind { kDense, kCausal, kWindow, kBigBird };

TileMap map_of(Kind kind, std::uint32_t tokens) {
  Pattern pattern;
  if (kind == Kind::kCausal) {
    pattern.kind = PatternKind::kCausal;
  } else if (kind == Kind::kWindow) {
    pattern.kind = PatternKind::kWindow;
    pattern.window = 128;
  } else if (kind == Kind::kBigBird) {
    pattern.kind = PatternKind::kBigBird;
    pattern.window = 64, pattern.global_tokens = 64, pattern.random_tiles = 3, pattern.seed = 42;
  }
  return pattern_map(pattern, {tokens, tokens, 64});
}

/// soc64 with whole tiles per engine, as the specification's formulas assume.
EngineParameters soc64_by_tiles() {
  EngineParameters engine = engine_preset("soc64");
  engine.mvu_split = Split::kTiles;
  engine.mechanisms.context_split = Split::kTiles;
  return engine;
}

std::uint64_t cycles(const EngineParameters& engine, const TileMap& map,
                     Policy policy = Policy::kOverlapped) {
  Plan plan;
  plan.policy = policy;
  return estimate(engine, map, {}, plan).cycles;
}

// Source: section 4 of the specification; sequential: attention_engine_formulas.py.
TEST(Twin, CyclesOverSequenceLength) {
  struct Row {
    std::uint32_t tokens;
    std::uint64_t overlapped[4];  ///< dense, causal, window, BigBird
    std::uint64_t sequential[4];
  };
  const Row rows[] = {
      {128, {1328, 1248, 1328, 1328}, {1980, 1852, 1980, 1980}},
      {256, {3036, 2316, 2780, 3036}, {4992, 4224, 4736, 4992}},
      {512, {10060, 6268, 5708, 8908}, {18208, 12576, 12320, 17056}},
      {1024, {36492, 20412, 11660, 18444}, {69312, 41664, 27584, 36416}},
      {2048, {138892, 73660, 23948, 37900}, {270208, 149376, 58496, 75520}},
      {4096, {541836, 279996, 50060, 78348}, {1066752, 562944, 121856, 155264}},
  };
  EngineParameters sequential = soc64_by_tiles();
  sequential.mechanisms.overlaps_rows = false;
  for (const Row& row : rows) {
    for (unsigned i = 0; i < 4; ++i) {
      const TileMap map = map_of(static_cast<Kind>(i), row.tokens);
      EXPECT_EQ(cycles(soc64_by_tiles(), map), row.overlapped[i]) << row.tokens << " " << i;
      EXPECT_EQ(cycles(sequential, map), row.sequential[i]) << row.tokens << " " << i;
    }
  }
}

struct CapacityPoint {
  Kind kind;
  bool is_packed;
  std::uint64_t entries;
  bool may_use_online;
  bool keeps_kv;
  std::uint64_t cycles;
  std::uint64_t bytes;
};

// Source: section 1.9 of the specification and attention_engine_formulas.py, S = 1024.
TEST(Twin, CyclesAndBytesOverScoreEntries) {
  const CapacityPoint points[] = {
      {Kind::kDense, false, 64, true, true, 67212, 2228224},
      {Kind::kDense, false, 128, true, true, 83596, 131072},
      {Kind::kDense, false, 128, true, false, 83596, 2097152},
      {Kind::kDense, false, 640, false, true, 67212, 2228224},
      {Kind::kDense, false, 1024, true, true, 67212, 131072},
      {Kind::kDense, false, 1024, true, false, 68236, 2097152},
      {Kind::kDense, true, 2048, true, true, 36492, 131072},
      {Kind::kDense, true, 2048, true, false, 37516, 2097152},
      {Kind::kCausal, false, 128, true, true, 48268, 131072},
      {Kind::kCausal, false, 640, false, true, 39564, 1245184},
      {Kind::kCausal, false, 1024, true, true, 39564, 131072},
      {Kind::kCausal, false, 2048, true, true, 20412, 131072},
      {Kind::kCausal, true, 64, true, true, 39564, 1236992},
      {Kind::kCausal, true, 128, true, true, 48076, 131072},
      {Kind::kCausal, true, 128, false, true, 39564, 1220608},
      {Kind::kCausal, true, 320, true, true, 46844, 131072},
      {Kind::kCausal, true, 320, false, true, 39100, 1122304},
      {Kind::kCausal, true, 640, true, true, 43260, 131072},
      {Kind::kCausal, true, 640, true, false, 43356, 1114112},
      {Kind::kCausal, true, 640, false, true, 38076, 794624},
      {Kind::kCausal, true, 1024, true, true, 35260, 131072},
      {Kind::kCausal, true, 1024, true, false, 36524, 1114112},
      {Kind::kCausal, true, 2048, true, true, 20412, 131072},
      {Kind::kWindow, false, 128, true, true, 30220, 131072},
      {Kind::kWindow, false, 640, false, true, 25484, 737280},
      {Kind::kWindow, false, 1024, true, true, 25484, 131072},
      {Kind::kWindow, false, 2048, true, true, 11660, 131072},
      {Kind::kWindow, true, 128, true, true, 30220, 131072},
      {Kind::kWindow, true, 320, true, true, 25484, 131072},
      {Kind::kWindow, true, 640, true, true, 11660, 131072},
      {Kind::kWindow, true, 640, true, false, 11884, 606208},
  };
  for (const CapacityPoint& point : points) {
    const TileMap map = map_of(point.kind, 1024);
    Plan plan;
    plan.keeps_kv = point.keeps_kv;
    plan.overlaps_tiles = false;  // two tile buffers
    const Estimate result =
        estimate_rows(soc64_by_tiles(), map, {}, plan,
                      policies_by_row(map, point.entries, point.is_packed, point.may_use_online));
    SCOPED_TRACE(::testing::Message() << "pattern " << static_cast<int>(point.kind) << " packed "
                                      << point.is_packed << " C " << point.entries);
    EXPECT_EQ(result.cycles, point.cycles);
    EXPECT_EQ(result.kv_bytes + result.spill_bytes, point.bytes);
  }
}

TEST(Twin, MacsFollowTheirFormulas) {
  const TileMap map = map_of(Kind::kCausal, 200);  // Z = 10
  const EngineParameters& engine = engine_preset("soc64");
  const Estimate result = estimate(engine, map, {130, 3}, {});
  // c_d = 9, c_T = 4, ceil(d / N) = 3.
  EXPECT_EQ(result.issued_macs, 3u * 10u * 64u * 64u * 16u * (9u + 4u * 3u));
  EXPECT_EQ(result.useful_macs, 3u * 2u * 130u * (200u * 201u / 2));
  EXPECT_EQ(result.operand_bytes, 3u * 2u * 200u * 130u);
}

TEST(Twin, HeadsFollowEachOtherWithoutAFill) {
  const TileMap map = map_of(Kind::kWindow, 512);
  Plan plan;
  plan.policy = Policy::kOverlapped;
  const std::uint64_t one = estimate(soc64_by_tiles(), map, {64, 1}, plan).cycles;
  EXPECT_EQ(estimate(soc64_by_tiles(), map, {64, 12}, plan).cycles, 12 * (one - 140) + 140);
}

TEST(Twin, EachMechanismCostsWhatItsFormulaSays) {
  const TileMap map = map_of(Kind::kBigBird, 4096);
  const auto context = [&](auto&& change) {
    EngineParameters engine = soc64_by_tiles();
    change(engine);
    return estimate(engine, map, {}, {}).context_cycles;
  };
  const std::uint64_t base = context([](EngineParameters&) {});
  EXPECT_EQ(context([](EngineParameters& e) { e.mechanisms.has_indirect = false; }),
            base + (303 - 64) * (40 + 8 * 4));
  EXPECT_EQ(context([](EngineParameters& e) { e.mechanisms.drains_on_swr = true; }),
            base + 64 * 40);
  // Engines no longer idle: 503 tiles over 4 engines.
  EXPECT_EQ(context([](EngineParameters& e) { e.mechanisms.context_split = Split::kVectors; }),
            503 * 64 * 4 / 4);
  // A2: N = 128, d = 64 on bert_np: QK 512 cycles a tile and engine, AV 1024, or 512 with two
  // heads.
  EngineParameters bert = engine_preset("bert_np");
  const TileMap tile = dense_tile_map({128, 128, 128});
  bert.mvu_split = bert.mechanisms.context_split = Split::kTiles;
  bert.mechanisms.packs_heads = false;
  EXPECT_EQ(estimate(bert, tile, {64, 1}, {}).score_cycles, 512u);
  EXPECT_EQ(estimate(bert, tile, {64, 1}, {}).context_cycles, 1024u);
  bert.mechanisms.packs_heads = true;
  EXPECT_EQ(estimate(bert, tile, {64, 1}, {}).context_cycles, 512u);
  // A1: a V tile that is written element by element keeps the pipeline waiting.
  EngineParameters slow = soc64_by_tiles();
  const std::uint64_t fast = cycles(slow, map);
  slow.mechanisms.transposer = Transposer::kRow;
  EXPECT_EQ(cycles(slow, map), fast);
  slow.mechanisms.transposer = Transposer::kNone;
  EXPECT_GT(cycles(slow, map), fast);
}

TEST(Twin, LatencyIsAffineInTheTiles) {
  // Random maps of 4, 8, 12 ... tiles a row: equal steps, and something is left at no tiles.
  std::vector<double> points;
  for (const std::uint32_t tiles : {4u, 8u, 12u, 16u}) {
    Pattern pattern;
    pattern.kind = PatternKind::kRandom;
    pattern.random_tiles = tiles;
    points.push_back(
        static_cast<double>(cycles(soc64_by_tiles(), pattern_map(pattern, {1024, 1024, 64}))));
  }
  EXPECT_EQ(points[2] - points[1], points[1] - points[0]);
  EXPECT_EQ(points[3] - points[2], points[1] - points[0]);
  EXPECT_GT(points[0] - (points[1] - points[0]), 0);
}

TEST(Twin, OnlineWithAThirdBufferOverlapsTiles) {
  const TileMap map = map_of(Kind::kDense, 1024);
  Plan plan;
  plan.policy = Policy::kOnline;
  plan.overlaps_tiles = false;
  const std::uint64_t serial = estimate(soc64_by_tiles(), map, {}, plan).cycles;
  plan.overlaps_tiles = true;
  const std::uint64_t overlapped = estimate(soc64_by_tiles(), map, {}, plan).cycles;
  EXPECT_EQ(serial, 83596u);
  // Per row: softmax 2128 is the longest; QK 1024 and AV 1024 + 1024 of one tile in 16.
  EXPECT_EQ(overlapped, 16u * (2128 + (1024 + 2048) / 16) + 140 + 256);
}

TEST(Twin, APointTakesLessThanAMillisecondOfItsOwn) {
  const TileMap map = map_of(Kind::kBigBird, 4096);
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t sum = 0;
  for (int i = 0; i < 20; ++i) {
    sum += cycles(soc64_by_tiles(), map);
  }
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(sum, 20u * 78348u);
  EXPECT_LT(time.count() / 20, 20);  // milliseconds; a loaded machine is allowed for
}

// Source: section 3.1: n^2 * T * ceil(d / (packing * L)) / E.
TEST(Twin, PreselectionIsQuadratic) {
  const auto pass = [](std::uint32_t tokens, std::uint32_t packing) {
    return preselection_cycles(engine_preset("soc64"), {tokens, tokens, 64}, 64, packing);
  };
  EXPECT_EQ(pass(1024, 1), 16384u);
  EXPECT_EQ(pass(1024, 4), 4096u);
  EXPECT_EQ(pass(2048, 4), 4 * pass(1024, 4));
  // Two tiles of each row picked beforehand: dearer than dense attention in short sequences only.
  const auto sparse = [&](std::uint32_t tokens) {
    Pattern pattern;
    pattern.kind = PatternKind::kRandom;
    pattern.random_tiles = 2;
    return pass(tokens, 1) + cycles(soc64_by_tiles(), pattern_map(pattern, {tokens, tokens, 64}));
  };
  EXPECT_GT(sparse(128), cycles(soc64_by_tiles(), map_of(Kind::kDense, 128)));
  EXPECT_LT(sparse(1024), cycles(soc64_by_tiles(), map_of(Kind::kDense, 1024)));
}

// Source: section 1.11.
TEST(Storage, EachFormatCountsItsOverheads) {
  const TileMap map = map_of(Kind::kCausal, 1024);  // Z = 136, one mask
  const StorageBytes bytes = storage_bytes(map, 1);
  EXPECT_EQ(bytes.dense, 1024u * 1024u);
  EXPECT_EQ(bytes.packed_tiles, 136u * 4096u + 8u + 4 * 17u + 2 * 136u + 2 * 16u + 512u);
  EXPECT_EQ(bytes.rows_of_elements, 3 * (1024u * 1025u / 2) + 4 * 1025u);
  EXPECT_EQ(bytes.bitmap_and_values, 1024u * 1024u / 8 + 1024u * 1025u / 2);
  EXPECT_DOUBLE_EQ(bytes.fill, 1024.0 * 1025 / 2 / (136 * 4096));
  // Dilation thins the elements and fills no tile: packed tiles cost what the dense band does.
  Pattern pattern;
  pattern.kind = PatternKind::kDilated;
  pattern.window = 8, pattern.dilation = 16;
  const TileMap dilated = pattern_map(pattern, {1024, 1024, 64});
  EXPECT_EQ(dilated.tiles.size(), map_of(Kind::kWindow, 1024).tiles.size());
  EXPECT_LT(storage_bytes(dilated, 1).fill, 1.0 / 15);
  EXPECT_LT(storage_bytes(dilated, 1).rows_of_elements, storage_bytes(dilated, 1).packed_tiles);
}

// Source: section 4: BERT-base.
TEST(Workload, AttentionsShareOfBert) {
  const Encoder bert;
  EXPECT_NEAR(static_cast<double>(bert.operations(128)), 22.35e9, 0.01e9);
  EXPECT_NEAR(bert.attention_share(128), 0.027, 0.0005);
  EXPECT_NEAR(bert.attention_share(512), 0.100, 0.0005);
  EXPECT_NEAR(bert.attention_share(1024), 0.182, 0.0005);
  EXPECT_NEAR(bert.attention_share(2048), 0.308, 0.0005);
  EXPECT_NEAR(bert.attention_share(4096), 0.471, 0.0005);
  EXPECT_NEAR(whole_model_gain(bert.attention_share(512), 1e9), 1.11, 0.002);
  EXPECT_EQ(whole_model_gain(0.5, 2), 1 / 0.75);
}

// Source: section 4, C1; Table V of Fowers et al. in milliseconds.
TEST(Recurrent, BrainwaveStepsAreWithinEightPercentOfTheTable) {
  struct Row {
    std::uint32_t matrices;
    std::uint32_t hidden;
    std::uint32_t steps;
    double milliseconds;
  };
  const Row rows[] = {{6, 2816, 750, 1.987}, {6, 2560, 375, .993},   {6, 2048, 375, .954},
                      {6, 1536, 375, .951},  {6, 1024, 1500, 3.792}, {6, 512, 1, .013},
                      {8, 2048, 25, .074},   {8, 1536, 50, .145},    {8, 1024, 25, .074},
                      {8, 512, 25, .077},    {8, 256, 150, .425}};
  const EngineParameters& engine = engine_preset("bw_s10");
  EXPECT_EQ(structural_bound(engine, 6, 2816), 640u);
  for (const Row& row : rows) {
    const double invocation = row.steps < 200 ? 2620 : 0;
    const double model =
        (row.steps * static_cast<double>(brainwave_step(engine, row.matrices, row.hidden)) +
         invocation) /
        engine.clock_khz;
    EXPECT_NEAR(model / row.milliseconds, 1, 0.0775) << row.matrices << " " << row.hidden;
  }
}

// Source: section 4, C2; tera-operations per second of the RTL in intel/fpga-npu.
TEST(Recurrent, NpuClosedFormsAreWithinThreePercentOfTheRtl) {
  struct Row {
    std::uint32_t hidden;
    double gemv;
    double rnn;
  };
  for (const Row& row : {Row{512, 3.55, 7.47}, Row{1024, 9.7, 19.84}, Row{1152, 10.39, 21.1},
                         Row{1536, 15.06, 29.91}, Row{1792, 16.9, 33.12}}) {
    const double products = 2.0 * row.hidden * row.hidden * 6;  // batch 6
    const double gemv = products / (row.gemv * 1e12) * 300e6;
    const double step = 2 * products / (row.rnn * 1e12) * 300e6;
    EXPECT_NEAR(static_cast<double>(npu_gemv(row.hidden)) / gemv, 1, 0.0265) << row.hidden;
    EXPECT_NEAR(static_cast<double>(npu_rnn_step(row.hidden)) / step, 1, 0.0265) << row.hidden;
  }
}

}  // namespace
}  // namespace tessera::attention_engine::analytical
