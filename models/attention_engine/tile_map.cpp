// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/tile_map.h"

#include <algorithm>

namespace tessera::attention_engine {

namespace {

bool sees_a_key(const TileMap& map, const TileEntry& tile, std::uint32_t query) {
  for (std::uint32_t key = 0; key < map.shape.keys_in(tile.column); ++key) {
    if (map.allows(tile, query, key)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::uint32_t column_runs(const TileRow& row) {
  std::uint32_t runs = 0;
  for (const TileEntry* tile = row.begin(); tile != row.end(); ++tile) {
    runs += tile == row.begin() || tile[-1].column + 1 != tile->column ? 1 : 0;
  }
  return runs;
}

std::vector<bool> masked_queries(const TileMap& map, std::uint32_t row) {
  std::vector<bool> masked(map.shape.queries_in(row), true);
  for (const TileEntry& tile : map.row(row)) {
    for (std::uint32_t query = 0; query < masked.size(); ++query) {
      if (masked[query]) {
        masked[query] = !sees_a_key(map, tile, query);
      }
    }
  }
  return masked;
}

MapSummary summarise(const TileMap& map) {
  MapSummary summary;
  const MapShape& shape = map.shape;
  for (std::uint32_t i = 0; i < shape.rows(); ++i) {
    const TileRow row = map.row(i);
    for (const TileEntry& tile : row) {
      ++(tile.is_partial() ? summary.partial_tiles : summary.full_tiles);
      summary.pairs += tile.pairs;
      summary.masked_elements +=
          std::uint64_t{shape.queries_in(i)} * shape.keys_in(tile.column) - tile.pairs;
    }
    const std::vector<bool> masked = masked_queries(map, i);
    summary.masked_rows +=
        static_cast<std::uint32_t>(std::count(masked.begin(), masked.end(), true));
    summary.empty_tile_rows += row.size() == 0 ? 1 : 0;
    summary.longest_row = std::max(summary.longest_row, row.size());
    const std::uint32_t next = i + 1 < shape.rows() ? map.row(i + 1).size() : 0;
    summary.longest_row_pair = std::max(summary.longest_row_pair, row.size() + next);
    summary.column_runs += column_runs(row);
  }
  summary.tiles = map.tiles.size();
  summary.skipped_tiles = std::uint64_t{shape.rows()} * shape.columns() - summary.tiles;
  return summary;
}

}  // namespace tessera::attention_engine
