// SPDX-License-Identifier: Apache-2.0
// Traps, CSRs, system instructions, the stack limit.
#include <gtest/gtest.h>

#include "tests/unit/isa/machine.h"

namespace tessera::isa::test {
namespace {

constexpr IsaConfig kRtl = {true, false, Machine::kTrapAddress};

TEST(Trap, IllegalInstructionGoesToTheTrapAddressAndRetires) {
  Machine machine;
  machine.load({addi(a0, zero, 1), 0xffffffff, addi(a0, zero, 2)});
  machine.load({wfi()}, Machine::kTrapAddress);
  EXPECT_EQ(machine.run(100), StopReason::kAsleep);
  EXPECT_EQ(machine.x(a0), 1u);
  EXPECT_EQ(machine.hart.instructions, 3u);
  EXPECT_EQ(machine.hart.cycle, 3u);
  EXPECT_EQ(machine.hart.traps, 1u);
  ASSERT_EQ(machine.errors.size(), 1u);
  EXPECT_EQ(machine.errors[0].kind, GuestErrorKind::kIllegalInstruction);
  EXPECT_EQ(machine.errors[0].pc, Machine::kMemory + 4);
  EXPECT_EQ(machine.errors[0].message, "illegal instruction 0xffffffff");
}

TEST(Trap, ATrapHandlerThatTrapsStillEndsAtTheBudget) {
  Machine machine;
  machine.load({0}, Machine::kTrapAddress);
  machine.load({0});
  EXPECT_EQ(machine.run(10), StopReason::kBudget);
  EXPECT_EQ(machine.hart.traps, 10u);
  EXPECT_EQ(machine.hart.instructions, 10u);
}

TEST(Trap, FetchFromNoMemoryTraps) {
  Machine machine;
  machine.load({jalr(zero, 0, a0)});
  machine.load({wfi()}, Machine::kTrapAddress);
  machine.x(a0) = 0x12345678;
  EXPECT_EQ(machine.run(100), StopReason::kAsleep);
  ASSERT_EQ(machine.errors.size(), 1u);
  EXPECT_EQ(machine.errors[0].kind, GuestErrorKind::kUnmappedAccess);
  EXPECT_EQ(machine.errors[0].pc, 0x12345678u);
  EXPECT_EQ(machine.errors[0].address, 0x12345678u);
  EXPECT_EQ(machine.errors[0].message, "instruction fetch from 0x12345678, which is no memory");
  EXPECT_EQ(machine.hart.traps, 1u);
  EXPECT_EQ(machine.hart.instructions, 3u);
}

TEST(Trap, JumpToAMisalignedAddressTraps) {
  for (const Word jump : {jalr(ra, 2, a0), jal(ra, 6), beq(zero, zero, 10)}) {
    Machine machine;
    machine.load({jump});
    machine.load({wfi()}, Machine::kTrapAddress);
    machine.x(a0) = Machine::kMemory + 0x100;
    EXPECT_EQ(machine.run(100), StopReason::kAsleep);
    ASSERT_EQ(machine.errors.size(), 1u);
    EXPECT_EQ(machine.errors[0].kind, GuestErrorKind::kMisalignedAccess);
    EXPECT_EQ(machine.hart.instructions, 3u);
  }
}

TEST(Trap, RunningOffTheEndOfMemoryTraps) {
  Machine machine;
  machine.hart.pc = Machine::kMemory + Machine::kMemoryBytes - 4;
  machine.load({nop()}, machine.hart.pc);
  machine.load({wfi()}, Machine::kTrapAddress);
  EXPECT_EQ(machine.run(100), StopReason::kAsleep);
  EXPECT_EQ(machine.hart.traps, 1u);
  EXPECT_EQ(machine.hart.instructions, 3u);
}

TEST(Trap, FloatingPointStopsWithItsName) {
  const std::pair<Word, const char*> rows[] = {
      {r_type(0x53, 7, 0x00, a0, a1, a2), "fadd.s"},
      {r_type(0x53, 0, 0x0a, a0, a1, a2), "fmul.h"},
      {r_type(0x43, 0, 0x10, a0, a1, a2), "fmadd.s"},
      {r_type(0x33, 2, 0x41, a0, a1, a2), "vfadd.h"},
      {r_type(0x33, 6, 0x48, a0, a1, a2), "vfmac.r.h"},
      {r_type(0x33, 4, 0x4b, a0, a1, a2), "vfdotpex.s.r.h"},
  };
  for (const auto& [word, name] : rows) {
    Machine machine;
    machine.load({addi(a0, zero, 1), word});
    EXPECT_EQ(machine.run(100), StopReason::kUnsupported);
    ASSERT_EQ(machine.unsupported_names.size(), 1u);
    EXPECT_EQ(machine.unsupported_names[0], name);
    EXPECT_EQ(machine.hart.pc, Machine::kMemory + 4);
    EXPECT_EQ(machine.hart.instructions, 1u);
    EXPECT_TRUE(machine.errors.empty());
  }
}

TEST(Trap, FenceIAndXpulpimgAreIllegalWhereTheConfigSaysSo) {
  Machine rtl(true, kRtl);
  rtl.load({fence_i()});
  rtl.run(1);
  EXPECT_EQ(rtl.hart.traps, 1u);
  Machine tessera;
  tessera.load({fence_i(), fence()});
  tessera.run(2);
  EXPECT_EQ(tessera.hart.traps, 0u);
  Machine base(true, {false, true, Machine::kTrapAddress});
  base.load({p_lw(a0, 4, a1)});
  base.run(1);
  EXPECT_EQ(base.hart.traps, 1u);
}

TEST(System, WfiIsNotLeftBeforeItsPulseWasSent) {
  Machine machine;
  machine.load({wfi(), wfi(), jal(zero, 0)});
  machine.hart.wake_up_tokens.add(50);
  machine.hart.wake_up_tokens.add(20);
  EXPECT_EQ(machine.run(100), StopReason::kBudget);
  EXPECT_EQ(machine.hart.cycle, 100u);
  // The wfi at 0 sleeps until 20, the one at 21 until 50.
  EXPECT_EQ(machine.hart.asleep_cycles, 20u + 29u);
  EXPECT_EQ(machine.hart.instructions, 100u - 49u);
}

TEST(System, EcallAndEbreakRetireAsNops) {
  Machine machine;
  machine.load({ecall(), ebreak(), fence(), addi(a0, zero, 3)});
  EXPECT_EQ(machine.run(4), StopReason::kBudget);
  EXPECT_EQ(machine.x(a0), 3u);
  EXPECT_EQ(machine.breakpoints, std::vector<std::uint32_t>{Machine::kMemory + 4});
  EXPECT_TRUE(machine.errors.empty());
}

TEST(System, WfiConsumesATokenOrSleeps) {
  Machine machine;
  machine.load({wfi(), wfi(), wfi(), addi(a0, zero, 1)});
  machine.hart.wake_up_tokens.add(0);
  machine.hart.wake_up_tokens.add(0);
  EXPECT_EQ(machine.run(100), StopReason::kAsleep);
  EXPECT_EQ(machine.hart.activity, HartActivity::kAsleep);
  EXPECT_EQ(machine.hart.wake_up_tokens.count, 0);
  EXPECT_EQ(machine.hart.pc, Machine::kMemory + 12);
  EXPECT_EQ(machine.hart.instructions, 3u);
  machine.hart.activity = HartActivity::kRunning;
  EXPECT_EQ(machine.run(1), StopReason::kBudget);
  EXPECT_EQ(machine.x(a0), 1u);
}

TEST(Csr, CountersAreExact) {
  Machine machine;
  machine.hart.cycle = 0x1fffffffeull;
  machine.hart.instructions = 0x2fffffffdull;
  machine.hart.hart_id = 42;
  machine.load({
      nop(),
      csrrs(a0, 0xb00, zero),
      csrrs(a1, 0xb80, zero),
      csrrs(a2, 0xb02, zero),
      csrrs(a3, 0xb82, zero),
      csrrs(a4, 0xf14, zero),
      csrrw(a5, 0xb03, a4),
      csrrw(zero, 0xb00, zero),  // read-only: ignored
      csrrs(t0, 0xb00, zero),
  });
  EXPECT_EQ(machine.run(9), StopReason::kBudget);
  EXPECT_EQ(machine.x(a0), 0xffffffffu);
  EXPECT_EQ(machine.x(a1), 2u);
  EXPECT_EQ(machine.x(a2), 0u);
  EXPECT_EQ(machine.x(a3), 3u);
  EXPECT_EQ(machine.x(a4), 42u);
  EXPECT_EQ(machine.x(a5), 0u);
  EXPECT_EQ(machine.x(t0), 6u);
  EXPECT_TRUE(machine.dumps.empty());
}

TEST(Csr, TraceAndStackLimitAreReadAndWritten) {
  Machine machine;
  EXPECT_EQ(machine.hart.stack_limit, 0xffffffffu);
  machine.load({
      csrrwi(a0, 0x7d0, 5),
      csrrsi(a1, 0x7d0, 10),
      csrrci(a2, 0x7d0, 1),
      csrrw(a3, 0x7d1, a2),
      csrrc(a4, 0x7d1, a3),
  });
  EXPECT_EQ(machine.run(5), StopReason::kBudget);
  EXPECT_EQ(machine.x(a0), 0u);
  EXPECT_EQ(machine.x(a1), 5u);
  EXPECT_EQ(machine.x(a2), 15u);
  EXPECT_EQ(machine.hart.trace, 14u);
  EXPECT_EQ(machine.x(a3), 0xffffffffu);
  EXPECT_EQ(machine.x(a4), 15u);
  EXPECT_EQ(machine.hart.stack_limit, 0u);
}

TEST(Csr, SwitchingTraceOnAndOffIsTold) {
  Machine machine;
  machine.load({csrrwi(a0, 0x7d0, 5), csrrwi(a0, 0x7d0, 1), csrrwi(a0, 0x7d0, 0),
                csrrwi(a0, 0x7d0, 0), csrrwi(a0, 0x7d0, 2)});
  EXPECT_EQ(machine.run(5), StopReason::kBudget);
  EXPECT_EQ(machine.trace_switches, (std::vector<std::uint32_t>{5, 0, 2}));
}

TEST(Csr, UnknownNumbersReadZeroAndAreDumped) {
  Machine machine;
  machine.load({
      csrrw(a0, 0x7ef, a1),
      csrrs(a0, 0xc00, a1),
      csrrc(a2, 0x300, a1),
      csrrwi(a0, 0x7f0, 17),
      csrrsi(zero, 0x7f1, 3),
  });
  machine.x(a0) = 1;
  machine.x(a1) = 0x1234;
  machine.x(a2) = 1;
  EXPECT_EQ(machine.run(5), StopReason::kBudget);
  EXPECT_EQ(machine.x(a0), 0u);
  EXPECT_EQ(machine.x(a2), 0u);
  ASSERT_EQ(machine.dumps.size(), 5u);
  EXPECT_EQ(machine.dumps[0].csr, 0x7efu);
  EXPECT_EQ(machine.dumps[0].value, 0x1234u);
  EXPECT_EQ(machine.dumps[0].cycle, 0u);
  EXPECT_EQ(machine.dumps[1].value, 0x1234u);
  EXPECT_EQ(machine.dumps[2].value, 0u);
  EXPECT_EQ(machine.dumps[3].value, 17u);
  EXPECT_EQ(machine.dumps[4].value, 3u);
  EXPECT_EQ(machine.dumps[4].cycle, 4u);
}

TEST(Csr, SsrSetAndClearAreIgnored) {
  Machine machine;
  machine.load({csrrsi(a0, 0x7c0, 1), csrrci(a0, 0x7c0, 1), csrrwi(a1, 0x7c0, 1)});
  machine.x(a0) = 7;
  machine.x(a1) = 7;
  EXPECT_EQ(machine.run(3), StopReason::kBudget);
  EXPECT_EQ(machine.x(a0), 7u);
  EXPECT_EQ(machine.x(a1), 0u);
  EXPECT_EQ(machine.dumps.size(), 1u);
}

TEST(Csr, FloatingPointStateReadsZeroWithoutADump) {
  Machine machine;
  machine.load({csrrwi(a0, 1, 5), csrrwi(a0, 2, 5), csrrwi(a0, 3, 5), csrrs(a0, 3, zero)});
  machine.x(a0) = 7;
  EXPECT_EQ(machine.run(4), StopReason::kBudget);
  EXPECT_EQ(machine.x(a0), 0u);
  EXPECT_TRUE(machine.dumps.empty());
}

TEST(StackLimit, EveryWriteOfSpBelowTheLimitIsReported) {
  const Word writers[] = {
      addi(sp, sp, -16),  addi(sp, a1, 0),      add(sp, a1, zero),   lui(sp, 0),
      addi(sp, zero, 64), lw(sp, 0, a2),        p_lw(sp, 4, a2),     p_lw(a0, -2032, sp),
      amo(0, sp, a0, a2), csrrs(sp, 0xb00, a0), p_sw(a0, -2032, sp), jalr(sp, 0, a3),
  };
  for (const Word writer : writers) {
    Machine machine;
    machine.dmi.map(0, 0x1000, machine.memory.data() + 0x2000, true, true);
    machine.load({writer, nop()}, 0x80000000);
    machine.hart.pc = 0x80000000;
    machine.hart.stack_limit = 0x400;
    machine.x(sp) = 0x408;
    machine.x(a1) = 0x3fc;
    machine.x(a2) = 0x800;
    machine.x(a3) = 0x80000004;
    if (writer == jalr(sp, 0, a3)) {  // a link address is negative, so below any positive limit
      machine.x(a3) = 0x80000100;
    }
    EXPECT_EQ(machine.run(1), StopReason::kBudget);
    ASSERT_EQ(machine.errors.size(), 1u) << std::hex << writer;
    EXPECT_EQ(machine.errors[0].kind, GuestErrorKind::kStackOverflow);
    EXPECT_EQ(machine.errors[0].pc, 0x80000000u);
    EXPECT_EQ(machine.errors[0].address, machine.x(sp));
    EXPECT_LT(static_cast<std::int32_t>(machine.x(sp)), 0x400);
    EXPECT_EQ(machine.hart.traps, 0u);
    EXPECT_EQ(machine.hart.instructions, 1u);
  }
}

TEST(StackLimit, AtTheLimitAndWithoutALimitNothingIsReported) {
  Machine machine;
  machine.load({addi(sp, zero, 0x400), addi(sp, sp, -1024), csrrw(zero, 0x7d1, a0),
                addi(sp, sp, 0x400), add(sp, a0, zero), addi(sp, a0, -4)});
  machine.x(a0) = 0x400;
  EXPECT_EQ(machine.run(5), StopReason::kBudget);
  EXPECT_TRUE(machine.errors.empty());
  EXPECT_EQ(machine.run(1), StopReason::kBudget);
  ASSERT_EQ(machine.errors.size(), 1u);
  EXPECT_EQ(machine.errors[0].message, "sp set to 0x000003fc, below the stack limit 0x00000400");
}

}  // namespace
}  // namespace tessera::isa::test
