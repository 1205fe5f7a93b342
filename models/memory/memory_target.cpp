// SPDX-License-Identifier: Apache-2.0
#include "models/memory/memory_target.h"

#include <algorithm>
#include <cstring>

namespace tessera {

MemoryTarget::MemoryTarget(const sc_core::sc_module_name& name, const Config& config,
                           StatGroup& parent_stats)
    : sc_module(name), config_(config), bytes_(config.bytes) {
  target_socket.register_b_transport(this, &MemoryTarget::b_transport);
  target_socket.register_get_direct_mem_ptr(this, &MemoryTarget::get_direct_mem_ptr);
  target_socket.register_transport_dbg(this, &MemoryTarget::transport_dbg);
  StatGroup& stats = parent_stats.add_group(basename());
  stats.add("reads", "count", "read transactions; direct accesses of harts are not counted",
            &reads_);
  stats.add("writes", "count", "write transactions; direct accesses of harts are not counted",
            &writes_);
  stats.add("bytes_read", "bytes", "bytes of those reads", &bytes_read_);
  stats.add("bytes_written", "bytes", "bytes of those writes", &bytes_written_);
}

bool MemoryTarget::is_inside(const ::tlm::tlm_generic_payload& trans) const {
  const std::uint64_t address = trans.get_address();
  return address <= bytes_.size() && trans.get_data_length() <= bytes_.size() - address;
}

void MemoryTarget::notify_written(std::uint64_t offset, std::uint32_t bytes) {
  if (observer_ != nullptr) {
    observer_->memory_written(config_.base + static_cast<std::uint32_t>(offset), bytes);
  }
}

void MemoryTarget::write(const ::tlm::tlm_generic_payload& trans) {
  std::uint8_t* place = bytes_.data() + trans.get_address();
  const unsigned length = trans.get_data_length();
  const unsigned char* enables = trans.get_byte_enable_ptr();
  if (enables == nullptr) {
    std::memcpy(place, trans.get_data_ptr(), length);
  } else {
    for (unsigned i = 0; i < length; ++i) {
      if (enables[i % trans.get_byte_enable_length()] == TLM_BYTE_ENABLED) {
        place[i] = trans.get_data_ptr()[i];
      }
    }
  }
  notify_written(trans.get_address(), length);
}

void MemoryTarget::read(::tlm::tlm_generic_payload& trans) const {
  const std::uint8_t* place = bytes_.data() + trans.get_address();
  const unsigned length = trans.get_data_length();
  const unsigned char* enables = trans.get_byte_enable_ptr();
  for (unsigned i = 0; enables != nullptr && i < length; ++i) {
    if (enables[i % trans.get_byte_enable_length()] == TLM_BYTE_ENABLED) {
      trans.get_data_ptr()[i] = place[i];
    }
  }
  if (enables == nullptr) {
    std::memcpy(trans.get_data_ptr(), place, length);
  }
}

void MemoryTarget::b_transport(::tlm::tlm_generic_payload& trans, sc_core::sc_time& /*delay*/) {
  if (!is_inside(trans)) {
    trans.set_response_status(::tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (trans.get_streaming_width() < trans.get_data_length()) {
    trans.set_response_status(::tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  if (trans.is_write() && !config_.is_writable) {
    trans.set_response_status(::tlm::TLM_COMMAND_ERROR_RESPONSE);
    return;
  }
  if (trans.is_write()) {
    write(trans);
    ++writes_;
    bytes_written_ += trans.get_data_length();
  } else if (trans.is_read()) {
    read(trans);
    ++reads_;
    bytes_read_ += trans.get_data_length();
  }
  trans.set_dmi_allowed(true);
  trans.set_response_status(::tlm::TLM_OK_RESPONSE);
}

bool MemoryTarget::get_direct_mem_ptr(::tlm::tlm_generic_payload& /*trans*/, ::tlm::tlm_dmi& dmi) {
  dmi.set_dmi_ptr(bytes_.data());
  dmi.set_start_address(0);
  dmi.set_end_address(bytes_.size() - 1);
  if (config_.is_writable) {
    dmi.allow_read_write();
  } else {
    dmi.allow_read();
  }
  return true;
}

unsigned MemoryTarget::transport_dbg(::tlm::tlm_generic_payload& trans) {
  if (trans.get_address() >= bytes_.size()) {
    return 0;
  }
  const auto available = static_cast<unsigned>(
      std::min<std::uint64_t>(trans.get_data_length(), bytes_.size() - trans.get_address()));
  std::uint8_t* place = bytes_.data() + trans.get_address();
  if (trans.is_write()) {
    std::memcpy(place, trans.get_data_ptr(), available);
    notify_written(trans.get_address(), available);
  } else if (trans.is_read()) {
    std::memcpy(trans.get_data_ptr(), place, available);
  }
  return available;
}

}  // namespace tessera
