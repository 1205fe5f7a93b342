// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/base/units.h"

namespace tessera {

struct DmaParameters {
  std::uint32_t l1_bytes = 0;       ///< L1 is 0 .. l1_bytes-1
  std::uint32_t core_l1_bytes = 0;  ///< interleaved over all groups; above it, one region per group
  std::uint32_t accelerator_region_bytes = 0;  ///< of one group's accelerator tile, 0: none
  std::uint32_t row_bytes = 0;                 ///< one L1 row over all core tiles
  std::uint32_t num_groups = 4;
  std::uint32_t backends_per_group = 1;
  std::uint32_t tiles_per_backend = 16;  ///< whose banks one back-end reaches
  std::uint32_t beat_bytes = 64;         ///< AXI data width
  std::uint32_t l2_base = 0x80000000;
  std::uint32_t l2_bytes = 4 * 1024 * 1024;
  std::uint32_t l2_banks = 4;  ///< interleaved by AXI words

  std::uint32_t num_backends() const { return num_groups * backends_per_group; }
  /// Bytes of each row that one back-end moves.
  std::uint32_t share_bytes() const { return row_bytes / num_backends(); }
};

}  // namespace tessera
