// SPDX-License-Identifier: Apache-2.0
#include "models/core/offload_unit.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera {
namespace {

using testing::ElementsAre;

/// One cycle of the unit: what is written back, -1 for nothing.
int cycle(OffloadUnit& unit, const OffloadedOperation* operation, bool is_port_free = true) {
  const bool has_result = unit.has_result();
  const bool can_take = unit.can_take();
  unit.advance();
  int written = -1;
  if (has_result && is_port_free) {
    written = unit.result().rd;
    unit.pop_result();
  }
  if (operation != nullptr) {
    EXPECT_TRUE(can_take);
    unit.take(*operation);
  }
  return written;
}

constexpr OffloadedOperation product(std::uint8_t rd) {
  return {0, rd, OffloadedOperation::kPipelined};
}
constexpr OffloadedOperation quotient(std::uint8_t rd, std::int8_t shift) {
  return {0, rd, shift};
}

/// Registers in the order of their write-back, cycle by cycle, the operations issued one per cycle.
std::vector<int> run(const std::vector<OffloadedOperation>& operations, int cycles) {
  OffloadUnit unit;
  std::vector<int> written;
  for (std::size_t i = 0; i < static_cast<std::size_t>(cycles); ++i) {
    written.push_back(cycle(unit, i < operations.size() ? &operations[i] : nullptr));
  }
  EXPECT_TRUE(unit.is_empty());
  return written;
}

TEST(OffloadUnit, ProductsAreWrittenTwoCyclesAfterIssue) {
  EXPECT_THAT(run({product(1), product(2), product(3)}, 5), ElementsAre(-1, -1, 1, 2, 3));
}

TEST(OffloadUnit, QuotientsTakeTheirShift) {
  EXPECT_THAT(run({quotient(1, 0)}, 5), ElementsAre(-1, -1, -1, -1, 1));
  EXPECT_THAT(run({quotient(1, 2)}, 7), ElementsAre(-1, -1, -1, -1, -1, -1, 1));
  EXPECT_THAT(run({quotient(1, -3)}, 4), ElementsAre(-1, -1, -1, 1));
}

TEST(OffloadUnit, ArbiterAlternatesBetweenThoseThatWait) {
  // The quotient is there in cycle 3, with a product in each cycle: the product has the first turn.
  EXPECT_THAT(run({quotient(1, -1), product(2), product(3), product(4)}, 7),
              ElementsAre(-1, -1, -1, 2, 1, 3, 4));
}

TEST(OffloadUnit, HoldsFourResultsWhileThePortIsTaken) {
  OffloadUnit unit;
  const OffloadedOperation operation = product(1);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(cycle(unit, &operation, false), -1);
  }
  EXPECT_FALSE(unit.can_take());
  EXPECT_EQ(cycle(unit, nullptr), 1);
  // The response register is ready in the cycle after: a request moves on, and one more fits.
  EXPECT_FALSE(unit.can_take());
  EXPECT_EQ(cycle(unit, nullptr), 1);
  EXPECT_TRUE(unit.can_take());
  EXPECT_EQ(cycle(unit, nullptr), 1);
  EXPECT_EQ(cycle(unit, nullptr), 1);
  EXPECT_TRUE(unit.is_empty());
}

TEST(OffloadUnit, ArbiterKeepsItsChoiceWhileTheResponseRegisterIsFull) {
  OffloadUnit unit;
  const OffloadedOperation operations[] = {product(1), product(2), quotient(3, 0), product(4)};
  for (const OffloadedOperation& operation : operations) {
    cycle(unit, &operation, false);
  }
  // Registers 1 and 2 wait in the response register. The product is at the arbiter from cycle 4 on,
  // the quotient in cycle 5.
  for (int i = 4; i < 8; ++i) {
    EXPECT_EQ(cycle(unit, nullptr, false), -1);
  }
  std::vector<int> written;
  for (int i = 0; i < 5; ++i) {
    written.push_back(cycle(unit, nullptr));
  }
  EXPECT_THAT(written, ElementsAre(1, 2, 4, 3, -1));
}

TEST(OffloadUnit, DivisionShiftsAreThoseOfTheDivider) {
  const auto negative = [](int value) { return static_cast<std::uint32_t>(-value); };
  EXPECT_EQ(division_shift(true, 1000, 7), 7);
  EXPECT_EQ(division_shift(true, negative(1000), 7), 8);
  EXPECT_EQ(division_shift(true, 1000, negative(7)), 7);
  EXPECT_EQ(division_shift(true, 1000, negative(8)), 7);
  EXPECT_EQ(division_shift(false, 0xffffffff, 3), 30);
  EXPECT_EQ(division_shift(false, 5, 0), 32);
  EXPECT_EQ(division_shift(true, 5, negative(1)), 32);
  EXPECT_EQ(division_shift(true, 0x80000000, 1), 31);
  EXPECT_EQ(division_shift(true, negative(1), 5), -3);
  EXPECT_LT(division_shift(true, 0, 5), 0);
}

}  // namespace
}  // namespace tessera
