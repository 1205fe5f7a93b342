// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/profiler.h"

#include <gtest/gtest.h>

#include "platform/observe/profile_report.h"

namespace tessera {
namespace {

constexpr std::uint32_t kCall = 0x000000EF;
constexpr std::uint32_t kReturn = 0x00008067;
constexpr std::uint32_t kAdd = 0x00000033;

class ProfilerTest : public ::testing::Test {
 protected:
  void retire(std::uint32_t hart, std::uint32_t pc, std::uint32_t raw, std::uint32_t next,
              Cycles cycle) {
    RetiredInstruction instruction;
    instruction.hart = hart;
    instruction.pc = pc;
    instruction.raw = raw;
    instruction.next_pc = next;
    instruction.cycle = cycle;
    profiler_.retired(instruction);
  }
  ProfileReport report() const {
    return ProfileReport(profiler_, names_,
                         [](std::uint32_t hart) { return "core[" + std::to_string(hart) + "]"; });
  }

  const SymbolTable symbols_{{{"main", 0x100, 0x40, 0x1000}, {"work", 0x140, 0x40, 0x1000}}};
  const LineTable lines_;
  const CodeNames names_{symbols_, lines_};
  Profiler profiler_{symbols_, 2};
};

TEST_F(ProfilerTest, EveryCycleIsBookedWhereItWasSpent) {
  profiler_.stalled(0, 0x100, StallReason::kFetch, 0, 10);
  retire(0, 0x100, kCall, 0x140, 10);
  profiler_.stalled(0, 0x140, StallReason::kOperand, 11, 4);
  retire(0, 0x140, kAdd, 0x144, 15);
  profiler_.fell_asleep(0, 0x140, 16);
  profiler_.woke_up(0, 116);
  retire(0, 0x144, kReturn, 0x104, 116);
  retire(0, 0x104, kAdd, 0x108, 117);
  profiler_.finish(0, 118);
  EXPECT_EQ(report().csv(),
            "hart,function,calls,cycles,instructions,fetch,operand,destination,load_store,offload,"
            "fence,mode_switch,asleep,answer\n"
            "0,main,1,12,2,10,0,0,0,0,0,0,0,0\n"
            "0,work,1,106,2,0,4,0,0,0,0,0,100,0\n");
  EXPECT_EQ(report().folded(ProfileReport::kAll), "core[0];main 12\ncore[0];main;work 106\n");
  EXPECT_EQ(report().folded(ProfileCounts::kAsleep), "core[0];main;work 100\n");
}

TEST_F(ProfilerTest, TimeBetweenInstructionsIsWaitingForAnAnswer) {
  retire(1, 0x100, kAdd, 0x104, 0);
  retire(1, 0x104, kAdd, 0x108, 7);
  profiler_.finish(1, 10);
  EXPECT_EQ(profiler_.tree(1).nodes()[0].self.events[ProfileCounts::kAnswer], 8u);
  EXPECT_EQ(profiler_.tree(1).nodes()[0].self.cycles(), 10u);
}

TEST_F(ProfilerTest, SleepAndStallsUpToTheEndCount) {
  retire(0, 0x100, kAdd, 0x104, 0);
  profiler_.fell_asleep(0, 0x100, 1);
  profiler_.finish(0, 51);
  EXPECT_EQ(profiler_.tree(0).nodes()[0].self.events[ProfileCounts::kAsleep], 50u);
}

TEST_F(ProfilerTest, CallgrindHasOwnCostsCallsAndTotals) {
  retire(0, 0x100, kCall, 0x140, 0);
  retire(0, 0x140, kReturn, 0x104, 1);
  retire(0, 0x104, kAdd, 0x108, 2);
  const std::string text = report().callgrind("x.elf");
  EXPECT_NE(text.find("\nfn=main\n0 2 2 0 0 0 0 0 0 0 0 0\ncfi=\?\?\?\ncfn=work\ncalls=1 0\n"
                      "0 1 1 0 0 0 0 0 0 0 0 0\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\ntotals: 3 3 0 0 0 0 0 0 0 0 0\n"), std::string::npos) << text;
}

TEST_F(ProfilerTest, CodeWithoutANameIsCountedAsUnknown) {
  retire(0, 0x8000, kAdd, 0x8004, 0);
  EXPECT_EQ(report().folded(ProfileReport::kAll), "core[0];unknown 1\n");
}

}  // namespace
}  // namespace tessera
