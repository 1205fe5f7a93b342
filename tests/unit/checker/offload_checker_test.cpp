// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/offload_checker.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t kData = 0x400;
constexpr std::uint32_t kFlagWord = 0x800;
constexpr std::uint32_t kDumped = 0xC00;
constexpr std::uint32_t kL2 = 0x8000'0000;
constexpr std::uint32_t kInput = kL2 + 0x800;
constexpr std::uint32_t kEmpty = kL2 + 0xC00;
constexpr std::uint32_t kInputBytes = 128;
constexpr std::uint32_t kArena = kL2 + 0x500;
constexpr std::uint32_t kBlock = 0x900;
constexpr std::uint32_t kEndRegister = 0x4000'0000;
constexpr std::uint32_t kWakeRegister = 0x4002'0F00;
constexpr std::uint32_t kPollPc = 0x8000'0104;
constexpr std::uint32_t kLookPc = 0x8000'0204;
constexpr std::uint32_t kCountPc = 0x8000'0304;
constexpr std::uint32_t kCopyPc = 0x8000'0404;
constexpr AgentId kDma = 3;
constexpr AgentId kIta = 4;
constexpr AgentId kEngine = 5;
constexpr AgentId kFifo = 6;
constexpr AgentId kHost = 7;
constexpr AgentId kBackEnd = 8;

/// Three harts, a DMA, an ITA and an attention engine; each event is a cycle later than the last.
class OffloadCheckerTest : public testing::Test {
 protected:
  explicit OffloadCheckerTest(bool asks_for_fences = false) {
    for (const char* name :
         {"core[0]", "core[1]", "core[2]", "dma", "ita[0]", "engine", "engine.fifo", "host"}) {
      observers_.add_agent(name);
    }
    CheckerSetup setup;
    setup.num_harts = 3;
    setup.asks_for_fences = asks_for_fences;
    setup.memories = {{0, 0x1000}, {kL2, kL2 + 0x1000}};
    setup.without_contents = {{0, 0x1000}};
    setup.stacks = {{0, kData}};
    setup.without_contents_for_devices = {{kEmpty, kEmpty + 0x100}};
    setup.results = {{kL2, kL2 + 0x1000}};
    setup.inputs = {{kInput, std::vector<std::uint8_t>(kInputBytes, 1)}};
    setup.dumps = {{kDumped, kDumped + 64}};
    setup.arenas = {kArena};
    setup.end_register = kEndRegister;
    setup.end_hart = 0;
    setup.wake_registers = {{kIta, kWakeRegister}};
    setup.poll_loops.add_code(kPollPc, {0x00072783, 0xfe078ee3});  // 1: lw a5, 0(a4); beqz a5, 1b
    // 1: lw a5, 0(a4); sw zero, 4(a4); beqz a5, 1b
    setup.poll_loops.add_code(kLookPc, {0x00072783, 0x00072223, 0xfe078ce3});
    setup.poll_loops.add_code(kCountPc, {0x00b7202f});  // amoadd.w zero, a1, (a4)
    // lw a5, 0(a4); sw a5, 0(a3); ret
    setup.poll_loops.add_code(kCopyPc, {0x00072783, 0x00f6a023, 0x00008067});
    setup.names.describe_code = [](std::uint32_t pc) {
      return pc == 0x44 ? "compute (a.c:7)" : pc == 0x48 ? "compute+0x4 (a.c:7)" : "";
    };
    setup.names.callers = [this](std::uint32_t /*hart*/, std::uint32_t /*pc*/) { return callers_; };
    setup.names.describe_calls = [](const std::vector<std::uint32_t>& calls) {
      return calls.empty() ? "" : fmt::format("main+{:#x} (a.c:90)", calls[0]);
    };
    setup.names.describe_data = [](std::uint32_t address) {
      return address == kData ? "table" : "";
    };
    checker_ = std::make_unique<OffloadChecker>(std::move(setup), observers_);
    observers_.add_agent("dma.backend[0]");
    MemoryAccess access;
    access.agent = kHost;
    access.kind = AccessKind::kStore;
    access.bytes = 0x1000;
    checker_->accessed(access);
  }

