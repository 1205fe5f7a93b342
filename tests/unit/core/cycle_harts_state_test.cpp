// SPDX-License-Identifier: Apache-2.0
// Sleep and wake-up, change of the timing mode, changing code, and the books of all cycles.
#include <algorithm>
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/isa/csr.h"
#include "tests/unit/core/hart_bench.h"

namespace tessera::isa::test {
namespace {

using tessera::test::HartBench;
using tessera::test::join;
using tessera::test::Program;
using tessera::test::repeat;
using testing::ElementsAre;

Cycles stalled(const HartState& hart) {
  Cycles sum = 0;
  for (const Cycles cycles : hart.stalled_cycles) {
    sum += cycles;
  }
  return sum;
}

TEST(WakeUp, AHartIssuesInTheCycleAfterThePulse) {
  HartBench bench;
  bench.place(HartBench::kCode, {nop(), wfi(), nop(), wfi()});
  bench.start();
  bench.cores.wake_up(0, 10);
  bench.step_to(13);
  EXPECT_THAT(bench.issues[0], ElementsAre(0, 1, 11, 12));
  EXPECT_EQ(bench.harts[0].activity, HartActivity::kAsleep);
  EXPECT_EQ(bench.harts[0].asleep_cycles, 9u);  // 2..10
}

TEST(WakeUp, APulseInTheCycleOfTheWfiKeepsTheHartAwake) {
  HartBench bench;
  bench.place(HartBench::kCode, {nop(), wfi(), nop(), wfi()});
  bench.start();
  bench.cores.wake_up(0, 1);
  bench.finish();
  EXPECT_THAT(bench.issues[0], ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(bench.harts[0].wake_up_tokens.count, 0u);
}

TEST(WakeUp, PulsesOfAnAwakeHartAreCounted) {
  HartBench bench;
  bench.place(HartBench::kCode, join({repeat(4, {nop()}), repeat(3, {wfi()}), {nop()}}));
  bench.start();
  bench.cores.wake_up(0, 1);
  bench.cores.wake_up(0, 1);  // both lines are one wire: a single pulse
  bench.cores.wake_up(0, 2);
  bench.step_to(4);
  EXPECT_EQ(bench.harts[0].wake_up_tokens.count, 2u);
  bench.cores.wake_up(0, 4);  // with a wfi: the counter stays as it is
  bench.step_to(8);
  EXPECT_THAT(bench.issues[0], ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(bench.harts[0].wake_up_tokens.count, 0u);
  EXPECT_EQ(bench.harts[0].activity, HartActivity::kRunning);
}

TEST(WakeUp, TheCounterWraps) {
  HartBench bench;
  bench.place(HartBench::kCode, join({repeat(20, {nop()}), {wfi()}}));
  bench.start();
  for (Cycles cycle = 0; cycle < 7; ++cycle) {
    bench.cores.wake_up(0, cycle);
  }
  bench.step_to(7);
  EXPECT_EQ(bench.harts[0].wake_up_tokens.count, 7u);
  EXPECT_TRUE(bench.errors.empty());
  bench.cores.wake_up(0, 7);
  bench.finish();
  ASSERT_EQ(bench.errors.size(), 1u);
  EXPECT_EQ(bench.errors[0].kind, GuestErrorKind::kMissedWakeUp);
  EXPECT_EQ(bench.errors[0].cycle, 7u);
  EXPECT_EQ(bench.harts[0].activity, HartActivity::kAsleep);
}

TEST(WakeUp, WhatIsUnderWayEndsWhileTheHartSleeps) {
  HartBench bench;
  bench.x(a0) = 1000;
  bench.x(a1) = 7;
  bench.x(a5) = HartBench::kSoc;
  bench.soc.word(HartBench::kSoc) = 5;
  bench.soc.latency = [](const HartAccess&) { return Cycles{20}; };
  // Nine accesses: the last still waits for an id when the hart falls asleep in cycle 10.
  bench.run(join({{div(a2, a0, a1)}, repeat(8, {lw(zero, 0, a5)}), {lw(a3, 0, a5)}}));
  EXPECT_EQ(bench.x(a2), 142u);
  EXPECT_EQ(bench.x(a3), 5u);
  EXPECT_EQ(bench.soc.requests.size(), 9u);
  EXPECT_TRUE(bench.cores.is_drained());
}

TEST(WakeUp, AnswersOfTheCycleInWhichAHartGoesOnAreUsableInTheNext) {
  HartBench bench;
  bench.x(a5) = HartBench::kSoc;
  bench.place(HartBench::kCode, {lw(a0, 0, a5), wfi(), add(a1, a0, a0), wfi()});
  bench.start();
  bench.cores.wake_up(0, 11);  // awake in cycle 12, in which the load returns
  bench.step_to(16);
  EXPECT_THAT(bench.issues[0], ElementsAre(0, 1, 13, 14));
}

TEST(WakeUp, NothingIsToBeDoneForSleepingHarts) {
  HartBench bench(4);
  bench.run({});
  EXPECT_EQ(bench.cores.next_active_cycle(bench.now), kNever);
  bench.cores.wake_up(2, 1000);
  EXPECT_EQ(bench.cores.next_active_cycle(bench.now), 1000u);
}

TEST(Books, WaitingHartsAreNotVisitedAndTheirCyclesBooked) {
  HartBench bench;
  bench.soc.latency = [](const HartAccess&) { return Cycles{100}; };
  bench.x(a5) = HartBench::kSoc;
  bench.place(HartBench::kCode, {lw(a0, 0, a5), add(a0, a0, a0), wfi()});
  bench.start();
  bench.step_to(5);
  EXPECT_EQ(bench.cores.next_active_cycle(5), kNever);
  bench.cores.synchronise(5);
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kOperand), 4u);
  EXPECT_EQ(bench.harts[0].cycle, 5u);
  bench.finish();
  EXPECT_THAT(bench.issues[0], ElementsAre(0, 101, 102));
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kOperand), 100u);
}

