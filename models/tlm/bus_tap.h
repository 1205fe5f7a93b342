// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "models/base/l1_layout.h"
#include "models/base/observers.h"
#include "models/tlm/clock_domain.h"

namespace tessera {

/// Between a foreign initiator and the bus: tells observers of its accesses, changes nothing.
/// While somebody watches memory, no direct pointers are handed out.
class BusTap : public sc_core::sc_module {
 public:
  /// `layout`: L1, which the initiator sees in its raw map.
  BusTap(const sc_core::sc_module_name& name, const ClockDomain& clock, const Observers& observers,
         AgentId agent, const L1Layout& layout);

  ::tlm_utils::simple_target_socket<BusTap> target_socket{"target_socket"};
  ::tlm_utils::simple_initiator_socket<BusTap> initiator_socket{"initiator_socket"};

 private:
  void b_transport(::tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(::tlm::tlm_generic_payload& trans, ::tlm::tlm_dmi& dmi);
  unsigned transport_dbg(::tlm::tlm_generic_payload& trans);
  void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end);
  void report(const ::tlm::tlm_generic_payload& trans, Cycles cycle) const;

  const ClockDomain& clock_;
  const Observers& observers_;
  const AgentId agent_;
  const L1Layout layout_;
};

}  // namespace tessera
