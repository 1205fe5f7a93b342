// SPDX-License-Identifier: Apache-2.0
#include "models/dma/dma.h"

#include <cstring>

#include <gtest/gtest.h>

#include "models/dma/dma_regs.h"
#include "tests/model/dma_bench.h"
#include "tests/support/bus_initiator.h"
#include "tests/support/sinks.h"

namespace tessera {
namespace {

using test::kL2;

TEST(DmaDuration, MatchesTheMeasuredTableOfMinpool) {
  for (const test::DurationRow& row : test::kMinpoolDurations) {
    EXPECT_EQ(dma_duration_cycles(test::dma_minpool(), {kL2, 0, row.bytes}), row.cycles)
        << row.bytes;
    EXPECT_EQ(dma_duration_cycles(test::dma_minpool(), {0, kL2, row.bytes}), row.cycles)
        << row.bytes;
  }
}

TEST(DmaDuration, MatchesTheMeasuredTableOfMempool) {
  for (const test::DurationRow& row : test::kMempoolDurations) {
    EXPECT_EQ(dma_duration_cycles(test::dma_mempool(), {kL2, 0, row.bytes}), row.cycles)
        << row.bytes;
  }
}

class DmaTest : public testing::Test {
 protected:
  DmaTest() {
    initiator_.socket.bind(dut_.target_socket);
    memory_.l1.assign(memory_.l1.size(), 0);
  }
  void program(std::uint32_t source, std::uint32_t destination, std::uint32_t bytes) {
    initiator_.write(DMA_SRC_ADDR, source);
    initiator_.write(DMA_DST_ADDR, destination);
    initiator_.write(DMA_NUM_BYTES, bytes);
  }
  ClockDomain clock_{500'000};
  test::TwoMemories memory_{64 * 1024};
  test::GuestErrorRecorder errors_;
  StatGroup stats_{"soc"};
  Dma dut_{"dma", test::dma_minpool(), clock_, memory_, errors_, stats_};
  test::BusInitiator initiator_{"initiator"};
};

TEST_F(DmaTest, ReadingNextIdLaunchesAndDoneIsSticky) {
  EXPECT_EQ(initiator_.read(DMA_STATUS), 1u) << "1 means idle";
  EXPECT_EQ(initiator_.read(DMA_DONE), 0u);
  program(kL2 + 3, 0x100, 1024);
  EXPECT_EQ(initiator_.read(DMA_NEXT_ID), 0u);
  EXPECT_EQ(initiator_.read(DMA_STATUS), 0u);
  // Each back-end reads 4 times 64 bytes, 3 words each time. Seen by a hart that runs ahead of the
  // kernel, one cycle before the end and at the end.
  constexpr Cycles kEnd = 24 + 4 * 12 + 1;
  initiator_.delay = clock_.time(kEnd - 1);
  EXPECT_EQ(initiator_.read(DMA_DONE), 0u);
  EXPECT_EQ(memory_.l1[0x100], 0);
  initiator_.delay = clock_.time(kEnd);
  EXPECT_EQ(initiator_.read(DMA_DONE), 1u);
  EXPECT_EQ(initiator_.read(DMA_DONE), 1u) << "reads do not clear";
  EXPECT_EQ(initiator_.read(DMA_STATUS), 1u);
  EXPECT_EQ(std::memcmp(&memory_.l1[0x100], &memory_.l2[3], 1024), 0);
  EXPECT_EQ(stats_.value("dma.bytes_moved"), 1024u);
}

TEST_F(DmaTest, CompletesWithoutAnybodyPolling) {
  sc_core::sc_spawn([this] {
    program(kL2, 0x200, 256);
    initiator_.read(DMA_NEXT_ID);
  });
  sc_core::sc_start();
  EXPECT_EQ(clock_.now(), 33u);
  EXPECT_EQ(memory_.l1[0x200], memory_.l2[0]);
  EXPECT_EQ(stats_.value("dma.busy_cycles"), 33u);
}

TEST_F(DmaTest, TwoLaunchesWaitBehindTheFirstAndDoneComesAfterAll) {
  for (std::uint32_t i = 0; i < 3; ++i) {
    program(kL2 + 64 * i, 0x100 * (i + 1), 32);  // 28 cycles each
    initiator_.read(DMA_NEXT_ID);
  }
  initiator_.delay = clock_.time(3 * 28 - 1);
  EXPECT_EQ(initiator_.read(DMA_DONE), 0u);
  EXPECT_EQ(memory_.l1[0x200], memory_.l2[64]);
  EXPECT_EQ(memory_.l1[0x300], 0);
  initiator_.delay = clock_.time(3 * 28);
  EXPECT_EQ(initiator_.read(DMA_DONE), 1u);
  EXPECT_EQ(memory_.l1[0x300], memory_.l2[128]);
  EXPECT_EQ(stats_.value("dma.transfers"), 3u);
  EXPECT_TRUE(errors_.errors.empty());
}

TEST_F(DmaTest, LaunchWithAFullRequestRegisterIsLostAndReported) {
  for (std::uint32_t i = 0; i < 4; ++i) {
    program(kL2 + 64 * i, 0x100 * (i + 1), 32);
    initiator_.initiator.hart = i;
    initiator_.initiator.pc = 0x80000040 + 4 * i;
    initiator_.read(DMA_NEXT_ID);
  }
  initiator_.delay = clock_.time(1000);
  EXPECT_EQ(initiator_.read(DMA_DONE), 1u);
  EXPECT_EQ(memory_.l1[0x400], 0);
  EXPECT_EQ(stats_.value("dma.transfers"), 3u);
  EXPECT_EQ(stats_.value("dma.lost_launches"), 1u);
  ASSERT_EQ(errors_.errors.size(), 1u);
  EXPECT_EQ(errors_.errors[0].hart, 3u);
  EXPECT_EQ(errors_.errors[0].pc, 0x8000004Cu);
}

TEST_F(DmaTest, TransferThatLeavesMemoryStopsAndIsReported) {
  program(kL2 + test::kL2Bytes, 0x100, 64);
  initiator_.read(DMA_NEXT_ID);
  initiator_.delay = clock_.time(1000);
  EXPECT_EQ(initiator_.read(DMA_DONE), 1u);
  ASSERT_EQ(errors_.errors.size(), 1u);
  EXPECT_EQ(errors_.errors[0].message,
            "transfer of 64 bytes from 0x80100000 to 0x100: the source leaves memory; stopped "
            "after 0 bytes");
}

TEST_F(DmaTest, TransferInsideL1IsMovedAndReported) {
  memory_.l1[0x100] = 42;
  program(0x100, 0x200, 4);
  initiator_.initiator.hart = 5;
  initiator_.initiator.pc = 0x80000040;
  initiator_.read(DMA_NEXT_ID);
  initiator_.delay = clock_.time(1000);
  EXPECT_EQ(initiator_.read(DMA_DONE), 1u);
  EXPECT_EQ(memory_.l1[0x200], 42);
  ASSERT_EQ(errors_.errors.size(), 1u);
  EXPECT_EQ(errors_.errors[0].kind, GuestErrorKind::kDeviceMisuse);
  EXPECT_EQ(errors_.errors[0].hart, 5u);
  EXPECT_EQ(errors_.errors[0].pc, 0x80000040u);
  EXPECT_EQ(errors_.errors[0].address, 0x100u);
  EXPECT_EQ(errors_.errors[0].message,
            "transfer of 4 bytes from 0x100 to 0x200, both in L1: moved here, but a back-end of "
            "the hardware reaches the L1 banks of its own group only; let harts copy");
}

TEST_F(DmaTest, ZeroBytesCompletesWithoutMoving) {
  program(kL2, 0x100, 0);
  initiator_.read(DMA_NEXT_ID);
  initiator_.delay = clock_.time(24);
  EXPECT_EQ(initiator_.read(DMA_DONE), 1u);
  EXPECT_TRUE(errors_.errors.empty());
}

TEST_F(DmaTest, UnmappedOffsetsReadOnes) {
  EXPECT_EQ(initiator_.read(0x1C), 0xFFFFFFFFu);
}

}  // namespace
}  // namespace tessera
