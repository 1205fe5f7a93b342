// SPDX-License-Identifier: Apache-2.0
// When single instructions issue, and what they do. Source of the cycles: snitch.sv and its
// surroundings; the loops measured on the RTL are in measured_loops_test.cpp.
#include "models/core/cycle_harts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/isa/csr.h"
#include "tests/unit/core/hart_bench.h"

namespace tessera::isa::test {
namespace {

using tessera::test::HartBench;
using tessera::test::join;
using tessera::test::Program;
using tessera::test::repeat;
using testing::ElementsAre;

/// Cycles from the issue of the second last instruction to that of the last.
Cycles distance(HartBench& bench, const Program& program) {
  const std::vector<Cycles> issues = bench.run(program);
  return issues[program.size() - 1] - issues[program.size() - 2];
}

TEST(CycleHarts, DivisionsDependOnTheirOperands) {
  struct Row {
    Word division;
    std::uint32_t a;
    std::uint32_t b;
    Cycles cycles;
    std::uint32_t result;
  };
  const auto negative = [](int value) { return static_cast<std::uint32_t>(-value); };
  for (const Row& row : std::vector<Row>{{div(a2, a0, a1), 1000, 7, 12, 142},
                                         {div(a2, a0, a1), negative(1000), 7, 13, negative(142)},
                                         {div(a2, a0, a1), 77, 0, 37, 0xffffffff},
                                         {divu(a2, a0, a1), 0xffffffff, 3, 35, 0x55555555},
                                         {div(a2, a0, a1), 0, 5, 4, 0},
                                         {rem(a2, a0, a1), 5, 1000, 4, 5}}) {
    HartBench bench;
    bench.x(a0) = row.a;
    bench.x(a1) = row.b;
    EXPECT_EQ(distance(bench, {row.division, addi(a3, a2, 0)}), row.cycles) << row.a;
    EXPECT_EQ(bench.x(a3), row.result);
  }
}

TEST(CycleHarts, WithoutXpulpimgTheMultiplierHasARegisterOfItsOwn) {
  HartBench bench(1, false);
  EXPECT_THAT(bench.run({mul(a1, a0, a0), mul(a2, a0, a0), addi(a3, a1, 0)}),
              ElementsAre(0, 1, 4, 5));
}

TEST(CycleHarts, AStalledDivisionStopsTheOffloadsBehindIt) {
  HartBench bench;
  bench.x(a0) = 1000;
  bench.x(a1) = 7;
  // The second division waits in the request register, the multiplication behind it; then it is
  // full. Divisions are accepted in cycles 1 and 11.
  EXPECT_THAT(bench.run({div(a2, a0, a1), div(a3, a0, a1), mul(a4, a0, a0), mul(a5, a0, a0)}),
              ElementsAre(0, 1, 2, 12, 13));
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kOffload), 9u);
}

TEST(CycleHarts, LoadStoreUnitHoldsEightAndOneMore) {
  HartBench bench;
  bench.soc.latency = [](const HartAccess&) { return Cycles{100}; };
  bench.x(a0) = HartBench::kSoc;
  // The ninth takes the front register. Its id is freed in cycle 100, and usable in 101.
  EXPECT_THAT(bench.run(join({repeat(10, {lw(zero, 0, a0)}), {sw(zero, 0, a0)}})),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 102, 103, 104));
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kLoadStore), 93u);
}

TEST(CycleHarts, FrontRegisterLetsOtherInstructionsPass) {
  HartBench bench;
  bench.l1.closed_until = 10;
  EXPECT_THAT(bench.run({lw(a0, 0, zero), nop(), mul(a1, a2, a3), lw(a4, 4, zero)}),
              ElementsAre(0, 1, 2, 11, 12));
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kLoadStore), 8u);
}

TEST(CycleHarts, OneFrontRegisterServesBothPorts) {
  HartBench bench;
  bench.x(a5) = HartBench::kSoc;
  bench.l1.closed_until = 10;
  EXPECT_THAT(bench.run({lw(a0, 0, zero), lw(a1, 0, a5)}), ElementsAre(0, 11, 12));
  EXPECT_EQ(bench.l1.requests.size(), 1u);
  EXPECT_EQ(bench.soc.requests.size(), 1u);
}

