// SPDX-License-Identifier: Apache-2.0
#include "models/dma/dma.h"

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "models/dma/dma_regs.h"
#include "tests/support/bus_initiator.h"
#include "tests/support/sinks.h"

namespace tessera {
namespace {

constexpr std::uint32_t kL2 = 0x80000000;

DmaParameters minpool() {
  DmaParameters parameters;
  parameters.l1_bytes = parameters.core_l1_bytes = 64 * 1024;
  parameters.row_bytes = 256;
  parameters.beat_bytes = 32;
  parameters.multi_backend_cycles = 1;
  return parameters;
}

DmaParameters mempool() {
  DmaParameters parameters;
  parameters.l1_bytes = parameters.core_l1_bytes = 1024 * 1024;
  parameters.row_bytes = 4096;
  return parameters;
}

struct DurationRow {
  std::uint32_t bytes;
  Cycles cycles;
};

TEST(DmaDuration, MatchesTheMeasuredTableOfMinpool) {
  // Source: spec/mempool.md section 9, DMA; the RTL takes 32 for 128 bytes (documented outlier).
  for (const DurationRow row : {DurationRow{4, 28},
                                {32, 28},
                                {64, 32},
                                {256, 33},
                                {512, 41},
                                {1024, 57},
                                {2048, 89},
                                {4096, 153},
                                {8192, 281},
                                {16384, 537}}) {
    EXPECT_EQ(dma_duration_cycles(minpool(), kL2, 0, row.bytes), row.cycles) << row.bytes;
    EXPECT_EQ(dma_duration_cycles(minpool(), 0, kL2, row.bytes), row.cycles) << row.bytes;
  }
}

TEST(DmaDuration, MatchesTheMeasuredTableOfMempool) {
  for (const DurationRow row : {DurationRow{64, 28}, {1024, 88}, {4096, 91}, {8192, 155}}) {
    EXPECT_EQ(dma_duration_cycles(mempool(), kL2, 0, row.bytes), row.cycles) << row.bytes;
  }
}

/// Bytes at [0, 64 KiB) and from L2 on.
struct TwoMemories : ByteMemory {
  std::uint8_t* at(std::uint32_t address, std::size_t count) {
    auto& memory = address < kL2 ? l1 : l2;
    const std::uint32_t offset = address < kL2 ? address : address - kL2;
    return offset <= memory.size() && count <= memory.size() - offset ? &memory[offset] : nullptr;
  }
  bool read(std::uint32_t address, void* data, std::size_t count) override {
    const std::uint8_t* place = at(address, count);
    return place != nullptr && std::memcpy(data, place, count) != nullptr;
  }
  bool write(std::uint32_t address, const void* data, std::size_t count) override {
    std::uint8_t* place = at(address, count);
    return place != nullptr && std::memcpy(place, data, count) != nullptr;
  }
  std::vector<std::uint8_t> l1 = std::vector<std::uint8_t>(64 * 1024 + 1);
  std::vector<std::uint8_t> l2 = std::vector<std::uint8_t>(64 * 1024 + 1);
};

class DmaTest : public testing::Test {
 protected:
  DmaTest() {
    initiator_.socket.bind(dut_.target_socket);
    for (std::size_t i = 0; i < memory_.l2.size(); ++i) {
      memory_.l2[i] = static_cast<std::uint8_t>(i * 13 + 5);
    }
  }
  void program(std::uint32_t source, std::uint32_t destination, std::uint32_t bytes) {
    initiator_.write(DMA_SRC_ADDR, source);
    initiator_.write(DMA_DST_ADDR, destination);
    initiator_.write(DMA_NUM_BYTES, bytes);
  }
  ClockDomain clock_{500'000};
  TwoMemories memory_;
  test::GuestErrorRecorder errors_;
  StatGroup stats_{"soc"};
  Dma dut_{"dma", minpool(), clock_, memory_, errors_, stats_};
  test::BusInitiator initiator_{"initiator"};
};

TEST_F(DmaTest, ReadingNextIdLaunchesAndDoneIsSticky) {
  EXPECT_EQ(initiator_.read(DMA_STATUS), 1u) << "1 means idle";
  EXPECT_EQ(initiator_.read(DMA_DONE), 0u);
  program(kL2 + 3, 0x100, 1024);
  EXPECT_EQ(initiator_.read(DMA_NEXT_ID), 0u);
  EXPECT_EQ(initiator_.read(DMA_STATUS), 0u);
  // Seen by a hart that runs ahead of the kernel, one cycle before the end and at the end.
  initiator_.delay = clock_.time(57 - 1);
  EXPECT_EQ(initiator_.read(DMA_DONE), 0u);
  EXPECT_EQ(memory_.l1[0x100], 0);
  initiator_.delay = clock_.time(57);
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
  program(kL2 + 64 * 1024, 0x100, 64);
  initiator_.read(DMA_NEXT_ID);
  initiator_.delay = clock_.time(1000);
  EXPECT_EQ(initiator_.read(DMA_DONE), 1u);
  ASSERT_EQ(errors_.errors.size(), 1u);
  EXPECT_EQ(errors_.errors[0].message,
            "transfer of 64 bytes from 0x80010000 to 0x100: the source leaves memory; stopped "
            "after 0 bytes");
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
