// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/isa/machine.h"

namespace tessera::isa::test {
namespace {

TEST(Interpreter, CountsALoop) {
  Machine machine;
  machine.load({
      addi(a0, zero, 10),
      addi(a1, a1, 3),
      addi(a0, a0, -1),
      bne(a0, zero, -8),
      wfi(),
  });
  EXPECT_EQ(machine.run(1000), StopReason::kAsleep);
  EXPECT_EQ(machine.x(a1), 30u);
  EXPECT_EQ(machine.hart.cycle, 32u);
  EXPECT_EQ(machine.hart.instructions, 32u);
  EXPECT_EQ(machine.hart.pc, Machine::kMemory + 20);
  EXPECT_EQ(machine.hart.activity, HartActivity::kAsleep);
}

TEST(Interpreter, EndsExactlyAtEveryBudget) {
  for (Cycles budget = 0; budget <= 40; ++budget) {
    Machine machine;
    machine.load({
        addi(a0, zero, 10),
        addi(a1, a1, 3),
        addi(a0, a0, -1),
        bne(a0, zero, -8),
        addi(a2, zero, 7),
        jal(zero, 0),
    });
    EXPECT_EQ(machine.run(budget), StopReason::kBudget);
    EXPECT_EQ(machine.hart.cycle, budget);
    EXPECT_EQ(machine.hart.instructions, budget);
    EXPECT_EQ(machine.x(a1), budget < 2 ? 0 : std::min<Cycles>(10, (budget + 1) / 3) * 3);
    EXPECT_EQ(machine.x(a2), budget < 32 ? 0u : 7u);
  }
}

TEST(Interpreter, ReturnsThroughCallsAcrossPages) {
  Machine machine;
  machine.load({
      lui(a0, (Machine::kMemory >> 12) + 1),
      jalr(ra, 0, a0),
      addi(a2, a1, 1),
      wfi(),
  });
  machine.load({addi(a1, zero, 5), jalr(zero, 0, ra)}, Machine::kMemory + 0x1000);
  EXPECT_EQ(machine.run(100), StopReason::kAsleep);
  EXPECT_EQ(machine.x(a2), 6u);
  EXPECT_EQ(machine.x(ra), Machine::kMemory + 8);
  EXPECT_EQ(machine.hart.instructions, 6u);
}

}  // namespace
}  // namespace tessera::isa::test
