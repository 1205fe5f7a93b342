// SPDX-License-Identifier: Apache-2.0
// What nobody reads.
#include "tests/unit/checker/offload_checker_fixture.h"

namespace tessera {
namespace {

using testing::HasSubstr;

class UseTest : public OffloadCheckerTest {
 protected:
  /// A job of the ITA at work on `operand`, until its end is known to hart 0.
  void run_job(std::uint64_t number, std::uint32_t operand, std::uint32_t result) {
    launch(kIta, number, 0);
    device(kIta, number, AccessKind::kLoad, operand, 64);
    device(kIta, number, AccessKind::kStore, result, 64);
    end(kIta, number);
    see(kIta, number, 0);
  }
  void move(std::uint64_t number, std::uint32_t from, std::uint32_t to, std::uint32_t bytes) {
    launch(kDma, number, 0);
    device(kDma, number, AccessKind::kLoad, from, bytes);
    device(kDma, number, AccessKind::kStore, to, bytes);
    end(kDma, number);
    see(kDma, number, 0);
  }
  void load_all(std::uint32_t begin, std::uint32_t bytes) {
    for (std::uint32_t address = begin; address < begin + bytes; address += 4) {
      load(0, address);
    }
  }
};

TEST_F(UseTest, ResultOverOwnOperand) {
  run_job(0, kL2, kL2 + 64);
  EXPECT_TRUE(found().empty());
  run_job(1, kL2, kL2 + 60);
  expect_only(FindingKind::kOperandOverwritten);
  EXPECT_THAT(found()[0].text, HasSubstr("at 0x8000003c"));
  EXPECT_THAT(found()[0].text, HasSubstr("then written in cycle 8 by ita[0] job 1"));
}

TEST_F(UseTest, ResultThatNobodyReads) {
  run_job(0, kL2, kData);
  load(0, kData + 4);
  run_job(1, kL2, kData + 0x100);
  end_run(0);
  expect_only(FindingKind::kUnusedResult);
  EXPECT_THAT(found()[0].text, HasSubstr("at 0x0000053c"));
  EXPECT_THAT(found()[0].text, HasSubstr("by ita[0] job 1 (64 bytes)"));
}

TEST_F(UseTest, ResultThatADeviceReads) {
  run_job(0, kL2, kData);
  run_job(1, kData, kData + 0x100);
  load(0, kData + 0x100);
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(UseTest, ResultsOfATestThatLooksAtNone) {
  run_job(0, kL2, kData);
  run_job(1, kL2, kData + 0x100);
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(UseTest, ResultThatIsReplacedByTheNext) {
  run_job(0, kL2, kData);
  run_job(1, kL2, kData);
  load(0, kData);
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(UseTest, ResultsForOthers) {
  run_job(0, kL2, kData);
  load(0, kData);
  run_job(1, kL2, kL2 + 64);
  run_job(2, kL2, kDumped);
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(UseTest, InputOfWhichPartIsIgnored) {
  load_all(kInput, kInputBytes - 16);
  end_run(0);
  expect_only(FindingKind::kUnreadInput);
  EXPECT_THAT(found()[0].text, HasSubstr("at 0x80000870 and behind, 4 words"));
}

TEST_F(UseTest, InputThatIsRead) {
  load_all(kInput, kInputBytes - 12);  // three words may be fields of a header
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(UseTest, InputThatIsNotForThisProgram) {
  load_all(kInput, kInputBytes / 2 - 4);
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(UseTest, InputOfARunThatGaveUp) {
  load_all(kInput, kInputBytes - 16);
  end_run(0, 3);  // exit code 1
  EXPECT_TRUE(found().empty());
}

TEST_F(UseTest, InputBroughtToL1IsReadThere) {
  move(0, kInput, kData, kInputBytes);
  load_all(kData, kInputBytes - 16);
  end_run(0);
  expect_only(FindingKind::kUnreadInput);
  EXPECT_THAT(found()[0].text, HasSubstr("at 0x80000870"));
}

TEST_F(UseTest, InputBroughtToADeviceIsRead) {
  move(0, kInput, kData, kInputBytes);
  run_job(0, kData, kData + 0x200);
  run_job(1, kData + 64, kData + 0x240);
  load_all(kData + 0x200, 128);
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(UseTest, InputReplacedInL1IsNotRead) {
  move(0, kInput, kData, kInputBytes / 2);
  move(1, kInput + kInputBytes / 2, kData, kInputBytes / 2);
  load_all(kData, kInputBytes / 2);
  end_run(0);
  expect_only(FindingKind::kUnreadInput);
  EXPECT_THAT(found()[0].text, HasSubstr("at 0x80000800 and behind, 16 words"));
}

TEST_F(UseTest, InputCopiedByAHartIsReadThere) {
  move(0, kInput, kData, kInputBytes);
  for (std::uint32_t i = 0; i < kInputBytes; i += 4) {
    load(0, kData + i, kCopyPc);
    store(0, kData + 0x200 + i, kCopyPc + 4);
  }
  load_all(kData + 0x200, kInputBytes - 16);
  end_run(0);
  expect_only(FindingKind::kUnreadInput);
  EXPECT_THAT(found()[0].text, HasSubstr("at 0x80000870 and behind, 4 words"));
}

TEST_F(UseTest, InputCopiedToSeveralPlacesIsReadInAny) {
  for (std::uint32_t i = 0; i < kInputBytes; i += 4) {
    load(0, kInput + i, kCopyPc);
    store(0, kData + i, kCopyPc + 4);
    store(0, kData + 0x200 + i, kCopyPc + 4);
  }
  load_all(kData, kInputBytes / 2);
  load_all(kData + 0x200 + kInputBytes / 2, kInputBytes / 2);
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(UseTest, InputCopiedToALocalVariableIsRead) {
  for (std::uint32_t i = 0; i < kInputBytes; i += 4) {
    load(0, kInput + i, kCopyPc);
    store(0, 0x200 + i, kCopyPc + 4);
  }
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(UseTest, InputMovedWithinL2IsRead) {
  move(0, kInput, kL2 + 64, kInputBytes);
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(UseTest, BytesThatATransferLeavesOut) {
  for (std::uint32_t row = 0; row < kInputBytes / 16; ++row) {
    move(row, kInput + 16 * row, kL2 + 64, 15);
  }
  end_run(0);
  expect_only(FindingKind::kUnreadInput);
  EXPECT_THAT(found()[0].text, HasSubstr("at 0x8000080c and behind, 8 words"));
}

class EngineUseTest : public UseTest {
 protected:
  static Activity descriptor(std::uint64_t number) { return {kEngine, "descriptor", number}; }
  /// The engine reads rows of 16 bytes, `stride` apart.
  void run_descriptor(std::uint64_t number, std::uint32_t operand, std::uint32_t rows,
                      std::uint32_t stride) {
    checker_->launched(descriptor(number), {0, 0x60, ++cycle_}, "");
    MemoryAccess access;
    access.agent = kEngine;
    access.activity = number;
    access.bytes = 16;
    access.gap = stride - access.bytes;
    for (std::uint32_t row = 0; row < rows; ++row) {
      access.address = operand + row * stride;
      access.issued = access.cycle = ++cycle_;
      checker_->accessed(access);
    }
    checker_->ends(descriptor(number), ++cycle_);
    checker_->completion_seen(descriptor(number), {0, 0x64, ++cycle_});
  }
};

TEST_F(EngineUseTest, RowsOfTheInputThatNoDescriptorNames) {
  run_descriptor(0, kInput, kInputBytes / 16 - 1, 16);
  end_run(0);
  expect_only(FindingKind::kUnreadInput);
  EXPECT_THAT(found()[0].text, HasSubstr("at 0x80000870 and behind, 4 words"));
}

TEST_F(EngineUseTest, GapsBetweenAndBehindRows) {
  run_descriptor(0, kInput, kInputBytes / 32, 32);
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(EngineUseTest, InputForTheOtherOfEngineAndIta) {
  run_descriptor(0, kInput, kInputBytes / 16 - 1, 16);
  run_job(0, kL2, kL2 + 64);
  end_run(0);
  EXPECT_TRUE(found().empty());
}

}  // namespace
}  // namespace tessera
