// SPDX-License-Identifier: Apache-2.0
#include "models/tlm/bus_memory.h"

namespace tessera {

BusMemory::BusMemory(const sc_core::sc_module_name& name, Access access)
    : sc_module(name), access_(access) {}

bool BusMemory::transfer(::tlm::tlm_command command, std::uint32_t address, unsigned char* data,
                         std::size_t bytes) {
  if (bytes == 0) {
    return true;
  }
  ::tlm::tlm_generic_payload trans;
  trans.set_command(command);
  trans.set_address(address);
  trans.set_data_ptr(data);
  trans.set_data_length(static_cast<unsigned>(bytes));
  trans.set_streaming_width(static_cast<unsigned>(bytes));
  if (access_ == Access::kDebug) {
    return socket->transport_dbg(trans) == bytes;
  }
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  socket->b_transport(trans, delay);
  was_refused_ =
      trans.is_response_error() && trans.get_response_status() != ::tlm::TLM_ADDRESS_ERROR_RESPONSE;
  return trans.is_response_ok();
}

bool BusMemory::read(std::uint32_t address, void* data, std::size_t bytes) {
  return transfer(::tlm::TLM_READ_COMMAND, address, static_cast<unsigned char*>(data), bytes);
}

bool BusMemory::write(std::uint32_t address, const void* data, std::size_t bytes) {
  // A write command only reads through the pointer.
  return transfer(::tlm::TLM_WRITE_COMMAND, address,
                  const_cast<unsigned char*>(static_cast<const unsigned char*>(data)), bytes);
}

}  // namespace tessera