  void hart(AgentId agent, AccessKind kind, std::uint32_t address, std::uint32_t pc = 0x40,
            std::uint32_t data = 0) {
    MemoryAccess access;
    access.agent = agent;
    access.kind = kind;
    access.address = address;
    access.bytes = 4;
    access.pc = pc;
    access.data = data;
    access.issued = access.cycle = ++cycle_;
    checker_->accessed(access);
  }
  void load(AgentId agent, std::uint32_t address, std::uint32_t pc = 0x40) {
    hart(agent, AccessKind::kLoad, address, pc);
  }
  void store(AgentId agent, std::uint32_t address, std::uint32_t pc = 0x50) {
    hart(agent, AccessKind::kStore, address, pc);
  }
  void device(AgentId agent, std::uint64_t number, AccessKind kind, std::uint32_t address,
              std::uint32_t bytes) {
    MemoryAccess access;
    access.agent = agent;
    access.activity = number;
    access.kind = kind;
    access.address = address;
    access.bytes = bytes;
    access.issued = access.cycle = ++cycle_;
    checker_->accessed(access);
  }
  static Activity activity(AgentId agent, std::uint64_t number) {
    return {agent, agent == kDma ? "transfer" : "job", number};
  }
  void end_run(AgentId agent, std::uint32_t value = 1) {
    MemoryAccess access;
    access.agent = agent;
    access.kind = AccessKind::kStore;
    access.address = kEndRegister;
    access.bytes = 4;
    access.data = value;
    access.pc = 0x70;
    access.issued = access.cycle = ++cycle_;
    checker_->accessed(access);
  }
  /// A hart writes its number.
  void wake_at_end(AgentId agent) {
    MemoryAccess access;
    access.agent = agent;
    access.kind = AccessKind::kStore;
    access.address = kWakeRegister;
    access.bytes = 4;
    access.data = agent;
    access.pc = 0x58;
    access.issued = access.cycle = ++cycle_;
    checker_->accessed(access);
  }
  void fence(AgentId agent) { checker_->fenced(agent, cycle_); }
  void launch(AgentId agent, std::uint64_t number, AgentId by) {
    fence(by);
    launch_at_once(agent, number, by);
  }
  void launch_at_once(AgentId agent, std::uint64_t number, AgentId by) {
    checker_->launched(activity(agent, number), {by, 0x60, ++cycle_}, "64 bytes");
  }
  void end(AgentId agent, std::uint64_t number) {
    checker_->ends(activity(agent, number), ++cycle_);
  }
  void see(AgentId agent, std::uint64_t number, AgentId reader) {
    checker_->completion_seen(activity(agent, number), {reader, 0x64, ++cycle_});
  }
  void wake(AgentId sender, std::uint32_t target) {
    checker_->wake_up_sent(target, {sender, 0x68, ++cycle_});
  }
  void take(std::uint32_t target) { checker_->wake_up_taken(target, ++cycle_); }

  std::vector<Finding> found() const {
    std::vector<Finding> findings;
    for (const auto& one : checker_->findings().shown()) {
      findings.push_back(one.finding);
    }
    return findings;
  }
  void expect_only(FindingKind kind) const {
    ASSERT_EQ(found().size(), 1u);
    EXPECT_STREQ(to_string(found()[0].kind), to_string(kind)) << found()[0].text;
  }

  Observers observers_;
  std::unique_ptr<OffloadChecker> checker_;
  Cycles cycle_ = 0;
  std::vector<std::uint32_t> callers_;  ///< of any hart, at present
};

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

TEST_F(OffloadCheckerTest, ResultBeforeDone) {
  launch(kDma, 0, 0);
  device(kBackEnd, 0, AccessKind::kStore, kData, 64);
  end(kDma, 0);
  load(0, kData + 60, 0x44);
  expect_only(FindingKind::kResultTooEarly);
  EXPECT_THAT(found()[0].text, HasSubstr("dma transfer 0 (64 bytes), launched in cycle 1 by "
                                         "core[0] at pc 0x00000060"));
  EXPECT_THAT(found()[0].text, HasSubstr("the hart has not seen the end of dma transfer 0"));
}

TEST_F(OffloadCheckerTest, ResultReadEvenBeforeItIsWritten) {
  launch(kDma, 0, 0);
  load(0, kData);
  device(kDma, 0, AccessKind::kStore, kData, 64);
  expect_only(FindingKind::kResultTooEarly);
}

TEST_F(OffloadCheckerTest, OverwrittenWhileAnotherHartMayStillRead) {
  load(1, kData);
  launch(kDma, 0, 0);
  device(kDma, 0, AccessKind::kStore, kData, 64);
  expect_only(FindingKind::kOperandOverwritten);
  EXPECT_THAT(found()[0].text, HasSubstr("from the hart's access to the launch"));
}

