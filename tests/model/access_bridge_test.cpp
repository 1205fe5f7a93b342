// SPDX-License-Identifier: Apache-2.0
#include "models/tlm/access_bridge.h"

#include <vector>

#include <gtest/gtest.h>
#include <tlm_utils/simple_target_socket.h>

namespace tessera {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;

/// A foreign model: takes 100 ns of simulated time per access, 5 ns more by annotation.
struct SlowTarget : sc_core::sc_module {
  explicit SlowTarget(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.register_b_transport(this, &SlowTarget::b_transport);
  }
  void b_transport(::tlm::tlm_generic_payload& trans, sc_time& delay) {
    wait(100, SC_NS);
    delay += sc_time(5, SC_NS);
    const bool is_ok = trans.get_address() != 0xBAD;
    if (trans.is_read()) {
      *reinterpret_cast<std::uint32_t*>(trans.get_data_ptr()) = 0x11;
    }
    trans.set_response_status(is_ok ? ::tlm::TLM_OK_RESPONSE : ::tlm::TLM_GENERIC_ERROR_RESPONSE);
  }
  ::tlm_utils::simple_target_socket<SlowTarget> socket{"socket"};
};

struct Recorder : AccessBridge::Client {
  struct Done {
    std::uint32_t hart;
    std::uint32_t data;
    bool is_ok;
    sc_time time;
  };
  void access_done(std::uint32_t hart, std::uint32_t data, bool is_ok) override {
    done.push_back({hart, data, is_ok, sc_core::sc_time_stamp()});
  }
  std::vector<Done> done;
};

class AccessBridgeTest : public testing::Test {
 protected:
  AccessBridgeTest() {
    dut_.socket.bind(target_.socket);
    dut_.set_client(client_);
  }
  static HartAccess load(std::uint32_t hart, std::uint32_t address) {
    HartAccess access;
    access.hart = hart;
    access.address = address;
    return access;
  }
  AccessBridge dut_{"bridge", 2};
  SlowTarget target_{"target"};
  Recorder client_;
};

TEST_F(AccessBridgeTest, AccessesOverlapUpToTheLimitAndEndAtTheirTime) {
  for (std::uint32_t hart = 0; hart < 3; ++hart) {
    dut_.post(load(hart, 0), sc_time(10, SC_NS));
  }
  sc_core::sc_start();
  ASSERT_EQ(client_.done.size(), 3u);
  EXPECT_EQ(client_.done[0].time, sc_time(115, SC_NS));
  EXPECT_EQ(client_.done[1].time, sc_time(115, SC_NS));
  EXPECT_EQ(client_.done[2].time, sc_time(220, SC_NS)) << "the third waits for a free process";
  EXPECT_EQ(client_.done[0].data, 0x11u);
}

TEST_F(AccessBridgeTest, AnErrorResponseGivesZero) {
  dut_.post(load(7, 0xBAD), sc_core::SC_ZERO_TIME);
  sc_core::sc_start();
  ASSERT_EQ(client_.done.size(), 1u);
  EXPECT_EQ(client_.done[0].hart, 7u);
  EXPECT_EQ(client_.done[0].data, 0u);
  EXPECT_FALSE(client_.done[0].is_ok);
}

}  // namespace
}  // namespace tessera
