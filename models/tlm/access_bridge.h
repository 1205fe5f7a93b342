// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include "models/base/hart_access.h"
#include "models/tlm/payload_ext.h"

namespace tessera {

/// The border between the run loop of the harts and TLM-2.0 targets that may call wait(): each
/// access that is under way has a SystemC process of its own, so a slow foreign target holds up the
/// hart that asked and nobody else.
class AccessBridge : public sc_core::sc_module {
 public:
  class Client {
   public:
    virtual ~Client() = default;
    /// Called at the simulated time at which the access of `hart` ends; `data` is zero-extended.
    virtual void access_done(std::uint32_t hart, std::uint32_t data, bool is_ok) = 0;
  };

  /// At most `num_outstanding` accesses are under way at once; more wait their turn.
  AccessBridge(const sc_core::sc_module_name& name, unsigned num_outstanding);

  ::tlm_utils::simple_initiator_socket<AccessBridge> socket{"socket"};

  void set_client(Client& client) { client_ = &client; }
  /// Starts `access` `delay` after the kernel's present time.
  void post(const HartAccess& access, const sc_core::sc_time& delay);

 private:
  struct Request {
    HartAccess access;
    sc_core::sc_time start;
  };
  void serve();  ///< body of each of the processes
  void transport(const Request& request);
  /// One read or write of `access`'s address; false on an error response.
  bool transport_word(const HartAccess& access, ::tlm::tlm_command command, std::uint32_t& data);

  Client* client_ = nullptr;
  std::deque<Request> queue_;
  sc_core::sc_event posted_{"posted"};
};

}  // namespace tessera
