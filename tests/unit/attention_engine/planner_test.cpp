// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/planner.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/attention_engine/pattern.h"
#include "models/attention_engine/score_layout.h"
#include "models/attention_engine/tile_map_builder.h"

namespace tessera::attention_engine {
namespace {

TileMap causal(std::uint32_t tokens, std::uint32_t tile = 64) {
  return pattern_map({PatternKind::kCausal}, {tokens, tokens, tile});
}

TileMap window(std::uint32_t tokens, std::uint32_t width, std::uint32_t tile = 64) {
  Pattern pattern{PatternKind::kWindow};
  pattern.window = width;
  return pattern_map(pattern, {tokens, tokens, tile});
}

EngineParameters with(EngineParameters engine, MemoryId id, std::uint32_t entries) {
  engine.entries[static_cast<std::size_t>(id)] = entries;
  return engine;
}

EngineParameters soc64(MemoryId id, std::uint32_t entries) {
  return with(engine_preset("soc64"), id, entries);
}

Plan plan_of(const EngineParameters& engine, const TileMap& map, const PlanRequest& request = {}) {
  const auto result = plan_attention(engine, map, request);
  const PlanError* error = std::get_if<PlanError>(&result);
  EXPECT_EQ(error, nullptr) << error->message;
  return error == nullptr ? std::get<Plan>(result) : Plan{};
}

PlanError error_of(const EngineParameters& engine, const TileMap& map,
                   const PlanRequest& request = {}) {
  const auto result = plan_attention(engine, map, request);
  EXPECT_TRUE(std::holds_alternative<PlanError>(result));
  return std::holds_alternative<PlanError>(result) ? std::get<PlanError>(result) : PlanError{};
}

struct Threshold {
  const char* name;
  TileMap map;
  bool is_packed;
  Policy policy;
  std::uint32_t entries;  ///< of ScoreVrf that the policy needs
  Policy below;           ///< what comes with one entry less
};

TEST(Planner, EachPolicyEndsExactlyWhereItsEntriesDo) {
  const Threshold thresholds[] = {
      // 16 x 16 tiles of 64 x 64.
      {"dense whole head", dense_tile_map({1024, 1024, 64}), false, Policy::kResident, 16384,
       Policy::kOverlapped},
      {"dense two rows", dense_tile_map({1024, 1024, 64}), false, Policy::kOverlapped, 2048,
       Policy::kRow},
      {"dense row", dense_tile_map({1024, 1024, 64}), false, Policy::kRow, 1024, Policy::kOnline},
      {"dense online", dense_tile_map({1024, 1024, 64}), false, Policy::kOnline, 128,
       Policy::kSpill},
      {"causal whole head", causal(1024), true, Policy::kResident, 136 * 64, Policy::kOverlapped},
      {"causal two rows", causal(1024), true, Policy::kOverlapped, 31 * 64, Policy::kRow},
      {"causal row", causal(1024), true, Policy::kRow, 1024, Policy::kOnline},
      {"causal two rows unpacked", causal(1024), false, Policy::kOverlapped, 2048, Policy::kRow},
      {"window whole head", window(1024, 128), true, Policy::kResident, 74 * 64,
       Policy::kOverlapped},
      {"window two rows", window(1024, 128), true, Policy::kOverlapped, 640, Policy::kRow},
      {"window row", window(1024, 128), true, Policy::kRow, 320, Policy::kOnline},
      {"window two rows unpacked", window(1024, 128), false, Policy::kOverlapped, 2048,
       Policy::kRow},
      {"one tile row", dense_tile_map({50, 130, 64}), false, Policy::kResident, 192,
       Policy::kOnline},
  };
  for (const Threshold& t : thresholds) {
    SCOPED_TRACE(t.name);
    PlanRequest request;
    request.is_packed = t.is_packed;
    const Plan plan = plan_of(soc64(MemoryId::kScoreVrf, t.entries), t.map, request);
    EXPECT_EQ(to_string(plan.policy), to_string(t.policy));
    EXPECT_LE(plan.entries_of(MemoryId::kScoreVrf), t.entries);
    const Plan below = plan_of(soc64(MemoryId::kScoreVrf, t.entries - 1), t.map, request);
    EXPECT_EQ(to_string(below.policy), to_string(t.below));
    request.policy = t.policy;
    EXPECT_EQ(plan_of(soc64(MemoryId::kScoreVrf, t.entries), t.map, request)
                  .entries_of(MemoryId::kScoreVrf),
              t.entries);
    const PlanError error = error_of(soc64(MemoryId::kScoreVrf, t.entries - 1), t.map, request);
    EXPECT_EQ(error.code, ErrorCode::kVrfOverflow);
    EXPECT_EQ(error.memory, MemoryId::kScoreVrf);
    EXPECT_EQ(error.needed, t.entries);
    EXPECT_EQ(error.available, t.entries - 1);
  }
}

TEST(Planner, SpillIsTheLastResort) {
  const TileMap map = causal(512);
  EXPECT_EQ(plan_of(soc64(MemoryId::kScoreVrf, 64), map).policy, Policy::kSpill);
  const PlanError error = error_of(soc64(MemoryId::kScoreVrf, 63), map);
  EXPECT_EQ(error.code, ErrorCode::kVrfOverflow);
  EXPECT_EQ(error.message, "policy spill needs 64 entries of score_vrf, which has 63");
  PlanRequest exact;
  exact.may_use_online = false;
  EXPECT_EQ(plan_of(soc64(MemoryId::kScoreVrf, 128), map, exact).policy, Policy::kSpill);
}

TEST(Planner, TilesOverlapWithOneMoreBuffer) {
  PlanRequest request;
  for (const auto& [policy, entries] : {std::pair{Policy::kOnline, 192u}, {Policy::kSpill, 128u}}) {
    request.policy = policy;
    EXPECT_TRUE(plan_of(soc64(MemoryId::kScoreVrf, entries), causal(512), request).overlaps_tiles);
    const Plan tight = plan_of(soc64(MemoryId::kScoreVrf, entries - 1), causal(512), request);
    EXPECT_FALSE(tight.overlaps_tiles);
    EXPECT_EQ(tight.entries_of(MemoryId::kScoreVrf), entries - 64);
  }
}

TEST(Planner, EveryMemoryHasItsThreshold) {
  struct Row {
    MemoryId memory;
    std::uint32_t entries;  ///< with which `policy` just fits
    Policy policy;
    Policy below;
  };
  const TileMap map = causal(1000);  // 16 x 16 tiles, d = 130: three native vectors
  const Row rows[] = {
      {MemoryId::kSmxRf, 1000, Policy::kResident, Policy::kOverlapped},
      {MemoryId::kSmxRf, 128, Policy::kOverlapped, Policy::kRow},
      {MemoryId::kMvmInitialVrf, 2 * 64 * 3, Policy::kResident, Policy::kRow},
  };
  PlanRequest request;
  request.head_dim = 130;
  EngineParameters engine = soc64(MemoryId::kScoreVrf, 136 * 64);
  for (const Row& row : rows) {
    const Plan plan = plan_of(with(engine, row.memory, row.entries), map, request);
    EXPECT_EQ(to_string(plan.policy), to_string(row.policy));
    EXPECT_EQ(plan.entries_of(row.memory), row.entries);
    const Plan below = plan_of(with(engine, row.memory, row.entries - 1), map, request);
    EXPECT_EQ(to_string(below.policy), to_string(row.below));
  }
  EXPECT_EQ(error_of(with(engine, MemoryId::kSmxRf, 63), map, request).memory, MemoryId::kSmxRf);
  EXPECT_EQ(error_of(with(engine, MemoryId::kMvmInitialVrf, 191), map, request).memory,
            MemoryId::kMvmInitialVrf);
  EXPECT_EQ(error_of(with(engine, MemoryId::kOutQ, 2), map, request).memory, MemoryId::kOutQ);
  EXPECT_EQ(error_of(with(engine, MemoryId::kTileList, 15), map, request).memory,
            MemoryId::kTileList);
  const PlanError no_mask = error_of(with(engine, MemoryId::kMaskRam, 0), map, request);
  EXPECT_EQ(no_mask.code, ErrorCode::kMaskOutOfBounds);
}

TEST(Planner, KeysAndValuesAreRefetchedWhenTheMrfIsSmall) {
  const TileMap map = causal(1024);
  PlanRequest request;
  request.head_dim = 128;
  const auto with_mrf = [&](std::uint32_t tiles) { return soc64(MemoryId::kMrf, tiles); };
  const Plan all = plan_of(with_mrf(64), map, request);
  EXPECT_TRUE(all.keeps_kv);
  EXPECT_EQ(all.entries_of(MemoryId::kMrf), 64u);
  EXPECT_EQ(all.entries_of(MemoryId::kAccVrf), 0u);
  const Plan refetch = plan_of(with_mrf(63), map, request);
  EXPECT_FALSE(refetch.keeps_kv);
  EXPECT_TRUE(refetch.prefetches_kv);
  EXPECT_EQ(refetch.entries_of(MemoryId::kMrf), 8u);
  EXPECT_EQ(refetch.entries_of(MemoryId::kAccVrf), 128u);
  EXPECT_FALSE(plan_of(with_mrf(7), map, request).prefetches_kv);
  EXPECT_EQ(plan_of(with_mrf(4), map, request).entries_of(MemoryId::kMrf), 4u);
  EXPECT_EQ(error_of(with_mrf(3), map, request).code, ErrorCode::kMrfOutOfBounds);
}

TEST(Planner, MasksAndListsComeInPartsWhenTheirMemoriesAreSmall) {
  const TileMap map = window(1024, 100);
  ASSERT_EQ(map.masks.size(), 4u);
  EXPECT_TRUE(plan_of(soc64(MemoryId::kMaskRam, 4), map).keeps_masks);
  const Plan masks = plan_of(soc64(MemoryId::kMaskRam, 3), map);
  EXPECT_FALSE(masks.keeps_masks);
  EXPECT_EQ(masks.entries_of(MemoryId::kMaskRam), 2u);
  EXPECT_EQ(error_of(soc64(MemoryId::kMaskRam, 1), map).code, ErrorCode::kMaskOutOfBounds);
  EXPECT_TRUE(plan_of(soc64(MemoryId::kTileList, 74), map).keeps_list);
  const Plan list = plan_of(soc64(MemoryId::kTileList, 73), map);
  EXPECT_FALSE(list.keeps_list);
  EXPECT_EQ(list.entries_of(MemoryId::kTileList), 10u);
}

TEST(Planner, PartialSumsPassThroughAddSubVrfWithoutIndirectReads) {
  Pattern pattern{PatternKind::kLongformer};
  pattern.window = 64, pattern.global_tokens = 64;
  const TileMap broken = pattern_map(pattern, {1024, 1024, 64});
  EngineParameters engine = engine_preset("soc64");
  EXPECT_EQ(plan_of(engine, broken).entries_of(MemoryId::kAddSubVrf0), 0u);
  engine.mechanisms.has_indirect = false;
  EXPECT_EQ(plan_of(engine, broken).entries_of(MemoryId::kAddSubVrf0), 64u);
  EXPECT_EQ(plan_of(engine, window(1024, 64)).entries_of(MemoryId::kAddSubVrf0), 0u);
}

// Source: specification, 1.9, the worked example of bert_np.
TEST(Planner, TwelveHeadsOnBertNp) {
  const EngineParameters engine = with(engine_preset("bert_np"), MemoryId::kSmxRf, 1u << 20);
  PlanRequest request;
  request.heads = 12;
  const auto heads = [&](const TileMap& map, bool is_packed) {
    request.is_packed = is_packed;
    request.policy = Policy::kResident;
    const Plan plan = plan_of(engine, map, request);
    EXPECT_EQ(plan.entries_of(MemoryId::kScoreVrf) % plan.resident_heads, 0u);
    return std::pair{plan.resident_heads, plan.entries_of(MemoryId::kScoreVrf)};
  };
  using Heads = std::pair<std::uint32_t, std::uint32_t>;
  EXPECT_EQ(heads(dense_tile_map({384, 384, 128}), false), (Heads{12, 13824}));
  EXPECT_EQ(heads(dense_tile_map({512, 512, 128}), false), (Heads{10, 20480}));
  EXPECT_EQ(heads(causal(512, 128), true), (Heads{12, 15360}));
  EXPECT_EQ(heads(window(512, 128, 128), true), (Heads{12, 15360}));
  EXPECT_LT(heads(dense_tile_map({768, 768, 128}), false).first, 12u);
  EXPECT_LT(heads(window(768, 128, 128), true).first, 12u);
  EXPECT_EQ(heads(dense_tile_map({1024, 1024, 128}), false), (Heads{2, 16384}));
}

TEST(Planner, UnlimitedCapacityReportsTheDemandOfTheFastestPolicy) {
  PlanRequest request;
  request.capacity = CapacityMode::kUnlimited;
  request.is_packed = false;
  const Plan plan =
      plan_of(soc64(MemoryId::kScoreVrf, 64), dense_tile_map({4096, 4096, 64}), request);
  EXPECT_EQ(plan.policy, Policy::kResident);
  EXPECT_EQ(plan.entries_of(MemoryId::kScoreVrf), 64u * 64u * 64u);
  EXPECT_EQ(plan.entries_of(MemoryId::kSmxRf), 4096u);
}

TEST(Planner, ScoresMayLiveBesideTheQueries) {
  const EngineParameters engine =
      with(soc64(MemoryId::kScoreVrf, 0), MemoryId::kMvmInitialVrf, 768);
  const Plan plan = plan_of(engine, window(1024, 128));
  EXPECT_EQ(plan.policy, Policy::kOverlapped);
  EXPECT_EQ(plan.entries_of(MemoryId::kScoreVrf), 0u);
  EXPECT_EQ(plan.entries_of(MemoryId::kMvmInitialVrf), 2u * 64u + 640u);
}

TEST(Planner, BadDescriptorsAreNamed) {
  PlanRequest request;
  request.head_dim = 0;
  EXPECT_EQ(error_of(engine_preset("soc64"), causal(64), request).code, ErrorCode::kBadDescriptor);
  request = {};
  request.heads = 0;
  EXPECT_EQ(error_of(engine_preset("soc64"), causal(64), request).code, ErrorCode::kBadDescriptor);
  EXPECT_THAT(error_of(engine_preset("soc64"), causal(300, 128)).message,
              ::testing::HasSubstr("tiles of 128 on an engine of native dimension 64"));
}

TEST(ScoreLayout, PackedTilesStandSideBySide) {
  Pattern pattern{PatternKind::kStrided};
  pattern.block = 128;
  const TileMap map = pattern_map(pattern, {512, 512, 64});
  ASSERT_EQ(map.row(7).size(), 4u);
  EXPECT_EQ(map.row(7)[2].column, 5u);
  Plan plan;
  plan.policy = Policy::kRow;
  EXPECT_EQ(ScoreLayout(map, plan).entry(7, 2), 320u);
  plan.is_packed = true;
  EXPECT_EQ(ScoreLayout(map, plan).entry(7, 2), 128u);
}

TEST(ScoreLayout, TilesInUseNeverShareAnEntry) {
  Pattern pattern{PatternKind::kBigBird};
  pattern.window = 64, pattern.global_tokens = 64, pattern.random_tiles = 2;
  const TileMap map = pattern_map(pattern, {1000, 900, 64});
  for (const Policy policy : {Policy::kResident, Policy::kOverlapped, Policy::kRow}) {
    for (const bool is_packed : {false, true}) {
      Plan plan;
      plan.policy = policy;
      plan.is_packed = is_packed;
      const ScoreLayout layout(map, plan);
      const std::uint32_t rows_at_once = policy == Policy::kResident     ? map.shape.rows()
                                         : policy == Policy::kOverlapped ? 2
                                                                         : 1;
      for (std::uint32_t first = 0; first + rows_at_once <= map.shape.rows(); ++first) {
        std::set<std::uint64_t> used;
        for (std::uint32_t row = first; row < first + rows_at_once; ++row) {
          for (std::uint32_t i = 0; i < map.row(row).size(); ++i) {
            const std::uint64_t entry = layout.entry(row, i);
            EXPECT_EQ(entry % 64, 0u);
            EXPECT_LE(entry + 64, layout.entries());
            EXPECT_TRUE(used.insert(entry).second);
          }
        }
      }
    }
  }
}

TEST(Planner, PoliciesHaveNames) {
  for (std::uint32_t i = 0; i < kNumPolicies; ++i) {
    EXPECT_EQ(policy_from_name(to_string(static_cast<Policy>(i))), static_cast<Policy>(i));
  }
  EXPECT_EQ(policy_from_name("heads"), std::nullopt);
}

}  // namespace
}  // namespace tessera::attention_engine
