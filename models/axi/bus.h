// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include "models/base/stat.h"

namespace tessera {

/// The AXI side of the SoC in functional timing: any number of initiators, targets behind address
/// windows. A target sees addresses relative to its first window ("origin"), so one target may own
/// several windows of one register block.
/// Timing: none of its own; what a target annotates is passed on.
/// Errors: no window -> the default target if there is one, else TLM_ADDRESS_ERROR_RESPONSE;
/// a transfer that leaves its window -> TLM_ADDRESS_ERROR_RESPONSE.
class Bus : public sc_core::sc_module {
 public:
  using TargetSocket = ::tlm::tlm_target_socket<>;

  Bus(const sc_core::sc_module_name& name, StatGroup& parent_stats);

  ::tlm_utils::multi_passthrough_target_socket<Bus> target_socket{"target_socket"};
  ::tlm_utils::multi_passthrough_initiator_socket<Bus> initiator_socket{"initiator_socket"};

  /// One window of a target. Addresses base .. base+bytes-1 arrive as (address - origin).
  struct Window {
    std::string name;
    std::uint64_t base;
    std::uint64_t bytes;
    std::uint64_t origin;
  };
  /// Binds a target behind `windows`, which must not overlap others (checked: our bug).
  /// Returns its port.
  template <typename Socket>
  int connect(Socket& target, const std::vector<Window>& windows) {
    initiator_socket.bind(target);
    for (const Window& window : windows) {
      add_window(window, num_targets_);
    }
    return num_targets_++;
  }
  /// The target at `port` also answers where no window does; it sees full addresses there.
  void set_default(int port) { default_port_ = port; }

 private:
  static constexpr int kNoPort = -1;
  struct Route {
    Window window;
    int port = kNoPort;
  };
  /// Where a payload goes, and what its addresses mean there.
  struct Destination {
    int port = kNoPort;
    std::uint64_t origin = 0;
    std::uint64_t base = 0;
    std::uint64_t last = 0;
  };

  void add_window(const Window& window, int port);
  Destination decode(std::uint64_t address) const;
  void b_transport(int port, ::tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(int port, ::tlm::tlm_generic_payload& trans, ::tlm::tlm_dmi& dmi);
  unsigned transport_dbg(int port, ::tlm::tlm_generic_payload& trans);
  void invalidate_direct_mem_ptr(int port, sc_dt::uint64 start, sc_dt::uint64 end);

  std::vector<Route> routes_;  ///< sorted by base
  int num_targets_ = 0;
  int default_port_ = kNoPort;
  std::uint64_t transactions_ = 0;
  std::uint64_t decode_errors_ = 0;
};

}  // namespace tessera
