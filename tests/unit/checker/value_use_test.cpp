// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/value_use.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

// As riscv64-unknown-elf-as encodes them.
constexpr std::uint32_t kAddToA5 = 0x00b727af;       // amoadd.w a5, a1, (a4)
constexpr std::uint32_t kAddToNothing = 0x00b7202f;  // amoadd.w zero, a1, (a4)
constexpr std::uint32_t kAddToA0 = 0x00b7252f;       // amoadd.w a0, a1, (a4)
constexpr std::uint32_t kClearA5 = 0x00000793;       // li a5, 0
constexpr std::uint32_t kA5ZeroBack4 = 0xfe078ee3;   // beqz a5, . - 4
constexpr std::uint32_t kCallOn8 = 0x008000ef;       // jal . + 8
constexpr std::uint32_t kCallS1 = 0x000480e7;        // jalr s1
constexpr std::uint32_t kReturn = 0x00008067;

bool is_used(const std::vector<std::uint32_t>& words) {
  return is_result_used(GuestCode(0x8000'0000, words), 0);
}

TEST(ResultOfAnAtomic, IsUnusedInX0) {
  EXPECT_FALSE(is_used({kAddToNothing, kReturn}));
}

TEST(ResultOfAnAtomic, IsUsedByABranch) {
  EXPECT_TRUE(is_used({kAddToA5, kA5ZeroBack4, kReturn}));
}

TEST(ResultOfAnAtomic, IsUnusedWhenReplaced) {
  EXPECT_FALSE(is_used({kAddToA5, kClearA5, kA5ZeroBack4, kReturn}));
}

TEST(ResultOfAnAtomic, MayBeThatOfAFunction) {
  EXPECT_TRUE(is_used({kAddToA0, kReturn}));
  EXPECT_FALSE(is_used({kAddToA5, kReturn}));
}

TEST(ResultOfAnAtomic, MayBeAnArgument) {
  EXPECT_TRUE(is_used({kAddToA5, kCallS1, kReturn}));
  EXPECT_FALSE(is_used({kAddToA5, kCallOn8, kReturn, kClearA5, kReturn}));
  EXPECT_TRUE(is_used({kAddToA5, kCallOn8, kReturn, kA5ZeroBack4, kReturn}));
}

TEST(ResultOfAnAtomic, IsUnusedWhenOnlyTheWordChanges) {
  constexpr std::uint32_t kLoadReserved = 0x100727af;      // lr.w a5, (a4)
  constexpr std::uint32_t kNextA5 = 0x00178793;            // addi a5, a5, 1
  constexpr std::uint32_t kStoreConditional = 0x18f726af;  // sc.w a3, a5, (a4)
  constexpr std::uint32_t kA3NotZeroBack12 = 0xfe069ae3;   // bnez a3, . - 12
  EXPECT_FALSE(is_used({kLoadReserved, kNextA5, kStoreConditional, kA3NotZeroBack12, kReturn}));
  EXPECT_TRUE(is_used({kLoadReserved, kA5ZeroBack4, kStoreConditional, kReturn}));
}

using Stores = std::vector<std::size_t>;
constexpr std::uint32_t kLoadA5 = 0x00072783;     // lw a5, 0(a4)
constexpr std::uint32_t kStoreA5 = 0x00f6a023;    // sw a5, 0(a3)
constexpr std::uint32_t kStoreByA5 = 0x00d7a023;  // sw a3, 0(a5)
constexpr std::uint32_t kNextA4 = 0x00470713;     // addi a4, a4, 4

Stores copies(const std::vector<std::uint32_t>& words) {
  return copies_of(GuestCode(0x8000'0000, words), 0);
}

TEST(ALoadThatCopies, OnlyGivesToStores) {
  EXPECT_EQ(copies({kLoadA5, kNextA4, kStoreA5, kStoreA5, kReturn}), (Stores{2, 3}));
  EXPECT_EQ(copies({kLoadA5, kStoreA5, kClearA5, kA5ZeroBack4, kReturn}), Stores{1});
}

TEST(ALoadThatCopies, IsNotUsedOtherwise) {
  EXPECT_EQ(copies({kLoadA5, kStoreA5, kA5ZeroBack4, kReturn}), Stores());
  EXPECT_EQ(copies({kLoadA5, kStoreA5, kStoreByA5, kReturn}), Stores());
  EXPECT_EQ(copies({kLoadA5, kStoreA5, kAddToA0, kCallS1, kReturn}), Stores());
  EXPECT_EQ(copies({kLoadA5, kReturn}), Stores());
}

}  // namespace
}  // namespace tessera
