// SPDX-License-Identifier: Apache-2.0
#include "models/memory/l1_memory.h"

#include <vector>

#include <gtest/gtest.h>

namespace tessera {
namespace {

constexpr std::uint32_t kTiles = 4;
constexpr std::uint32_t kBanks = 16;
constexpr std::uint32_t kSequentialBytes = 2048;  // of a tile, as minpool

class L1MemoryTest : public testing::Test {
 protected:
  HartReply access(AccessKind kind, std::uint32_t hart, std::uint32_t address,
                   std::uint32_t data = 0) {
    HartAccess access;
    access.kind = kind;
    access.hart = hart;
    access.address = address;
    access.data = data;
    return dut_.access(access);
  }
  std::uint32_t load(std::uint32_t address) { return access(AccessKind::kLoad, 0, address).data; }

  DmiTable dmi_;
  StatGroup stats_{"soc"};
  L1Memory dut_{{L1Layout(kTiles, kBanks, 1024, kSequentialBytes), 2, 8192, 8}, dmi_, stats_};
};

TEST_F(L1MemoryTest, LayoutIsThatOfTheRtlAndABijection) {
  const L1Layout layout(kTiles, kBanks, 1024, kSequentialBytes);
  // Sequential: tile 1 starts 2 KiB in, row 1 of its banks 64 bytes later.
  EXPECT_EQ(layout.locate_core(0x0800), (BankLocation{1, 0, 0}));
  EXPECT_EQ(layout.locate_core(0x0844), (BankLocation{1, 1, 1}));
  // Interleaved: bank, then tile, then row.
  EXPECT_EQ(layout.locate_core(0x2000), (BankLocation{0, 0, 32}));
  EXPECT_EQ(layout.locate_core(0x2040), (BankLocation{1, 0, 32}));
  // Raw, low addresses are interleaved as well.
  EXPECT_EQ(layout.locate_raw(0x0040), (BankLocation{1, 0, 0}));
  for (std::uint32_t address = 0; address < layout.size_bytes(); address += 4) {
    ASSERT_EQ(layout.raw_to_core(layout.core_to_raw(address)), address);
    ASSERT_EQ(layout.locate_raw(layout.core_to_raw(address)), layout.locate_core(address));
  }
}

TEST_F(L1MemoryTest, LayoutOfFortyEightTilesFollowsTheDocumentedFormula) {
  const L1Layout layout(48, 16, 1024, 2048);
  const std::uint32_t sequential_end = 48 * 2048;
  for (std::uint32_t address = sequential_end; address < layout.size_bytes(); address += 4) {
    const BankLocation place = layout.locate_core(address);
    ASSERT_EQ(place.tile, address / 64 % 48);
    ASSERT_EQ(place.row, address / 3072);
    ASSERT_EQ(place.bank, address / 4 % 16);
  }
  for (std::uint32_t address = 0; address < sequential_end; address += 4) {
    ASSERT_EQ(layout.locate_core(address).tile, address / 2048);
    ASSERT_EQ(layout.raw_to_core(layout.core_to_raw(address)), address);
  }
}

TEST_F(L1MemoryTest, RawAndCoreViewMeetInTheSameBanks) {
  std::vector<std::uint8_t> bytes(1024);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 7 + 1);
  }
  ASSERT_TRUE(dut_.raw_view().write(0x25, bytes.data(), bytes.size()));
  const L1Layout layout(kTiles, kBanks, 1024, kSequentialBytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::uint8_t value = 0;
    ASSERT_TRUE(dut_.core_view().read(
        layout.raw_to_core(static_cast<std::uint32_t>(0x25 + i) & ~3u) + ((0x25 + i) & 3), &value,
        1));
    ASSERT_EQ(value, bytes[i]) << i;
  }
  std::vector<std::uint8_t> back(bytes.size());
  ASSERT_TRUE(dut_.raw_view().read(0x25, back.data(), back.size()));
  EXPECT_EQ(back, bytes);
}

TEST_F(L1MemoryTest, ViewsRefuseWhatLeavesTheMemory) {
  std::uint32_t word = 0;
  EXPECT_FALSE(dut_.core_view().read(dut_.size_bytes() - 2, &word, 4));
  EXPECT_FALSE(dut_.raw_view().write(0xFFFFFFFE, &word, 4));
  EXPECT_TRUE(dut_.core_view().write(dut_.size_bytes() - 4, &word, 4));
}

TEST_F(L1MemoryTest, AmosReturnTheOldValue) {
  access(AccessKind::kStore, 0, 0x100, 5);
  EXPECT_EQ(access(AccessKind::kAmoAdd, 3, 0x100, 0xFFFFFFFF).data, 5u);
  EXPECT_EQ(load(0x100), 4u);
  access(AccessKind::kAmoMin, 1, 0x100, 0x80000000);
  EXPECT_EQ(load(0x100), 0x80000000u);
  access(AccessKind::kAmoMaxu, 1, 0x100, 7);
  EXPECT_EQ(load(0x100), 0x80000000u);
  EXPECT_EQ(stats_.value("l1.atomics"), 3u);
}

