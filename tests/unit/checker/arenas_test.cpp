// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/arenas.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

constexpr std::uint32_t kState = 0x100;

class ArenasTest : public testing::Test {
 protected:
  ArenasTest() {
    arenas_.stored(kState, 0);  // .bss
    arenas_.stored(kState + 4, 0);
    arenas_.stored(kState, 0x1000);
    arenas_.stored(kState + 4, 0x2000);
  }

  Arenas arenas_{{kState}};
};

TEST_F(ArenasTest, IsFreeUntilAllocated) {
  EXPECT_TRUE(arenas_.is_free(0x1000));
  EXPECT_TRUE(arenas_.is_free(0x1FFF));
  EXPECT_FALSE(arenas_.is_free(0xFFF));
  EXPECT_FALSE(arenas_.is_free(0x2000));
  const auto change = arenas_.stored(kState, 0x1040);
  ASSERT_TRUE(change.allocated);
  EXPECT_EQ(change.allocated->begin, 0x1000u);
  EXPECT_EQ(change.allocated->end, 0x1040u);
  EXPECT_FALSE(arenas_.is_free(0x103F));
  EXPECT_TRUE(arenas_.is_free(0x1040));
}

TEST_F(ArenasTest, KnowsItsBlocks) {
  arenas_.stored(kState, 0x1040);
  arenas_.stored(kState, 0x1100);
  EXPECT_EQ(arenas_.block(0x103F)->begin, 0x1000u);
  EXPECT_EQ(arenas_.block(0x103F)->end, 0x1040u);
  EXPECT_EQ(arenas_.block(0x1040)->begin, 0x1040u);
  EXPECT_EQ(arenas_.block(0x1800)->end, 0x1100u);
  EXPECT_FALSE(arenas_.block(0xFFF));
}

TEST_F(ArenasTest, TakesBackWhatIsReleased) {
  arenas_.stored(kState, 0x1040);
  arenas_.stored(kState, 0x1100);
  const auto change = arenas_.stored(kState, 0x1040);
  ASSERT_TRUE(change.released);
  EXPECT_EQ(change.released->begin, 0x1040u);
  EXPECT_EQ(change.released->end, 0x1100u);
  EXPECT_TRUE(arenas_.is_free(0x1040));
  EXPECT_EQ(arenas_.block(0x1100)->begin, 0x1000u);
}

TEST_F(ArenasTest, IsMadeWithBothWords) {
  Arenas arenas({kState});
  arenas.stored(kState + 4, 0x2000);
  EXPECT_FALSE(arenas.is_free(0x100));
  arenas.stored(kState, 0x1000);
  EXPECT_FALSE(arenas.is_free(0x100));
  EXPECT_TRUE(arenas.is_free(0x1000));
}

TEST_F(ArenasTest, IgnoresOtherStores) {
  EXPECT_FALSE(arenas_.stored(kState + 8, 0x1800).allocated);
  EXPECT_TRUE(arenas_.is_free(0x1000));
}

}  // namespace
}  // namespace tessera
