// SPDX-License-Identifier: Apache-2.0
// T11 of the specification: twin and cycle engine agree to 5 % where nobody else is on the bus.
#include <gtest/gtest.h>

#include "models/attention_engine/analytical/twin.h"
#include "models/attention_engine/pattern.h"
#include "tests/support/engine_bench.h"

namespace tessera::attention_engine::analytical {
namespace {

constexpr std::uint32_t kAxiLatency = 20;
const std::vector<Pattern> kPatterns{{PatternKind::kDense},
                                     {PatternKind::kCausal},
                                     {PatternKind::kWindow, 128},
                                     {PatternKind::kBigBird, 64, 1, 64, 3, 42}};

/// Runs a job on both; bytes are equal, cycles nearly.
void expect_agreement(const EngineParameters& engine, const Pattern& pattern, std::uint32_t tokens,
                      const PlanRequest& request, bool has_kv = false) {
  const TileMap map = pattern_map(pattern, {tokens, tokens, engine.native_dim});
  const Plan plan = test::plan_of(engine, map, request);
  SCOPED_TRACE(::testing::Message()
               << engine.name << ", " << to_string(pattern.kind) << ", " << tokens << " tokens, "
               << to_string(plan.policy) << ", d = " << request.head_dim << ", " << request.heads
               << " heads, K and V there: " << has_kv);
  AttentionJob job = test::attention_job(map, plan, request.head_dim, request.heads);
  job.has_kv = has_kv;
  const test::AttentionRun run = test::run_attention(engine, job, 0, kAxiLatency);
  const Estimate twin =
      estimate(engine, map, {request.head_dim, request.heads, has_kv, kAxiLatency}, plan);
  ASSERT_TRUE(run.is_finished);
  EXPECT_NEAR(static_cast<double>(twin.cycles) / static_cast<double>(run.cycles), 1, 0.05)
      << twin.cycles << " against " << run.cycles;
  EXPECT_EQ(twin.kv_bytes + twin.spill_bytes + twin.operand_bytes,
            run.axi.read_bytes + run.axi.write_bytes);
  EXPECT_EQ(twin.issued_macs, run.engine.issued_macs);
}

TEST(TwinAgainstCycleEngine, OverSequenceLength) {
  for (const Pattern& pattern : kPatterns) {
    for (const std::uint32_t tokens : {63u, 65u, 128u, 200u, 333u, 512u, 1000u, 2048u}) {
      expect_agreement(engine_preset("soc64"), pattern, tokens, {});
      expect_agreement(engine_preset("soc64"), pattern, tokens, {}, true);
    }
  }
}

TEST(TwinAgainstCycleEngine, OverRegisterFiles) {
  EngineParameters engine = engine_preset("soc64");
  PlanRequest request;
  for (const Pattern& pattern : kPatterns) {
    for (const std::uint32_t entries : {64u, 128u, 192u, 320u, 640u, 1024u, 2048u}) {
      for (const std::uint32_t matrices : {8u, 256u}) {
        engine.entries[static_cast<std::size_t>(MemoryId::kScoreVrf)] = entries;
        engine.entries[static_cast<std::size_t>(MemoryId::kMrf)] = matrices;
        for (const bool is_packed : {false, true}) {
          request.is_packed = is_packed;
          request.may_use_online = is_packed;
          expect_agreement(engine, pattern, 1024, request);
        }
      }
    }
  }
}

TEST(TwinAgainstCycleEngine, OverHeadsAndTheirDimension) {
  for (const Pattern& pattern : kPatterns) {
    for (const std::uint32_t head_dim : {32u, 64u, 128u}) {
      for (const std::uint32_t heads : {1u, 12u}) {
        PlanRequest request;
        request.head_dim = head_dim;
        request.heads = heads;
        expect_agreement(engine_preset("soc64"), pattern, 512, request);
        expect_agreement(engine_preset("bert_np"), pattern, 512, request);
      }
    }
  }
}

TEST(TwinAgainstCycleEngine, WithEachMechanism) {
  for (const Pattern& pattern : kPatterns) {
    const auto with = [&](auto&& change) {
      EngineParameters engine = engine_preset("soc64");
      change(engine);
      expect_agreement(engine, pattern, 1024, {});
    };
    with([](EngineParameters& e) { e.mechanisms.transposer = Transposer::kNone; });
    with([](EngineParameters& e) { e.mechanisms.transposer = Transposer::kRow; });
    with([](EngineParameters& e) { e.mechanisms.has_indirect = false; });
    with([](EngineParameters& e) { e.mechanisms.drains_on_swr = true; });
    with([](EngineParameters& e) { e.mechanisms.overlaps_rows = false; });
    with([](EngineParameters& e) { e.mechanisms.context_split = Split::kTiles; });
    with([](EngineParameters& e) { e.mvu_split = Split::kTiles; });
  }
}

}  // namespace
}  // namespace tessera::attention_engine::analytical
