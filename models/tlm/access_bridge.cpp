// SPDX-License-Identifier: Apache-2.0
#include "models/tlm/access_bridge.h"

#include "models/tlm/perform_access.h"

namespace tessera {

AccessBridge::AccessBridge(const sc_core::sc_module_name& name, unsigned num_outstanding)
    : sc_module(name) {
  for (unsigned i = 0; i < num_outstanding; ++i) {
    sc_core::sc_spawn([this] { serve(); }, sc_core::sc_gen_unique_name("access"));
  }
}

void AccessBridge::post(const HartAccess& access, const sc_core::sc_time& delay) {
  queue_.push_back({access, sc_core::sc_time_stamp() + delay});
  posted_.notify(sc_core::SC_ZERO_TIME);
}

void AccessBridge::serve() {
  while (true) {
    while (queue_.empty()) {
      sc_core::wait(posted_);
    }
    const Request request = queue_.front();
    queue_.pop_front();
    if (request.start > sc_core::sc_time_stamp()) {
      sc_core::wait(request.start - sc_core::sc_time_stamp());
    }
    transport(request);
  }
}

void AccessBridge::transport(const Request& request) {
  const HartAccess& access = request.access;
  HartReply reply;
  const bool is_ok = perform_access(
      access,
      [&](::tlm::tlm_command command, std::uint32_t& data) {
        return transport_word(access, command, data);
      },
      reply.data);
  client_->access_done(access.hart, is_ok ? reply.data : 0, is_ok);
}

bool AccessBridge::transport_word(const HartAccess& access, ::tlm::tlm_command command,
                                  std::uint32_t& data) {
  ::tlm::tlm_generic_payload trans;
  InitiatorExtension initiator;
  initiator.hart = access.hart;
  initiator.pc = access.pc;
  trans.set_extension(&initiator);
  trans.set_command(command);
  trans.set_address(access.address);
  trans.set_data_ptr(reinterpret_cast<unsigned char*>(&data));
  trans.set_data_length(access.bytes);
  trans.set_streaming_width(access.bytes);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  socket->b_transport(trans, delay);
  trans.clear_extension(&initiator);
  if (delay > sc_core::SC_ZERO_TIME) {
    sc_core::wait(delay);
  }
  return trans.is_response_ok();
}

}  // namespace tessera
