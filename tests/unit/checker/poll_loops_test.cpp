// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/poll_loops.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

// As riscv64-unknown-elf-as encodes them.
constexpr std::uint32_t kNop = 0x00000013;
constexpr std::uint32_t kWfi = 0x10500073;
constexpr std::uint32_t kLoadA5FromA4 = 0x00072783;   // lw a5, 0(a4)
constexpr std::uint32_t kStoreA5ToA4 = 0x00f72023;    // sw a5, 0(a4)
constexpr std::uint32_t kMaskA5 = 0x0017f793;         // andi a5, a5, 1
constexpr std::uint32_t kNextA4 = 0x00470713;         // addi a4, a4, 4
constexpr std::uint32_t kAddToA0 = 0x00f50533;        // add a0, a0, a5
constexpr std::uint32_t kA5ZeroBack4 = 0xfe078ee3;    // beqz a5, . - 4
constexpr std::uint32_t kA5ZeroBack8 = 0xfe078ce3;    // beqz a5, . - 8
constexpr std::uint32_t kA5NotZeroOn8 = 0x00079463;   // bnez a5, . + 8
constexpr std::uint32_t kJumpBack8 = 0xff9ff06f;      // j . - 8
constexpr std::uint32_t kA1NotA4Back8 = 0xfee59ce3;   // bne a1, a4, . - 8
constexpr std::uint32_t kA1NotA4Back12 = 0xfee59ae3;  // bne a1, a4, . - 12

bool finds(const std::vector<std::uint32_t>& code, std::uint32_t pc) {
  PollLoops loops;
  loops.add_code(0x8000'0000, code);
  return loops.contains(pc);
}

TEST(PollLoops, FindsTheShortestLoop) {
  EXPECT_TRUE(finds({kNop, kLoadA5FromA4, kA5ZeroBack4}, 0x8000'0004));
}

TEST(PollLoops, FindsALoopThatSleeps) {
  EXPECT_TRUE(finds({kWfi, kLoadA5FromA4, kA5ZeroBack8}, 0x8000'0004));
}

TEST(PollLoops, FollowsTheValueThroughArithmetic) {
  EXPECT_TRUE(finds({kLoadA5FromA4, kMaskA5, kA5ZeroBack8}, 0x8000'0000));
}

TEST(PollLoops, FindsALoopThatIsLeftInTheMiddle) {
  EXPECT_TRUE(finds({kLoadA5FromA4, kA5NotZeroOn8, kJumpBack8}, 0x8000'0000));
}

TEST(PollLoops, TakesNoLoopOverAnArray) {
  EXPECT_FALSE(finds({kLoadA5FromA4, kNextA4, kA5ZeroBack8}, 0x8000'0000));
}

TEST(PollLoops, TakesNoLoopThatStores) {
  EXPECT_FALSE(finds({kLoadA5FromA4, kStoreA5ToA4, kA5ZeroBack8}, 0x8000'0000));
}

TEST(PollLoops, TakesNoLoadWhoseValueDecidesNothing) {
  EXPECT_FALSE(finds({kLoadA5FromA4, kAddToA0, kA1NotA4Back8}, 0x8000'0000));
  EXPECT_FALSE(finds({kLoadA5FromA4, kAddToA0, kNextA4, kA1NotA4Back12}, 0x8000'0000));
}

TEST(PollLoops, TakesNoLoadOutsideOfALoop) {
  EXPECT_FALSE(finds({kLoadA5FromA4, kNop, kA5ZeroBack4}, 0x8000'0000));
}

}  // namespace
}  // namespace tessera
