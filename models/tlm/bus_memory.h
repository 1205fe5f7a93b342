// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include "models/base/byte_memory.h"

namespace tessera {

/// What is behind an initiator socket, as a ByteMemory: how a device moves bytes over the bus.
/// The caller accounts for time. `kDebug` uses transport_dbg: no time, no side effects.
class BusMemory : public sc_core::sc_module, public ByteMemory {
 public:
  enum class Access { kTransport, kDebug };
  BusMemory(const sc_core::sc_module_name& name, Access access);

  ::tlm_utils::simple_initiator_socket<BusMemory> socket{"socket"};

  bool read(std::uint32_t address, void* data, std::size_t bytes) override;
  bool write(std::uint32_t address, const void* data, std::size_t bytes) override;
  [[nodiscard]] bool was_refused() const override { return was_refused_; }

 private:
  bool transfer(::tlm::tlm_command command, std::uint32_t address, unsigned char* data,
                std::size_t bytes);

  const Access access_;
  bool was_refused_ = false;
};

}  // namespace tessera
