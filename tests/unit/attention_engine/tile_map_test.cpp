// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/tile_map.h"

#include <gtest/gtest.h>

#include "models/attention_engine/pattern.h"
#include "models/attention_engine/tile_map_builder.h"

namespace tessera::attention_engine {
namespace {

TEST(TileMap, ACausalMapHasOneMaskForEverySize) {
  for (const std::uint32_t tokens : {63u, 64u, 200u, 512u, 1000u}) {
    const TileMap map = pattern_map({PatternKind::kCausal}, {tokens, tokens, 64});
    EXPECT_EQ(map.masks.size(), 1u) << tokens;
  }
  EXPECT_EQ(pattern_map({PatternKind::kCausal}, {1, 1, 64}).masks.size(), 0u);
}

TEST(TileMap, AWindowHasTwoMasksPerEdgeAtMost) {
  Pattern pattern{PatternKind::kWindow};
  for (const std::uint32_t window : {1u, 63u, 64u, 100u, 128u}) {
    pattern.window = window;
    const TileMap map = pattern_map(pattern, {1000, 1000, 64});
    EXPECT_LE(map.masks.size(), 4u) << window;
    EXPECT_GE(map.masks.size(), 2u) << window;
  }
}

TEST(TileMap, MasksWiderThanAWordAreExact) {
  const MapShape shape{250, 230, 100};
  const auto allowed = [](std::uint32_t q, std::uint32_t k) { return (q * 7 + k * k) % 5 < 2; };
  const TileMap map = build_tile_map(shape, [&](std::uint32_t q, KeySet& keys) {
    for (std::uint32_t k = 0; k < shape.keys; ++k) {
      if (allowed(q, k)) {
        keys.add(k, k + 1);
      }
    }
  });
  ASSERT_EQ(map.tiles.size(), 9u);
  for (std::uint32_t row = 0; row < shape.rows(); ++row) {
    for (const TileEntry& tile : map.row(row)) {
      for (std::uint32_t q = 0; q < shape.queries_in(row); ++q) {
        for (std::uint32_t k = 0; k < shape.keys_in(tile.column); ++k) {
          ASSERT_EQ(map.allows(tile, q, k), allowed(row * 100 + q, tile.column * 100 + k));
        }
      }
    }
  }
}

TEST(TileMap, SummaryCountsMaskedRowsAndEmptyTileRows) {
  // Queries 0..15 see nothing; of the others the even ones see keys 0..3 and 8..11.
  const TileMap map = build_tile_map({40, 20, 8}, [](std::uint32_t q, KeySet& keys) {
    if (q >= 16 && q % 2 == 0) {
      keys.add(0, 4);
      keys.add(8, 12);
    }
  });
  const MapSummary summary = summarise(map);
  EXPECT_EQ(summary.tiles, 6u);
  EXPECT_EQ(summary.skipped_tiles, 9u);
  EXPECT_EQ(summary.partial_tiles, 6u);
  EXPECT_EQ(summary.empty_tile_rows, 2u);
  EXPECT_EQ(summary.masked_rows, 28u);
  EXPECT_EQ(summary.pairs, 12u * 8u);
  EXPECT_EQ(summary.masked_elements, 6u * 64u - 96u);
  EXPECT_EQ(summary.longest_row, 2u);
  EXPECT_EQ(summary.longest_row_pair, 4u);
  EXPECT_EQ(summary.column_runs, 3u);
  EXPECT_EQ(masked_queries(map, 0), std::vector<bool>(8, true));
  EXPECT_EQ(masked_queries(map, 4),
            (std::vector<bool>{false, true, false, true, false, true, false, true}));
}

TEST(TileMap, DenseIsEveryTile) {
  const MapSummary summary = summarise(dense_tile_map({130, 65, 64}));
  EXPECT_EQ(summary.full_tiles, 6u);
  EXPECT_EQ(summary.tiles, 6u);
  EXPECT_EQ(summary.pairs, 130u * 65u);
}

TEST(KeySet, AddClipsAndKeepsThePhase) {
  KeySet keys(10);
  keys.add(-7, 100, 3);
  for (std::uint32_t k = 0; k < 10; ++k) {
    EXPECT_EQ(keys.contains(k), k % 3 == 2) << k;
  }
  keys.clear();
  keys.add(12, 20);
  keys.add(5, 3);
  EXPECT_EQ(keys.words(), std::vector<std::uint64_t>{0});
}

}  // namespace
}  // namespace tessera::attention_engine
