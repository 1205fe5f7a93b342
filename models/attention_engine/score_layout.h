// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/attention_engine/planner.h"
#include "models/attention_engine/tile_map.h"

namespace tessera::attention_engine {

/// Where a plan keeps the scores of each tile of one head: T entries of ScoreVrf from entry(), one
/// per query. Packed tiles of a row stand side by side, unpacked ones at their column. With two
/// tile rows at a time even rows grow from the bottom and odd ones end at the top, so that packed
/// rows of any lengths need no more than the longest two neighbours together.
/// REQUIRES: map and plan outlive the layout.
class ScoreLayout {
 public:
  ScoreLayout(const TileMap& map, const Plan& plan);

  /// Entries that scores of one head need.
  [[nodiscard]] std::uint64_t entries() const { return entries_; }
  /// First entry of tile `index` (counted among the computed ones) of tile row `row`. Online and
  /// spill: of the buffer that the tile passes through.
  [[nodiscard]] std::uint64_t entry(std::uint32_t row, std::uint32_t index) const;

 private:
  [[nodiscard]] std::uint64_t row_entries(std::uint32_t row) const;

  const TileMap& map_;
  const Plan& plan_;
  std::uint64_t entries_;
};

}  // namespace tessera::attention_engine
