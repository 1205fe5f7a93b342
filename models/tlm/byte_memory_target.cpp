// SPDX-License-Identifier: Apache-2.0
#include "models/tlm/byte_memory_target.h"

namespace tessera {

ByteMemoryTarget::ByteMemoryTarget(const sc_core::sc_module_name& name, ByteMemory& memory)
    : sc_module(name), memory_(memory) {
  target_socket.register_b_transport(this, &ByteMemoryTarget::b_transport);
  target_socket.register_transport_dbg(this, &ByteMemoryTarget::transport_dbg);
}

bool ByteMemoryTarget::transfer(::tlm::tlm_generic_payload& trans) {
  const auto address = static_cast<std::uint32_t>(trans.get_address());
  if (trans.is_read()) {
    return memory_.read(address, trans.get_data_ptr(), trans.get_data_length());
  }
  return !trans.is_write() || memory_.write(address, trans.get_data_ptr(), trans.get_data_length());
}

void ByteMemoryTarget::b_transport(::tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
  if (trans.get_byte_enable_ptr() != nullptr) {
    trans.set_response_status(::tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  } else {
    trans.set_response_status(transfer(trans) ? ::tlm::TLM_OK_RESPONSE
                                              : ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
}

unsigned ByteMemoryTarget::transport_dbg(::tlm::tlm_generic_payload& trans) {
  return transfer(trans) ? trans.get_data_length() : 0;
}

}  // namespace tessera
