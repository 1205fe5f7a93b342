// SPDX-License-Identifier: Apache-2.0
#include "models/memory/memory_target.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/support/bus_initiator.h"

namespace tessera {
namespace {

struct WriteRecorder : WriteObserver {
  void memory_written(std::uint32_t address, std::uint32_t bytes) override {
    writes.emplace_back(address, bytes);
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> writes;
};

class MemoryTargetTest : public testing::Test {
 protected:
  MemoryTargetTest() {
    initiator_.socket.bind(dut_.target_socket);
    dut_.set_write_observer(&observer_);
  }
  StatGroup stats_{"soc"};
  MemoryTarget dut_{"l2", {0x80000000, 0x1000, true}, stats_};
  test::BusInitiator initiator_{"initiator"};
  WriteRecorder observer_;
};

TEST_F(MemoryTargetTest, ReadsBackAndTellsTheObserver) {
  initiator_.write(0x10, 0x12345678);
  EXPECT_EQ(initiator_.read(0x10), 0x12345678u);
  ASSERT_EQ(observer_.writes.size(), 1u);
  EXPECT_EQ(observer_.writes[0], std::make_pair(0x80000010u, 4u));
  EXPECT_EQ(stats_.value("l2.bytes_written"), 4u);
}

TEST_F(MemoryTargetTest, RefusesWhatLeavesIt) {
  std::uint32_t word = 0;
  EXPECT_EQ(initiator_.transport(::tlm::TLM_READ_COMMAND, 0xFFE, &word, 4),
            ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(initiator_.transport(::tlm::TLM_WRITE_COMMAND, ~std::uint64_t{0}, &word, 4),
            ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_TRUE(observer_.writes.empty());
}

TEST(BootRomMemory, RefusesWritesButNotTheLoaders) {
  StatGroup stats("soc");
  MemoryTarget rom("boot_rom", {0xA0000000, 0x1000, false}, stats);
  test::BusInitiator initiator("initiator");
  initiator.socket.bind(rom.target_socket);
  std::uint32_t word = 1;
  EXPECT_EQ(initiator.transport(::tlm::TLM_WRITE_COMMAND, 0, &word, 4),
            ::tlm::TLM_COMMAND_ERROR_RESPONSE);
  ::tlm::tlm_generic_payload trans;
  trans.set_command(::tlm::TLM_WRITE_COMMAND);
  trans.set_address(0);
  trans.set_data_ptr(reinterpret_cast<unsigned char*>(&word));
  trans.set_data_length(4);
  EXPECT_EQ(initiator.socket->transport_dbg(trans), 4u);
  EXPECT_EQ(initiator.read(0), 1u);
  ::tlm::tlm_dmi dmi;
  ASSERT_TRUE(initiator.socket->get_direct_mem_ptr(trans, dmi));
  EXPECT_FALSE(dmi.is_write_allowed());
}

}  // namespace
}  // namespace tessera
