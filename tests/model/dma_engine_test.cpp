// SPDX-License-Identifier: Apache-2.0
#include "models/dma/dma_engine.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/model/dma_bench.h"

namespace tessera {
namespace {

using test::DmaMachine;
using test::kL2;

class DmaEngineTest : public testing::Test {
 protected:
  DmaMachine& build(const DmaParameters& parameters) {
    machine_ = std::make_unique<DmaMachine>("dma", parameters);
    machine_->dma.use_engine(machine_->engine.get());
    return *machine_;
  }
  std::unique_ptr<DmaMachine> machine_;
};

TEST_F(DmaEngineTest, TakesAsLongAsTheRtlOfMinpool) {
  DmaMachine& machine = build(test::dma_minpool());
  for (const test::DurationRow& row : test::kMinpoolDurations) {
    EXPECT_EQ(machine.duration_of({kL2, 0, row.bytes}), row.cycles) << row.bytes;
    EXPECT_EQ(machine.duration_of({0, kL2, row.bytes}), row.cycles) << row.bytes;
  }
}

TEST_F(DmaEngineTest, TakesAsLongAsTheRtlOfMempool) {
  DmaMachine& machine = build(test::dma_mempool());
  for (const test::DurationRow& row : test::kMempoolDurations) {
    EXPECT_EQ(machine.duration_of({kL2, 0, row.bytes}), row.cycles) << row.bytes;
    EXPECT_EQ(machine.duration_of({0, kL2, row.bytes}), row.cycles) << row.bytes;
  }
}

/// Moves the same in both timings and compares all of both memories.
class BothTimings {
 public:
  BothTimings(const DmaParameters& parameters, std::uint32_t seed)
      : functional_("functional", parameters), timed_("timed", parameters), random_(seed) {
    timed_.dma.use_engine(timed_.engine.get());
  }
  void move(const DmaTransfer& transfer) {
    functional_.launch(transfer);
    functional_.cycle += DmaMachine::kLongest;
    functional_.read(DMA_DONE);
    timed_.launch(transfer);
    for (auto& bank : timed_.banks) {
      bank.refusals = random_.pick(0, 3);
    }
    timed_.run_until_idle();
    ASSERT_TRUE(functional_.memory.l1 == timed_.memory.l1 &&
                functional_.memory.l2 == timed_.memory.l2)
        << std::hex << "from 0x" << transfer.source << " to 0x" << transfer.destination
        << " bytes 0x" << transfer.bytes;
  }
  void move_something() {
    const DmaParameters& parameters = timed_.parameters;
    const std::uint32_t longest = random_.pick(0, 9) == 0 ? 40000 : 600;
    const std::uint32_t bytes = random_.pick(1, longest);
    const std::uint32_t l1 = random_.pick(0, parameters.l1_bytes - bytes);
    const std::uint32_t l2 = parameters.l2_base + random_.pick(0, parameters.l2_bytes - bytes);
    move(random_.pick(0, 1) == 0 ? DmaTransfer{l1, l2, bytes} : DmaTransfer{l2, l1, bytes});
  }
  void expect_nothing_reported() {
    EXPECT_TRUE(functional_.errors.errors.empty());
    EXPECT_TRUE(timed_.errors.errors.empty());
    EXPECT_EQ(functional_.stats.value("functional.bytes_moved"),
              timed_.stats.value("timed.bytes_moved"));
    EXPECT_EQ(functional_.stats.value("functional.transfers"),
              timed_.stats.value("timed.transfers"));
  }

