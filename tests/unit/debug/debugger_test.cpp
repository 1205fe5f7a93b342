// SPDX-License-Identifier: Apache-2.0
// Where the machine stops, and what the client hears of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/debug/fake_machine.h"

namespace tessera::debug::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::uint32_t kStart = 0x80000000;
constexpr std::uint32_t kBreak = 0x80000100;

TEST(Stops, AHartStopsAtABreakpointOnce) {
  Bench bench;
  bench.send("Z0,80000100,4");
  bench.send("vCont;c");
  EXPECT_EQ(bench.next, Next::kResume);
  bench.harts.go(2, kBreak);
  ASSERT_EQ(bench.stops.size(), 1u);
  EXPECT_THAT(bench.session.stop_replies(bench.stops[0]),
              ElementsAre(StartsWith("T05thread:3;swbreak:;20:00010080;")));
  bench.harts.watcher->hart_reached_pc(2);  // the same instruction, after a hold
  EXPECT_EQ(bench.stops.size(), 1u);
  bench.harts.go(2, kBreak);  // a loop
  EXPECT_EQ(bench.stops.size(), 2u);
}

TEST(Stops, HardwareBreakpointsAndRemoval) {
  Bench bench;
  bench.send("Z1,80000100,4");
  bench.send("Z0,80000104,4");
  bench.send("z0,80000104,4");
  bench.send("vCont;c");
  bench.harts.go(0, kBreak + 4);
  EXPECT_THAT(bench.stops, IsEmpty());
  bench.harts.go(0, kBreak);
  EXPECT_THAT(bench.session.stop_replies(bench.stops.at(0)),
              ElementsAre(StartsWith("T05thread:1;hwbreak:;")));
}

TEST(Stops, AStepEndsAtTheNextInstruction) {
  Bench bench;
  bench.send("vCont;s:2;c");
  EXPECT_THAT(bench.harts.stepped, ElementsAre(1));
  EXPECT_THAT(bench.harts.held, IsEmpty());
  bench.harts.watcher->hart_reached_pc(1);  // has not retired anything
  EXPECT_THAT(bench.stops, IsEmpty());
  bench.harts.go(1, kStart + 4);
  EXPECT_THAT(bench.session.stop_replies(bench.stops.at(0)),
              ElementsAre(StartsWith("T05thread:2;20:")));
}

TEST(Stops, ARangeStepEndsOutsideOfTheRange) {
  Bench bench;
  bench.send("vCont;r80000000,80000010:1;c");
  bench.harts.go(0, kStart + 4);
  bench.harts.go(0, kStart + 12);
  EXPECT_THAT(bench.stops, IsEmpty());
  bench.harts.go(0, kStart + 16);
  EXPECT_EQ(bench.stops.size(), 1u);
}

TEST(Stops, HartsThatAreNotResumedAreHeld) {
  Bench bench;
  bench.send("vCont;c:2;s:3");
  EXPECT_THAT(bench.harts.held, ElementsAre(0, 3));
  EXPECT_THAT(bench.harts.stepped, ElementsAre(2));
  bench.send("vCont;c");
  EXPECT_THAT(bench.harts.held, IsEmpty());
  EXPECT_THAT(bench.harts.stepped, IsEmpty());
}

// GDB removes the breakpoint and resumes one hart; the others must go on, and be seen.
TEST(Stops, WhoReachesABreakpointThatAnotherStepsOffIsReportedNext) {
  Bench bench;
  bench.send("Z0,80000100,4");
  bench.send("vCont;c");
  bench.harts.go(0, kBreak);
  bench.send("z0,80000100,4");
  bench.send("vCont;s:1");
  EXPECT_THAT(bench.harts.held, IsEmpty());
  bench.harts.harts[0].instructions++;  // hart 0 executes, then hart 1 comes, in the same cycle
  bench.harts.harts[0].pc = kBreak + 4;
  bench.harts.go(1, kBreak);
  ASSERT_EQ(bench.stops.size(), 2u);
  EXPECT_EQ(bench.stops[1].hart, 0u) << "GDB expects to hear of the hart that steps";
  EXPECT_EQ(bench.stops[1].kind, StopEvent::Kind::kStep);
  bench.send("Z0,80000100,4");
  const std::vector<std::string> replies = bench.send("vCont;c");
  EXPECT_EQ(bench.next, Next::kStay);
  EXPECT_THAT(replies, ElementsAre(StartsWith("T05thread:2;swbreak:;")));
  bench.send("vCont;c");
  EXPECT_EQ(bench.next, Next::kResume);
}

