// SPDX-License-Identifier: Apache-2.0
// A debugger's hold on harts in cycle timing: it sees everything and moves nothing.
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/hart_bench.h"

namespace tessera::isa::test {
namespace {

using tessera::test::Caches;
using tessera::test::HartBench;
using tessera::test::Program;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint32_t kCode = HartBench::kCode;

/// Loads, divisions, taken branches and a fence, for two harts.
Program busy_program() {
  return {addi(a0, zero, 5),  lw(a1, 0, zero), addi(a2, a1, 1),
          div(a3, a2, a0),    sw(a3, 4, zero), addi(a0, a0, -1),
          bne(a0, zero, -20), fence(),         wfi()};
}

TEST(Debug, WatchedAndSteppedHartsKeepTheirCycles) {
  HartBench free(2, true, Caches::kReal);
  free.run(busy_program());
  HartBench watched(2, true, Caches::kReal);
  watched.cores.watch_pc(kCode + 8, true);
  watched.cores.step_hart(1, true);
  // A debugger sets and removes breakpoints at every stop.
  watched.at_pc = [&](const HartState& /*hart*/) {
    watched.cores.watch_pc(kCode + 8, false);
    watched.cores.watch_pc(kCode + 8, true);
    watched.cores.watch_pc(kCode + 16, watched.reached.size() % 2 == 0);
    return true;
  };
  watched.run(busy_program());
  EXPECT_EQ(watched.issues, free.issues);
  EXPECT_GT(watched.reached.size(), free.issues[1].size());
}

TEST(Debug, AnInstructionIsReportedInTheCycleInWhichItIssues) {
  HartBench bench;
  bench.cores.step_hart(0, true);
  const std::vector<Cycles> issues =
      bench.run({lw(a1, 0, zero), addi(a2, a1, 1), div(a3, a2, a2), addi(a4, a3, 1), fence()});
  EXPECT_EQ(bench.reached, issues);
}

TEST(Debug, ABreakpointThatIsRemovedIsNotReported) {
  HartBench bench;
  bench.cores.watch_pc(kCode + 4, true);
  bench.cores.watch_pc(kCode + 4, false);
  bench.run({nop(), nop(), nop()});
  EXPECT_THAT(bench.reached, IsEmpty());
}

TEST(Debug, AHartThatIsMovedGoesOnElsewhere) {
  HartBench bench;
  bench.cores.watch_pc(kCode + 4, true);
  bench.at_pc = [&](const HartState& /*hart*/) {
    bench.harts[0].pc = kCode + 12;
    return true;
  };
  bench.run({addi(a0, zero, 1), addi(a0, a0, 2), addi(a0, a0, 4), addi(a0, a0, 8)});
  EXPECT_EQ(bench.x(a0), 9u);
}

TEST(Debug, NewCodeAtTheInstructionThatComesNextIsExecuted) {
  HartBench bench;
  bench.cores.watch_pc(kCode + 4, true);
  bench.at_pc = [&](const HartState& /*hart*/) {
    bench.place(kCode + 4, {addi(a0, a0, 32)});
    return true;
  };
  bench.run({addi(a0, zero, 1), addi(a0, a0, 2), nop()});
  EXPECT_EQ(bench.x(a0), 33u);
  EXPECT_THAT(bench.reached, ElementsAre(1));
}

TEST(Debug, AHeldHartWaitsAndIsReportedAgain) {
  HartBench bench(2);
  bench.place(kCode, {nop(), nop(), nop(), wfi()});
  bench.cores.watch_pc(kCode + 4, true);
  bool is_held = true;
  bench.at_pc = [&](const HartState& hart) { return hart.hart_id == 1 || !is_held; };
  bench.cores.hold_hart(0, true, 0);
  bench.cores.hold_hart(0, false, 0);
  bench.start();
  bench.step_to(1);
  bench.cores.hold_hart(0, true, 1);
  bench.step_to(20);
  EXPECT_THAT(bench.issues[0], ElementsAre(0));
  EXPECT_THAT(bench.issues[1], ElementsAre(0, 1, 2, 3));
  is_held = false;
  bench.cores.hold_hart(0, false, bench.now);
  bench.finish();
  EXPECT_THAT(bench.issues[0], ElementsAre(0, 20, 21, 22));
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kModeSwitch), 19u);
}

TEST(Debug, ARegisterHasNoValueWhileALoadIsUnderWay) {
  HartBench bench;
  bench.place(kCode, {lw(a0, 0, zero), addi(a1, zero, 6), mul(a2, a1, a1), wfi()});
  bench.l1.latency = [](const HartAccess&) { return Cycles{10}; };
  bench.l1.word(0) = 42;
  bench.start();
  bench.step_to(3);
  EXPECT_EQ(bench.cores.register_value(0, a0), std::nullopt);
  EXPECT_EQ(bench.cores.register_value(0, a1), 6u);
  EXPECT_EQ(bench.cores.register_value(0, a2), 36u) << "known since issue";
  EXPECT_TRUE(bench.cores.is_register_busy(0, a2));
  bench.finish();
  EXPECT_EQ(bench.cores.register_value(0, a0), 42u);
  EXPECT_FALSE(bench.cores.is_register_busy(0, a2));
}

}  // namespace
}  // namespace tessera::isa::test
