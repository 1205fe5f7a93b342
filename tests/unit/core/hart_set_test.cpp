// SPDX-License-Identifier: Apache-2.0
#include "models/core/hart_set.h"

#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace tessera {
namespace {

std::vector<std::uint32_t> walked(const HartSet& set) {
  std::vector<std::uint32_t> members;
  for (std::uint32_t hart = set.next(0); hart != HartSet::kNone; hart = set.next(hart + 1)) {
    members.push_back(hart);
  }
  return members;
}
std::vector<std::uint32_t> visited(const HartSet& set) {
  std::vector<std::uint32_t> members;
  set.for_each([&members](std::uint32_t hart) { members.push_back(hart); });
  return members;
}

TEST(HartSet, HoldsWhatAStandardSetDoes) {
  for (const std::uint32_t num_harts : {1u, 64u, 65u, 1000u, 4096u}) {
    HartSet set(num_harts);
    HartSet other(num_harts);
    std::set<std::uint32_t> expected;
    std::mt19937 random(num_harts);
    for (int i = 0; i < 2000; ++i) {
      const auto hart = static_cast<std::uint32_t>(random() % num_harts);
      switch (random() % 4) {
        case 0:
          set.insert(hart);
          expected.insert(hart);
          break;
        case 1:
          other.insert(hart);
          set.take_all(other);
          EXPECT_TRUE(other.is_empty());
          expected.insert(hart);
          break;
        default:
          set.erase(hart);
          expected.erase(hart);
          break;
      }
      ASSERT_EQ(set.is_empty(), expected.empty());
    }
    const std::vector<std::uint32_t> members(expected.begin(), expected.end());
    EXPECT_EQ(walked(set), members);
    EXPECT_EQ(visited(set), members);
    set.clear();
    EXPECT_TRUE(set.is_empty());
    EXPECT_EQ(set.next(0), HartSet::kNone);
  }
}

TEST(HartSet, TheVisitedOneMayLeave) {
  HartSet set(200);
  for (std::uint32_t hart = 0; hart < 200; hart += 3) {
    set.insert(hart);
  }
  std::vector<std::uint32_t> members;
  set.for_each([&](std::uint32_t hart) {
    members.push_back(hart);
    set.erase(hart);
  });
  EXPECT_EQ(members.size(), 67u);
  EXPECT_TRUE(set.is_empty());
}

}  // namespace
}  // namespace tessera
