// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/score_layout.h"

#include <algorithm>

namespace tessera::attention_engine {

namespace {

/// Tiles that score storage holds at a time.
std::uint64_t tiles_of(const TileMap& map, const Plan& plan) {
  const MapShape& shape = map.shape;
  std::uint64_t longest = 0;
  std::uint64_t longest_pair = 0;
  for (std::uint32_t row = 0; row < shape.rows(); ++row) {
    const std::uint64_t next = row + 1 < shape.rows() ? map.row(row + 1).size() : 0;
    longest = std::max<std::uint64_t>(longest, map.row(row).size());
    longest_pair = std::max(longest_pair, map.row(row).size() + next);
  }
  const std::uint64_t columns = shape.columns();
  switch (plan.policy) {
    case Policy::kResident:
      return plan.is_packed ? map.tiles.size() : shape.rows() * columns;
    case Policy::kOverlapped:
      return plan.is_packed ? longest_pair : std::min(shape.rows(), 2u) * columns;
    case Policy::kRow:
      return plan.is_packed ? longest : columns;
    case Policy::kOnline:
      return plan.overlaps_tiles ? 3 : 2;
    case Policy::kSpill:
      return plan.overlaps_tiles ? 2 : 1;
  }
  return 0;
}

}  // namespace

ScoreLayout::ScoreLayout(const TileMap& map, const Plan& plan)
    : map_(map), plan_(plan), entries_(tiles_of(map, plan) * map.shape.tile) {}

std::uint64_t ScoreLayout::row_entries(std::uint32_t row) const {
  return std::uint64_t{map_.shape.tile} *
         (plan_.is_packed ? map_.row(row).size() : map_.shape.columns());
}

std::uint64_t ScoreLayout::entry(std::uint32_t row, std::uint32_t index) const {
  const std::uint64_t tile = map_.shape.tile;
  const std::uint64_t offset = tile * (plan_.is_packed ? index : map_.row(row)[index].column);
  switch (plan_.policy) {
    case Policy::kResident:
      return offset + tile * (plan_.is_packed ? map_.row_begin[row]
                                              : std::uint64_t{row} * map_.shape.columns());
    case Policy::kOverlapped:
      return offset + (row % 2 == 0 ? 0 : entries_ - row_entries(row));
    case Policy::kRow:
      return offset;
    case Policy::kOnline:
    case Policy::kSpill:
      return index * tile % entries_;
  }
  return 0;
}

}  // namespace tessera::attention_engine
