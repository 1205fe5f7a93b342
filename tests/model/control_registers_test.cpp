// SPDX-License-Identifier: Apache-2.0
#include "models/periph/control_registers.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "models/periph/control_regs.h"
#include "tests/support/bus_initiator.h"
#include "tests/support/sinks.h"

namespace tessera {
namespace {

constexpr std::uint32_t kHarts = 32;  // 4 groups of 2 tiles of 4

class ControlRegistersTest : public testing::Test {
 protected:
  explicit ControlRegistersTest(const ControlMap& map = kControlMapMempool)
      : dut_(
            "control", {map, 4, 2, 4, 0x10000}, clock_, harts_,
            [this](std::uint32_t hart, std::uint32_t value) {
              end_ = {hart, value};
            },
            errors_, stats_) {
    initiator_.socket.bind(dut_.target_socket);
  }
  /// Harts that `value` written to `offset` wakes.
  std::vector<std::uint32_t> woken(std::uint32_t offset, std::uint32_t value) {
    harts_.pulses.clear();
    initiator_.write(offset, value);
    std::vector<std::uint32_t> ids;
    for (const auto& pulse : harts_.pulses) {
      ids.push_back(pulse.hart);
    }
    return ids;
  }
  static std::vector<std::uint32_t> range(std::uint32_t first, std::uint32_t count,
                                          std::uint32_t step = 1) {
    std::vector<std::uint32_t> ids;
    for (std::uint32_t i = 0; i < count; ++i) {
      ids.push_back(first + i * step);
    }
    return ids;
  }

