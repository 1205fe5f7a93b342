// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera {

/// A count of clock cycles of the domain that the surrounding text names.
using Cycles = std::uint64_t;

constexpr std::uint64_t operator""_KiB(unsigned long long value) {
  return value << 10;
}
constexpr std::uint64_t operator""_MiB(unsigned long long value) {
  return value << 20;
}

constexpr bool is_power_of_two(std::uint64_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

/// "No hart": an access that no hart made (a device, the loader, the debugger).
constexpr std::uint32_t kNoHart = 0xFFFFFFFFu;

}  // namespace tessera
