// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/operator_program.h"

#include <vector>

#include <gtest/gtest.h>

#include "models/attention_engine/cycle/gemm_program.h"
#include "models/attention_engine/cycle/run_alone.h"
#include "models/attention_engine/cycle/selection_program.h"
#include "models/attention_engine/tile_map_builder.h"

namespace tessera::attention_engine {
namespace {

class OperatorProgramTest : public testing::Test {
 protected:
  /// Runs the program alone on a bus that refuses some words.
  template <typename Program, typename... Arguments>
  TileCounters run(double refusal, Arguments&&... arguments) {
    AxiMemory axi(20, refusal);
    CycleEngine engine(parameters_, axi);
    axi.connect(engine.axi_client());
    Program program(parameters_, std::forward<Arguments>(arguments)...,
                    engine.decoder().tile_list());
    return finish(engine, axi, program);
  }
  template <typename Program, typename Job>
  TileCounters run_rows(double refusal, const Job& job) {
    AxiMemory axi(20, refusal);
    CycleEngine engine(parameters_, axi);
    axi.connect(engine.axi_client());
    Program program(parameters_, job);
    return finish(engine, axi, program);
  }
  TileCounters finish(CycleEngine& engine, AxiMemory& axi, JobProgram& program) {
    engine.run(program, 0);
    run_alone(engine, axi, 0);
    EXPECT_FALSE(engine.has_failed()) << static_cast<int>(engine.error().code);
    EXPECT_TRUE(engine.is_idle());
    cycles_ = engine.last_commit();
    counters_ = engine.counters();
    traffic_ = engine.mover().counters();
    return program.counters();
  }

