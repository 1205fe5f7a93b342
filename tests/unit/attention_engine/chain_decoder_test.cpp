// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/chain_decoder.h"

#include <vector>

#include <gtest/gtest.h>

#include "models/attention_engine/cycle/chain_writer.h"

namespace tessera::attention_engine {
namespace {

using Outcome = ChainDecoder::Outcome;

class ChainDecoderTest : public testing::Test {
 protected:
  ChainWriter& writer() { return writer_; }
  /// Decodes what was written since the last call; the last outcome.
  Outcome decode_all() {
    Outcome outcome = Outcome::kMore;
    for (const std::uint64_t word : words_) {
      outcome = decoder_.take(word);
    }
    words_.clear();
    return outcome;
  }
  ErrorCode error() const { return decoder_.error().code; }
  /// The youngest chain of the path that `unit` waits for.
  std::uint64_t waits_for(Unit unit, Path path) const {
    return decoder_.chain().waits[index_of(unit)].committed[static_cast<std::size_t>(path)];
  }

  EngineParameters engine_ = engine_preset("soc64");
  ChainDecoder decoder_{engine_};
  std::vector<std::uint64_t> words_;
  ChainWriter writer_{words_};
};

TEST_F(ChainDecoderTest, AnInstructionKeepsItsFields) {
  const Instruction instruction{Opcode::kWalk, MemoryId::kScoreVrf, 0x2A, 0xBEEF, 0xDEADBEEF};
  const Instruction copy = decode(encode(instruction));
  EXPECT_EQ(copy.opcode, instruction.opcode);
  EXPECT_EQ(copy.memory, instruction.memory);
  EXPECT_EQ(copy.flags, instruction.flags);
  EXPECT_EQ(copy.count, instruction.count);
  EXPECT_EQ(copy.index, instruction.index);
}

TEST_F(ChainDecoderTest, AProductOfTilesAndVectorsTakesTheCyclesOfItsSplit) {
  writer().set(ScalarRegister::kIterations, 64);
  writer().set(ScalarRegister::kRows, 3);
  writer().read(MemoryId::kMvmInitialVrf, 0, 64).multiply(0);
  writer().write(MemoryId::kScoreVrf, 0, 192).end();
  ASSERT_EQ(decode_all(), Outcome::kChain);
  // 64 vectors over 4 engines, 3 tiles of 64 / 16 cycles each.
  const MvuWork& work = decoder_.chain().mvu;
  EXPECT_EQ(work.steps * work.step_cycles, 16u * 12u);
  EXPECT_EQ(work.outputs, 192u);
  EXPECT_EQ(decoder_.chain().issued_macs, 64u * 3u * 4u * 64u * 16u);
}

TEST_F(ChainDecoderTest, RowsOfTheNpuComeInGroupsOfItsAccumulators) {
  ChainDecoder npu(engine_preset("s10nx"));
  writer().set(ScalarRegister::kIterations, 3);
  writer().set(ScalarRegister::kRows, 26);
  writer().set(ScalarRegister::kColumns, 26);
  writer().read(MemoryId::kMvmInitialVrf, 0, 84).multiply(0);
  writer().write(MemoryId::kOutQ, 0, 78).end();
  for (const std::uint64_t word : words_) {
    npu.take(word);
  }
  const MvuWork& work = npu.chain().mvu;
  ASSERT_EQ(work.steps, 26u * 4u);  // a row takes ceil(26 / 7) steps
  std::vector<std::uint32_t> giving;
  for (std::uint32_t step = 0; step < work.steps; ++step) {
    if (outputs_of_step(work, step) > 0) {
      EXPECT_EQ(outputs_of_step(work, step), 3u);
      giving.push_back(step);
    }
  }
  // 12 rows end in steps 36 .. 47, the other 14 in the last 14.
  ASSERT_EQ(giving.size(), 26u);
  EXPECT_EQ(giving.front(), 36u);
  EXPECT_EQ(giving[11], 47u);
  EXPECT_EQ(giving[12], 48u + 3 * 14);
  EXPECT_EQ(giving.back(), 103u);
}

TEST_F(ChainDecoderTest, AContextWaitsForTheSoftmaxOfItsOwnRowOnly) {
  const auto softmax = [&](std::uint32_t entry) {
    writer().read(MemoryId::kScoreVrf, entry, 128);
    writer().apply(Opcode::kSoftmaxAccumulate).apply(Opcode::kSoftmaxFinish);
    writer().write(MemoryId::kScoreVrf, entry, 128).end();
  };
  writer().set(ScalarRegister::kRowBytes, 64);
  softmax(0);    // chain 1
  softmax(128);  // chain 2
  writer().read(MemoryId::kScoreVrf, 0, 128).multiply(0, kFlagContext);
  writer().write(MemoryId::kL2, 0x1000).end();
  ASSERT_EQ(decode_all(), Outcome::kChain);
  EXPECT_EQ(waits_for(Unit::kMvu, Path::kSoftmax), 1u);
}

TEST_F(ChainDecoderTest, ALoadWaitsUntilTheTileThatItReplacesHasBeenRead) {
  writer().read(MemoryId::kMvmInitialVrf, 0, 1).multiply(5);
  writer().write(MemoryId::kOutQ, 0, 1).end();
  writer().set(ScalarRegister::kRowBytes, 64);
  writer().read_matrix(0x4000).write_matrix(5).end();
  ASSERT_EQ(decode_all(), Outcome::kChain);
  const Waits& waits = decoder_.chain().waits[index_of(Unit::kLoad)];
  EXPECT_EQ(waits.read[static_cast<std::size_t>(Path::kVector)], 1u);
}

TEST_F(ChainDecoderTest, ALoadFromL2WaitsForAStoreToTheSameBytes) {
  writer().set(ScalarRegister::kIterations, 64);
  writer().set(ScalarRegister::kRowBytes, 64);
  writer().read(MemoryId::kScoreVrf, 0, 64).write(MemoryId::kL2, 0x8000).end();   // chain 1
  writer().read(MemoryId::kScoreVrf, 0, 64).write(MemoryId::kL2, 0x10000).end();  // chain 2
  writer().read(MemoryId::kL2, 0x8FC0).write(MemoryId::kScoreVrf, 0, 64).end();
  ASSERT_EQ(decode_all(), Outcome::kChain);
  EXPECT_EQ(waits_for(Unit::kLoad, Path::kVector), 1u);
}

TEST_F(ChainDecoderTest, MfuOperationsFillOneMfuAfterTheOther) {
  writer().read(MemoryId::kMfuInitialVrf, 0, 1);
  writer().apply(Opcode::kAdd, MemoryId::kAddSubVrf0, 0, 1).apply(Opcode::kSigmoid);
  writer().write(MemoryId::kOutQ, 0, 1).end();
  ASSERT_EQ(decode_all(), Outcome::kChain);
  EXPECT_TRUE(decoder_.chain().uses(Unit::kMfu0));
  EXPECT_FALSE(decoder_.chain().uses(Unit::kMfu1));
  writer().read(MemoryId::kMfuInitialVrf, 0, 1);
  writer().apply(Opcode::kSigmoid).apply(Opcode::kTanh);
  writer().write(MemoryId::kOutQ, 0, 1).end();
  ASSERT_EQ(decode_all(), Outcome::kChain);
  EXPECT_TRUE(decoder_.chain().uses(Unit::kMfu1));
}

TEST_F(ChainDecoderTest, BrokenChainsAreRefusedWithTheirReason) {
  const auto error_of = [&] {
    EXPECT_EQ(decode_all(), Outcome::kError);
    return error();
  };
  writer().apply(static_cast<Opcode>(0x33));
  EXPECT_EQ(error_of(), ErrorCode::kBadOpcode);
  writer().apply(Opcode::kRelu);  // no v_rd first
  EXPECT_EQ(error_of(), ErrorCode::kBadChain);
  writer().read(MemoryId::kMfuInitialVrf, 0, 1).end();  // no v_wr last
  EXPECT_EQ(error_of(), ErrorCode::kBadChain);
  writer().read(MemoryId::kMfuInitialVrf, 0, 1);
  writer().apply(Opcode::kTanh).apply(Opcode::kTanh).apply(Opcode::kTanh);  // a third MFU
  EXPECT_EQ(error_of(), ErrorCode::kBadChain);
  writer().read_matrix(0).write(MemoryId::kAccVrf, 0, 1).end();  // vectors and matrices
  EXPECT_EQ(error_of(), ErrorCode::kBadChain);
  writer().read(MemoryId::kSmxRf, 0, 1).write(MemoryId::kOutQ, 0, 1).end();
  EXPECT_EQ(error_of(), ErrorCode::kBadMemoryId);
  writer().read(MemoryId::kL2, 0x20).write(MemoryId::kAccVrf, 0, 1).end();
  EXPECT_EQ(error_of(), ErrorCode::kMisaligned);
  writer().read(MemoryId::kMfuInitialVrf, 0, 1).apply(Opcode::kMask, MemoryId::kMaskRam, 256, 1);
  EXPECT_EQ(error_of(), ErrorCode::kMaskOutOfBounds);
}

TEST_F(ChainDecoderTest, NothingThatCouldHangTheEngineIsAChain) {
  const auto error_of = [&] {
    EXPECT_EQ(decode_all(), Outcome::kError);
    return error();
  };
  for (const ScalarRegister name :
       {ScalarRegister::kRows, ScalarRegister::kColumns, ScalarRegister::kIterations}) {
    writer().set(name, 0);
    EXPECT_EQ(error_of(), ErrorCode::kBadChain);
    writer().set(name, 0x10000);
    EXPECT_EQ(error_of(), ErrorCode::kBadChain);
  }
  writer().read(MemoryId::kMfuInitialVrf, 0, 0).write(MemoryId::kOutQ, 0, 1).end();
  EXPECT_EQ(error_of(), ErrorCode::kBadChain);  // no vectors
  writer().read(MemoryId::kL2, 0).write(MemoryId::kAccVrf, 0, 1).end();
  EXPECT_EQ(error_of(), ErrorCode::kBadChain);  // rows without bytes
  writer().set(ScalarRegister::kIterations, 0xFFFF);
  writer().set(ScalarRegister::kRowBytes, 0xFFFF'FFC0);
  writer().read(MemoryId::kL2, 0).write(MemoryId::kAccVrf, 0, 1).end();
  EXPECT_EQ(error_of(), ErrorCode::kBadChain);  // rows as nothing holds
  writer().set(ScalarRegister::kIterations, 1);
  writer().set(ScalarRegister::kRowBytes, 64);
  writer().read(MemoryId::kL2, 0).write(MemoryId::kL2, 64).end();
  EXPECT_EQ(error_of(), ErrorCode::kBadChain);
  writer().read(MemoryId::kMfuInitialVrf, 0, 1).write(MemoryId::kInQ, 0xFFFF'FFFF, 1).end();
  EXPECT_EQ(error_of(), ErrorCode::kBadMemoryId);
  writer().read(MemoryId::kOutQ, 0xFFFF'FFFF, 1).write(MemoryId::kAccVrf, 0, 1).end();
  EXPECT_EQ(error_of(), ErrorCode::kBadMemoryId);
  writer().read(MemoryId::kMfuInitialVrf, 0, 1);
  writer().apply(Opcode::kAdd, MemoryId::kAddSubVrf0, 0xFFFF'FFFF, 1);
  EXPECT_EQ(error_of(), ErrorCode::kVrfOutOfBounds);
  writer().set(ScalarRegister::kRows, 0x100);
  writer().set(ScalarRegister::kColumns, 0x100);  // 65536 tiles
  writer().read(MemoryId::kMvmInitialVrf, 0, 1).multiply(0).write(MemoryId::kOutQ, 0, 1).end();
  EXPECT_EQ(error_of(), ErrorCode::kMrfOutOfBounds);
  writer().set(ScalarRegister::kListLength, 0xFFFF'FFFF);
  writer().read(MemoryId::kMvmInitialVrf, 0, 1).multiply(0, kFlagIndirect);
  writer().write(MemoryId::kOutQ, 0, 1).end();
  EXPECT_EQ(error_of(), ErrorCode::kMrfOutOfBounds);
}

TEST_F(ChainDecoderTest, RowsAreNormalisedBySumsThatThereAre) {
  const auto finish = [&](std::uint32_t row) {
    writer().read(MemoryId::kScoreVrf, 0, 1);
    writer().apply(Opcode::kSoftmaxFinish, MemoryId::kSmxRf, row);
    writer().write(MemoryId::kScoreVrf, 0, 1).end();
    return decode_all();
  };
  writer().set(ScalarRegister::kIterations, 4);
  writer().read(MemoryId::kScoreVrf, 0, 4).apply(Opcode::kSoftmaxAccumulate, MemoryId::kSmxRf, 8);
  writer().write(MemoryId::kScoreVrf, 0, 4).end();
  EXPECT_EQ(decode_all(), Outcome::kChain);
  EXPECT_EQ(finish(8), Outcome::kChain);
  EXPECT_EQ(finish(9), Outcome::kError);
  EXPECT_EQ(error(), ErrorCode::kSoftmaxRange);
  EXPECT_EQ(decoder_.error().index, 12u);
  decoder_.reset();
  writer().set(ScalarRegister::kIterations, 3);
  EXPECT_EQ(finish(8), Outcome::kError);
}

TEST_F(ChainDecoderTest, ReadsOfEntriesThatNothingWroteAreFoundWhenChecked) {
  const auto read = [&](std::uint32_t first) {
    writer().read(MemoryId::kAccVrf, first, 2).write(MemoryId::kOutQ, 0, 2).end();
    return decode_all();
  };
  EXPECT_EQ(read(0), Outcome::kChain);
  decoder_.check_reads(true);
  EXPECT_EQ(read(0), Outcome::kError);
  EXPECT_EQ(error(), ErrorCode::kReadUninitialised);
  writer().read(MemoryId::kInQ, 0, 2).write(MemoryId::kAccVrf, 4, 2);
  writer().write(MemoryId::kAddSubVrf0, 0, 2).end();  // a multicast writes both
  EXPECT_EQ(decode_all(), Outcome::kChain);
  EXPECT_EQ(read(4), Outcome::kChain);
  EXPECT_EQ(read(5), Outcome::kError);
  EXPECT_EQ(decoder_.error().index, 6u);
  writer().read(MemoryId::kAccVrf, 4, 2).apply(Opcode::kAdd, MemoryId::kAddSubVrf0, 1, 2);
  EXPECT_EQ(decode_all(), Outcome::kError);
  EXPECT_EQ(decoder_.error().index, 2u);
}

TEST_F(ChainDecoderTest, ChainsSayWhatTheyReadThatNothingWrote) {
  std::deque<WrittenChain> chains;
  decoder_.keep_chains(&chains);
  writer().read(MemoryId::kInQ, 0, 2).write(MemoryId::kAccVrf, 4, 2).end();
  writer().read(MemoryId::kAccVrf, 4, 2).write(MemoryId::kOutQ, 0, 2).end();
  writer().read(MemoryId::kAccVrf, 5, 2).write(MemoryId::kScoreVrf, 0, 2).end();
  writer().read(MemoryId::kScoreVrf, 0, 2).write(MemoryId::kAccVrf, 4, 2).end();
  writer().read(MemoryId::kInQ, 0, 2).write(MemoryId::kScoreVrf, 0, 2).end();
  writer().set(ScalarRegister::kRowBytes, 64);
  writer().read(MemoryId::kScoreVrf, 0, 2).write(MemoryId::kL2, 0x1000, 2).end();
  writer().read(MemoryId::kAccVrf, 4, 2).write(MemoryId::kL2, 0x1000, 2).end();
  EXPECT_EQ(decode_all(), Outcome::kChain);
  ASSERT_EQ(chains.size(), 7u);
  for (const std::size_t set : {0, 1, 4, 5}) {
    EXPECT_FALSE(chains[set].unwritten) << set;
  }
  ASSERT_TRUE(chains[2].unwritten);
  EXPECT_EQ(chains[2].unwritten->memory, MemoryId::kAccVrf);
  EXPECT_EQ(chains[2].unwritten->index, 6u);
  EXPECT_FALSE(chains[2].stores());
  EXPECT_TRUE(chains[3].unwritten);  // what follows from it
  ASSERT_TRUE(chains[6].unwritten);
  EXPECT_EQ(chains[6].unwritten->index, 4u);
  EXPECT_TRUE(chains[6].stores());
}

TEST_F(ChainDecoderTest, AnotherDecoderGoesOnWhereThisOneIs) {
  writer().set(ScalarRegister::kRowBytes, 64);
  writer().read(MemoryId::kInQ, 0, 2).write(MemoryId::kAccVrf, 4, 2).end();
  writer().read(MemoryId::kAccVrf, 4, 2);  // half a chain
  EXPECT_EQ(decode_all(), Outcome::kMore);
  ChainDecoder other(engine_);
  other.continue_from(decoder_);
  other.check_reads(true);
  writer().write(MemoryId::kL2, 0x1000).end();
  Outcome outcome = Outcome::kMore;
  for (const std::uint64_t word : words_) {
    outcome = other.take(word);
  }
  EXPECT_EQ(outcome, Outcome::kChain);
  EXPECT_EQ(other.chain().sequence, 1u);  // its own first
  EXPECT_EQ(other.chain().l2.row_bytes, 64u);
}

TEST_F(ChainDecoderTest, EntriesAreCheckedExactlyAtTheSizeOfTheirFile) {
  const std::uint32_t size = engine_.entries_of(MemoryId::kScoreVrf);
  writer().read(MemoryId::kMfuInitialVrf, 0, 1).write(MemoryId::kScoreVrf, size - 4, 4).end();
  EXPECT_EQ(decode_all(), Outcome::kChain);
  writer().read(MemoryId::kMfuInitialVrf, 0, 1).write(MemoryId::kScoreVrf, size - 3, 4).end();
  EXPECT_EQ(decode_all(), Outcome::kError);
  EXPECT_EQ(error(), ErrorCode::kVrfOutOfBounds);
  EXPECT_EQ(decoder_.error().index, size + 1);
  EXPECT_EQ(decoder_.error().limit, size);
  const std::uint32_t tiles = engine_.entries_of(MemoryId::kMrf);
  writer().read(MemoryId::kMvmInitialVrf, 0, 1).multiply(tiles);
  writer().write(MemoryId::kOutQ, 0, 1).end();
  EXPECT_EQ(decode_all(), Outcome::kError);
  EXPECT_EQ(error(), ErrorCode::kMrfOutOfBounds);
}

TEST_F(ChainDecoderTest, AnErrorDropsOnlyItsChain) {
  writer().apply(Opcode::kRelu);
  EXPECT_EQ(decode_all(), Outcome::kError);
  writer().read(MemoryId::kMfuInitialVrf, 0, 1).write(MemoryId::kOutQ, 0, 1).end();
  EXPECT_EQ(decode_all(), Outcome::kChain);
  EXPECT_EQ(decoder_.chains(), 1u);
}

}  // namespace
}  // namespace tessera::attention_engine
