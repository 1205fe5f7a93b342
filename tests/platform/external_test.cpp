// SPDX-License-Identifier: Apache-2.0
// Models written against TLM-2.0 alone, as a third party would: nothing here includes models/.
#include <cstring>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "tests/support/soc_bench.h"

namespace {

/// A target that takes its time: wait() in b_transport.
struct SlowSquareUnit : sc_core::sc_module {
  explicit SlowSquareUnit(sc_core::sc_module_name name) : sc_module(name) {
    socket.register_b_transport(this, &SlowSquareUnit::b_transport);
  }
  void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
    wait(5, sc_core::SC_US);
    auto* data = reinterpret_cast<unsigned*>(trans.get_data_ptr());
    if (trans.is_write()) {
      operand = *data;
    } else {
      *data = operand * operand;
    }
    addresses.push_back(trans.get_address());
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  tlm_utils::simple_target_socket<SlowSquareUnit> socket{"socket"};
  unsigned operand = 0;
  std::vector<sc_dt::uint64> addresses;
};

/// An initiator that writes a mailbox in L2 after a while, and reads it back.
struct Visitor : sc_core::sc_module {
  SC_HAS_PROCESS(Visitor);
  Visitor(sc_core::sc_module_name name, sc_dt::uint64 mailbox) : sc_module(name), address(mailbox) {
    SC_THREAD(run);
  }
  void run() {
    wait(20, sc_core::SC_US);
    unsigned value = 99;
    transport(tlm::TLM_WRITE_COMMAND, value);
    value = 0;
    transport(tlm::TLM_READ_COMMAND, value);
    seen = value;
  }
  void transport(tlm::tlm_command command, unsigned& value) {
    tlm::tlm_generic_payload trans;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    trans.set_command(command);
    trans.set_address(address);
    trans.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    trans.set_data_length(4);
    trans.set_streaming_width(4);
    socket->b_transport(trans, delay);
    is_ok = is_ok && trans.is_response_ok();
  }
  tlm_utils::simple_initiator_socket<Visitor> socket{"socket"};
  sc_dt::uint64 address;
  unsigned seen = 0;
  bool is_ok = true;
};

}  // namespace

namespace tessera {
namespace {

using namespace test::rv32;

class ExternalTest : public test::SocBench {
 protected:
  static constexpr std::uint32_t kWindow = 0xE000'0000;
  static SocConfig with_window() {
    SocConfig config = minpool();
    config.external.base = kWindow;
    config.external.bytes = 0x1000;
    return config;
  }
};

TEST_F(ExternalTest, ASlowForeignTargetHoldsUpOnlyTheHartThatAsks) {
  build(with_window());
  SlowSquareUnit unit("square");
  soc_->connect_external(unit.socket);
  // Hart 0 squares 12 through the unit; hart 1 counts in L1 meanwhile; the others sleep.
  Words code{csrr(kT0, kMhartid),
             beq(kT0, kZero, 40),
             addi(kT1, kZero, 1),
             beq(kT0, kT1, 8),
             kWfi,
             lui(kT0, 0x2000),
             addi(kT1, kZero, 0),
             addi(kT1, kT1, 1),
             sw(kT1, kT0, 0),
             beq(kZero, kZero, -8)};
  while (code.size() < 11) {
    code.push_back(kLoopForever);
  }
  li(code, kT0, kWindow);
  append(code, {addi(kA0, kZero, 12), sw(kA0, kT0, 0x10), lw(kA0, kT0, 0x14)});
  end_with_a0(code);
  load(kL2, code);
  const RunResult result = soc_->run({100'000, RunLimits::kNone});
  EXPECT_EQ(result.end, RunEnd::kEndOfComputation);
  EXPECT_EQ(result.guest_value, 144u);
  EXPECT_EQ(unit.addresses, (std::vector<sc_dt::uint64>{0x10, 0x14})) << "window-relative";
  EXPECT_GE(result.cycles, 5000u) << "two accesses of 5 us at 500 MHz";
  EXPECT_GT(word(0x2000), 1500u) << "hart 1 went on counting";
}

TEST_F(ExternalTest, AForeignInitiatorReachesMemoryThatHartsPoll) {
  build(minpool());
  Visitor visitor("visitor", kL2 + 0x3000);
  soc_->connect_external(visitor.socket);
  Words code;
  only_hart_zero(code);
  li(code, kT0, kL2 + 0x3000);
  append(code, {lw(kA0, kT0, 0), beq(kA0, kZero, -4)});
  end_with_a0(code);
  load(kL2, code);
  const RunResult result = soc_->run({100'000, RunLimits::kNone});
  EXPECT_EQ(result.end, RunEnd::kEndOfComputation);
  EXPECT_EQ(result.guest_value, 99u);
  EXPECT_GE(result.cycles, 10'000u);
  EXPECT_EQ(visitor.seen, 99u);
  EXPECT_TRUE(visitor.is_ok);
}

TEST_F(ExternalTest, AnEmptyWindowIsUnmapped) {
  build(with_window());
  Words code;
  only_hart_zero(code);
  li(code, kT0, kWindow);
  append(code, {lw(kA0, kT0, 0)});
  end_with_a0(code);
  load(kL2, code);
  EXPECT_EQ(soc_->run({100'000, RunLimits::kNone}).guest_value, 0u);
  ASSERT_EQ(errors_.errors.size(), 1u);
  EXPECT_EQ(errors_.errors[0].kind, GuestErrorKind::kUnmappedAccess);
}

}  // namespace
}  // namespace tessera
