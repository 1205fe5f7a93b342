// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "models/base/stat.h"

namespace tessera {

/// The simulation UART of MemPool's testbench: every byte written anywhere goes to the console, a
/// read gives 0. Source: hardware/tb/axi_uart.sv (which prints whole lines; bytes pass at once
/// here).
class Uart : public sc_core::sc_module {
 public:
  using Console = std::function<void(const char* data, std::size_t bytes)>;
  Uart(const sc_core::sc_module_name& name, Console console, StatGroup& parent_stats);

  ::tlm_utils::simple_target_socket<Uart> target_socket{"target_socket"};

 private:
  void b_transport(::tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
  unsigned transport_dbg(::tlm::tlm_generic_payload& trans);

  const Console console_;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace tessera
