// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/call_tree.h"

#include <string>

#include <gtest/gtest.h>

namespace tessera {
namespace {

constexpr std::uint32_t kCall = 0x000000EF;      // jal ra, ...
constexpr std::uint32_t kCallT0 = 0x000002EF;    // jal t0, ...
constexpr std::uint32_t kReturn = 0x00008067;    // jalr x0, 0(ra)
constexpr std::uint32_t kReturnT0 = 0x00028067;  // jalr x0, 0(t0)
constexpr std::uint32_t kJump = 0x0000006F;      // jal x0, ...
constexpr std::uint32_t kJumpToA0 = 0x00050067;  // jalr x0, 0(a0)
constexpr std::uint32_t kAdd = 0x00000033;

/// Function "n" has the addresses 0x1000 n to 0x1000 n + 0xFFF.
SymbolTable functions() {
  std::vector<ElfSymbol> symbols;
  for (std::uint32_t i = 1; i <= 5; ++i) {
    symbols.push_back({std::to_string(i), 0x1000 * i, 0x1000, 0x6000});
  }
  return SymbolTable(symbols);
}

class CallTreeTest : public ::testing::Test {
 protected:
  /// Executes `raw` at `pc`, which leads to `next`.
  void run(std::uint32_t pc, std::uint32_t raw, std::uint32_t next) {
    stack_.arrive(pc);
    ++tree_.follow(stack_).self.events[ProfileCounts::kInstructions];
    RetiredInstruction instruction;
    instruction.pc = pc;
    instruction.raw = raw;
    instruction.next_pc = next;
    stack_.retired(instruction);
  }
  void run(std::uint32_t pc) { run(pc, kAdd, pc + 4); }
  /// Instructions of all stacks as "1>2>3=count ".
  std::string stacks() const {
    std::string text;
    for (const CallTree::Node& node : tree_.nodes()) {
      text += path(node) + "=" + std::to_string(node.self.instructions()) + " ";
    }
    return text;
  }
  std::string path(const CallTree::Node& node) const {
    const std::string& name = node.function->name;
    return node.parent == CallTree::kNone ? name : path(tree_.nodes()[node.parent]) + ">" + name;
  }

  const SymbolTable symbols_ = functions();
  FunctionStack stack_{symbols_};
  CallTree tree_;
};

TEST_F(CallTreeTest, CallsAndReturns) {
  run(0x1000, kCall, 0x2000);
  run(0x2000, kCall, 0x3000);
  run(0x3000, kReturn, 0x2004);
  run(0x2004, kReturn, 0x1004);
  run(0x1004);
  EXPECT_EQ(stacks(), "1=2 1>2=2 1>2>3=1 ");
  EXPECT_EQ(tree_.nodes()[2].calls, 1u);
  EXPECT_EQ(tree_.nodes()[2].call_site, 0x2000u);
  EXPECT_EQ(tree_.inclusive()[0].instructions(), 5u);
  EXPECT_EQ(tree_.inclusive()[1].instructions(), 3u);
}

TEST_F(CallTreeTest, ATailCallReplacesTheCallerAndReturnsToItsCaller) {
  run(0x1000, kCall, 0x2000);
  run(0x2000, kJump, 0x3000);
  run(0x3000, kJumpToA0, 0x4000);
  run(0x4000, kReturn, 0x1004);
  run(0x1004);
  EXPECT_EQ(stacks(), "1=2 1>2=1 1>3=1 1>4=1 ");
  EXPECT_EQ(tree_.nodes()[3].calls, 1u);
}

TEST_F(CallTreeTest, FallingIntoAnotherFunctionIsATailCall) {
  run(0x1000, kCall, 0x2FFC);
  run(0x2FFC);
  run(0x3000, kReturn, 0x1004);
  run(0x1004);
  EXPECT_EQ(stacks(), "1=2 1>2=1 1>3=1 ");
}

TEST_F(CallTreeTest, RecursionIsFollowedLevelByLevel) {
  run(0x1000, kCall, 0x2000);
  run(0x2000, kCall, 0x2000);
  run(0x2000, kCall, 0x2000);
  run(0x2000, kReturn, 0x2004);
  run(0x2004, kReturn, 0x2004);
  run(0x2004, kReturn, 0x1004);
  run(0x1004);
  EXPECT_EQ(stacks(), "1=2 1>2=2 1>2>2=2 1>2>2>2=1 ");
}

TEST_F(CallTreeTest, ALongJumpLeavesAllFramesAbove) {
  run(0x1000, kCall, 0x2000);
  run(0x2000, kCall, 0x3000);
  run(0x3000, kReturn, 0x1004);
  run(0x1004);
  EXPECT_EQ(stacks(), "1=2 1>2=1 1>2>3=1 ");
}

TEST_F(CallTreeTest, RoutinesThatLinkThroughT0AreCalls) {
  run(0x1000, kCall, 0x2000);
  run(0x2000, kCallT0, 0x3000);
  run(0x3000, kReturnT0, 0x2004);
  run(0x2004, kReturn, 0x1004);
  run(0x1004);
  EXPECT_EQ(stacks(), "1=2 1>2=2 1>2>3=1 ");
}

TEST_F(CallTreeTest, ATrapForgetsTheStack) {
  run(0x1000, kCall, 0x2000);
  run(0x2000);
  stack_.clear();
  run(0x5000);
  run(0x5004, kReturn, 0x1004);
  run(0x1004);
  EXPECT_EQ(stacks(), "1=2 1>2=1 5=2 ");
}

TEST_F(CallTreeTest, AStackWithoutEndStaysBounded) {
  for (std::size_t i = 0; i < 10 * FunctionStack::kMaxDepth; ++i) {
    run(0x1000, kCall, 0x1000);
  }
  EXPECT_LE(tree_.nodes().size(), FunctionStack::kMaxDepth);
  EXPECT_EQ(tree_.inclusive()[0].instructions(), 10 * FunctionStack::kMaxDepth);
}

}  // namespace
}  // namespace tessera