TEST_F(L1MemoryTest, ScSucceedsOnceAfterOwnLr) {
  access(AccessKind::kLoadReserved, 1, 0x100);
  EXPECT_EQ(access(AccessKind::kStoreConditional, 1, 0x100, 9).data, 0u);
  EXPECT_EQ(load(0x100), 9u);
  EXPECT_EQ(access(AccessKind::kStoreConditional, 1, 0x100, 10).data, 1u);
  EXPECT_EQ(load(0x100), 9u);
}

TEST_F(L1MemoryTest, ForeignLrNeverStealsAReservation) {
  access(AccessKind::kLoadReserved, 1, 0x100);
  access(AccessKind::kLoadReserved, 2, 0x100);
  EXPECT_EQ(access(AccessKind::kStoreConditional, 2, 0x100, 1).data, 1u);
  EXPECT_EQ(access(AccessKind::kStoreConditional, 1, 0x100, 2).data, 0u);
}

TEST_F(L1MemoryTest, OwnersStoreKeepsAndForeignStoreClearsTheReservation) {
  access(AccessKind::kLoadReserved, 1, 0x100);
  access(AccessKind::kStore, 1, 0x100, 3);
  EXPECT_EQ(access(AccessKind::kStoreConditional, 1, 0x100, 4).data, 0u);
  access(AccessKind::kLoadReserved, 1, 0x100);
  access(AccessKind::kStore, 2, 0x100, 5);
  EXPECT_EQ(access(AccessKind::kStoreConditional, 1, 0x100, 6).data, 1u);
  access(AccessKind::kLoadReserved, 1, 0x100);
  access(AccessKind::kAmoOr, 2, 0x100, 5);
  EXPECT_EQ(access(AccessKind::kStoreConditional, 1, 0x100, 6).data, 1u);
}

TEST_F(L1MemoryTest, ReservationsAreOnePerBank) {
  access(AccessKind::kLoadReserved, 1, 0x2100);
  access(AccessKind::kLoadReserved, 2, 0x2104);  // next bank: both hold
  EXPECT_EQ(access(AccessKind::kStoreConditional, 1, 0x2100, 1).data, 0u);
  EXPECT_EQ(access(AccessKind::kStoreConditional, 2, 0x2104, 1).data, 0u);
  access(AccessKind::kLoadReserved, 1, 0x2100);
  access(AccessKind::kLoadReserved, 2, 0x2200);  // same bank, next row: refused
  EXPECT_EQ(access(AccessKind::kStoreConditional, 2, 0x2200, 1).data, 1u);
  // An SC of the owner to another word of the bank fails and gives the reservation up.
  EXPECT_EQ(access(AccessKind::kStoreConditional, 1, 0x2200, 1).data, 1u);
  EXPECT_EQ(access(AccessKind::kStoreConditional, 1, 0x2100, 1).data, 1u);
}

TEST_F(L1MemoryTest, StoresToAReservedPageLeaveDirectAccess) {
  EXPECT_NE(dmi_.page_of(0x1100).write, nullptr);
  access(AccessKind::kLoadReserved, 1, 0x1100);
  EXPECT_EQ(dmi_.page_of(0x1100).write, nullptr);
  EXPECT_NE(dmi_.page_of(0x1100).read, nullptr);
  access(AccessKind::kStoreConditional, 1, 0x1100, 1);
  EXPECT_NE(dmi_.page_of(0x1100).write, nullptr);
}

TEST_F(L1MemoryTest, DeviceWritesClearReservations) {
  access(AccessKind::kLoadReserved, 1, 0x1100);
  const std::uint32_t word = 1;
  dut_.raw_view().write(0x1000, std::vector<std::uint8_t>(4096).data(), 4096);
  dut_.core_view().write(0x1100, &word, 4);
  EXPECT_EQ(access(AccessKind::kStoreConditional, 1, 0x1100, 2).data, 1u);
}

TEST_F(L1MemoryTest, AcceleratorBanksTakeAtomicsToo) {
  const std::uint32_t base = kTiles * kBanks * 1024;
  EXPECT_EQ(dut_.size_bytes(), base + 2 * 8192);
  access(AccessKind::kLoadReserved, 1, base + 8192);
  access(AccessKind::kLoadReserved, 2, base + 8192 + 4 * 8);  // 8 banks: the same bank again
  EXPECT_EQ(access(AccessKind::kStoreConditional, 2, base + 8192 + 4 * 8, 1).data, 1u);
  EXPECT_EQ(access(AccessKind::kStoreConditional, 1, base + 8192, 1).data, 0u);
}

}  // namespace
}  // namespace tessera
