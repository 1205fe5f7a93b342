// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/base/config_node.h"
#include "models/base/units.h"
#include "models/ita/flavour.h"

namespace tessera::ita {

/// Rows, columns and depth of a tile: the vector length M of the hardware.
inline constexpr std::uint32_t kTileSize = 64;

/// Size of one ITA. Defaults: ita_package.sv and ita_hwpe_package.sv of pulp-platform/ITA; other
/// sizes exist here only, the same structure with other numbers.
struct Hardware {
  std::uint32_t processing_elements = 16;  ///< N: dot products of 64 per cycle
  std::uint32_t weight_port_bytes = 128;   ///< of the core; 16 in the bench of the core alone
  std::uint32_t output_fifo = 12;          ///< results of the core that may be under way
  std::uint32_t softmax_fifo = 12;         ///< rows on their way to the dividers
  std::uint32_t dividers = 10;             ///< serial, of the softmax
  std::uint32_t port_bytes = 128;          ///< width of a port on the ITA's own banks
  std::uint32_t ports = 1;                 ///< 2: the output has one of its own

  /// What the RTL of that flavour has.
  static Hardware of(Flavour flavour);
  /// Reads the keys of soc.ita; errors are recorded in the node's tree.
  static Hardware from_config(const ConfigNode& node, Flavour flavour);

  /// Rows of the core's input in a tile step, one per cycle.
  std::uint32_t rows_per_step() const { return kTileSize * kTileSize / processing_elements; }
  /// Weights that one of the core's two buffers holds: a row per processing element.
  std::uint32_t weight_block_bytes() const { return processing_elements * kTileSize; }
  /// Rows of a tile that one access to the port moves.
  std::uint32_t rows_per_access() const { return port_bytes / kTileSize; }
  std::uint64_t macs_per_cycle() const { return std::uint64_t{processing_elements} * kTileSize; }
  /// Estimate: grows with the multipliers, from the density published for ITA's 1024 of them.
  double area_mm2() const;
};

}  // namespace tessera::ita
