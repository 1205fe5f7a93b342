// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include <systemc>

#include "models/base/byte_memory.h"
#include "models/tlm/clock_domain.h"

namespace tessera {

/// The boot ROM's program: load `entry` into a0, sleep, jump to it when woken.
/// Source: bootrom.S of MemPool. `rom_base` is where the ROM is mapped.
std::array<std::uint32_t, 4> boot_rom_image(std::uint32_t rom_base, std::uint32_t entry);

/// The host of MemPool's testbench: after reset it writes all-ones to wake_up through the bus.
class BootHost : public sc_core::sc_module {
 public:
  /// `wake_up_address` is the bus address of the wake_up register.
  BootHost(const sc_core::sc_module_name& name, const ClockDomain& clock, ByteMemory& bus,
           std::uint32_t wake_up_address, Cycles wake_up_cycle);
};

}  // namespace tessera
