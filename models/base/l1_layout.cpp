// SPDX-License-Identifier: Apache-2.0
#include "models/base/l1_layout.h"

#include "models/base/error.h"

namespace tessera {

constexpr std::uint32_t kWordBytes = 4;

L1Layout::L1Layout(std::uint32_t tiles, std::uint32_t banks_per_tile, std::uint32_t bank_bytes,
                   std::uint32_t sequential_bytes)
    : tiles_(tiles),
      banks_per_tile_(banks_per_tile),
      tile_row_bytes_(banks_per_tile * kWordBytes),
      row_bytes_(tiles * tile_row_bytes_),
      size_bytes_(tiles * banks_per_tile * bank_bytes),
      sequential_bytes_(sequential_bytes),
      sequential_end_(tiles * sequential_bytes) {
  TESSERA_CHECK(tiles > 0 && banks_per_tile > 0 && bank_bytes % kWordBytes == 0,
                "L1 of {} tiles, {} banks of {} bytes", tiles, banks_per_tile, bank_bytes);
  TESSERA_CHECK(sequential_bytes % tile_row_bytes_ == 0 && sequential_end_ <= size_bytes_,
                "sequential region of {} bytes per tile", sequential_bytes);
}

BankLocation L1Layout::locate_raw(std::uint32_t raw_address) const {
  return {(raw_address / tile_row_bytes_) % tiles_, (raw_address / kWordBytes) % banks_per_tile_,
          raw_address / row_bytes_};
}

BankLocation L1Layout::locate_core(std::uint32_t core_address) const {
  return locate_raw(core_to_raw(core_address));
}

std::uint32_t L1Layout::raw_address(const BankLocation& location) const {
  return location.row * row_bytes_ + location.tile * tile_row_bytes_ + location.bank * kWordBytes;
}

std::uint32_t L1Layout::raw_to_core(std::uint32_t raw_address) const {
  if (raw_address >= sequential_end_) {
    return raw_address;
  }
  const std::uint32_t tile = (raw_address / tile_row_bytes_) % tiles_;
  const std::uint32_t row = raw_address / row_bytes_;
  return tile * sequential_bytes_ + row * tile_row_bytes_ + raw_address % tile_row_bytes_;
}

std::uint32_t L1Layout::core_to_raw(std::uint32_t core_address) const {
  if (core_address >= sequential_end_) {
    return core_address;
  }
  const std::uint32_t tile = core_address / sequential_bytes_;
  const std::uint32_t row = (core_address % sequential_bytes_) / tile_row_bytes_;
  return row * row_bytes_ + tile * tile_row_bytes_ + core_address % tile_row_bytes_;
}

}  // namespace tessera