TEST_F(OffloadCheckerTest, ResultBehindDone) {
  launch(kDma, 0, 0);
  device(kDma, 0, AccessKind::kStore, kData, 64);
  end(kDma, 0);
  see(kDma, 0, 0);
  load(0, kData);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, PulseOfADeviceMakesOrder) {
  launch(kIta, 0, 0);
  device(kIta, 0, AccessKind::kStore, kData, 64);
  end(kIta, 0);
  wake(kIta, 1);
  take(1);
  load(1, kData);
  EXPECT_TRUE(found().empty());
  load(0, kData);
  expect_only(FindingKind::kResultTooEarly);
}

TEST_F(OffloadCheckerTest, OperandOverwritten) {
  store(0, kData);
  launch(kIta, 0, 0);
  store(0, kData, 0x44);
  device(kIta, 0, AccessKind::kLoad, kData, 64);
  expect_only(FindingKind::kOperandOverwritten);
}

TEST_F(OffloadCheckerTest, OperandOfAnotherHartNeedsABarrier) {
  store(1, kData);
  launch(kIta, 0, 0);
  device(kIta, 0, AccessKind::kLoad, kData, 64);
  expect_only(FindingKind::kOperandOverwritten);
  EXPECT_THAT(found()[0].text, HasSubstr("from the hart's access to the launch"));
}

TEST_F(OffloadCheckerTest, JobsOfOneDeviceComeOneAfterTheOther) {
  launch(kIta, 0, 0);
  launch(kIta, 1, 0);
  device(kIta, 0, AccessKind::kStore, kData, 64);
  end(kIta, 0);
  device(kIta, 1, AccessKind::kLoad, kData, 64);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, TransfersThatWaitTogetherDoNot) {
  launch(kDma, 0, 0);
  launch(kDma, 1, 0);
  device(kBackEnd, 0, AccessKind::kStore, kData, 64);
  end(kDma, 0);
  device(kBackEnd, 1, AccessKind::kLoad, kData, 64);
  expect_only(FindingKind::kResultTooEarly);
  EXPECT_THAT(found()[0].text,
              HasSubstr("who launched dma transfer 1 had not seen the end of dma transfer 0"));
}

