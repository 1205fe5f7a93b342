// SPDX-License-Identifier: Apache-2.0
// Models written against TLM-2.0 alone, as a third party would: nothing here includes models/.
#include <algorithm>
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
    most_at_once = std::max(most_at_once, ++at_once);
    wait(5, sc_core::SC_US);
    --at_once;
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
  unsigned at_once = 0;  ///< accesses under way
  unsigned most_at_once = 0;
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

class ExternalTest : public test::SocBench, public testing::WithParamInterface<TimingMode> {
 protected:
  static constexpr std::uint32_t kWindow = 0xE000'0000;
  static constexpr std::uint32_t kSlowCycles = 2500;  ///< of an access of SlowSquareUnit
  SocConfig machine() {
    SocConfig config = minpool();
    config.timing = GetParam();
    return config;
  }
  SocConfig with_window() {
    SocConfig config = machine();
    config.external.base = kWindow;
    config.external.bytes = 0x1000;
    return config;
  }
  /// Hart 0 runs `first` and hart 4, in the next tile, `second`; the others sleep.
  void load_two(const Words& first, const Words& second) {
    constexpr int kFirst = 0x100;
    constexpr int kSecond = 0x400;
    load(kL2, {csrr(kT0, kMhartid), beq(kT0, kZero, kFirst - 4), addi(kT1, kZero, 4),
               beq(kT0, kT1, kSecond - 12), kWfi, beq(kZero, kZero, -4)});
    load(kL2 + kFirst, first);
    load(kL2 + kSecond, second);
  }
};

INSTANTIATE_TEST_SUITE_P(Timing, ExternalTest,
                         testing::Values(TimingMode::kFunctional, TimingMode::kCycle),
                         [](const testing::TestParamInfo<TimingMode>& mode) {
                           return mode.param == TimingMode::kCycle ? "cycle" : "functional";
                         });

TEST_P(ExternalTest, ASlowForeignTargetHoldsUpOnlyTheHartThatAsks) {
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

TEST_P(ExternalTest, AForeignInitiatorReachesMemoryThatHartsPoll) {
  build(machine());
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

TEST_P(ExternalTest, AccessesOfDifferentTilesOverlap) {
  build(with_window());
  SlowSquareUnit unit("square");
  soc_->connect_external(unit.socket);
  // The first hart of each of the four tiles reads; the last to finish ends the run.
  Words code{csrr(kT0, kMhartid), slli(kT0, kT0, 30), beq(kT0, kZero, 12), kWfi,
             beq(kZero, kZero, -4)};
  li(code, kT0, kWindow);
  append(code, {lw(kA1, kT0, 0)});
  li(code, kT0, 0x2000);
  append(code, {addi(kA1, kA1, 1), amoadd(kA0, kA1, kT0), addi(kA1, kZero, 3), beq(kA0, kA1, 8),
                kLoopForever});
  end_with_a0(code);
  load(kL2, code);
  const RunResult result = soc_->run({100'000, RunLimits::kNone});
  EXPECT_EQ(result.end, RunEnd::kEndOfComputation);
  EXPECT_EQ(unit.most_at_once, 4u);
  EXPECT_LT(result.cycles, 2 * kSlowCycles);
}

TEST_P(ExternalTest, ASlowForeignTargetKeepsNobodyElseFromDevices) {
  build(with_window());
  SlowSquareUnit unit("square");
  soc_->connect_external(unit.socket);
  // Hart 0 waits for the unit; hart 4 writes a line to the UART, which has the same port to the
  // outside, reads L2 and a register, and ends the run.
  Words first;
  li(first, kT0, kWindow);
  append(first, {lw(kA0, kT0, 0), add(kA0, kA0, kA0), kLoopForever});
  Words second;
  for (int turns = 0; turns < 100; ++turns) {
    second.push_back(addi(kZero, kZero, 0));  // until hart 0 waits
  }
  li(second, kT0, 0xC000'0000);
  for (const char* text = "hi\n"; *text != 0; ++text) {
    append(second, {addi(kA1, kZero, *text), sb(kA1, kT0, 0)});
  }
  li(second, kT0, kL2);
  append(second, {lw(kA1, kT0, 0), add(kA1, kA1, kA1)});
  li(second, kT0, CONTROL_BASE);
  append(second, {lw(kA0, kT0, 0x3C)});
  end_with_a0(second);
  load_two(first, second);
  const RunResult result = soc_->run({100'000, RunLimits::kNone});
  EXPECT_EQ(result.end, RunEnd::kEndOfComputation);
  EXPECT_EQ(result.guest_value, 16u) << "number of harts";
  EXPECT_EQ(console_, "hi\n");
  EXPECT_EQ(unit.at_once, 1u) << "the unit is still at work";
  EXPECT_LT(result.cycles, kSlowCycles / 2);
}

TEST_P(ExternalTest, AForeignWriteIsSeenAtItsTime) {
  build(machine());
  Visitor l1_visitor("l1_visitor", 0x3000);
  Visitor l2_visitor("l2_visitor", kL2 + 0x3000);
  soc_->connect_external(l1_visitor.socket);
  soc_->connect_external(l2_visitor.socket);
  // Hart 0 polls L2, hart 4 polls L1; both keep the cycle in which they see the value.
  const auto poll = [](std::uint32_t mailbox) {
    Words code;
    li(code, kT0, mailbox);
    append(code, {lw(kA0, kT0, 0), beq(kA0, kZero, -4), csrr(kA0, kMcycle), sw(kA0, kT0, 4)});
    return code;
  };
  Words first = poll(kL2 + 0x3000);
  append(first, {kLoopForever});
  Words second = poll(0x3000);
  for (int turns = 0; turns < 100; ++turns) {
    second.push_back(addi(kZero, kZero, 0));  // until hart 0 has seen it, too
  }
  end_with_a0(second);
  load_two(first, second);
  EXPECT_EQ(soc_->run({100'000, RunLimits::kNone}).end, RunEnd::kEndOfComputation);
  for (const std::uint32_t seen : {word(0x3004), word(kL2 + 0x3004)}) {
    EXPECT_GE(seen, 10'000u) << "20 us";
    EXPECT_LE(seen, 10'000u + 30u) << "a turn of the loop, with at most 13 cycles for the load";
  }
}

TEST_P(ExternalTest, AnEmptyWindowIsUnmapped) {
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
