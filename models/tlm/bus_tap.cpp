// SPDX-License-Identifier: Apache-2.0
#include "models/tlm/bus_tap.h"

namespace tessera {

BusTap::BusTap(const sc_core::sc_module_name& name, const ClockDomain& clock,
               const Observers& observers, AgentId agent, const L1Layout& layout)
    : sc_module(name), clock_(clock), observers_(observers), agent_(agent), layout_(layout) {
  target_socket.register_b_transport(this, &BusTap::b_transport);
  target_socket.register_get_direct_mem_ptr(this, &BusTap::get_direct_mem_ptr);
  target_socket.register_transport_dbg(this, &BusTap::transport_dbg);
  initiator_socket.register_invalidate_direct_mem_ptr(this, &BusTap::invalidate_direct_mem_ptr);
}

void BusTap::b_transport(::tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
  initiator_socket->b_transport(trans, delay);
  if (observers_.memory() != nullptr && trans.is_response_ok() &&
      trans.get_command() != ::tlm::TLM_IGNORE_COMMAND) {
    report(trans, clock_.cycles(sc_core::sc_time_stamp() + delay));
  }
}

void BusTap::report(const ::tlm::tlm_generic_payload& trans, Cycles cycle) const {
  MemoryAccess access;
  access.agent = agent_;
  access.kind = trans.is_write() ? AccessKind::kStore : AccessKind::kLoad;
  access.issued = access.cycle = cycle;
  layout_.for_each_core_piece(static_cast<std::uint32_t>(trans.get_address()),
                              trans.get_data_length(),
                              [&](std::uint32_t place, std::size_t /*offset*/, std::size_t bytes) {
                                access.address = place;
                                access.bytes = static_cast<std::uint32_t>(bytes);
                                observers_.memory()->accessed(access);
                              });
}

bool BusTap::get_direct_mem_ptr(::tlm::tlm_generic_payload& trans, ::tlm::tlm_dmi& dmi) {
  return observers_.memory() == nullptr && initiator_socket->get_direct_mem_ptr(trans, dmi);
}

unsigned BusTap::transport_dbg(::tlm::tlm_generic_payload& trans) {
  return initiator_socket->transport_dbg(trans);
}

void BusTap::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) {
  target_socket->invalidate_direct_mem_ptr(start, end);
}

}  // namespace tessera