TEST(CycleHarts, LoadsReturnOutOfOrderAndTheLowestIdIsTakenFirst) {
  HartBench bench;
  bench.x(a5) = HartBench::kSoc;
  bench.soc.word(HartBench::kSoc) = 5;
  bench.l1.word(0) = 6;
  // The load from L1 returns in cycle 2, that from the SoC in cycle 12.
  EXPECT_THAT(bench.run({lw(a0, 0, a5), lw(a1, 0, zero), addi(a1, a1, 1), sw(a1, 4, zero),
                         addi(a0, a0, 1)}),
              ElementsAre(0, 1, 3, 4, 13, 14));
  EXPECT_EQ(bench.x(a0), 6u);
  EXPECT_EQ(bench.l1.word(4), 7u);
  EXPECT_EQ(AccessTag::id(bench.soc.requests[0].tag), 0u);
  EXPECT_EQ(AccessTag::id(bench.l1.requests[0].tag), 1u);
  EXPECT_EQ(AccessTag::id(bench.l1.requests[1].tag), 1u);
}

TEST(CycleHarts, OneResponsePerCycle) {
  HartBench bench;
  bench.x(a5) = HartBench::kSoc;
  bench.soc.latency = [](const HartAccess&) { return Cycles{2}; };
  // Both answers are due in cycle 2; L1 comes first.
  EXPECT_THAT(bench.run({lw(a0, 0, a5), lw(a1, 0, zero), addi(a1, a1, 1), addi(a0, a0, 1)}),
              ElementsAre(0, 1, 3, 4, 5));
}

TEST(CycleHarts, LoadedValuesAreExtended) {
  HartBench bench;
  bench.l1.word(0) = 0x8281f0ff;
  bench.run({lh(a0, 2, zero), lbu(a1, 3, zero), lb(a2, 1, zero), lhu(a3, 0, zero), sb(a0, 4, zero),
             sh(a0, 6, zero)});
  EXPECT_EQ(bench.x(a0), 0xffff8281u);
  EXPECT_EQ(bench.x(a1), 0x82u);
  EXPECT_EQ(bench.x(a2), 0xfffffff0u);
  EXPECT_EQ(bench.x(a3), 0xf0ffu);
  EXPECT_EQ(bench.l1.word(4), 0x82810081u);
}

TEST(CycleHarts, MisalignedIncrementsDoWhatTheRtlDoes) {
  HartBench bench;
  bench.l1.word(0x100) = 0x44332211;
  bench.x(a0) = bench.x(a1) = bench.x(a2) = 0x102;
  bench.x(a3) = 0xaabbccdd;
  bench.run({p_lw(s2, 2, a0), lw(s3, 0x100, zero), p_sw(a3, 2, a1), p_lh(s4, -2, a2)});
  EXPECT_EQ(bench.x(s2), 0x4433u);  // word >> 16
  EXPECT_EQ(bench.l1.word(0x100), 0xccddaabbu);
  EXPECT_EQ(bench.x(a0), 0x104u);
  EXPECT_EQ(bench.x(a1), 0x104u);
  EXPECT_EQ(bench.x(s4), 0xffffccddu);
  EXPECT_TRUE(bench.errors.empty());
}

TEST(CycleHarts, LoadedValueWinsOverTheIncrement) {
  HartBench bench;
  bench.l1.word(0x100) = 7;
  bench.x(a0) = 0x100;
  EXPECT_THAT(bench.run({p_lw(a0, 4, a0), addi(a1, a0, 0)}), ElementsAre(0, 2, 3));
  EXPECT_EQ(bench.x(a1), 7u);
}

TEST(CycleHarts, CountersCountWhatStalls) {
  HartBench bench;
  bench.l1.closed_until = 6;
  const auto read = [](int rd, std::uint32_t csr) {
    return csrrs(rd, static_cast<int>(csr), zero);
  };
  // Cycles: 0 lw, 7 lw after 6 stalls of the unit, 9 add after a stall on a1, 10 mul, 13 mul after
  // two on a2, 14.. reads.
  EXPECT_THAT(
      bench.run({lw(a0, 0, zero), lw(a1, 4, zero), add(a1, a1, a1), mul(a2, a1, a1),
                 mul(a2, a1, a1), read(s2, csr::kMcycle), read(s3, csr::kMinstret),
                 read(s4, csr::kMhpmcounter3), read(s5, csr::kMhpmcounter4),
                 read(s6, csr::kMhpmcounter5), read(s7, csr::kMcycleh), read(s8, csr::kMhartid)}),
      ElementsAre(0, 7, 9, 10, 13, 14, 15, 16, 17, 18, 19, 20, 21));
  EXPECT_EQ(bench.x(s2), 14u);
  EXPECT_EQ(bench.x(s3), 6u);
  EXPECT_EQ(bench.x(s4), 0u);
  EXPECT_EQ(bench.x(s5), 6u);
  EXPECT_EQ(bench.x(s6), 3u);
  EXPECT_EQ(bench.x(s7), 0u);
  EXPECT_EQ(bench.x(s8), 0u);
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kOperand), 1u);
  EXPECT_EQ(bench.harts[0].stalled(StallReason::kDestination), 2u);
}

