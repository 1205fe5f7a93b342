// SPDX-License-Identifier: Apache-2.0
#include "models/periph/uart.h"

#include <cstring>

namespace tessera {

Uart::Uart(const sc_core::sc_module_name& name, Console console, StatGroup& parent_stats)
    : sc_module(name), console_(std::move(console)) {
  target_socket.register_b_transport(this, &Uart::b_transport);
  target_socket.register_transport_dbg(this, &Uart::transport_dbg);
  parent_stats.add_group(basename())
      .add("bytes_written", "bytes", "characters printed", &bytes_written_);
}

void Uart::b_transport(::tlm::tlm_generic_payload& trans, sc_core::sc_time& /*delay*/) {
  if (trans.get_byte_enable_ptr() != nullptr) {
    trans.set_response_status(::tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    return;
  }
  if (trans.is_write()) {
    bytes_written_ += trans.get_data_length();
    console_(reinterpret_cast<const char*>(trans.get_data_ptr()), trans.get_data_length());
  } else if (trans.is_read()) {
    std::memset(trans.get_data_ptr(), 0, trans.get_data_length());
  }
  trans.set_response_status(::tlm::TLM_OK_RESPONSE);
}

unsigned Uart::transport_dbg(::tlm::tlm_generic_payload& trans) {
  if (!trans.is_read()) {
    return 0;
  }
  std::memset(trans.get_data_ptr(), 0, trans.get_data_length());
  return trans.get_data_length();
}

}  // namespace tessera