  ClockDomain clock_{500'000};
  test::WakeUpRecorder harts_{kHarts};
  test::GuestErrorRecorder errors_;
  StatGroup stats_{"soc"};
  std::optional<std::pair<std::uint32_t, std::uint32_t>> end_;
  ControlRegisters dut_;
  test::BusInitiator initiator_{"initiator"};
};

TEST_F(ControlRegistersTest, EocEndsOnlyWithBitZero) {
  initiator_.initiator.hart = 3;
  initiator_.write(CONTROL_MEMPOOL_EOC, 0x54);
  EXPECT_FALSE(end_.has_value());
  initiator_.write(CONTROL_MEMPOOL_EOC, 0x55);
  ASSERT_TRUE(end_.has_value());
  EXPECT_EQ(*end_, std::make_pair(3u, 0x2Au));
}

TEST_F(ControlRegistersTest, WakeUpTakesOneHartOrAll) {
  EXPECT_EQ(woken(CONTROL_MEMPOOL_WAKE_UP, 5), range(5, 1));
  EXPECT_EQ(woken(CONTROL_MEMPOOL_WAKE_UP, 0xFFFFFFFF), range(0, kHarts));
  EXPECT_EQ(woken(CONTROL_MEMPOOL_WAKE_UP, kHarts), range(0, kHarts));
  EXPECT_EQ(stats_.value("control.wake_ups"), 2u * kHarts + 1);
}

TEST_F(ControlRegistersTest, WakeUpTileTakesAMaskOfTheGroupsTiles) {
  EXPECT_EQ(woken(CONTROL_MEMPOOL_WAKE_UP_TILE + 4, 0b10), range(12, 4));
  EXPECT_EQ(woken(CONTROL_MEMPOOL_WAKE_UP_TILE, 0b11), range(0, 8));
  EXPECT_TRUE(woken(CONTROL_MEMPOOL_WAKE_UP_TILE, 0b100).empty()) << "no such tile: ignored";
  EXPECT_TRUE(woken(CONTROL_MEMPOOL_WAKE_UP_TILE + 4 * 4, 1).empty()) << "no such group";
}

TEST_F(ControlRegistersTest, WakeUpGroupTakesAMaskOrAll) {
  EXPECT_EQ(woken(CONTROL_MEMPOOL_WAKE_UP_GROUP, 0b1000), range(24, 8));
  EXPECT_EQ(woken(CONTROL_MEMPOOL_WAKE_UP_GROUP, 0xFFFFFFFF), range(0, kHarts));
  EXPECT_TRUE(woken(CONTROL_MEMPOOL_WAKE_UP_GROUP, 0x10).empty());
}

TEST_F(ControlRegistersTest, StrideAndOffsetMaskEveryLaterWakeUp) {
  initiator_.write(CONTROL_MEMPOOL_WAKE_UP_STRD, 8);
  EXPECT_EQ(woken(CONTROL_MEMPOOL_WAKE_UP, 0xFFFFFFFF), range(0, 4, 8));
  initiator_.write(CONTROL_MEMPOOL_WAKE_UP_OFFST, 2);
  EXPECT_EQ(woken(CONTROL_MEMPOOL_WAKE_UP_GROUP, 0b0011), range(2, 2, 8));
  EXPECT_TRUE(woken(CONTROL_MEMPOOL_WAKE_UP, 3).empty());
  initiator_.write(CONTROL_MEMPOOL_WAKE_UP_OFFST, 0);
  initiator_.write(CONTROL_MEMPOOL_WAKE_UP_STRD, 1);
  EXPECT_EQ(woken(CONTROL_MEMPOOL_WAKE_UP, 3), range(3, 1));
}

TEST_F(ControlRegistersTest, OffsetWithoutAStrideIsReportedAndIgnored) {
  initiator_.write(CONTROL_MEMPOOL_WAKE_UP_OFFST, 1);
  EXPECT_EQ(errors_.errors.size(), 1u);
  EXPECT_EQ(woken(CONTROL_MEMPOOL_WAKE_UP, 0xFFFFFFFF), range(0, kHarts));
}

TEST_F(ControlRegistersTest, MachineRegistersAndResetValues) {
  EXPECT_EQ(initiator_.read(CONTROL_MEMPOOL_TCDM_START), 0u);
  EXPECT_EQ(initiator_.read(CONTROL_MEMPOOL_TCDM_END), 0x10000u);
  EXPECT_EQ(initiator_.read(CONTROL_MEMPOOL_NR_CORES), kHarts);
  initiator_.write(CONTROL_MEMPOOL_NR_CORES, 1);
  EXPECT_EQ(initiator_.read(CONTROL_MEMPOOL_NR_CORES), kHarts);
  EXPECT_EQ(initiator_.read(CONTROL_MEMPOOL_RO_CACHE_ENABLE), 1u);
  EXPECT_EQ(initiator_.read(CONTROL_MEMPOOL_RO_CACHE_START + 4), 0xA0000000u);
  EXPECT_EQ(initiator_.read(CONTROL_MEMPOOL_RO_CACHE_END + 12), 0x10u);
  initiator_.write(CONTROL_MEMPOOL_RO_CACHE_END, 0x80004000);
  EXPECT_EQ(initiator_.read(CONTROL_MEMPOOL_RO_CACHE_END), 0x80004000u);
  EXPECT_EQ(initiator_.read(CONTROL_MEMPOOL_WAKE_UP), 0u) << "write-only";
}

TEST_F(ControlRegistersTest, DecodesSevenBitsAndReadsOnesWhereNothingIs) {
  EXPECT_EQ(initiator_.read(0x68), 0xFFFFFFFFu);
  EXPECT_EQ(initiator_.read(0x80 + CONTROL_MEMPOOL_NR_CORES), kHarts);
}

TEST_F(ControlRegistersTest, PartialWritesAreRefused) {
  std::uint32_t value = 0x55;
  EXPECT_EQ(initiator_.transport(::tlm::TLM_WRITE_COMMAND, CONTROL_MEMPOOL_EOC, &value, 1),
            ::tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  EXPECT_FALSE(end_.has_value());
}

class ControlRegistersMempoolItaTest : public ControlRegistersTest {
 protected:
  ControlRegistersMempoolItaTest() : ControlRegistersTest(kControlMapMempoolIta) {}
};

TEST_F(ControlRegistersMempoolItaTest, HasItsOwnMap) {
  EXPECT_EQ(initiator_.read(CONTROL_MEMPOOL_ITA_TCDM_END), 0x10000u);
  EXPECT_EQ(initiator_.read(CONTROL_MEMPOOL_ITA_NR_CORES), kHarts);
  EXPECT_EQ(initiator_.read(CONTROL_MEMPOOL_ITA_RO_CACHE_REGION + 8), 0xA0000000u);
  EXPECT_EQ(woken(CONTROL_MEMPOOL_ITA_WAKE_UP_GROUP, 0b0010), range(8, 8));
  EXPECT_EQ(woken(CONTROL_MEMPOOL_ITA_WAKE_UP_TILE + 12, 0b01), range(24, 4));
  EXPECT_EQ(woken(CONTROL_MEMPOOL_ITA_WAKE_UP, 9), range(9, 1));
}

}  // namespace
}  // namespace tessera