 private:
  DmaMachine functional_;
  DmaMachine timed_;
  test::Random random_;
};

TEST(DmaTimings, MoveTheSameBytesOnMinpool) {
  BothTimings both(test::dma_minpool(), 1);
  for (int i = 0; i < 300; ++i) {
    both.move_something();
  }
  both.expect_nothing_reported();
}

TEST(DmaTimings, MoveTheSameBytesOnMempool) {
  BothTimings both(test::dma_mempool(), 2);
  for (int i = 0; i < 100; ++i) {
    both.move_something();
  }
  both.expect_nothing_reported();
}

TEST(DmaTimings, MoveTheSameBytesOnTerapool) {
  BothTimings both(test::dma_terapool(), 3);
  for (int i = 0; i < 30; ++i) {
    both.move_something();
  }
  both.expect_nothing_reported();
}

TEST(DmaTimings, MoveTheSameBytesToAndFromAcceleratorTiles) {
  const DmaParameters parameters = test::dma_tessera();
  BothTimings both(parameters, 4);
  for (int i = 0; i < 50; ++i) {
    both.move_something();
  }
  both.move({parameters.core_l1_bytes - 5000, kL2 + 3, 20000});
  both.move({kL2 + 77, parameters.core_l1_bytes - 1, 2});
  both.move({kL2 + 5, parameters.core_l1_bytes + 0x10000 - 300, 0x10000 + 700});
  both.expect_nothing_reported();
}

TEST_F(DmaEngineTest, FunctionalTimingIsCloseToCycleTiming) {
  // What differs: how transfers begin and end in the middle of a word, and which L2 bank they hit.
  test::Random random(5);
  double total = 0;
  constexpr int kTransfers = 200;
  DmaMachine& machine = build(test::dma_mempool());
  for (int i = 0; i < kTransfers; ++i) {
    const std::uint32_t bytes = random.pick(1, i % 4 == 0 ? 40000 : 3000);
    const std::uint32_t l1 = random.pick(0, machine.parameters.l1_bytes - bytes);
    const DmaTransfer transfer{l1, kL2 + random.pick(0, test::kL2Bytes - bytes), bytes};
    const auto cycles = static_cast<double>(machine.duration_of(transfer));
    const auto estimate = static_cast<double>(dma_duration_cycles(machine.parameters, transfer));
    const double error = std::abs(estimate - cycles) / cycles;
    EXPECT_LE(error, 0.05);
    total += error;
  }
  EXPECT_LE(total / kTransfers, 0.01);
}

TEST_F(DmaEngineTest, ARowIsSplitOverTheBackEndsInTheOrderOfTheGroups) {
  DmaMachine& machine = build(test::dma_minpool());
  machine.duration_of({kL2, 0x1000, 512});
  using Words = std::vector<std::pair<std::uint32_t, bool>>;
  EXPECT_EQ(machine.banks[0].words,
            (Words{{0x1000, true}, {0x1020, true}, {0x1100, true}, {0x1120, true}}));
  EXPECT_EQ(machine.banks[3].words,
            (Words{{0x10C0, true}, {0x10E0, true}, {0x11C0, true}, {0x11E0, true}}));
  EXPECT_EQ(machine.stats.value("dma.backend[3].beats"), 4u);
}

TEST_F(DmaEngineTest, ATransferWithoutPartForAGroupLeavesItsBanksAlone) {
  DmaMachine& machine = build(test::dma_mempool());
  machine.duration_of({0x400 + 60, kL2 + 8, 72});
  EXPECT_TRUE(machine.banks[0].words.empty());
  EXPECT_EQ(machine.banks[1].words.size(), 3u) << "4 bytes, 64 bytes, 4 bytes";
  EXPECT_TRUE(machine.banks[2].words.empty());
  EXPECT_TRUE(machine.banks[3].words.empty());
}

TEST_F(DmaEngineTest, NoBurstCrossesAPageOf4KiB) {
  DmaMachine& machine = build(test::dma_minpool());
  test::FakeL2::bursts().clear();
  machine.duration_of({kL2 + 4096 - 40, 0, 64});
  const auto& bursts = test::FakeL2::bursts();
  ASSERT_EQ(bursts.size(), 2u);
  EXPECT_EQ(bursts[0].address, kL2 + 4096 - 40);
  EXPECT_EQ(bursts[0].beats, 2u) << "8 bytes and 32";
  EXPECT_EQ(bursts[1].address, kL2 + 4096);
  EXPECT_EQ(bursts[1].beats, 1u);
}

TEST_F(DmaEngineTest, ARefusedAccessIsTriedAgainInTheNextCycle) {
  DmaMachine& machine = build(test::dma_minpool());
  machine.banks[0].refusals = 3;
  EXPECT_EQ(machine.duration_of({kL2, 0, 32}), 28u + 3u);
  EXPECT_EQ(machine.stats.value("dma.backend[0].l1_refused_cycles"), 3u);
}

TEST_F(DmaEngineTest, WordsReadFasterThanL2TakesThemStayInTheBanks) {
  // 16 words per back-end fit into the buffer and the registers on the way; of more, two at a time
  // stay in the banks.
  DmaMachine& machine = build(test::dma_mempool());
  machine.duration_of({kL2, 0, 16384});
  EXPECT_EQ(machine.banks[0].most_kept, 0u) << "writes never stay";
  machine.duration_of({0, kL2, 4096});
  EXPECT_EQ(machine.banks[0].most_kept, 0u);
  machine.duration_of({0, kL2, 16384});
  EXPECT_EQ(machine.banks[0].most_kept, 2u);
}

TEST_F(DmaEngineTest, DoneAndStatusFollowTheRegistersOfTheRtl) {
  DmaMachine& machine = build(test::dma_minpool());
  machine.cycle = 100;
  EXPECT_EQ(machine.read(DMA_STATUS), 1u);
  EXPECT_EQ(machine.read(DMA_DONE), 0u);
  machine.launch({kL2, 0, 32});
  std::vector<Cycles> busy;
  Cycles done = 0;
  for (; machine.cycle < 140; machine.step()) {
    if (machine.read(DMA_STATUS) == 0) {
      busy.push_back(machine.cycle - 100);
    }
    if (done == 0 && machine.read(DMA_DONE) == 1) {
      done = machine.cycle - 100;
    }
  }
  EXPECT_EQ(done, 28u + 1u) << "the register shows it one cycle after the pulse";
  // The data path has work from cycle 6 until the beat leaves for L1 in cycle 18; five registers
  // are between it and the front-end.
  ASSERT_FALSE(busy.empty());
  EXPECT_EQ(busy.front(), 6u + 5u);
  EXPECT_EQ(busy.back(), 18u + 5u);
  EXPECT_EQ(busy.size(), 13u);
}

TEST_F(DmaEngineTest, LaunchesFollowEachOtherWithoutWaitingForTheEnd) {
  DmaMachine& machine = build(test::dma_minpool());
  for (std::uint32_t i = 0; i < 4; ++i) {
    machine.launch({kL2 + 64 * i, 0x100 * (i + 1), 32});
    machine.step();
    machine.step();
  }
  machine.run_until_idle();
  // The first takes 28 cycles; the L2 side takes a beat per 4 cycles.
  EXPECT_EQ(machine.stats.value("dma.busy_cycles"), 28u + 3u * 4u);
  EXPECT_EQ(machine.stats.value("dma.transfers"), 4u);
  EXPECT_EQ(std::memcmp(&machine.memory.l1[0x400], &machine.memory.l2[192], 32), 0);
  EXPECT_TRUE(machine.errors.errors.empty());
}

TEST_F(DmaEngineTest, DoneComesWhenAllThatWasLaunchedHasCompleted) {
  DmaMachine& machine = build(test::dma_minpool());
  machine.launch({kL2, 0, 4096});
  for (int i = 0; i < 20; ++i) {
    machine.step();
  }
  machine.launch({0x2000, kL2 + 0x8000, 4096});
  while (machine.read(DMA_DONE) == 0) {
    ASSERT_LT(machine.cycle, 1000u);
    machine.step();
  }
  EXPECT_TRUE(machine.dma.is_idle());
  EXPECT_EQ(std::memcmp(&machine.memory.l2[0x8000], &machine.memory.l1[0x2000], 4096), 0);
  EXPECT_EQ(std::memcmp(&machine.memory.l1[0], &machine.memory.l2[0], 4096), 0);
}

TEST_F(DmaEngineTest, TheRequestRegisterHoldsTwoBehindATransferThatIsBeingSplit) {
  DmaMachine& machine = build(test::dma_minpool());
  machine.launch({kL2, 0, 16384});
  machine.step();
  machine.step();
  for (std::uint32_t i = 0; i < 3; ++i) {
    machine.launch({kL2 + 64 * i, 0x8000 + 0x100 * i, 32});
    machine.step();
  }
  EXPECT_EQ(machine.stats.value("dma.lost_launches"), 1u);
  ASSERT_EQ(machine.errors.errors.size(), 1u);
  machine.run_until_idle();
  EXPECT_EQ(machine.stats.value("dma.transfers"), 3u);
  EXPECT_EQ(std::memcmp(&machine.memory.l1[0x8100], &machine.memory.l2[64], 32), 0);
  EXPECT_NE(std::memcmp(&machine.memory.l1[0x8200], &machine.memory.l2[128], 32), 0);
}

TEST_F(DmaEngineTest, ACompletionOneRegisterAwayOverrulesALaunch) {
  // Source: trans_complete_d in mempool_dma.sv: a launch clears what came before it or with it.
  DmaMachine& machine = build(test::dma_minpool());
  machine.launch({kL2, 0, 32});
  while (machine.cycle < 27) {
    machine.step();
  }
  machine.launch({kL2 + 64, 0x100, 32});
  machine.step();
  EXPECT_EQ(machine.read(DMA_DONE), 0u);
  machine.step();
  EXPECT_EQ(machine.read(DMA_DONE), 1u) << "of the first transfer";
  EXPECT_NE(std::memcmp(&machine.memory.l1[0x100], &machine.memory.l2[64], 32), 0);
  ASSERT_EQ(machine.errors.errors.size(), 1u);
  EXPECT_EQ(machine.errors.errors[0].message,
            "launch in the cycle before another transfer completes: as in the RTL, done reads 1 "
            "while this one is under way; wait for done first");
  machine.run_until_idle();
  EXPECT_EQ(std::memcmp(&machine.memory.l1[0x100], &machine.memory.l2[64], 32), 0);
}

TEST_F(DmaEngineTest, ALaunchWithTheCompletionWins) {
  DmaMachine& machine = build(test::dma_minpool());
  machine.launch({kL2, 0, 32});
  while (machine.cycle < 28) {
    machine.step();
  }
  machine.launch({kL2 + 64, 0x100, 32});
  while (machine.read(DMA_DONE) == 0) {
    ASSERT_LT(machine.cycle, 100u);
    machine.step();
  }
  EXPECT_EQ(machine.cycle, 28u + 28u + 1u);
  EXPECT_TRUE(machine.errors.errors.empty());
}

TEST_F(DmaEngineTest, AnotherTransferInFlightIsNoticedWhenTheModeChanges) {
  DmaMachine& machine = build(test::dma_minpool());
  machine.launch({kL2, 0, 32});
  machine.step();
  EXPECT_FALSE(machine.dma.is_idle());
  EXPECT_DEATH(machine.dma.use_engine(nullptr), "while it is at work");
  machine.run_until_idle();
  machine.dma.use_engine(nullptr);
  machine.launch({kL2 + 64, 0x100, 32});
  machine.cycle += 28;
  EXPECT_EQ(machine.read(DMA_DONE), 1u);
  EXPECT_EQ(std::memcmp(&machine.memory.l1[0x100], &machine.memory.l2[64], 32), 0);
}

TEST_F(DmaEngineTest, WhatTheHardwareCannotMoveGoesTheFunctionalWay) {
  DmaMachine& machine = build(test::dma_minpool());
  machine.launch({kL2, 0x100, 1024});
  machine.launch({0x100, 0x3000, 1024});
  // The functional part of the front-end is driven by the kernel, the engine by the loop.
  sc_core::sc_spawn([&] {
    while (machine.read(DMA_DONE) == 0) {
      machine.step();
      sc_core::wait(machine.clock.time(machine.cycle) - sc_core::sc_time_stamp());
    }
  });
  sc_core::sc_start(machine.clock.time(1000));
  EXPECT_TRUE(machine.dma.is_idle());
  EXPECT_EQ(std::memcmp(&machine.memory.l1[0x3000], &machine.memory.l2[0], 1024), 0);
  EXPECT_EQ(machine.stats.value("dma.transfers"), 2u);
  // 57 cycles each; the second looks for an idle engine every 16.
  EXPECT_GE(machine.cycle, 57u + 57u);
  EXPECT_LE(machine.cycle, 57u + 16u + 57u + 2u);
  ASSERT_EQ(machine.errors.errors.size(), 1u);
  EXPECT_THAT(machine.errors.errors[0].message, testing::HasSubstr("both in L1"));
}

}  // namespace
}  // namespace tessera
