// SPDX-License-Identifier: Apache-2.0
// Cycles are those of spec/mempool.md, sections 5, 9 and 14 A, measured on the RTL.
#include "models/core/cycle_harts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/hart_bench.h"

namespace tessera {
namespace {

using namespace isa::test;  // NOLINT(google-build-using-namespace): the assembler
using test::HartBench;
using testing::ElementsAre;
using Program = std::vector<std::uint32_t>;

constexpr Word div(int rd, int rs1, int rs2) {
  return r_type(0x33, 4, 1, rd, rs1, rs2);
}

/// Cycles from the issue of the second last instruction to that of the last.
Cycles distance(HartBench& bench, const Program& program) {
  const std::vector<Cycles> issues = bench.run(program);
  return issues[program.size() - 1] - issues[program.size() - 2];
}

TEST(CycleHarts, AluResultsAreUsableInTheNextCycle) {
  HartBench bench;
  EXPECT_THAT(bench.run({addi(a0, zero, 1), addi(a0, a0, 1), add(a0, a0, a0)}),
              ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(bench.x(a0), 4u);
}

TEST(CycleHarts, MultiplicationsTakeThreeCycles) {
  HartBench bench;
  EXPECT_EQ(distance(bench, {addi(a0, zero, 3), mul(a1, a0, a0), addi(a2, a1, 1)}), 3u);
  EXPECT_EQ(bench.x(a2), 10u);
}

TEST(CycleHarts, LoadsOfTheOwnTileTakeTwoCycles) {
  HartBench bench;
  bench.l1.word(8) = 77;
  EXPECT_EQ(distance(bench, {lw(a0, 8, zero), addi(a1, a0, 1)}), 2u);
  EXPECT_EQ(bench.x(a1), 78u);
}

TEST(CycleHarts, DivisionsTakeFiveCyclesAndTheShift) {
  HartBench bench;
  bench.x(a0) = 1000;
  bench.x(a1) = 7;
  EXPECT_EQ(distance(bench, {div(a2, a0, a1), addi(a3, a2, 0)}), 12u);
  EXPECT_EQ(bench.x(a3), 142u);
}

}  // namespace
}  // namespace tessera
