// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "models/dma/dma_regs.h"
#include "models/periph/platform_block_regs.h"
#include "tests/support/soc_bench.h"

namespace tessera {
namespace {

using namespace test::rv32;

class ClusterTest : public test::SocBench {
 protected:
  /// Every hart adds 1 to L1 word 0x2000, sleeps if it is not the last, else wakes all and, as hart
  /// whoever, ends with the count.
  static Words barrier_program() {
    Words code;
    li(code, kT0, 0x2000);
    append(code, {addi(kT1, kZero, 1), amoadd(kA0, kT1, kT0), addi(kA0, kA0, 1),
                  addi(kT2, kZero, 16), beq(kA0, kT2, 12), kWfi, kLoopForever});
    end_with_a0(code);
    return code;
  }
};

TEST_F(ClusterTest, SixteenHartsCountTogether) {
  build(minpool());
  load(kL2, barrier_program());
  const RunResult result = soc_->run({});
  EXPECT_EQ(result.end, RunEnd::kEndOfComputation);
  EXPECT_EQ(result.guest_value, 16u);
  EXPECT_EQ(word(0x2000), 16u);
  EXPECT_TRUE(errors_.errors.empty());
}

TEST_F(ClusterTest, BootRomHoldsHartsUntilTheHostWakesThem) {
  SocConfig config = minpool();
  config.boot.mode = BootMode::kRom;
  config.boot.wake_up_cycle = 1234;
  build(config);
  Words code{csrr(kT1, kMcycle),  csrr(kT0, kMhartid),
             slli(kT0, kT0, 2),   lui(kA1, 0x2000),
             add(kT0, kT0, kA1),  sw(kT1, kT0, 0),
             csrr(kT0, kMhartid), addi(kA1, kZero, 15),
             beq(kT0, kA1, 8),    kWfi};
  append(code, {addi(kA0, kZero, 0)});
  end_with_a0(code);
  load(kL2, code);
  EXPECT_EQ(soc_->run({}).end, RunEnd::kEndOfComputation);
  // Woken at 1234, first instruction in the cycle after, one jump, then csrr.
  for (std::uint32_t hart = 0; hart < 16; ++hart) {
    EXPECT_EQ(word(0x2000 + 4 * hart), 1236u) << hart;
  }
  EXPECT_EQ(soc_->hart(3).asleep_cycles + soc_->hart(3).instructions, soc_->hart(3).cycle);
}

TEST_F(ClusterTest, AWakeUpIsATokenWhileAwake) {
  build(minpool());
  Words code;
  only_hart_zero(code);
  li(code, kT0, CONTROL_BASE + CONTROL_MEMPOOL_WAKE_UP);
  // Three pulses to itself, three wfi that fall through, then the end.
  append(code, {sw(kZero, kT0, 0), sw(kZero, kT0, 0), sw(kZero, kT0, 0), kWfi, kWfi, kWfi,
                addi(kA0, kZero, 5)});
  end_with_a0(code);
  load(kL2, code);
  const RunResult result = soc_->run({});
  EXPECT_EQ(result.end, RunEnd::kEndOfComputation);
  EXPECT_EQ(result.guest_value, 5u);
  EXPECT_EQ(soc_->hart(0).asleep_cycles, 0u);
}

TEST_F(ClusterTest, TheEighthTokenWrapsAndIsReported) {
  build(minpool());
  Words code;
  only_hart_zero(code);
  li(code, kT0, CONTROL_BASE + CONTROL_MEMPOOL_WAKE_UP);
  for (int i = 0; i < 8; ++i) {
    code.push_back(sw(kZero, kT0, 0));
  }
  code.push_back(kWfi);
  load(kL2, code);
  EXPECT_EQ(soc_->run({}).end, RunEnd::kHang) << "the counter is 0 again, so wfi sleeps";
  ASSERT_EQ(errors_.errors.size(), 1u);
  EXPECT_EQ(errors_.errors[0].kind, GuestErrorKind::kMissedWakeUp);
}

TEST_F(ClusterTest, NoPulseIsLostInALongQuantum) {
  // Hart 0 wakes hart 1 twenty times with some work in between; hart 1 counts wake-ups.
  SocConfig config = minpool();
  config.quantum_cycles = 10'000;
  build(config);
  Words code;
  append(code, {csrr(kT0, kMhartid), addi(kT1, kZero, 1), beq(kT0, kT1, 16), beq(kT0, kZero, 36),
                kWfi, kLoopForever});
  // hart 1, at word 6: loop { wfi; count } in L1 0x2000
  append(code, {lui(kT0, 0x2000), addi(kT1, kZero, 0), kWfi, addi(kT1, kT1, 1), sw(kT1, kT0, 0),
                beq(kZero, kZero, -12)});
  // hart 0, at word 12
  li(code, kT0, CONTROL_BASE + CONTROL_MEMPOOL_WAKE_UP);
  append(code, {addi(kT1, kZero, 1), addi(kT2, kZero, 20)});
  append(code, {sw(kT1, kT0, 0), addi(kA1, kZero, 50), addi(kA1, kA1, -1), bne(kA1, kZero, -4),
                addi(kT2, kT2, -1), bne(kT2, kZero, -20), addi(kA0, kZero, 0)});
  end_with_a0(code);
  load(kL2, code);
  EXPECT_EQ(soc_->run({}).end, RunEnd::kEndOfComputation);
  EXPECT_EQ(word(0x2000), 20u);
  EXPECT_TRUE(errors_.errors.empty());
}

TEST_F(ClusterTest, AllAsleepIsAHang) {
  build(minpool());
  load(kL2, {kWfi, kLoopForever});
  const RunResult result = soc_->run({});
  EXPECT_EQ(result.end, RunEnd::kHang);
  EXPECT_EQ(soc_->hart(7).activity, HartActivity::kAsleep);
  EXPECT_EQ(soc_->hart(7).pc, kL2 + 4);
}

TEST_F(ClusterTest, LimitsEndTheRunAndItCanGoOn) {
  build(minpool());
  load(kL2, {kLoopForever});
  RunResult result = soc_->run({2500, RunLimits::kNone});
  EXPECT_EQ(result.end, RunEnd::kMaxCycles);
  EXPECT_EQ(result.cycles, 2500u);
  EXPECT_EQ(result.instructions, 16u * 2500u);
  result = soc_->run({RunLimits::kNone, 100'000});
  EXPECT_EQ(result.end, RunEnd::kMaxInstructions);
  EXPECT_GE(result.instructions, 100'000u);
}

TEST_F(ClusterTest, AnEocThatDoesNotCountEndsTheRunOnlyWhenNothingElseCan) {
  SocConfig config = minpool();
  config.control.eoc_hart = 0;
  build(config);
  // All harts but 0 write eoc with value 9; hart 0 works on, then ends with 4.
  Words code{csrr(kA1, kMhartid), addi(kA0, kZero, 9), bne(kA1, kZero, 20), addi(kA1, kZero, 200),
             addi(kA1, kA1, -1),  bne(kA1, kZero, -4), addi(kA0, kZero, 4)};
  end_with_a0(code);
  load(kL2, code);
  EXPECT_EQ(soc_->run({}).guest_value, 4u);
}

TEST_F(ClusterTest, AHartWhoseEocDoesNotCountIsNotWokenAgain) {
  SocConfig config = minpool();
  config.control.eoc_hart = 0;
  build(config);
  // Harts 1 to 15 end, then count in L1; hart 0 wakes all of them later and ends.
  Words code;
  li(code, kT0, CONTROL_BASE + CONTROL_MEMPOOL_EOC);
  append(code, {csrr(kA1, kMhartid), beq(kA1, kZero, 28), addi(kA0, kZero, 7), sw(kA0, kT0, 0),
                lui(kT1, 0x2000), addi(kA0, kZero, 1), amoadd(kZero, kA0, kT1), kLoopForever});
  append(code, {addi(kA1, kZero, 200), addi(kA1, kA1, -1), bne(kA1, kZero, -4)});
  li(code, kT0, CONTROL_BASE + CONTROL_MEMPOOL_WAKE_UP);
  append(code, {addi(kA0, kZero, -1), sw(kA0, kT0, 0), addi(kA0, kZero, 4)});
  end_with_a0(code);
  load(kL2, code);
  EXPECT_EQ(soc_->run({}).guest_value, 4u);
  EXPECT_EQ(word(0x2000), 0u);
  EXPECT_EQ(soc_->hart(9).activity, HartActivity::kEnded);
}

TEST_F(ClusterTest, AtomicsOnTheBusAreReadsAndWrites) {
  build(minpool());
  Words code;
  only_hart_zero(code);
  li(code, kT0, kL2 + 0x1000);
  append(code, {addi(kA0, kZero, 3), amoadd(kA1, kA0, kT0), 0x1802A62F /* sc.w a2, zero, (t0) */});
  li(code, kT0, CONTROL_BASE + CONTROL_MEMPOOL_RO_CACHE_END);
  append(code, {amoadd(kA0, kA0, kT0), addi(kA0, kZero, 0)});
  end_with_a0(code);
  load(kL2, code);
  load(kL2 + 0x1000, {40});
  EXPECT_EQ(soc_->run({}).end, RunEnd::kEndOfComputation);
  EXPECT_EQ(word(kL2 + 0x1000), 43u);
  EXPECT_EQ(soc_->hart(0).x[kA1], 40u);
  EXPECT_EQ(soc_->hart(0).x[kA2], 1u) << "no reservations outside L1";
  EXPECT_EQ(word(CONTROL_BASE + CONTROL_MEMPOOL_RO_CACHE_END), 0x80001003u);
}

TEST_F(ClusterTest, LimitsHoldWhileAllSleep) {
  SocConfig config = minpool();
  config.boot.mode = BootMode::kRom;
  config.boot.wake_up_cycle = 100'000;
  build(config);
  const RunResult result = soc_->run({5000, RunLimits::kNone});
  EXPECT_EQ(result.end, RunEnd::kMaxCycles);
  EXPECT_EQ(result.cycles, 5000u);
}

TEST_F(ClusterTest, UnmappedAccessesReadZeroAndAreReported) {
  build(minpool());
  Words code;
  only_hart_zero(code);
  li(code, kT0, 0x7000'0000);
  append(code, {addi(kA0, kZero, 3), lw(kA0, kT0, 0), sw(kA0, kT0, 4)});
  end_with_a0(code);
  load(kL2, code);
  EXPECT_EQ(soc_->run({}).guest_value, 0u);
  ASSERT_EQ(errors_.errors.size(), 2u);
  EXPECT_EQ(errors_.errors[0].kind, GuestErrorKind::kUnmappedAccess);
  EXPECT_EQ(errors_.errors[0].hart, 0u);
  EXPECT_EQ(errors_.errors[0].pc, kL2 + 4 * 7);
  EXPECT_EQ(errors_.errors[0].where, "soc.cluster.group[0].tile[0].core[0]");
  EXPECT_EQ(errors_.errors[0].message,
            "load from 0x70000000, 4 bytes: no target there; loads give 0, stores are ignored");
  EXPECT_EQ(errors_.errors[1].address, 0x7000'0004u);
}

TEST_F(ClusterTest, UnmappedAccessesReachTheUartWhenItAnswersForAll) {
  SocConfig config = minpool();
  config.uart.answers_unmapped = true;
  build(config);
  Words code;
  only_hart_zero(code);
  li(code, kT0, 0x7000'0000);
  append(code, {addi(kA0, kZero, '!'), 0x00A28023 /* sb a0, 0(t0) */, addi(kA0, kZero, 0)});
  end_with_a0(code);
  load(kL2, code);
  EXPECT_EQ(soc_->run({}).end, RunEnd::kEndOfComputation);
  EXPECT_EQ(console_, "!");
  EXPECT_TRUE(errors_.errors.empty());
}

TEST_F(ClusterTest, CsrDumpsLookLikeTheRtls) {
  build(minpool());
  Words code;
  only_hart_zero(code);
  append(code, {addi(kA0, kZero, 42), csrw(0x7F0, kA0), addi(kA0, kZero, 0)});
  end_with_a0(code);
  load(kL2, code);
  soc_->run({});
  EXPECT_EQ(console_, "[DUMP] 6 ns Core   0: 0x7f0 = 0x0000002a,         42\n");
}

TEST_F(ClusterTest, SleepingThroughADmaTransferSeesItsData) {
  build(minpool());
  Words code;
  only_hart_zero(code);
  li(code, kT0, DMA_BASE);
  li(code, kT1, kL2 + 0x1000);
  li(code, kT2, 0x3000);
  append(code,
         {sw(kT1, kT0, DMA_SRC_ADDR), sw(kT2, kT0, DMA_DST_ADDR), addi(kA1, kZero, 1024),
          sw(kA1, kT0, DMA_NUM_BYTES), csrr(kA1, kMcycle), lw(kZero, kT0, DMA_NEXT_ID),
          lw(kA2, kT0, DMA_DONE), beq(kA2, kZero, -4), csrr(kA2, kMcycle), lw(kA0, kT2, 1020)});
  end_with_a0(code);
  load(kL2, code);
  load(kL2 + 0x1000 + 1020, {77});
  const RunResult result = soc_->run({});
  EXPECT_EQ(result.guest_value, 77u);
  EXPECT_GE(soc_->hart(0).x[kA2] - soc_->hart(0).x[kA1], 57u);
  EXPECT_LE(soc_->hart(0).x[kA2] - soc_->hart(0).x[kA1], 62u);
}

TEST_F(ClusterTest, CodeWrittenByTheDmaIsExecuted) {
  build(minpool());
  // Hart 0 runs a routine in L1, replaces it by DMA, and runs it again: a0 = 1 * 10 + 2.
  Words code;
  only_hart_zero(code);
  li(code, kT0, DMA_BASE);
  li(code, kT2, 0x3000);
  const auto copy_and_call = [&](std::uint32_t source) {
    li(code, kT1, source);
    append(code, {sw(kT1, kT0, DMA_SRC_ADDR), sw(kT2, kT0, DMA_DST_ADDR), addi(kA2, kZero, 8),
                  sw(kA2, kT0, DMA_NUM_BYTES), lw(kZero, kT0, DMA_NEXT_ID), lw(kA2, kT0, DMA_DONE),
                  beq(kA2, kZero, -4), 0x000380E7 /* jalr ra, t2 */});
  };
  copy_and_call(kL2 + 0x2000);
  append(code, {add(kA0, kA1, kZero), slli(kA0, kA0, 3), add(kA0, kA0, kA1), add(kA0, kA0, kA1)});
  copy_and_call(kL2 + 0x2010);
  append(code, {add(kA0, kA0, kA1)});
  end_with_a0(code);
  load(kL2, code);
  load(kL2 + 0x2000, {addi(kA1, kZero, 1), 0x00008067 /* ret */});
  load(kL2 + 0x2010, {addi(kA1, kZero, 2), 0x00008067});
  EXPECT_EQ(soc_->run({}).guest_value, 12u);
}

TEST_F(ClusterTest, PlatformBlockDescribesTheMachine) {
  build(minpool());
  EXPECT_EQ(word(PLATFORM_BLOCK_BASE + PLATFORM_BLOCK_MAGIC), PLATFORM_BLOCK_MAGIC_VALUE);
  EXPECT_EQ(word(PLATFORM_BLOCK_BASE + PLATFORM_BLOCK_NUM_HARTS), 16u);
  EXPECT_EQ(word(PLATFORM_BLOCK_BASE + PLATFORM_BLOCK_CORE_L1_BYTES), 0x10000u);
  EXPECT_EQ(word(PLATFORM_BLOCK_BASE + PLATFORM_BLOCK_SEQ_BYTES_PER_HART), 512u);
  EXPECT_EQ(word(PLATFORM_BLOCK_BASE + PLATFORM_BLOCK_ITA_INTERFACE), PLATFORM_BLOCK_ITA_NONE);
  EXPECT_EQ(word(PLATFORM_BLOCK_BASE + PLATFORM_BLOCK_CLOCK_KHZ), 500'000u);
}

/// The final state of a run in one string.
std::string statistics(const Soc& soc) {
  std::string text;
  soc.stats().visit([&](const std::string& path, const Stat& stat) {
    text += path + "=" + std::to_string(stat.value()) + "\n";
  });
  return text;
}

TEST_F(ClusterTest, StatisticsNameEveryHartOnce) {
  build(minpool());
  std::set<std::string> paths;
  soc_->stats().visit([&](const std::string& path, const Stat&) {
    EXPECT_TRUE(paths.insert(path).second) << path;
  });
  EXPECT_EQ(paths.count("soc.cluster.group[3].tile[0].core[3].instructions"), 1u);
  EXPECT_EQ(paths.count("soc.dma.transfers"), 1u);
  EXPECT_NE(statistics(*soc_).find("soc.cluster.l1.atomics=0"), std::string::npos);
}

}  // namespace
}  // namespace tessera