TEST(Books, TheReasonChangesWithWhatIsMissing) {
  HartBench bench;
  bench.x(a5) = HartBench::kSoc;
  bench.soc.latency = [](const HartAccess& access) {
    return access.address == HartBench::kSoc ? Cycles{50} : Cycles{20};
  };
  // a0 returns in cycle 50, a1 in 21: first the operand is missing, then the destination.
  EXPECT_THAT(bench.run({lw(a0, 0, a5), lw(a1, 4, a5), add(a0, a1, a1)}),
              ElementsAre(0, 1, 51, 52));
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kOperand), 20u);
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kDestination), 29u);
}

TEST(Books, FencesWaitForAllAccesses) {
  HartBench bench;
  bench.x(a5) = HartBench::kSoc;
  EXPECT_THAT(bench.run({sw(a0, 0, a5), lw(a0, 0, zero), fence()}), ElementsAre(0, 1, 13, 14));
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kFence), 11u);
}

TEST(Books, AnEndedHartTakesNoFurtherPart) {
  HartBench bench(2);
  bench.place(HartBench::kCode, {lw(a0, 0, zero), mul(a1, a0, a0), jal(zero, 0)});
  bench.start();
  bench.step_to(4);
  bench.cores.end_hart(0, bench.now);
  bench.cores.wake_up(0, 6);
  bench.step_to(10);
  bench.cores.synchronise(bench.now);
  EXPECT_EQ(bench.harts[0].activity, HartActivity::kEnded);
  EXPECT_EQ(bench.harts[0].cycle, 4u);
  EXPECT_EQ(bench.harts[0].instructions + stalled(bench.harts[0]), 4u);
  EXPECT_EQ(bench.harts[1].cycle, 10u);
}

TEST(Books, FetchStallsAreThoseOfTheCaches) {
  HartBench bench(1, true, tessera::test::Caches::kReal);
  bench.run({csrrs(a0, csr::kMhpmcounter3, zero), csrrs(a1, csr::kMcycle, zero)});
  EXPECT_EQ(bench.issues[0].front(), bench.harts[0].stalled(StallReason::kFetch));
  EXPECT_GT(bench.x(a0), 32u);  // after reset the caches clear their tags
  EXPECT_EQ(bench.x(a0), bench.x(a1) - 1);
}

TEST(Books, LineAndAnswerMayComeInOneCycle) {
  const auto issue_of_target = [](Cycles latency, Word target) {
    HartBench bench(1, true, tessera::test::Caches::kReal);
    bench.soc.latency = [latency](const HartAccess&) { return latency; };
    bench.x(a5) = HartBench::kSoc;
    Program program = join({{lw(a0, 0, a5), jal(zero, 0x400)}, repeat(0xff, {nop()}), {target}});
    const std::vector<Cycles> issues = bench.run(program);
    EXPECT_EQ(issues.size(), 4u);
    return std::array<Cycles, 2>{issues[0], issues[2]};
  };
  const Cycles line = issue_of_target(1, nop())[1];
  for (Cycles latency = 1; latency < 40; ++latency) {
    const auto [load, use] = issue_of_target(latency, add(a1, a0, a0));
    EXPECT_EQ(use, std::max(line, load + latency + 1)) << latency;
  }
}

