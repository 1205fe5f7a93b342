// SPDX-License-Identifier: Apache-2.0
#include "models/periph/boot.h"

#include "models/periph/control_regs.h"

namespace tessera {

std::array<std::uint32_t, 4> boot_rom_image(std::uint32_t rom_base, std::uint32_t entry) {
  const std::uint32_t distance = entry - rom_base;
  const std::uint32_t low = distance & 0xFFF;
  const std::uint32_t high = distance + ((low & 0x800) != 0 ? 0x1000 : 0);
  return {
      (high & 0xFFFFF000) | 0x517,  // auipc a0, high
      low << 20 | 0x50513,          // addi  a0, a0, low
      0x10500073,                   // wfi
      0x00050067,                   // jr    a0
  };
}

BootHost::BootHost(const sc_core::sc_module_name& name, const ClockDomain& clock, ByteMemory& bus,
                   std::uint32_t wake_up_address, Cycles wake_up_cycle)
    : sc_module(name) {
  sc_core::sc_spawn(
      [&clock, &bus, wake_up_address, wake_up_cycle] {
        sc_core::wait(clock.time(wake_up_cycle));
        const std::uint32_t all = CONTROL_WAKE_UP_ALL;
        bus.write(wake_up_address, &all, sizeof all);
      },
      "wake_up");
}

}  // namespace tessera