  EngineParameters parameters_ = engine_preset("soc64");
  Cycles cycles_ = 0;
  CycleEngine::Counters counters_;
  AxiMover::Counters traffic_;
};

OperatorJob rows_job(OperatorJob::Kind kind, std::uint32_t rows, std::uint32_t columns,
                     std::uint32_t stride) {
  return {kind,        rows,       {0x8000'0000, columns, stride}, {0x8100'0000, columns, stride},
          0x8200'0000, 0x8300'0000};
}

TEST_F(OperatorProgramTest, RowsCrossTheBusOnceEachWay) {
  for (const auto kind : {OperatorJob::Kind::kCopy, OperatorJob::Kind::kGelu,
                          OperatorJob::Kind::kSoftmax, OperatorJob::Kind::kLayerNorm}) {
    const OperatorJob job = rows_job(kind, 75, 200, 208);
    run_rows<OperatorProgram>(0, job);
    const std::uint64_t parameters = kind == OperatorJob::Kind::kLayerNorm ? 5 * 200 : 0;
    EXPECT_EQ(traffic_.read_bytes, 75u * 200 + parameters);
    EXPECT_EQ(traffic_.write_bytes, 75u * 200);
    EXPECT_EQ(counters_.spill_bytes, 0u);
    const Cycles smooth = cycles_;
    run_rows<OperatorProgram>(0.3, job);
    EXPECT_GT(cycles_, smooth);
    EXPECT_EQ(traffic_.read_bytes, 75u * 200 + parameters);
  }
}

TEST_F(OperatorProgramTest, UnitsTakeTheirCyclesPerVector) {
  run_rows<OperatorProgram>(0, rows_job(OperatorJob::Kind::kGelu, 64, 512, 512));
  const std::uint64_t vectors = 64 * 512 / 64;
  EXPECT_EQ(counters_.mfu_cycles, vectors * 2);  // 32 lanes
  run_rows<OperatorProgram>(0, rows_job(OperatorJob::Kind::kLayerNorm, 64, 512, 512));
  EXPECT_EQ(counters_.mfu_cycles, vectors * 2 * (1 + 1 + 1 + 2));  // the last pass uses both MFUs
  run_rows<OperatorProgram>(0, rows_job(OperatorJob::Kind::kSoftmax, 64, 512, 512));
  EXPECT_EQ(counters_.softmax_cycles, vectors * 2 + parameters_.softmax_row_cycles);
}

TEST_F(OperatorProgramTest, ABlockIsAsManyRowsAsBeginAtAWord) {
  const auto block = [&](std::uint32_t columns, std::uint32_t stride) {
    return OperatorProgram::block_rows(parameters_,
                                       rows_job(OperatorJob::Kind::kCopy, 9, columns, stride));
  };
  EXPECT_EQ(block(64, 64), 64u);
  EXPECT_EQ(block(640, 640), 25u);  // 512 entries, 10 a row, twice
  EXPECT_EQ(block(640, 656), 24u);  // rows at 16 bytes: four begin at a word together
  EXPECT_EQ(block(64 * 256, 64 * 256), 1u);
  EXPECT_EQ(block(64 * 256, 64 * 256 + 16), 0u);
  EXPECT_EQ(block(64 * 257, 64 * 257), 0u);
}

TEST_F(OperatorProgramTest, GemmTakesTheTilesThatItsMapKeeps) {
  const TileMap map = build_tile_map({200, 256, 64}, [](std::uint32_t output, KeySet& keys) {
    if (output / 64 != 1) {  // 1 of 4 tile rows is empty, the others keep 2 of 4
      keys.add(0, 128);
    }
  });
  const GemmJob job{
      &map,       100, {0x8000'0000, 256, 256}, {0x8100'0000, 256, 256}, {0x8200'0000, 200, 208},
      0x8300'0000};
  const TileCounters tiles = run<GemmProgram>(0, job);
  EXPECT_EQ(tiles.tiles_full, 6u);
  EXPECT_EQ(tiles.tiles_skipped, 10u);
  EXPECT_EQ(tiles.useful_macs, 100u * 128 * (64 + 64 + 8));
  EXPECT_EQ(counters_.issued_macs, 100u * 6 * 64 * 64);
  EXPECT_EQ(traffic_.read_bytes, 100u * 256 + 136 * 128 + 4 * 200);
  EXPECT_EQ(traffic_.write_bytes, 100u * 200);
  EXPECT_EQ(counters_.refetch_bytes, 0u);
}

TEST_F(OperatorProgramTest, WeightsThatDoNotFitComeAgainForEachBlock) {
  parameters_.entries[static_cast<std::size_t>(MemoryId::kMrf)] = 4;
  const TileMap map = dense_tile_map({128, 320, 64});  // 2 x 5 tiles
  const GemmJob job{
      &map, 100, {0x8000'0000, 320, 320}, {0x8100'0000, 320, 320}, {0x8200'0000, 128, 128}, 0};
  const std::uint32_t blocks = (100 + GemmProgram::block_rows(parameters_, job) - 1) /
                               GemmProgram::block_rows(parameters_, job);
  ASSERT_GT(blocks, 1u);
  run<GemmProgram>(0, job);
  EXPECT_EQ(counters_.refetch_bytes, (blocks - 1) * 128u * 320);
  EXPECT_EQ(traffic_.read_bytes, 100u * 320 + blocks * 128u * 320);
  EXPECT_EQ(counters_.issued_macs, 100u * 10 * 64 * 64);
}

TEST_F(OperatorProgramTest, ASelectionScoresAllPairs) {
  const SelectionJob job{{150, 200, 64},        48,          {0x8000'0000, 48, 48},
                         {0x8100'0000, 48, 48}, 0x8200'0000, 32};
  const TileCounters tiles = run_rows<SelectionProgram>(0, job);
  EXPECT_EQ(tiles.useful_macs, 150u * 200 * 48);
  EXPECT_EQ(counters_.issued_macs, 150u * 4 * 3 * 64 * 16);  // 3 of 4 steps of 16 lanes
  EXPECT_EQ(traffic_.read_bytes, 350u * 48);
  EXPECT_EQ(traffic_.write_bytes, 150u * 32);
}

}  // namespace
}  // namespace tessera::attention_engine
