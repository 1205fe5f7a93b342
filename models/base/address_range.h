// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera {

/// Addresses base .. end-1.
struct AddressRange {
  std::uint32_t base = 0;
  std::uint32_t end = 0;
  bool contains(std::uint32_t address) const { return address >= base && address < end; }
};

}  // namespace tessera
