// SPDX-License-Identifier: Apache-2.0
#include "models/axi/dram_timing.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

/// A DRAM whose clock is the core's, so that cycles and clocks are the same.
class DramTimingTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kKhz = 1'800'000;
  static constexpr std::uint32_t kBurst = 32;
  static constexpr std::uint32_t kBankGroup = 0x40;
  static constexpr std::uint32_t kColumn = 0x100;
  static constexpr std::uint32_t kRow = 0x4000;
  static constexpr Cycles kOverhead = 20 + 21;

  Cycles read(std::uint32_t address, Cycles arrival, std::uint32_t bytes = kBurst) {
    return dram_.access(address, bytes, false, arrival);
  }
  Cycles write(std::uint32_t address, Cycles arrival) {
    return dram_.access(address, kBurst, true, arrival);
  }
  StatGroup stats_{"dram"};
  DramTiming dram_{DramParameters{}, kKhz, stats_};
};

TEST_F(DramTimingTest, AClosedRowTakesAnActivateAndAReadLatency) {
  EXPECT_EQ(read(0, 100), 100 + kOverhead + 16 + 43 + 2);
  EXPECT_EQ(stats_.value("row_misses"), 1u);
}

TEST_F(DramTimingTest, AnOpenRowTakesAReadLatencyOnly) {
  read(0, 100);
  EXPECT_EQ(read(kColumn, 300), 300 + kOverhead + 43 + 2);
  EXPECT_EQ(stats_.value("row_hits"), 1u);
}

TEST_F(DramTimingTest, AnotherRowOfTheBankTakesAPrechargeToo) {
  read(0, 100);
  EXPECT_EQ(read(kRow, 300), 300 + kOverhead + 15 + 16 + 43 + 2);
  EXPECT_EQ(stats_.value("row_conflicts"), 1u);
}

TEST_F(DramTimingTest, ARowStaysOpenForItsMinimumTime) {
  read(0, 100);
  // Activated at 120: precharged at 150 earliest.
  EXPECT_EQ(read(kRow, 101), 120 + 30 + 15 + 16 + 43 + 2 + 21);
}

TEST_F(DramTimingTest, AWrittenRowStaysOpenUntilTheDataIsInside) {
  write(0, 100);
  // Activated 120, written 132, data until 132 + 8 + 2, and 41 more.
  EXPECT_EQ(read(kRow, 101), 132 + 10 + 41 + 15 + 16 + 43 + 2 + 21);
}

TEST_F(DramTimingTest, BurstsOfOneBankGroupAreFurtherApartThanOthers) {
  read(0, 100);
  read(kBankGroup, 100);
  const Cycles base = read(0, 300);
  EXPECT_EQ(read(kBankGroup, 300), base + 2);
  EXPECT_EQ(read(kBankGroup + kColumn, 300), base + 2 + 4);
}

TEST_F(DramTimingTest, PseudoChannelsMoveTheHalvesOfAWordAtTheSameTime) {
  EXPECT_EQ(read(0, 100, 64), 100 + kOverhead + 16 + 43 + 2);
  EXPECT_EQ(stats_.value("row_misses"), 2u);
}

TEST_F(DramTimingTest, ActivatesOfOtherBanksOverlapButKeepTheirDistance) {
  const Cycles first = read(0, 100);
  EXPECT_EQ(read(kBankGroup, 100), first + 3);
  EXPECT_EQ(read(2 * kBankGroup, 100), first + 6);
  EXPECT_EQ(read(3 * kBankGroup, 100), first + 9);
}

TEST_F(DramTimingTest, TurningTheBusRoundCosts) {
  read(0, 100);
  const Cycles base = read(0, 300);
  // Read at 320; the write 18 later, its data 8 + 2 after that.
  EXPECT_EQ(write(kColumn, 300), 320 + 18 + 8 + 2 + 21);
  // Write data ends at 348; the next read of the same group 6 later.
  EXPECT_EQ(read(0, 301), 348 + 6 + 43 + 2 + 21);
  EXPECT_EQ(base, 320 + 43 + 2 + 21);
}

TEST_F(DramTimingTest, ARefreshClosesAllRowsAndHoldsTheBanks) {
  read(0, 100);
  EXPECT_EQ(read(0, 3890), 3900 + 15 + 260 + 16 + 43 + 2 + 21);
  EXPECT_EQ(stats_.value("refreshes"), 1u);
  EXPECT_EQ(stats_.value("row_hits"), 0u);
  read(0, 3900 * 100);
  EXPECT_EQ(stats_.value("refreshes"), 100u);
}

TEST_F(DramTimingTest, CyclesAreThoseOfTheCore) {
  StatGroup stats("slow");
  DramTiming dram(DramParameters{}, 450'000, stats);  // four DRAM clocks per cycle
  EXPECT_EQ(dram.access(0, 32, false, 100), 100 + (41 + 16 + 43 + 2 + 3) / 4);
}

}  // namespace
}  // namespace tessera
