// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace tessera {

/// What the control registers tell the read-only caches. Source: control_registers.hjson of
/// MemPool.
struct ReadOnlyCacheControl {
  /// Addresses base .. end-1.
  struct Region {
    std::uint32_t base = 0;
    std::uint32_t end = 0;
    bool contains(std::uint32_t address) const { return address >= base && address < end; }
  };
  bool is_enabled = true;
  bool is_flushing = false;  ///< a level: as long as it is set
  std::array<Region, 4> regions{};
};

}  // namespace tessera
