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
  return loops.loads().count(pc) != 0;
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

TEST(PollLoops, FindsALoopInPieces) {
  const std::vector<std::uint32_t> code{
      kLoadA5FromA4,  // 0:
      0x00079663,     // 4: bnez a5, 10
      kStoreA5ToA4,   // 8: behind the loop
      0x00008067,     // c: ret
      0x0006a783,     // 10: lw a5, 0(a3)
      0xfe0786e3,     // 14: beqz a5, 0
      0xff1ff06f,     // 18: j 8
  };
  EXPECT_TRUE(finds(code, 0x8000'0000));
  EXPECT_TRUE(finds(code, 0x8000'0010));
}

TEST(PollLoops, FindsAnAddressThatTheLoopComputesAgain) {
  const std::vector<std::uint32_t> code{
      0x02812683,  // 0: lw a3, 40(sp)
      0x00261713,  // 4: slli a4, a2, 2
      0x00e68733,  // 8: add a4, a3, a4
      0x02072783,  // c: lw a5, 32(a4)
      0xfe0788e3,  // 10: beqz a5, 0
  };
  EXPECT_TRUE(finds(code, 0x8000'000c));
}

TEST(PollLoops, FindsTheFirstLookBeforeTheLoop) {
  const std::vector<std::uint32_t> code{
      0x80001737,  // 0: lui a4, 0x80001
      0x00472783,  // 4: lw a5, 4(a4)
      0x00079a63,  // 8: bnez a5, 1c
      kWfi,        // c:
      0x800016b7,  // 10: lui a3, 0x80001
      0x0046a783,  // 14: lw a5, 4(a3)
      0xfe078ae3,  // 18: beqz a5, c
      0x00008067,  // 1c: ret
  };
  EXPECT_TRUE(finds(code, 0x8000'0004));
  EXPECT_TRUE(finds(code, 0x8000'0014));
  std::vector<std::uint32_t> other = code;
  other[1] = 0x00872783;  // lw a5, 8(a4)
  EXPECT_FALSE(finds(other, 0x8000'0004));
}

TEST(PollLoops, FindsTheFirstLookBeforeRegistersAreSaved) {
  std::vector<std::uint32_t> code{
      0x00452703,  // 0: lw a4, 4(a0)
      0x00472783,  // 4: lw a5, 4(a4)
      0x00912223,  // 8: sw s1, 4(sp)
      0x00050493,  // c: mv s1, a0
      0x00079a63,  // 10: bnez a5, 24
      kWfi,        // 14:
      0x0044a703,  // 18: lw a4, 4(s1)
      0x00472783,  // 1c: lw a5, 4(a4)
      0xfe078ae3,  // 20: beqz a5, 14
      0x00008067,  // 24: ret
  };
  EXPECT_TRUE(finds(code, 0x8000'0004));
  code[2] = 0x0097a223;  // sw s1, 4(a5)
  EXPECT_FALSE(finds(code, 0x8000'0004));
}

TEST(PollLoops, FindsALoopThatBeginsInTheMiddle) {
  const std::vector<std::uint32_t> code{
      0x0080006f,     // 0: j 8
      kWfi,           // 4:
      kLoadA5FromA4,  // 8:
      0xfe078ce3,     // c: beqz a5, 4
      kNextA4,        // 10: the next flag
      0xfeb71ae3,     // 14: bne a4, a1, 8
  };
  EXPECT_TRUE(finds(code, 0x8000'0008));
}

TEST(PollLoops, FindsALookByACalledFunction) {
  const std::vector<std::uint32_t> code{
      0x010000ef,  // 0: jal 10
      0xfe050ee3,  // 4: beqz a0, 0
      0x00008067,  // 8: ret
      kNop,        // c:
      0x00042503,  // 10: lw a0, 0(s0)
      0x00157513,  // 14: andi a0, a0, 1
      0x00008067,  // 18: ret
  };
  EXPECT_TRUE(finds(code, 0x8000'0010));
  std::vector<std::uint32_t> other = code;
  other[5] = 0x00042023;  // sw zero, 0(s0)
  EXPECT_FALSE(finds(other, 0x8000'0010));
}

TEST(PollLoops, TakesNoLoopWithACallThatStores) {
  const std::vector<std::uint32_t> code{
      0x0080006f,     // 0: j 8
      0x010000ef,     // 4: jal 14
      kLoadA5FromA4,  // 8:
      0xfe078ce3,     // c: beqz a5, 4
      0x00008067,     // 10: ret
      kStoreA5ToA4,   // 14:
      0x00008067,     // 18: ret
  };
  EXPECT_FALSE(finds(code, 0x8000'0008));
  std::vector<std::uint32_t> other = code;
  other[5] = kNop;
  EXPECT_TRUE(finds(other, 0x8000'0008));
}

TEST(PollLoops, TakesNoLoopThatMayCallWhatStores) {
  const std::vector<std::uint32_t> code{
      kLoadA5FromA4,  // 0:
      0x00060463,     // 4: beqz a2, c
      0x010000ef,     // 8: jal 18
      kNop,           // c:
      0xfe0788e3,     // 10: beqz a5, 0
      0x00008067,     // 14: ret
      kStoreA5ToA4,   // 18:
      0x00008067,     // 1c: ret
      0xfe1ff0ef,     // 20: jal 0
  };
  EXPECT_FALSE(finds(code, 0x8000'0000));
}

TEST(PollLoops, TakesNoTurnOfALoopThatWorksInOthers) {
  const std::vector<std::uint32_t> code{
      kLoadA5FromA4,  // 0:
      0x00c7fa63,     // 4: bgeu a5, a2, 18
      kStoreA5ToA4,   // 8:
      0x00160613,     // c: addi a2, a2, 1
      0xff1ff06f,     // 10: j 0
      0x00008067,     // 14: ret
      0x00160613,     // 18: addi a2, a2, 1
      0xfe5ff06f,     // 1c: j 0
      0xfe1ff0ef,     // 20: jal 0
  };
  EXPECT_FALSE(finds(code, 0x8000'0000));
  std::vector<std::uint32_t> other = code;
  other[6] = kWfi;  // the turn changes nothing
  EXPECT_TRUE(finds(other, 0x8000'0000));
  other = code;
  other[2] = kNop;  // no turn stores
  EXPECT_TRUE(finds(other, 0x8000'0000));
}

TEST(PollLoops, TakesNoWalkThroughAList) {
  const std::vector<std::uint32_t> code{
      0x00078713,     // 0: mv a4, a5
      kLoadA5FromA4,  // 4:
      0xfe079ce3,     // 8: bnez a5, 0
  };
  EXPECT_FALSE(finds(code, 0x8000'0004));
}

}  // namespace
}  // namespace tessera
