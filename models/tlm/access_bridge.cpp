// SPDX-License-Identifier: Apache-2.0
#include "models/tlm/access_bridge.h"

#include <cstring>

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
  std::uint32_t data = access.data;
  ::tlm::tlm_generic_payload trans;
  InitiatorExtension initiator;
  initiator.hart = access.hart;
  initiator.pc = access.pc;
  initiator.kind = access.kind;
  trans.set_extension(&initiator);
  // A foreign target knows no atomics: an AMO or LR reads, an SC does nothing and fails.
  trans.set_command(access.kind == AccessKind::kStore ? ::tlm::TLM_WRITE_COMMAND
                                                      : ::tlm::TLM_READ_COMMAND);
  trans.set_address(access.address);
  trans.set_data_ptr(reinterpret_cast<unsigned char*>(&data));
  trans.set_data_length(access.bytes);
  trans.set_streaming_width(access.bytes);
  if (access.kind == AccessKind::kLoad) {
    data = 0;
  }
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  socket->b_transport(trans, delay);
  trans.clear_extension(&initiator);
  if (delay > sc_core::SC_ZERO_TIME) {
    sc_core::wait(delay);
  }
  client_->access_done(access.hart, trans.is_response_ok() ? data : 0, trans.is_response_ok());
}

}  // namespace tessera
