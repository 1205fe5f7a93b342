// SPDX-License-Identifier: Apache-2.0
#include "models/axi/bus.h"

#include <gtest/gtest.h>

#include "models/memory/memory_target.h"
#include "tests/support/bus_initiator.h"

namespace tessera {
namespace {

class BusTest : public testing::Test {
 protected:
  BusTest() {
    initiator_.socket.bind(dut_.target_socket);
    // Two windows of one target with a hole between them, and a second target in the hole.
    dut_.connect(outer_.target_socket,
                 {{"outer", 0x1000, 0x40, 0x1000}, {"outer", 0x1080, 0x80, 0x1000}});
    dut_.connect(inner_.target_socket, {{"inner", 0x1040, 0x40, 0x1040}});
  }
  void SetUp() override { sc_core::sc_start(sc_core::SC_ZERO_TIME); }  // binds multi-sockets

  StatGroup stats_{"soc"};
  Bus dut_{"axi", stats_};
  MemoryTarget outer_{"outer", {0x1000, 0x100, true}, stats_};
  MemoryTarget inner_{"inner", {0x1040, 0x40, true}, stats_};
  test::BusInitiator initiator_{"initiator"};
};

TEST_F(BusTest, WindowsOfOneTargetShareItsOrigin) {
  initiator_.write(0x103C, 1);
  initiator_.write(0x1040, 2);
  initiator_.write(0x1080, 3);
  EXPECT_EQ(outer_.data()[0x3C], 1);
  EXPECT_EQ(inner_.data()[0], 2);
  EXPECT_EQ(outer_.data()[0x80], 3);
  EXPECT_EQ(stats_.value("axi.transactions"), 3u);
}

TEST_F(BusTest, AnswersAnAddressErrorWhereNothingIsMapped) {
  std::uint32_t word = 0;
  EXPECT_EQ(initiator_.transport(::tlm::TLM_READ_COMMAND, 0x0FFC, &word, 4),
            ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(initiator_.transport(::tlm::TLM_READ_COMMAND, 0x1100, &word, 4),
            ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(initiator_.transport(::tlm::TLM_READ_COMMAND, 0x103E, &word, 4),
            ::tlm::TLM_ADDRESS_ERROR_RESPONSE)
      << "a transfer must not leave its window";
  EXPECT_EQ(stats_.value("axi.decode_errors"), 3u);
}

TEST_F(BusTest, TheDefaultTargetAnswersWhereNoWindowDoes) {
  dut_.set_default(1);
  initiator_.write(0x20, 7);  // a full address, which fits into the inner memory
  EXPECT_EQ(inner_.data()[0x20], 7);
}

TEST_F(BusTest, DirectPointersStayInsideTheWindow) {
  ::tlm::tlm_generic_payload trans;
  ::tlm::tlm_dmi dmi;
  trans.set_address(0x1090);
  ASSERT_TRUE(initiator_.socket->get_direct_mem_ptr(trans, dmi));
  EXPECT_EQ(dmi.get_start_address(), 0x1080u);
  EXPECT_EQ(dmi.get_end_address(), 0x10FFu);
  EXPECT_EQ(dmi.get_dmi_ptr(), outer_.data() + 0x80);
}

TEST_F(BusTest, DebugAccessIsCutAtTheWindow) {
  std::uint8_t bytes[8] = {};
  ::tlm::tlm_generic_payload trans;
  trans.set_command(::tlm::TLM_READ_COMMAND);
  trans.set_address(0x103C);
  trans.set_data_ptr(bytes);
  trans.set_data_length(8);
  EXPECT_EQ(initiator_.socket->transport_dbg(trans), 4u);
  trans.set_data_length(0);
  EXPECT_EQ(initiator_.socket->transport_dbg(trans), 0u);
  trans.set_address(0);
  trans.set_data_length(8);
  EXPECT_EQ(initiator_.socket->transport_dbg(trans), 0u);
}

}  // namespace
}  // namespace tessera