// On RISC-V it does so with a breakpoint of its own at the next instruction.
TEST(Stops, SteppingOffByABreakpointAtTheNextInstructionHoldsNobodyEither) {
  Bench bench;
  bench.send("Z0,80000100,4");
  bench.send("vCont;c");
  bench.harts.go(0, kBreak);
  bench.send("z0,80000100,4");
  bench.send("Z0,80000104,4");
  bench.send("vCont;c:1");
  EXPECT_THAT(bench.harts.held, IsEmpty());
  bench.harts.harts[0].instructions++;
  bench.harts.harts[0].pc = kBreak + 4;
  bench.harts.go(1, kBreak);
  ASSERT_EQ(bench.stops.size(), 2u);
  EXPECT_EQ(bench.stops[1].hart, 0u);
  EXPECT_EQ(bench.stops[1].kind, StopEvent::Kind::kBreakpoint);
  bench.send("z0,80000104,4");
  bench.send("Z0,80000100,4");
  EXPECT_THAT(bench.send("vCont;c"), ElementsAre(StartsWith("T05thread:2;swbreak:;")));
}

TEST(Stops, AWaitingBreakpointThatIsDeletedIsForgotten) {
  Bench bench;
  bench.send("Z0,80000100,4");
  bench.send("vCont;c");
  bench.harts.go(0, kBreak);
  bench.send("z0,80000100,4");
  bench.send("vCont;s:1");
  bench.harts.harts[0].instructions++;
  bench.harts.go(1, kBreak);
  EXPECT_THAT(bench.send("vCont;c"), IsEmpty());
  EXPECT_EQ(bench.next, Next::kResume);
}

TEST(Stops, HartsThatTheClientDoesNotKnowPassBreakpoints) {
  Bench bench;
  bench.debugger.set_harts({0, 1});
  bench.send("Z0,80000100,4");
  bench.send("vCont;c");
  bench.harts.go(3, kBreak);
  EXPECT_THAT(bench.stops, IsEmpty());
}

MemoryAccess store(AgentId agent, std::uint32_t address, std::uint32_t bytes) {
  MemoryAccess access;
  access.agent = agent;
  access.kind = AccessKind::kStore;
  access.address = address;
  access.bytes = bytes;
  access.pc = 0x80000044;
  access.cycle = 99;
  return access;
}

TEST(Watchpoints, NameTheMasterAndThePlace) {
  Bench bench;
  bench.send("Z2,1010,4");
  EXPECT_EQ(bench.memory_watches, 0);
  bench.send("vCont;c");
  bench.send("vCont;c");
  EXPECT_EQ(bench.memory_watches, 1);
  bench.debugger.accessed(store(4, 0x1000, 0x10));  // ends before it
  bench.debugger.accessed(store(4, 0x1014, 0x10));
  EXPECT_THAT(bench.stops, IsEmpty());
  bench.debugger.accessed(store(4, 0x1000, 0x80));
  ASSERT_EQ(bench.stops.size(), 1u);
  EXPECT_EQ(bench.stops[0].text, "soc.dma wrote 128 bytes at 0x00001000, cycle 99");
  EXPECT_THAT(bench.session.stop_replies(bench.stops[0]).back(),
              StartsWith("T05thread:1;watch:1010;"));
  bench.debugger.accessed(store(1, 0x1012, 2));
  EXPECT_EQ(bench.stops.at(1).text,
            "hart wrote 2 bytes at 0x00001012, pc 0x80000044 <main>, cycle 99");
  EXPECT_THAT(bench.session.stop_replies(bench.stops[1]).back(),
              StartsWith("T05thread:2;watch:1012;"));
}

TEST(Watchpoints, KindsTellReadsFromWrites) {
  Bench bench;
  MemoryAccess load = store(1, 0x1010, 4);
  load.kind = AccessKind::kLoad;
  bench.send("Z2,1010,4");
  bench.send("vCont;c");
  bench.debugger.accessed(load);
  EXPECT_THAT(bench.stops, IsEmpty());
  bench.send("z2,1010,4");
  bench.send("Z3,1010,4");
  bench.debugger.accessed(store(1, 0x1010, 4));
  EXPECT_THAT(bench.stops, IsEmpty());
  bench.debugger.accessed(load);
  bench.send("z3,1010,4");
  bench.send("Z4,1010,4");
  bench.debugger.accessed(load);
  bench.debugger.accessed(store(1, 0x1010, 4));
  EXPECT_EQ(bench.stops.size(), 3u);
}