TEST(ModeSwitch, HartsComeToRestWithTheirAccessesDone) {
  HartBench bench(2);
  bench.soc.word(HartBench::kSoc) = 5;
  for (HartState& hart : bench.harts) {
    hart.x[a5] = HartBench::kSoc;
    hart.x[a0] = 1000;
    hart.x[a1] = 7;
  }
  bench.place(HartBench::kCode, {lw(a2, 0, a5), div(a3, a0, a1), add(a2, a2, a3), jal(zero, 0)});
  bench.start();
  bench.step_to(2);
  EXPECT_FALSE(bench.cores.is_drained());
  bench.cores.hold(true);
  while (!bench.cores.is_drained()) {
    bench.step();
  }
  EXPECT_EQ(bench.now, 13u);  // the load returns in cycle 12
  bench.cores.suspend_at(bench.now);
  EXPECT_EQ(bench.harts[0].cycle, 13u);
  EXPECT_EQ(bench.harts[0].pc, HartBench::kCode + 8);
  EXPECT_EQ(bench.x(a2), 5u);
  EXPECT_EQ(bench.x(a3), 142u);
  EXPECT_EQ(bench.harts[0].instructions, 2u);
  EXPECT_EQ(stalled(bench.harts[0]), 11u);
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kModeSwitch), 11u);

  bench.now = 100;  // functional timing in between
  bench.harts[0].cycle = 100;
  bench.harts[1].cycle = 103;  // has run ahead
  bench.start();
  bench.step_to(105);
  EXPECT_THAT(bench.issues[0], ElementsAre(0, 1, 100, 101, 102, 103, 104));
  EXPECT_EQ(bench.issues[1][2], 103u);
}

TEST(ModeSwitch, HartsThatAreHeldGoOnWhenReleased) {
  HartBench bench;
  bench.place(HartBench::kCode, repeat(20, {nop()}));
  bench.start();
  bench.step_to(3);
  bench.cores.hold(true);
  bench.step_to(6);
  bench.cores.hold(false);
  bench.step_to(8);
  EXPECT_THAT(bench.issues[0], ElementsAre(0, 1, 2, 6, 7));
  bench.cores.synchronise(8);
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kModeSwitch), 3u);
}

TEST(ModeSwitch, SleepersAndPulsesAreTakenOver) {
  HartBench bench(3);
  bench.place(HartBench::kCode, {wfi(), wfi(), wfi(), jal(zero, 0)});
  bench.now = 50;
  // Hart 0 sleeps since 40; hart 1 has fallen asleep in its future; hart 2 is ahead and has a pulse
  // that is older and one that is younger than it.
  bench.harts[0].activity = HartActivity::kAsleep;
  bench.harts[0].cycle = 40;
  bench.harts[1].activity = HartActivity::kAsleep;
  bench.harts[1].cycle = 60;
  bench.harts[2].cycle = 55;
  bench.harts[2].wake_up_tokens.add(52);
  bench.harts[2].wake_up_tokens.add(58);
  bench.start();
  bench.cores.wake_up(0, 51);
  bench.cores.wake_up(1, 53);
  bench.step_to(70);
  bench.cores.synchronise(70);
  EXPECT_THAT(bench.issues[0], ElementsAre(52));
  EXPECT_EQ(bench.harts[0].asleep_cycles, 12u + 17u);  // 40..51, 53..69
  EXPECT_THAT(bench.issues[1], ElementsAre(60));
  EXPECT_EQ(bench.harts[1].asleep_cycles, 9u);
  EXPECT_THAT(bench.issues[2], ElementsAre(55, 56, 59));
}

TEST(Code, ChangedInstructionsAreSeen) {
  HartBench bench;
  bench.place(HartBench::kCode, {jal(zero, 0)});
  EXPECT_FALSE(bench.cores.has_code(HartBench::kCode));
  bench.start();
  bench.step_to(5);
  EXPECT_TRUE(bench.cores.has_code(HartBench::kCode));
  EXPECT_FALSE(bench.is_writable(HartBench::kCode));
  bench.place(HartBench::kCode + 8, {nop()});  // beside what is decoded
  EXPECT_TRUE(bench.cores.has_code(HartBench::kCode));
  bench.place(HartBench::kCode, {addi(a0, zero, 9), wfi()});
  EXPECT_FALSE(bench.cores.has_code(HartBench::kCode));
  EXPECT_TRUE(bench.is_writable(HartBench::kCode));
  bench.finish();
  EXPECT_EQ(bench.x(a0), 9u);
}

TEST(Code, WatchedInstructionsAreReportedOncePerVisit) {
  HartBench bench;
  bench.l1.closed_until = 6;
  bench.cores.watch_pc(HartBench::kCode + 4, true);
  // The watched load stalls until the store before it is accepted, and is reported when it issues;
  // then it is visited again.
  bench.run({sw(a0, 0, zero), lw(a1, 0, zero), bne(a2, zero, 8), jal(a2, -8)});
  EXPECT_THAT(bench.issues[0], ElementsAre(0, 7, 8, 9, 10, 11, 12));
  EXPECT_THAT(bench.reached, ElementsAre(7, 10));
}

}  // namespace
}  // namespace tessera::isa::test
