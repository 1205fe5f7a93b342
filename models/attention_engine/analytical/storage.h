// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/attention_engine/map_format.h"
#include "models/attention_engine/tile_map.h"

namespace tessera::attention_engine::analytical {

/// Bytes of one head's scores in several formats, each with everything that it needs to be read.
/// Source: specification, section 1.11.
struct StorageBytes {
  std::uint64_t dense = 0;
  std::uint64_t packed_tiles = 0;       ///< the engine's: whole tiles, map, masks
  std::uint64_t rows_of_elements = 0;   ///< compressed sparse rows, 16-bit columns
  std::uint64_t bitmap_and_values = 0;  ///< a bit per pair and the allowed values
  double fill = 0;  ///< allowed pairs of the elements of computed tiles; 0 without tiles
};

inline StorageBytes storage_bytes(const TileMap& map, std::uint32_t element_bytes) {
  const MapSummary summary = summarise(map);
  const std::uint64_t all = std::uint64_t{map.shape.queries} * map.shape.keys;
  const std::uint64_t in_tiles = summary.tiles * map.shape.tile * map.shape.tile;
  StorageBytes bytes;
  bytes.dense = all * element_bytes;
  bytes.packed_tiles = in_tiles * element_bytes + kMapHeaderBytes +
                       4 * (std::uint64_t{map.shape.rows()} + 1) + 2 * summary.tiles +
                       2 * summary.partial_tiles + map.masks.size() * mask_bytes(map.shape.tile);
  bytes.rows_of_elements =
      summary.pairs * (element_bytes + 2) + 4 * (std::uint64_t{map.shape.queries} + 1);
  bytes.bitmap_and_values = (all + 7) / 8 + summary.pairs * element_bytes;
  bytes.fill =
      in_tiles == 0 ? 0 : static_cast<double>(summary.pairs) / static_cast<double>(in_tiles);
  return bytes;
}

}  // namespace tessera::attention_engine::analytical
