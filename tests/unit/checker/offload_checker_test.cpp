// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/checker/offload_checker_fixture.h"

namespace tessera {
namespace {

using testing::HasSubstr;

TEST_F(OffloadCheckerTest, HartsInNoOrder) {
  store(0, kData, 0x44);
  load(1, kData);
  expect_only(FindingKind::kUnorderedAccess);
  EXPECT_THAT(found()[0].text, HasSubstr("0x00000400 (table)"));
  EXPECT_THAT(found()[0].text,
              HasSubstr("written in cycle 1 by core[0] at pc 0x00000044 compute (a.c:7)"));
  EXPECT_THAT(found()[0].text, HasSubstr("read in cycle 2 by core[1] at pc 0x00000040"));
  EXPECT_THAT(found()[0].text, HasSubstr("; or one of them has a wrong address"));
}

TEST_F(OffloadCheckerTest, CallersOfTheLaterAccessAreKnown) {
  callers_ = {0x10};
  store(0, kData, 0x44);
  callers_ = {0x20};
  load(1, kData);
  EXPECT_THAT(found()[0].text, HasSubstr("at pc 0x00000044 compute (a.c:7)\n"));
  EXPECT_THAT(found()[0].text, HasSubstr("at pc 0x00000040\n    called by main+0x20 (a.c:90)\n"));
}

TEST_F(OffloadCheckerTest, CallersOfALaunchAreThoseThatItHad) {
  callers_ = {0x30};
  launch(kDma, 0, 0);
  callers_ = {};
  device(kDma, 0, AccessKind::kStore, kData, 64);
  load(0, kData);
  expect_only(FindingKind::kResultTooEarly);
  EXPECT_THAT(found()[0].text,
              HasSubstr("by core[0] at pc 0x00000060\n    called by main+0x30 (a.c:90)\n"));
}

TEST_F(OffloadCheckerTest, ReadBeforeTheWriteIsNoOrderEither) {
  load(1, kData);
  store(0, kData);
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerTest, TwoWritersAreFoundOncePerPlace) {
  for (std::uint32_t i = 0; i < 8; ++i) {
    store(0, kData + 4 * i);
    store(1, kData + 4 * i, 0x54);
  }
  expect_only(FindingKind::kUnorderedWrites);
  EXPECT_EQ(checker_->findings().shown()[0].count, 8u);
}

TEST_F(OffloadCheckerTest, PlacesOfOneLineAreShownOnce) {
  store(0, kData, 0x44);
  store(1, kData, 0x50);
  store(0, kData + 4, 0x48);
  store(1, kData + 4, 0x50);
  expect_only(FindingKind::kUnorderedWrites);
  EXPECT_EQ(checker_->findings().shown()[0].count, 2u);
  store(0, kData + 8, 0x44);
  store(1, kData + 8, 0x54);  // nobody knows its line
  EXPECT_EQ(found().size(), 2u);
}

TEST_F(OffloadCheckerTest, WakeUpMakesOrder) {
  store(0, kData);
  wake(0, 1);
  take(1);
  load(1, kData);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, WhatComesBehindTheWakeUpHasNoOrder) {
  wake(0, 1);
  store(0, kData);
  take(1);
  load(1, kData);
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerTest, OrderOfAtomicsReachesOnWards) {
  store(0, kData);
  hart(0, AccessKind::kAmoAdd, kFlagWord);
  hart(1, AccessKind::kAmoAdd, kFlagWord);
  wake(1, 2);
  take(2);
  load(2, kData);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, AtomicThatIgnoresTheWordLearnsNothing) {
  store(0, kData);
  hart(0, AccessKind::kAmoAdd, kFlagWord, kCountPc);
  hart(1, AccessKind::kAmoAdd, kFlagWord, kCountPc);
  hart(2, AccessKind::kAmoAdd, kFlagWord);
  load(2, kData);
  EXPECT_TRUE(found().empty());
  load(1, kData);
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerTest, FirstValueOfAWordOfAtomicsNeedsABarrier) {
  store(0, kFlagWord);
  hart(0, AccessKind::kAmoMinu, kFlagWord, kCountPc);
  hart(1, AccessKind::kAmoMinu, kFlagWord, kCountPc);
  expect_only(FindingKind::kUnorderedWrites);
}

TEST_F(OffloadCheckerTest, WordOfAtomicsMayComeFromADevice) {
  launch(kDma, 0, 0);
  device(kDma, 0, AccessKind::kStore, kFlagWord, 4);
  end(kDma, 0);
  see(kDma, 0, 0);
  wake(0, 1);
  take(1);
  store(0, kData);
  hart(0, AccessKind::kAmoAdd, kFlagWord, kCountPc);
  load(1, kFlagWord, kPollPc);
  load(1, kData);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, StoreGivesALockBack) {
  hart(0, AccessKind::kAmoSwap, kFlagWord);
  store(0, kData);
  hart(1, AccessKind::kAmoSwap, kFlagWord);
  store(0, kFlagWord);
  hart(1, AccessKind::kAmoSwap, kFlagWord);
  store(1, kData);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, PolledWordMakesOrder) {
  store(0, kData);
  store(0, kFlagWord);
  load(1, kFlagWord, kPollPc);
  load(1, kData);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, PolledWordIsForgivenWhatItWasBefore) {
  load(2, kFlagWord);
  store(0, kFlagWord);
  EXPECT_EQ(found().size(), 1u);
  load(1, kFlagWord, kPollPc);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, WhatIsForgivenDoesNotCount) {
  for (int i = 0; i < 5; ++i) {
    store(0, kFlagWord);
    load(1, kFlagWord);
  }
  store(0, kData);
  load(1, kData);
  EXPECT_EQ(checker_->findings().shown()[0].count, 6u);
  load(2, kFlagWord, kPollPc);
  expect_only(FindingKind::kUnorderedAccess);
  EXPECT_EQ(checker_->findings().shown()[0].count, 1u);
}

TEST_F(OffloadCheckerTest, StoreBehindTheFlagHasNoOrder) {
  load(1, kFlagWord, kPollPc);
  store(0, kFlagWord);
  store(0, kData);
  load(1, kFlagWord, kPollPc);
  load(1, kData);
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerTest, LateStoreBelongsToItsIssue) {
  MemoryAccess late;
  late.agent = 0;
  late.kind = AccessKind::kStore;
  late.address = kData;
  late.bytes = 4;
  late.issued = ++cycle_;
  wake(0, 1);
  late.cycle = ++cycle_;
  checker_->accessed(late);
  take(1);
  load(1, kData);
  EXPECT_TRUE(found().empty());
}

class LateStoreTest : public OffloadCheckerTest {
 protected:
  /// Hart 0 stores to kData, then to kFlagWord, where hart 1 looks before the first has arrived.
  void store_late(std::uint32_t look) {
    MemoryAccess late;
    late.agent = 0;
    late.kind = AccessKind::kStore;
    late.address = kData;
    late.bytes = 4;
    late.issued = ++cycle_;
    store(0, kFlagWord);
    load(1, kFlagWord, look);
    late.cycle = ++cycle_;
    checker_->accessed(late);
    load(1, kData);
  }
  static constexpr Cycles kMoreThan32Bits = (Cycles{1} << 32) + 100;
};

TEST_F(LateStoreTest, BeforeItsFlagLateInARun) {
  cycle_ = kMoreThan32Bits;
  store_late(kPollPc);
  EXPECT_TRUE(found().empty());
}

TEST_F(LateStoreTest, BeforeARaceLateInARun) {
  cycle_ = kMoreThan32Bits;
  store_late(kLookPc);
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerTest, EighthPulseLosesAll) {
  for (int i = 0; i < 7; ++i) {
    wake(0, 1);
  }
  EXPECT_TRUE(found().empty());
  wake(0, 1);
  expect_only(FindingKind::kLostWakeUp);
}

TEST_F(OffloadCheckerTest, DeviceIsToldTooLateWhomToWake) {
  launch(kIta, 0, 1);
  wake_at_end(1);
  end(kIta, 0);
  wake(kIta, 1);
  take(1);
  expect_only(FindingKind::kLostWakeUp);
  EXPECT_THAT(found()[0].text,
              HasSubstr("ita[0] job 0, launched in cycle 1 by core[1] at pc 0x00000060\n"
                        "  its register that says whom to wake written in cycle 2 by core[1] at pc "
                        "0x00000058\n"));
}

TEST_F(OffloadCheckerTest, WhoLooksBeforeItSleepsMayTellTheDeviceLate) {
  launch(kIta, 0, 1);
  wake_at_end(1);
  load(1, kWakeRegister - 4);  // any register
  end(kIta, 0);
  wake(kIta, 1);
  take(1);
  launch(kIta, 1, 1);
  wake_at_end(0);
  wake_at_end(1);
  hart(1, AccessKind::kAmoAdd, kFlagWord);  // as a barrier does
  end(kIta, 1);
  wake(kIta, 1);
  take(1);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, DeviceThatIsToldInTimeWhomToWake) {
  wake_at_end(1);
  launch(kIta, 0, 1);
  end(kIta, 0);
  wake(kIta, 1);
  take(1);
  launch(kIta, 1, 1);
  wake_at_end(1);  // as before
  end(kIta, 1);
  wake(kIta, 1);
  take(1);
  wake_at_end(2);  // of the next, by somebody else
  launch(kIta, 2, 0);
  end(kIta, 2);
  wake(kIta, 2);
  take(2);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, Suppressed) {
  store(0, kData, 0x44);
  load(1, kData);
  checker_->findings().suppress({"unordered_writes: *"});
  EXPECT_EQ(found().size(), 1u);
  checker_->findings().suppress({"unordered_access: compute* | *"});
  EXPECT_TRUE(found().empty());
}

TEST(OffloadCheckerContents, ReadsOfWhatNobodyWrote) {
  Observers observers;
  observers.add_agent("core[0]");
  CheckerSetup setup;
  setup.num_harts = 1;
  setup.memories = {{0, 0x1000}, {kL2, kL2 + 0x1000}};
  setup.without_contents = {{0, 0x1000}};
  setup.names.describe_code = setup.names.describe_data = [](std::uint32_t) { return ""; };
  setup.names.callers = [](std::uint32_t, std::uint32_t) { return std::vector<std::uint32_t>(); };
  setup.names.describe_calls = [](const std::vector<std::uint32_t>&) { return ""; };
  OffloadChecker checker(std::move(setup), observers);
  MemoryAccess access;
  access.agent = 0;
  access.bytes = 1;
  access.address = kL2;
  checker.accessed(access);
  access.kind = AccessKind::kStore;
  access.address = 0x11;
  checker.accessed(access);
  access.kind = AccessKind::kLoad;
  checker.accessed(access);
  EXPECT_TRUE(checker.findings().shown().empty());
  access.address = 0x12;
  checker.accessed(access);
  ASSERT_EQ(checker.findings().shown().size(), 1u);
  EXPECT_EQ(checker.findings().shown()[0].finding.kind, FindingKind::kUninitialised);
}

// A server that looks at its flags in rounds, in a loop that does other things, too.
TEST_F(OffloadCheckerTest, LearnsWhoWaits) {
  load(1, kFlagWord, kLookPc);
  load(1, kFlagWord + 4, kLookPc);
  store(0, kData);
  store(0, kFlagWord, 0x54);
  load(1, kFlagWord, kLookPc);
  load(1, kData);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, LearnsNothingFromOneLook) {
  store(0, kData);
  store(0, kFlagWord, 0x54);
  load(1, kFlagWord, kLookPc);
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerTest, LearnsNothingFromAnArray) {
  for (std::uint32_t pass = 0; pass < 2; ++pass) {
    for (std::uint32_t word = 0; word < 16; ++word) {
      load(1, kFlagWord + 4 * word, kLookPc);
      if (word == 0) {
        store(0, kFlagWord, 0x54);
      }
    }
  }
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerTest, NobodyWaitedForADevice) {
  launch(kDma, 0, 1);
  device(kDma, 0, AccessKind::kStore, kData, 64);
  end(kDma, 0);
  end_run(1);     // of a hart that does not end it
  end_run(0, 2);  // not yet
  EXPECT_TRUE(found().empty());
  end_run(0);
  expect_only(FindingKind::kEndTooEarly);
  EXPECT_THAT(found()[0].text, HasSubstr("dma transfer 0 (64 bytes), launched in cycle 1 by "
                                         "core[1] at pc 0x00000060"));
  EXPECT_THAT(found()[0].text, HasSubstr("end of the run in cycle 6 by core[0] at pc 0x00000070"));
}

TEST_F(OffloadCheckerTest, WhoEndsTheRunLearnsOfDevicesFromOthers) {
  launch(kDma, 0, 1);
  end(kDma, 0);
  see(kDma, 0, 1);
  wake(1, 0);
  take(0);
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, ResultOfAnotherHartAtTheEnd) {
  store(1, kL2 + 8, 0x44);
  end_run(0);
  expect_only(FindingKind::kEndTooEarly);
  EXPECT_THAT(found()[0].text, HasSubstr("at 0x80000008"));
  EXPECT_THAT(found()[0].text,
              HasSubstr("written in cycle 1 by core[1] at pc 0x00000044 compute (a.c:7)"));
}

TEST_F(OffloadCheckerTest, ResultsBehindABarrierAtTheEnd) {
  store(1, kL2 + 8);
  wake(1, 0);
  take(0);
  store(1, kData);  // in L1, which nobody can look at afterwards
  hart(1, AccessKind::kAmoAdd, kL2 + 12);
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, OperandsOfJobsHaveNoHoles) {
  launch(kDma, 0, 0);
  device(kDma, 0, AccessKind::kStore, kEmpty, 63);
  end(kDma, 0);
  see(kDma, 0, 0);
  load(0, kEmpty + 60);
  launch(kDma, 1, 0);
  device(kDma, 1, AccessKind::kLoad, kEmpty, 64);
  launch(kIta, 0, 0);
  device(kIta, 0, AccessKind::kLoad, kEmpty, 60);
  EXPECT_TRUE(found().empty());
  device(kIta, 0, AccessKind::kLoad, kEmpty, 64);
  expect_only(FindingKind::kUninitialised);
  EXPECT_THAT(found()[0].text, HasSubstr("at 0x80000c3c"));
}

class ArenaTest : public OffloadCheckerTest {
 protected:
  ArenaTest() {
    put(kBlock);
    hart(0, AccessKind::kStore, kArena + 4, 0x50, kBlock + 0x200);
  }
  /// The next block starts at `next`.
  void put(std::uint32_t next) { hart(0, AccessKind::kStore, kArena, 0x50, next); }
  std::vector<FindingKind> kinds() const {
    std::vector<FindingKind> kinds;
    for (const Finding& finding : found()) {
      kinds.push_back(finding.kind);
    }
    return kinds;
  }
};

TEST_F(ArenaTest, ReadBehindTheRelease) {
  put(kBlock + 64);
  store(0, kBlock);
  load(0, kBlock);
  EXPECT_TRUE(found().empty());
  put(kBlock);
  load(0, kBlock);
  EXPECT_THAT(kinds(),
              testing::ElementsAre(FindingKind::kOutOfBounds, FindingKind::kUninitialised));
}

TEST_F(ArenaTest, ReadOfWhatAReleasedBlockHeld) {
  put(kBlock + 64);
  store(0, kBlock);
  load(0, kBlock);
  put(kBlock);
  put(kBlock + 64);
  load(0, kBlock);
  expect_only(FindingKind::kUninitialised);
}

TEST_F(ArenaTest, ReleasedWhileAnotherHartMayStillRead) {
  put(kBlock + 64);
  store(0, kBlock);
  wake(0, 1);
  take(1);
  load(1, kBlock);
  put(kBlock);
  put(kBlock + 64);
  store(0, kBlock);
  expect_only(FindingKind::kUnorderedAccess);
}

}  // namespace
}  // namespace tessera