TEST(CycleHarts, UnknownCsrsAreDumpedInTheirCycle) {
  HartBench bench;
  bench.run({addi(a0, zero, 42), csrrw(zero, 0x7f1, a0)});
  ASSERT_EQ(bench.dumps.size(), 1u);
  EXPECT_EQ(bench.dumps[0].csr, 0x7f1u);
  EXPECT_EQ(bench.dumps[0].value, 42u);
  EXPECT_EQ(bench.dumps[0].cycle, 1u);
}

TEST(CycleHarts, TrapsTakeOneCycleAndGoToTheTrapAddress) {
  struct Row {
    Word instruction;
    GuestErrorKind kind;
  };
  for (const Row& row : std::vector<Row>{{0xffffffff, GuestErrorKind::kIllegalInstruction},
                                         {fence_i(), GuestErrorKind::kIllegalInstruction},
                                         {lw(a0, 2, zero), GuestErrorKind::kMisalignedAccess},
                                         {amo(0, a0, a1, s2), GuestErrorKind::kMisalignedAccess},
                                         {p_sw(a0, 2, zero), GuestErrorKind::kMisalignedAccess}}) {
    HartBench bench;
    bench.x(s2) = 1;
    EXPECT_THAT(bench.run({nop(), row.instruction}), ElementsAre(0, 1, 2));
    ASSERT_EQ(bench.errors.size(), 1u);
    EXPECT_EQ(bench.errors[0].kind, row.kind);
    EXPECT_EQ(bench.errors[0].pc, HartBench::kCode + 4);
    EXPECT_EQ(bench.errors[0].cycle, 1u);
    EXPECT_EQ(bench.harts[0].pc, HartBench::kTrapAddress + 4);
    EXPECT_EQ(bench.harts[0].traps, 1u);
    EXPECT_TRUE(bench.l1.requests.empty());
  }
}

TEST(CycleHarts, FetchFromNoMemoryTraps) {
  for (const std::uint32_t target : {0x12345678u, HartBench::kCode + 6}) {
    HartBench bench;
    bench.x(a0) = target;
    EXPECT_THAT(bench.run({jalr(zero, 0, a0)}), ElementsAre(0, 1, 2));
    ASSERT_EQ(bench.errors.size(), 1u);
    EXPECT_EQ(bench.errors[0].pc, target);
    EXPECT_EQ(bench.harts[0].traps, 1u);
  }
}

TEST(CycleHarts, AMisalignedAccessTrapsWithoutWaitingForItsDestination) {
  HartBench bench;
  bench.x(a5) = HartBench::kSoc;
  // lw a0 is under way until cycle 12.
  EXPECT_THAT(bench.run({lw(a0, 0, a5), lw(a0, 2, zero)}), ElementsAre(0, 1, 2));
}

TEST(CycleHarts, StackLimitIsCheckedOnEveryWayIntoSp) {
  HartBench bench;
  bench.harts[0].stack_limit = 0x100;
  bench.l1.word(0x40) = 0x10;
  bench.x(sp) = 0x200;
  bench.run({addi(sp, zero, 0x80), lw(sp, 0x40, zero), mul(sp, sp, sp), addi(sp, zero, 0x200)});
  ASSERT_EQ(bench.errors.size(), 2u);  // 0x10 * 0x10 = 0x100 is not below
  EXPECT_EQ(bench.errors[0].kind, GuestErrorKind::kStackOverflow);
  EXPECT_EQ(bench.errors[0].cycle, 0u);
  EXPECT_EQ(bench.errors[1].cycle, 2u);
}

TEST(CycleHarts, EnvironmentHearsOfBreakpointsAndUnsupportedInstructions) {
  HartBench bench;
  bench.place(HartBench::kCode, {ebreak(), ecall(), r_type(0x53, 0, 0, a0, a0, a0)});
  bench.start();
  bench.step_to(5);
  EXPECT_THAT(bench.breakpoints, ElementsAre(HartBench::kCode));
  EXPECT_EQ(bench.unsupported_name, "fadd.s");
  EXPECT_EQ(bench.harts[0].pc, HartBench::kCode + 8);
  EXPECT_EQ(bench.harts[0].instructions, 2u);
}

}  // namespace
}  // namespace tessera::isa::test
