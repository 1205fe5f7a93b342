// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "models/base/byte_memory.h"

namespace tessera {

/// Puts a ByteMemory behind a TLM-2.0 target socket: the L1 as the AXI side sees it.
/// Errors: outside -> TLM_ADDRESS_ERROR_RESPONSE; byte enables -> TLM_BYTE_ENABLE_ERROR_RESPONSE.
class ByteMemoryTarget : public sc_core::sc_module {
 public:
  ByteMemoryTarget(const sc_core::sc_module_name& name, ByteMemory& memory);

  ::tlm_utils::simple_target_socket<ByteMemoryTarget> target_socket{"target_socket"};

 private:
  void b_transport(::tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
  unsigned transport_dbg(::tlm::tlm_generic_payload& trans);
  bool transfer(::tlm::tlm_generic_payload& trans);

  ByteMemory& memory_;
};

}  // namespace tessera
