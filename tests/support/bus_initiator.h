// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include "models/tlm/payload_ext.h"

namespace tessera::test {

/// A TLM-2.0 initiator for tests of register devices and targets.
class BusInitiator : public sc_core::sc_module {
 public:
  explicit BusInitiator(const sc_core::sc_module_name& name) : sc_module(name) {}
  ::tlm_utils::simple_initiator_socket<BusInitiator> socket{"socket"};

  /// Who the accesses come from, and how far ahead of the kernel.
  InitiatorExtension initiator;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;

  std::uint32_t read(std::uint32_t address) {
    std::uint32_t data = 0;
    transport(::tlm::TLM_READ_COMMAND, address, &data, sizeof data);
    return data;
  }
  void write(std::uint32_t address, std::uint32_t data) {
    transport(::tlm::TLM_WRITE_COMMAND, address, &data, sizeof data);
  }
  ::tlm::tlm_response_status transport(::tlm::tlm_command command, std::uint64_t address,
                                       void* data, unsigned bytes) {
    ::tlm::tlm_generic_payload trans;
    trans.set_command(command);
    trans.set_address(address);
    trans.set_data_ptr(static_cast<unsigned char*>(data));
    trans.set_data_length(bytes);
    trans.set_streaming_width(bytes);
    trans.set_extension(&initiator);
    sc_core::sc_time local = delay;
    socket->b_transport(trans, local);
    trans.clear_extension(&initiator);
    return trans.get_response_status();
  }
};

}  // namespace tessera::test
