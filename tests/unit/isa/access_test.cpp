// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/isa/machine.h"

namespace tessera::isa::test {
namespace {

constexpr std::uint32_t kData = Machine::kData;

/// Every test runs with data behind DMI and with data behind HartEnvironment::access().
class Access : public testing::TestWithParam<bool> {
 protected:
  /// One instruction with a1 = address, a2 = data, a3 = index.
  void execute(Word word, Word address, Word data = 0, Word index = 0) {
    machine_.restart();
    machine_.load({word});
    machine_.x(a0) = 0x55555555;
    machine_.x(a1) = address;
    machine_.x(a2) = data;
    machine_.x(a3) = index;
    EXPECT_EQ(machine_.run(1), StopReason::kBudget);
  }
  bool trapped() const {
    return machine_.hart.traps == 1 && machine_.hart.pc == Machine::kTrapAddress &&
           machine_.errors.size() == 1 &&
           machine_.errors[0].kind == GuestErrorKind::kMisalignedAccess;
  }

  Machine machine_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(DmiAndEnvironment, Access, testing::Values(true, false));

TEST_P(Access, LoadsExtend) {
  machine_.poke(kData, 0x8081fe7f);
  const auto load = [&](int funct3, int offset) {
    execute(i_type(0x03, funct3, a0, a1, offset), kData);
    return machine_.x(a0);
  };
  EXPECT_EQ(load(0, 0), 0x7fu);
  EXPECT_EQ(load(0, 1), 0xfffffffeu);
  EXPECT_EQ(load(0, 3), 0xffffff80u);
  EXPECT_EQ(load(4, 3), 0x80u);
  EXPECT_EQ(load(1, 0), 0xfffffe7fu);
  EXPECT_EQ(load(1, 2), 0xffff8081u);
  EXPECT_EQ(load(5, 2), 0x8081u);
  EXPECT_EQ(load(2, 0), 0x8081fe7fu);
}

TEST_P(Access, StoresTouchTheirBytesOnly) {
  machine_.poke(kData, 0x11223344);
  execute(sb(a2, 1, a1), kData, 0xaabbccdd);
  EXPECT_EQ(machine_.peek(kData), 0x1122dd44u);
  execute(sh(a2, -2, a1), kData + 4, 0xaabbccdd);
  EXPECT_EQ(machine_.peek(kData), 0xccdddd44u);
  execute(sw(a2, 0, a1), kData, 0xaabbccdd);
  EXPECT_EQ(machine_.peek(kData), 0xaabbccddu);
}

TEST_P(Access, MisalignedAccessesTrapWithoutEffect) {
  machine_.poke(kData, 0x11223344);
  for (const Word word : {lw(a0, 1, a1), lw(a0, 2, a1), lh(a0, 1, a1), sw(a2, 2, a1), sh(a2, 3, a1),
                          p_lw_indexed(a0, a3, a1), p_sw_indexed(a2, a3, a1)}) {
    execute(word, kData, 0xffffffff, 2);
    EXPECT_TRUE(trapped()) << std::hex << word;
    EXPECT_EQ(machine_.errors[0].pc, Machine::kMemory);
    EXPECT_EQ(machine_.x(a0), 0x55555555u);
    EXPECT_EQ(machine_.hart.instructions, 1u);
    EXPECT_EQ(machine_.hart.cycle, 1u);
  }
  EXPECT_EQ(machine_.peek(kData), 0x11223344u);
  execute(lw(a0, 2, a1), kData);
  EXPECT_EQ(machine_.errors[0].message, "lw at 0x80010002, which is not a multiple of 4");
  EXPECT_EQ(machine_.errors[0].address, kData + 2);
}

// The cases of golden/mempool/ubench/ub_trap.c with the results measured on the RTL.
TEST_P(Access, PostIncrementChecksTheSumNotTheAddress) {
  const auto prepare = [&] {
    machine_.poke(kData, 0x03020100);
    machine_.poke(kData + 4, 0x07060504);
  };
  prepare();
  execute(p_lw(a0, 4, a1), kData);
  EXPECT_EQ(machine_.x(a0), 0x03020100u);
  EXPECT_EQ(machine_.x(a1), kData + 4);

  execute(p_lw(a0, 2, a1), kData);  // access aligned, sum not
  EXPECT_TRUE(trapped());
  EXPECT_EQ(machine_.x(a1), kData);
  EXPECT_EQ(machine_.errors[0].address, kData + 2);

  execute(p_lw(a0, 2, a1), kData + 2);  // access misaligned, sum aligned
  EXPECT_EQ(machine_.hart.traps, 0u);
  EXPECT_EQ(machine_.x(a0), 0x00000302u);
  EXPECT_EQ(machine_.x(a1), kData + 4);

  execute(p_lw_register(a0, a3, a1), kData, 0, 2);
  EXPECT_TRUE(trapped());
  execute(p_lw_register(a0, a3, a1), kData + 2, 0, 2);
  EXPECT_EQ(machine_.x(a0), 0x00000302u);

  execute(p_sw(a2, 2, a1), kData, 0xcafe8971);
  EXPECT_TRUE(trapped());
  EXPECT_EQ(machine_.peek(kData), 0x03020100u);
  execute(p_sw(a2, 2, a1), kData + 2, 0xcafe8971);
  EXPECT_EQ(machine_.peek(kData), 0x8971cafeu);
  EXPECT_EQ(machine_.peek(kData + 4), 0x07060504u);
  EXPECT_EQ(machine_.x(a1), kData + 4);

  prepare();
  execute(p_lh(a0, 1, a1), kData);
  EXPECT_TRUE(trapped());
  execute(p_lh(a0, 1, a1), kData + 1);
  EXPECT_EQ(machine_.x(a0), 0x0201u);
  execute(p_lb(a0, 1, a1), kData);
  EXPECT_EQ(machine_.x(a0), 0x00u);
  EXPECT_EQ(machine_.x(a1), kData + 1);
}

TEST_P(Access, HalfWordBytesThatLeaveTheWordAreLost) {
  machine_.poke(kData, 0);
  machine_.poke(kData + 4, 0);
  execute(p_sh(a2, 1, a1), kData + 1, 0xccdd);
  EXPECT_EQ(machine_.peek(kData), 0x00ccdd00u);
  execute(p_sh(a2, 1, a1), kData + 3, 0xeeff);
  EXPECT_EQ(machine_.peek(kData), 0xffccdd00u);
  EXPECT_EQ(machine_.peek(kData + 4), 0u);
}

TEST_P(Access, TheLoadedValueWinsOverTheIncrement) {
  machine_.poke(kData, 0x01234567);
  execute(p_lw(a1, 4, a1), kData);
  EXPECT_EQ(machine_.x(a1), 0x01234567u);
}

TEST_P(Access, StoreOfTheBaseRegisterStoresTheOldValue) {
  execute(p_sw(a1, 4, a1), kData);
  EXPECT_EQ(machine_.peek(kData), kData);
  EXPECT_EQ(machine_.x(a1), kData + 4);
  execute(p_sw_register(a2, a3, a1), kData, 77, 8);
  EXPECT_EQ(machine_.peek(kData), 77u);
  EXPECT_EQ(machine_.x(a1), kData + 8);
}

TEST_P(Access, AtomicsReturnTheOldWord) {
  struct Row {
    int funct5;
    Word old;
    Word operand;
    Word next;
  };
  constexpr Word kMin = 0x80000000;
  const Row rows[] = {{0x01, 5, 7, 7},       {0x00, 5, 0xffffffff, 4}, {0x04, 6, 3, 5},
                      {0x0c, 6, 3, 2},       {0x08, 6, 3, 7},          {0x10, kMin, 1, kMin},
                      {0x10, 1, kMin, kMin}, {0x14, kMin, 1, 1},       {0x14, 1, kMin, 1},
                      {0x18, kMin, 1, 1},    {0x18, 1, kMin, 1},       {0x1c, kMin, 1, kMin},
                      {0x1c, 1, kMin, kMin}};
  for (const Row& row : rows) {
    machine_.poke(kData, row.old);
    execute(amo(row.funct5, a0, a2, a1), kData, row.operand);
    EXPECT_EQ(machine_.x(a0), row.old) << row.funct5;
    EXPECT_EQ(machine_.peek(kData), row.next) << row.funct5;
  }
  execute(amo(0, a0, a2, a1), kData + 2);
  EXPECT_TRUE(trapped());
  execute(lr(a0, a1), kData + 1);
  EXPECT_TRUE(trapped());
  execute(sc(a0, a2, a1), kData + 3);
  EXPECT_TRUE(trapped());
}

TEST_P(Access, StoreConditionalNeedsItsReservation) {
  machine_.poke(kData, 5);
  machine_.load({
      sc(t0, a2, a1),  // no reservation
      lr(t1, a1),
      sc(t2, a2, a1),
      sc(a0, a2, a1),  // used up
      wfi(),
  });
  machine_.x(a1) = kData;
  machine_.x(a2) = 9;
  EXPECT_EQ(machine_.run(100), StopReason::kAsleep);
  EXPECT_EQ(machine_.x(t0), 1u);
  EXPECT_EQ(machine_.x(t1), 5u);
  EXPECT_EQ(machine_.x(t2), 0u);
  EXPECT_EQ(machine_.x(a0), 1u);
  EXPECT_EQ(machine_.peek(kData), 9u);
  EXPECT_EQ(machine_.accesses.size(), 4u);  // atomics never use DMI
}

TEST(DeviceAccess, TellsTheEnvironmentEverything) {
  Machine machine;
  machine.hart.hart_id = 3;
  machine.hart.cycle = 1000;
  machine.load({addi(a2, zero, -1), sb(a2, 5, a1), lh(a0, 6, a1), lbu(a3, 7, a1)});
  machine.x(a1) = Machine::kDevice;
  EXPECT_EQ(machine.run(4), StopReason::kBudget);
  ASSERT_EQ(machine.accesses.size(), 3u);
  const HartAccess& store = machine.accesses[0];
  EXPECT_EQ(store.hart, 3u);
  EXPECT_EQ(store.pc, Machine::kMemory + 4);
  EXPECT_EQ(store.address, Machine::kDevice + 5);
  EXPECT_EQ(store.data, 0xffu);
  EXPECT_EQ(store.bytes, 1);
  EXPECT_EQ(store.kind, AccessKind::kStore);
  EXPECT_EQ(store.cycle, 1001u);
  EXPECT_EQ(machine.accesses[1].kind, AccessKind::kLoad);
  EXPECT_EQ(machine.accesses[1].cycle, 1002u);
  EXPECT_EQ(machine.x(a0), 6u);
  EXPECT_EQ(machine.x(a3), 7u);
}

TEST(DeviceAccess, ExtraCyclesCountAgainstTheBudget) {
  Machine machine;
  machine.device_extra_cycles = 10;
  machine.load({lw(a0, 0, a1), addi(a2, a2, 1), lw(a0, 4, a1), addi(a2, a2, 1), jal(zero, -16)});
  machine.x(a1) = Machine::kDevice;
  EXPECT_EQ(machine.run(13), StopReason::kBudget);
  EXPECT_EQ(machine.hart.cycle, 23u);  // the second load starts at 12 and takes 11
  EXPECT_EQ(machine.hart.instructions, 3u);
  EXPECT_EQ(machine.hart.pc, Machine::kMemory + 12);
  EXPECT_EQ(machine.accesses[1].cycle, 12u);
  EXPECT_EQ(machine.run(1), StopReason::kBudget);
  EXPECT_EQ(machine.hart.cycle, 24u);
  EXPECT_EQ(machine.x(a2), 2u);
}

TEST(DeviceAccess, PendingBlocksWithoutEffectAndRepeats) {
  Machine machine;
  machine.load({addi(a2, zero, 1), p_lw(a0, 4, a1), addi(a2, a2, 1)});
  machine.x(a1) = Machine::kDevice;
  machine.pending_accesses = 1;
  EXPECT_EQ(machine.run(100), StopReason::kBlocked);
  EXPECT_EQ(machine.hart.activity, HartActivity::kBlocked);
  EXPECT_EQ(machine.hart.pc, Machine::kMemory + 4);
  EXPECT_EQ(machine.hart.instructions, 1u);
  EXPECT_EQ(machine.hart.cycle, 1u);
  EXPECT_EQ(machine.x(a1), Machine::kDevice);
  machine.hart.activity = HartActivity::kRunning;
  machine.hart.cycle = 50;
  EXPECT_EQ(machine.run(2), StopReason::kBudget);
  EXPECT_EQ(machine.x(a0), 0xd0000000u);
  EXPECT_EQ(machine.x(a1), Machine::kDevice + 4);
  EXPECT_EQ(machine.x(a2), 2u);
  EXPECT_EQ(machine.accesses.size(), 2u);
  EXPECT_EQ(machine.accesses[1].cycle, 50u);
  EXPECT_EQ(machine.hart.instructions, 3u);
}

}  // namespace
}  // namespace tessera::isa::test