TEST_F(OffloadCheckerTest, SomebodyElseLaunchesAsWell) {
  checker_->launched(activity(kDma, 0), {kNobody, 0, ++cycle_}, "");
  launch(kDma, 1, 0);
  end(kDma, 0);
  see(kDma, 0, 0);
  device(kNobody, 0, AccessKind::kStore, kData + 64, 4);
  EXPECT_TRUE(found().empty());
  device(kDma, 1, AccessKind::kStore, kData, 64);
  load(0, kData);
  expect_only(FindingKind::kResultTooEarly);
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

TEST_F(OffloadCheckerTest, LaunchWithoutFence) {
  store(0, kData, 0x44);
  launch_at_once(kDma, 0, 0);
  device(kDma, 0, AccessKind::kLoad, kData, 64);
  expect_only(FindingKind::kOperandOverwritten);
  EXPECT_THAT(found()[0].text, HasSubstr("missing: a fence of core[0] between its store and the "
                                         "launch of dma transfer 0"));
}

class OffloadCheckerOfRuntimeTest : public OffloadCheckerTest {
 protected:
  OffloadCheckerOfRuntimeTest() : OffloadCheckerTest(true) {}

  void add(AgentId agent) { hart(agent, AccessKind::kAmoAdd, kCount); }

  static constexpr std::uint32_t kCount = 0x800;
};

TEST_F(OffloadCheckerOfRuntimeTest, StoreBehindNoFenceIsNotTold) {
  store(0, kData, 0x44);
  add(0);
  add(1);
  load(1, kData);
  expect_only(FindingKind::kUnorderedAccess);
  EXPECT_THAT(found()[0].text,
              HasSubstr("missing: a fence of core[0] between its store and what tells of it to "
                        "core[1]"));
}

TEST_F(OffloadCheckerOfRuntimeTest, FencedStoreIsToldOn) {
  store(0, kData);
  fence(0);
  store(0, kData + 4, 0x44);
  add(0);
  add(1);
  wake(1, 2);
  take(2);
  load(2, kData);
  EXPECT_TRUE(found().empty());
  load(2, kData + 4);
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerOfRuntimeTest, LoadsAndAtomicsAreToldWithoutFence) {
  load(0, kData);
  hart(0, AccessKind::kAmoAdd, kData + 4);
  add(0);
  add(1);
  store(1, kData);
  store(1, kData + 4);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerOfRuntimeTest, PulseBehindNoFence) {
  store(0, kData);
  wake(0, 1);
  take(1);
  load(1, kData);
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerOfRuntimeTest, PulseComesBeforeTheFlag) {
  load(1, kFlagWord, kPollPc);
  store(0, kFlagWord, 0x44);
  wake(0, 1);
  take(1);
  load(1, kFlagWord, kPollPc);
  expect_only(FindingKind::kLostWakeUp);
  EXPECT_THAT(found()[0].text,
              HasSubstr("written in cycle 2 by core[0] at pc 0x00000044 compute (a.c:7)"));
}

TEST_F(OffloadCheckerOfRuntimeTest, PulseBehindTheFlagsFence) {
  load(1, kFlagWord, kPollPc);
  store(0, kFlagWord);
  fence(0);
  wake(0, 1);
  take(1);
  load(1, kFlagWord, kPollPc);
  store(0, kFlagWord);  // of the next pulse
  load(1, kFlagWord, kPollPc);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerOfRuntimeTest, FlagBehindAFence) {
  store(0, kData);
  fence(0);
  store(0, kCount);
  store(0, kData + 4);
  load(1, kCount, kPollPc);
  load(1, kData);
  EXPECT_TRUE(found().empty());
  load(1, kData + 4);
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerOfRuntimeTest, CountThatStartsAgainNeedsAFence) {
  add(0);
  add(1);
  store(1, kCount, 0x44);
  wake(1, 0);
  take(0);
  add(0);
  add(0);
  expect_only(FindingKind::kUnorderedWrites);
  EXPECT_EQ(checker_->findings().shown()[0].count, 1u);
  EXPECT_THAT(found()[0].text,
              HasSubstr("written in cycle 3 by core[1] at pc 0x00000044 compute (a.c:7)"));
  EXPECT_THAT(found()[0].text,
              HasSubstr("missing: a fence of core[1] between its store and what tells of it to "
                        "core[0]"));
}

TEST_F(OffloadCheckerOfRuntimeTest, CountThatStartsAgainBehindAFence) {
  add(0);
  add(1);
  store(1, kCount);
  fence(1);
  wake(1, 0);
  take(0);
  add(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerOfRuntimeTest, CountThatItsHartSeesToStartAgain) {
  add(0);
  add(1);
  store(1, kCount);
  add(1);
  wake(1, 0);
  take(0);
  add(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerOfRuntimeTest, LockThatIsGivenBackWithoutFence) {
  add(0);
  store(0, kCount);
  add(1);  // it is free
  add(2);
  add(2);
  store(1, kCount);
  add(2);
  add(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, LoadsNeedNoFence) {
  load(0, kData);
  launch_at_once(kDma, 0, 0);
  device(kDma, 0, AccessKind::kStore, kData, 64);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, DeviceReadsResultOfUnfinishedDevice) {
  launch(kIta, 0, 0);
  device(kIta, 0, AccessKind::kStore, kData, 64);
  launch(kDma, 0, 0);
  device(kDma, 0, AccessKind::kLoad, kData, 64);
  expect_only(FindingKind::kResultTooEarly);
}

// In functional timing devices touch memory at their end, so that a long job comes after a short
// transfer that was launched behind it.
TEST_F(OffloadCheckerTest, OfTwoDevicesTheOrderOfLaunchesCounts) {
  launch(kIta, 0, 0);
  launch(kDma, 0, 0);
  device(kDma, 0, AccessKind::kLoad, kData, 64);
  device(kIta, 0, AccessKind::kStore, kData, 64);
  expect_only(FindingKind::kResultTooEarly);
  EXPECT_THAT(found()[0].text,
              HasSubstr("who launched dma transfer 0 had not seen the end of ita"));
}

TEST_F(OffloadCheckerTest, DeviceOverwritesOperandOfUnfinishedDevice) {
  launch(kIta, 0, 0);
  device(kIta, 0, AccessKind::kLoad, kData, 64);
  launch(kDma, 0, 0);
  device(kDma, 0, AccessKind::kStore, kData, 64);
  expect_only(FindingKind::kOperandOverwritten);
  EXPECT_THAT(found()[0].text,
              HasSubstr("who launched dma transfer 0 had not seen the end of ita"));
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

/// The fifo of an engine: instructions that are pushed.
class PushTest : public OffloadCheckerTest {
 protected:
  static Activity chain(std::uint64_t number) { return {kFifo, "chain", number}; }
  static Activity descriptor(std::uint64_t number) { return {kEngine, "descriptor", number}; }
  void launch_all(const std::vector<Activity>& activities) {
    fence(0);
    for (const Activity& activity : activities) {
      checker_->launched(activity, {0, 0x60, ++cycle_}, "pushed");
    }
  }
  void end(const Activity& activity) { checker_->ends(activity, ++cycle_); }
  void see(const Activity& activity) { checker_->completion_seen(activity, {0, 0x64, ++cycle_}); }
};

TEST_F(PushTest, ResultOfAChainBeforeItsEndIsSeen) {
  launch_all({chain(0)});
  device(kFifo, 0, AccessKind::kStore, kData, 64);
  end(chain(0));
  load(0, kData);
  expect_only(FindingKind::kResultTooEarly);
  EXPECT_THAT(found()[0].text, HasSubstr("engine.fifo chain 0 (pushed), launched in cycle"));
}

TEST_F(PushTest, InputForTheOtherOfChainsAndIta) {
  launch_all({chain(0), activity(kIta, 0)});
  device(kFifo, 0, AccessKind::kLoad, kInput, kInputBytes - 16);
  device(kIta, 0, AccessKind::kLoad, kL2, 64);
  end(chain(0));
  see(chain(0));
  end(activity(kIta, 0));
  see(activity(kIta, 0));
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(PushTest, ResultOfAChainAfterItsPulse) {
  launch_all({chain(0)});
  device(kFifo, 0, AccessKind::kStore, kData, 64);
  end(chain(0));
  wake(kFifo, 0);
  take(0);
  load(0, kData);
  EXPECT_TRUE(found().empty());
}

TEST_F(PushTest, OperandOfAChainNeedsAFence) {
  store(0, kL2);
  launch_all({chain(0)});
  device(kFifo, 0, AccessKind::kLoad, kL2, 64);
  EXPECT_TRUE(found().empty());
  store(0, kL2 + 64);
  checker_->launched(chain(1), {0, 0x60, ++cycle_}, "pushed");
  device(kFifo, 1, AccessKind::kLoad, kL2 + 64, 64);
  expect_only(FindingKind::kOperandOverwritten);
}

TEST_F(PushTest, EndOfOneChainSaysNothingOfTheNext) {
  launch_all({chain(0), chain(1)});
  device(kFifo, 0, AccessKind::kStore, kData, 64);
  device(kFifo, 1, AccessKind::kStore, kData + 64, 64);
  end(chain(0));
  end(chain(1));
  see(chain(0));
  load(0, kData);
  EXPECT_TRUE(found().empty());
  load(0, kData + 64);
  expect_only(FindingKind::kResultTooEarly);
}

TEST_F(PushTest, DescriptorWaitsForWhatWasPushedBefore) {
  launch_all({chain(0), descriptor(0)});
  device(kFifo, 0, AccessKind::kStore, kData, 64);
  end(chain(0));
  device(kEngine, 0, AccessKind::kLoad, kData, 64);
  device(kEngine, 0, AccessKind::kStore, kL2, 64);
  end(descriptor(0));
  see(descriptor(0));
  load(0, kData);
  load(0, kL2);
  EXPECT_TRUE(found().empty());
}

TEST_F(PushTest, WhatIsPushedMayOvertakeDescriptors) {
  launch_all({descriptor(0), chain(0)});
  device(kEngine, 0, AccessKind::kStore, kData, 64);
  end(descriptor(0));
  device(kFifo, 0, AccessKind::kLoad, kData, 64);
  expect_only(FindingKind::kResultTooEarly);
}

TEST_F(PushTest, StateThatNobodyHasWritten) {
  launch_all({chain(0)});
  checker_->used_unwritten(chain(0), "acc_vrf, entry 3", ++cycle_);
  expect_only(FindingKind::kUninitialised);
  EXPECT_THAT(found()[0].text, HasSubstr("of acc_vrf, entry 3\n"));
  EXPECT_THAT(found()[0].text, HasSubstr("launched in cycle 1 by core[0] at pc 0x00000060"));
}

TEST_F(PushTest, OperandOnTheStacks) {
  launch_all({activity(kDma, 0), descriptor(0)});
  device(kDma, 0, AccessKind::kStore, kData - 64, 32);
  device(kEngine, 0, AccessKind::kStore, kData, 64);
  EXPECT_TRUE(found().empty());
  device(kEngine, 0, AccessKind::kStore, kData - 4, 4);
  expect_only(FindingKind::kOutOfBounds);
  EXPECT_THAT(found()[0].text, HasSubstr("at 0x000003fc"));
}

}  // namespace
}  // namespace tessera