TEST(Watchpoints, InFunctionalTimingTheInstructionEndsFirst) {
  Bench bench;
  bench.is_immediate = true;
  bench.send("Z2,1010,4");
  bench.send("vCont;c");
  bench.debugger.accessed(store(1, 0x1010, 4));
  EXPECT_THAT(bench.stops, IsEmpty());
  bench.harts.go(1, kStart + 4);
  ASSERT_EQ(bench.stops.size(), 1u);
  EXPECT_EQ(bench.stops[0].kind, StopEvent::Kind::kWatchpoint);
  bench.send("vCont;c");
  bench.harts.go(1, kStart + 8);
  EXPECT_EQ(bench.stops.size(), 1u);
}

// GDB removes the watchpoint, and resumes one hart for one instruction: by a breakpoint of its own.
TEST(Watchpoints, SteppingOffOneLetsNoTimeGoBy) {
  for (const char* step : {"vCont;c:1", "vCont;s:1"}) {
    Bench bench;
    bench.send("Z2,1010,4");
    bench.send("vCont;c");
    bench.debugger.accessed(store(4, 0x1010, 4));
    bench.session.stop_replies(bench.stops.at(0));
    bench.send("z2,1010,4");
    bench.send("Z0,80000004,4");
    EXPECT_THAT(bench.send(step), ElementsAre(StartsWith("T05thread:1;20:00000080;"))) << step;
    EXPECT_EQ(bench.next, Next::kStay) << step;
    bench.send("z0,80000004,4");
    EXPECT_THAT(bench.send(step), IsEmpty()) << "the user's own step";
    EXPECT_EQ(bench.next, Next::kResume);
    bench.send("Z2,1010,4");
    bench.send("vCont;c");
    bench.debugger.accessed(store(4, 0x1010, 4));
    EXPECT_EQ(bench.stops.size(), 2u) << "it is hit again";
  }
}

TEST(Watchpoints, OneThatStaysIsNotSteppedOff) {
  Bench bench;
  bench.send("Z2,1010,4");
  bench.send("vCont;c");
  bench.debugger.accessed(store(1, 0x1010, 4));
  EXPECT_THAT(bench.send("vCont;s:2"), IsEmpty());
  EXPECT_EQ(bench.next, Next::kResume);
}

// GDB would take the step off the breakpoint for done.
TEST(Watchpoints, ADeviceThatHitsOneWhileAHartStepsOffABreakpointIsReportedNext) {
  Bench bench;
  bench.send("Z0,80000100,4");
  bench.send("Z2,1010,4");
  bench.send("vCont;c");
  bench.harts.go(0, kBreak);
  bench.send("z0,80000100,4");
  bench.send("vCont;s:1");
  bench.debugger.accessed(store(4, 0x1010, 4));
  EXPECT_EQ(bench.stops.size(), 1u);
  bench.harts.go(0, kBreak + 4);
  ASSERT_EQ(bench.stops.size(), 2u);
  EXPECT_EQ(bench.stops[1].kind, StopEvent::Kind::kStep);
  bench.send("Z0,80000100,4");
  EXPECT_THAT(bench.send("vCont;c").back(), StartsWith("T05thread:1;watch:1010;"));
  EXPECT_EQ(bench.next, Next::kStay);
  bench.send("z2,1010,4");
  EXPECT_THAT(bench.send("vCont;s:1"), ElementsAre(StartsWith("T05thread:1;20:04010080;")));
}

TEST(Watchpoints, TheClientsOwnAccessesAreNotReported) {
  Bench bench;
  bench.send("Z2,1010,4");
  bench.send("vCont;c");
  bench.debugger.set_serving(true);
  bench.debugger.accessed(store(4, 0x1010, 4));
  EXPECT_THAT(bench.stops, IsEmpty());
}

TEST(Stops, ReleaseLetsAllGo) {
  Bench bench;
  bench.send("Z0,80000100,4");
  bench.send("vCont;s:1");
  bench.send("D");
  EXPECT_THAT(bench.harts.watched, IsEmpty());
  EXPECT_THAT(bench.harts.held, IsEmpty());
  EXPECT_THAT(bench.harts.stepped, IsEmpty());
}

TEST(Stops, MalformedCommandsChangeNothing) {
  Bench bench;
  for (const char* packet : {"vCont", "vCont;", "vCont;x", "vCont;c:9", "vCont;s:", "vCont;r1:1",
                             "vCont;r1,2", "vCont;C", "vCont;c:1:2", "Z0", "Z0,1", "Z0,100000000,4",
                             "Z2,ffffffff,2", "Z0,1,0", "z", "sxyz"}) {
    bench.send(packet);
    EXPECT_EQ(bench.next, packet == std::string("vCont;r1,2") ? Next::kResume : Next::kStay)
        << packet;
  }
}

}  // namespace
}  // namespace tessera::debug::test
