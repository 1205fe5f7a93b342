// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "models/base/stat.h"
#include "models/base/write_observer.h"

namespace tessera {

/// A plain memory behind a TLM-2.0 target socket, with DMI: L2, boot ROM.
/// Errors: outside -> TLM_ADDRESS_ERROR_RESPONSE; write to a ROM -> TLM_COMMAND_ERROR_RESPONSE;
/// a streaming width below the length -> TLM_BURST_ERROR_RESPONSE.
/// Limits: who writes through a DMI pointer is not seen by the write observer.
class MemoryTarget : public sc_core::sc_module {
 public:
  struct Config {
    std::uint32_t base = 0;   ///< where harts see it; only told to the observer
    std::uint32_t bytes = 0;  ///< addresses 0 .. bytes-1 are valid at the socket
    bool is_writable = true;
  };
  MemoryTarget(const sc_core::sc_module_name& name, const Config& config, StatGroup& parent_stats);

  ::tlm_utils::simple_target_socket<MemoryTarget> target_socket{"target_socket"};

  void set_write_observer(WriteObserver* observer) { observer_ = observer; }
  /// Backdoor for the loader: writes also into a ROM. REQUIRES: inside.
  std::uint8_t* data() { return bytes_.data(); }
  const Config& config() const { return config_; }

 private:
  void b_transport(::tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(::tlm::tlm_generic_payload& trans, ::tlm::tlm_dmi& dmi);
  unsigned transport_dbg(::tlm::tlm_generic_payload& trans);

  bool is_inside(const ::tlm::tlm_generic_payload& trans) const;
  void write(const ::tlm::tlm_generic_payload& trans);
  void read(::tlm::tlm_generic_payload& trans) const;
  void notify_written(std::uint64_t offset, std::uint32_t bytes);

  const Config config_;
  WriteObserver* observer_ = nullptr;
  std::vector<std::uint8_t> bytes_;
  std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace tessera
