// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/cycle_engine.h"

#include <vector>

#include <gtest/gtest.h>

#include "models/attention_engine/cycle/chain_writer.h"
#include "models/attention_engine/cycle/run_alone.h"

namespace tessera::attention_engine {
namespace {

class CycleEngineTest : public testing::Test {
 protected:
  ChainWriter& writer() { return writer_; }
  /// Runs what was written since the last call; the cycle of the last commit.
  Cycles run() {
    InstructionList source(words_);
    words_.clear();
    engine_.run(source, 0);
    run_alone(engine_, axi_, 0);
    EXPECT_TRUE(engine_.is_idle());
    return engine_.last_commit();
  }

  EngineParameters parameters_ = without_front_end();
  AxiMemory axi_{20};
  CycleEngine engine_{parameters_, axi_};
  std::vector<std::uint64_t> words_;
  ChainWriter writer_{words_};

  void SetUp() override { axi_.connect(engine_.axi_client()); }

 private:
  static EngineParameters without_front_end() {
    EngineParameters parameters = engine_preset("soc64");
    parameters.instruction_cycles = 0;
    return parameters;
  }
};

TEST_F(CycleEngineTest, OneVectorTakesThePipelineFromEndToEnd) {
  writer().read(MemoryId::kMvmInitialVrf, 0, 1).multiply(0).write(MemoryId::kOutQ, 0, 1).end();
  // Decoded in cycle 0, dispatched in 1, 4 cycles of products from 2 on, through the pipeline of
  // the MVU, written.
  EXPECT_EQ(run(), 2 + 4 + parameters_.mvu_cycles - 1 + parameters_.write_cycles);
}

TEST_F(CycleEngineTest, AChainThatReadsAResultWaitsUntilItIsCommitted) {
  writer().read(MemoryId::kMvmInitialVrf, 0, 1).multiply(0);
  writer().write(MemoryId::kMvmInitialVrf, 1, 1).end();
  writer().read(MemoryId::kMvmInitialVrf, 1, 1).multiply(1).write(MemoryId::kOutQ, 0, 1).end();
  const Cycles alone = 4 + parameters_.mvu_cycles - 1 + parameters_.write_cycles;
  EXPECT_EQ(run(), 2 + 2 * alone);
  const auto& stalls = engine_.counters().mvu;
  EXPECT_EQ(stalls[static_cast<std::size_t>(Stall::kNone)], 8u);
  EXPECT_EQ(stalls[static_cast<std::size_t>(Stall::kDependency)], alone - 4);
}

TEST_F(CycleEngineTest, ChainsThatNeedNothingOfEachOtherFollowWithoutAGap) {
  for (std::uint32_t i = 0; i < 8; ++i) {
    writer().read(MemoryId::kMvmInitialVrf, i, 1).multiply(i).write(MemoryId::kOutQ, 0, 1).end();
  }
  EXPECT_EQ(run(), 2 + 8 * 4 + parameters_.mvu_cycles - 1 + parameters_.write_cycles);
}

TEST_F(CycleEngineTest, TheFrontEndTakesItsCyclesPerInstruction) {
  EngineParameters slow = engine_preset("soc64");
  slow.instruction_cycles = 100;
  CycleEngine engine(slow, axi_);
  axi_.connect(engine.axi_client());
  for (std::uint32_t i = 0; i < 3; ++i) {
    writer().read(MemoryId::kMvmInitialVrf, i, 1).multiply(i).write(MemoryId::kOutQ, 0, 1).end();
  }
  InstructionList source(words_);
  engine.run(source, 0);
  run_alone(engine, axi_, 0);
  // The third chain is dispatched after 12 instructions.
  EXPECT_EQ(engine.last_commit(), 1200 + 1 + 4 + slow.mvu_cycles - 1 + slow.write_cycles);
  EXPECT_GT(engine.counters().mvu[static_cast<std::size_t>(Stall::kFrontEnd)], 1100u);
}

TEST_F(CycleEngineTest, ALoadTakesABeatPerCycleAfterTheLatency) {
  writer().set(ScalarRegister::kIterations, 64);
  writer().set(ScalarRegister::kRowBytes, 64);
  writer().read_matrix(0x8000'0000).write_matrix(0).end();
  // Offered in cycle 1, 64 words from 21 on, seen a cycle later, then load_cycles.
  EXPECT_EQ(run(), 1 + 20 + 63 + 1 + parameters_.load_cycles);
  EXPECT_EQ(axi_.read_beats, 64u);
  EXPECT_EQ(engine_.mover().counters().read_bytes, 4096u);
}

TEST_F(CycleEngineTest, TransposingCostsWhatTheTransposerNeeds) {
  const auto cycles = [&](Transposer transposer) {
    EngineParameters parameters = parameters_;
    parameters.mechanisms.transposer = transposer;
    AxiMemory axi(20);
    CycleEngine engine(parameters, axi);
    axi.connect(engine.axi_client());
    std::vector<std::uint64_t> words;
    ChainWriter chains(words);
    chains.set(ScalarRegister::kIterations, 64);
    chains.set(ScalarRegister::kRowBytes, 64);
    for (std::uint32_t tile = 0; tile < 8; ++tile) {
      chains.read_matrix(0x8000'0000 + tile * 4096, kFlagTranspose).write_matrix(tile).end();
    }
    InstructionList source(words);
    engine.run(source, 0);
    run_alone(engine, axi, 0);
    return engine.last_commit();
  };
  const Cycles full = cycles(Transposer::kFull);
  const Cycles row = cycles(Transposer::kRow);
  const Cycles none = cycles(Transposer::kNone);
  EXPECT_LT(full, 8 * 64 + 64 + 8 * 20);  // in and out overlap but for the latency
  EXPECT_GT(row, 8 * (64 + 64));          // one after the other
  EXPECT_GT(none, 8 * 64 * 64);           // an element a cycle
}

TEST_F(CycleEngineTest, AStoreIsCommittedWhenItIsAcknowledged) {
  writer().set(ScalarRegister::kIterations, 4);
  writer().set(ScalarRegister::kRowBytes, 64);
  writer().read(MemoryId::kAccVrf, 0, 4).write(MemoryId::kL2, 0x8000'0000).end();
  // Four vectors in OutQ in cycles 5 .. 8, the burst follows, the answer 20 cycles later.
  const Cycles end = run();
  EXPECT_GT(end, 8 + 4 + 20);
  EXPECT_LT(end, 8 + 4 + 20 + 8);
  EXPECT_EQ(axi_.write_beats, 4u);
}

TEST_F(CycleEngineTest, FirmwareAndMacrosGoThroughTheSameFrontEnd) {
  writer().read(MemoryId::kMvmInitialVrf, 0, 1).multiply(0);
  writer().write(MemoryId::kMvmInitialVrf, 1, 1).end();
  writer().read(MemoryId::kMvmInitialVrf, 1, 1).multiply(1).write(MemoryId::kOutQ, 0, 1).end();
  const std::vector<std::uint64_t> words = words_;
  const Cycles macro = run();
  CycleEngine pushed(parameters_, axi_);
  axi_.connect(pushed.axi_client());
  for (const std::uint64_t word : words) {
    pushed.push(word, 0);
  }
  run_alone(pushed, axi_, 0);
  EXPECT_EQ(pushed.last_commit(), macro + 1);  // a push is seen in the next cycle
}

TEST_F(CycleEngineTest, TheInstructionFifoFillsUp) {
  EXPECT_EQ(engine_.free_places(), 64u);
  for (std::uint32_t i = 0; i < 64; ++i) {
    engine_.push(encode({Opcode::kNop, MemoryId::kL2, 0, 0, 0}), 0);
  }
  EXPECT_EQ(engine_.free_places(), 0u);
  run_alone(engine_, axi_, 0);
  EXPECT_EQ(engine_.free_places(), 64u);
  EXPECT_TRUE(engine_.is_idle());
}

TEST_F(CycleEngineTest, PushedInstructionsWaitForTheSourceThatRuns) {
  writer().read(MemoryId::kMvmInitialVrf, 0, 1).multiply(0).write(MemoryId::kOutQ, 0, 1).end();
  InstructionList source(words_);
  engine_.run(source, 0);
  for (const std::uint64_t word : words_) {
    engine_.push(word, 0);
  }
  const Cycles alone = 2 + 4 + parameters_.mvu_cycles - 1 + parameters_.write_cycles;
  Cycles cycle = 0;
  for (; engine_.ended_sources() == 0; ++cycle) {
    engine_.step(cycle);
  }
  EXPECT_EQ(engine_.last_commit(), alone);
  EXPECT_EQ(engine_.counters().chains, 1u);
  EXPECT_EQ(engine_.free_places(), parameters_.instruction_fifo_depth - 4);
  run_alone(engine_, axi_, cycle);
  EXPECT_EQ(engine_.counters().chains, 2u);
  EXPECT_EQ(engine_.last_commit(), 2 * alone + 1);
}

TEST_F(CycleEngineTest, AFenceWaitsForEverythingBefore) {
  writer().read(MemoryId::kMvmInitialVrf, 0, 1).multiply(0).write(MemoryId::kOutQ, 0, 1).end();
  writer().apply(Opcode::kInterrupt, MemoryId::kL2, 77);
  writer().read(MemoryId::kMvmInitialVrf, 1, 1).multiply(1).write(MemoryId::kOutQ, 0, 1).end();
  const Cycles alone = 4 + parameters_.mvu_cycles - 1 + parameters_.write_cycles;
  EXPECT_GE(run(), 2 * alone);
  EXPECT_EQ(engine_.interrupts(), 1u);
  EXPECT_EQ(engine_.interrupt_tag(), 77u);
}

TEST_F(CycleEngineTest, AnErrorStopsTheFrontEndAndAnAbortFreesTheEngine) {
  writer().read(MemoryId::kMvmInitialVrf, 0, 1).multiply(0).write(MemoryId::kOutQ, 0, 1).end();
  writer().apply(Opcode::kRelu);  // outside a chain
  writer().read(MemoryId::kMvmInitialVrf, 1, 1).multiply(1).write(MemoryId::kOutQ, 0, 1).end();
  InstructionList source(words_);
  words_.clear();
  engine_.run(source, 0);
  run_alone(engine_, axi_, 0);
  EXPECT_TRUE(engine_.has_failed());
  EXPECT_EQ(engine_.error().code, ErrorCode::kBadChain);
  engine_.abort(500);
  EXPECT_TRUE(engine_.is_idle());
  writer().read(MemoryId::kMvmInitialVrf, 0, 1).multiply(0).write(MemoryId::kOutQ, 0, 1).end();
  InstructionList again(words_);
  engine_.run(again, 500);
  run_alone(engine_, axi_, 500);
  EXPECT_TRUE(engine_.is_idle());
  EXPECT_FALSE(engine_.has_failed());
  EXPECT_EQ(engine_.last_commit(),
            500 + 2 + 4 + parameters_.mvu_cycles - 1 + parameters_.write_cycles);
}

TEST_F(CycleEngineTest, AnAbortInTheMiddleOfLoadsLeavesNothingBehind) {
  writer().set(ScalarRegister::kIterations, 64);
  writer().set(ScalarRegister::kRowBytes, 64);
  for (std::uint32_t tile = 0; tile < 4; ++tile) {
    writer().read_matrix(0x8000'0000 + tile * 4096).write_matrix(tile).end();
  }
  InstructionList source(words_);
  words_.clear();
  engine_.run(source, 0);
  const Cycles now = run_alone(engine_, axi_, 0, 60);
  EXPECT_FALSE(engine_.is_idle());
  engine_.abort(now);
  const Cycles end = run_alone(engine_, axi_, now);
  EXPECT_TRUE(engine_.is_idle());
  writer().read_matrix(0x8000'0000).write_matrix(0).end();
  InstructionList again(words_);
  engine_.run(again, end);
  run_alone(engine_, axi_, end);
  EXPECT_TRUE(engine_.is_idle());
  EXPECT_GT(engine_.last_commit(), end);
}

TEST_F(CycleEngineTest, AnAbortInTheMiddleOfAStoreLeavesNothingBehind) {
  for (Cycles abort = 4; abort < 120; abort += 5) {
    writer().set(ScalarRegister::kIterations, 64);
    writer().set(ScalarRegister::kRowBytes, 64);
    writer().read(MemoryId::kAccVrf, 0, 64).write(MemoryId::kL2, 0x8000'0000).end();
    InstructionList source(words_);
    words_.clear();
    const Cycles begin = 1000 * abort;
    engine_.run(source, begin);
    const Cycles now = run_alone(engine_, axi_, begin, begin + abort);
    ASSERT_FALSE(engine_.is_idle());
    engine_.abort(now);
    run_alone(engine_, axi_, now, now + 500);
    ASSERT_TRUE(engine_.is_idle()) << "aborted after " << abort << " cycles";
  }
}

}  // namespace
}  // namespace tessera::attention_engine
