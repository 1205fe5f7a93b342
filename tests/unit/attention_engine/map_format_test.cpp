// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/map_format.h"

#include <functional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/attention_engine/pattern.h"
#include "models/attention_engine/tile_map_builder.h"

namespace tessera::attention_engine {
namespace {

constexpr MapFormat kFormats[] = {MapFormat::kBlockSparseRow, MapFormat::kBitmap};

/// A map with full, partial and empty tiles, an empty tile row and trimmed edges.
TileMap some_map(std::uint32_t tile) {
  std::mt19937 random(tile);
  const MapShape shape{5 * tile + 3, 70 * tile - 1, tile};
  return build_tile_map(shape, [&](std::uint32_t q, KeySet& keys) {
    if (q / tile == 2) {
      return;
    }
    keys.add(tile, 3 * tile);
    keys.add(66 * tile, shape.keys);
    keys.add(random() % shape.keys, shape.keys, 97 * tile);
  });
}

DecodedMap decode(const MapShape& shape, MapFormat format, const MapImage& image) {
  auto result = decode_map(shape, format, image.index.data(), image.index.size(), 1u << 16);
  const MapError* error = std::get_if<MapError>(&result);
  EXPECT_EQ(error, nullptr) << error->message;
  return std::get<DecodedMap>(std::move(result));
}

TEST(MapFormat, BothFormatsKeepEveryMap) {
  for (const std::uint32_t tile : {4u, 40u, 64u, 100u}) {
    for (const MapFormat format : kFormats) {
      const TileMap map = some_map(tile);
      const MapImage image = encode_map(map, format);
      const MapHeader header = decode_header(image.index.data());
      const std::uint32_t partial = partial_tiles(header, format, image.index.data());
      EXPECT_EQ(partial, summarise(map).partial_tiles);
      EXPECT_EQ(index_bytes(header, format) + 2 * partial, image.index.size());
      DecodedMap decoded = decode(map.shape, format, image);
      ASSERT_EQ(decoded.mask_count, map.masks.size());
      EXPECT_EQ(image.masks.size(), map.masks.size() * mask_bytes(tile));
      EXPECT_EQ(attach_masks(decoded, image.masks.data()), 0u);
      EXPECT_EQ(decoded.map.row_begin, map.row_begin);
      EXPECT_EQ(decoded.map.masks, map.masks);
      ASSERT_EQ(decoded.map.tiles.size(), map.tiles.size());
      for (std::size_t i = 0; i < map.tiles.size(); ++i) {
        EXPECT_EQ(decoded.map.tiles[i].column, map.tiles[i].column);
        EXPECT_EQ(decoded.map.tiles[i].mask, map.tiles[i].mask);
        EXPECT_EQ(decoded.map.tiles[i].pairs, map.tiles[i].pairs);
      }
    }
  }
}

TEST(MapFormat, TheBytesAreThoseOfThePage) {
  // Causal, 3 tokens in tiles of 2: tiles (0,0) partial, (1,0) full, (1,1) full (one token).
  const TileMap map = pattern_map({PatternKind::kCausal}, {3, 3, 2});
  EXPECT_THAT(encode_map(map, MapFormat::kBlockSparseRow).index,
              ::testing::ElementsAre(2, 0, 2, 0, 3, 0, 0, 0,              // header
                                     0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0,  // row_ptr
                                     0, 0x80, 0, 0, 1, 0,                 // columns
                                     0, 0));                              // mask of (0,0)
  EXPECT_THAT(encode_map(map, MapFormat::kBitmap).index,
              ::testing::ElementsAre(2, 0, 2, 0, 3, 0, 0, 0,                          // header
                                     1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,  // computed
                                     1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // partial
                                     0, 0));
  EXPECT_THAT(encode_map(map, MapFormat::kBitmap).masks, ::testing::ElementsAre(0b1101));
}

struct Defect {
  const char* name;
  MapFormat format;
  std::function<void(std::vector<std::uint8_t>&)> plant;
  ErrorCode code;
  std::uint32_t index;
  std::uint32_t limit;
};

TEST(MapFormat, EveryMalformedMapHasItsErrorCode) {
  // Causal, 4 x 4 tiles: row_ptr 0 1 3 6 10 at byte 8, columns at 28, mask indices at 48.
  const MapShape shape{64, 64, 16};
  const TileMap map = pattern_map({PatternKind::kCausal}, shape);
  const auto set = [](std::size_t at, std::uint8_t value) {
    return [=](std::vector<std::uint8_t>& bytes) { bytes[at] = value; };
  };
  const auto keep = [](std::size_t count) {
    return [=](std::vector<std::uint8_t>& bytes) { bytes.resize(count); };
  };
  constexpr MapFormat kRows = MapFormat::kBlockSparseRow;
  constexpr MapFormat kBits = MapFormat::kBitmap;
  const std::vector<Defect> defects{
      {"no header", kRows, keep(7), ErrorCode::kBadMap, 7, 8},
      {"rows", kRows, set(0, 5), ErrorCode::kBadMap, 5, 4},
      {"columns", kRows, set(2, 3), ErrorCode::kBadMap, 3, 4},
      {"more tiles than exist", kRows, set(4, 17), ErrorCode::kBadMap, 17, 16},
      {"the list ends early", kRows, keep(47), ErrorCode::kBadMap, 47, 48},
      {"first row pointer", kRows, set(8, 1), ErrorCode::kBadMap, 1, 0},
      {"row pointers fall", kRows, set(16, 0), ErrorCode::kBadMap, 0, 1},
      {"row pointer beyond the list", kRows, set(16, 11), ErrorCode::kBadMap, 11, 10},
      {"last row pointer", kRows, set(24, 9), ErrorCode::kBadMap, 9, 10},
      {"column does not exist", kRows, set(46, 4), ErrorCode::kBadMap, 4, 4},
      {"columns repeat", kRows, set(32, 0), ErrorCode::kBadMap, 0, 1},
      {"columns fall", kRows, set(38, 0), ErrorCode::kBadMap, 0, 2},
      {"mask indices end early", kRows, keep(55), ErrorCode::kBadMap, 55, 56},
      {"no such mask", kRows, set(52, 7), ErrorCode::kMaskOutOfBounds, 7, 3},
      {"bits end early", kBits, keep(71), ErrorCode::kBadMap, 71, 72},
      {"bit without a column", kBits, set(8, 0x11), ErrorCode::kBadMap, 4, 4},
      {"partial tile not computed", kBits, set(40, 3), ErrorCode::kBadMap, 1, 4},
      {"bits do not add up", kBits, set(16, 2), ErrorCode::kBadMap, 9, 10},
      {"no such mask in a bitmap", kBits, set(73, 1), ErrorCode::kMaskOutOfBounds, 256, 3},
  };
  for (const Defect& defect : defects) {
    SCOPED_TRACE(defect.name);
    MapImage image = encode_map(map, defect.format);
    decode(shape, defect.format, image);  // sound until now
    defect.plant(image.index);
    // A copy of the exact size, so that reading further is caught by the sanitizers.
    const std::vector<std::uint8_t> bytes(image.index);
    const auto result = decode_map(shape, defect.format, bytes.data(), bytes.size(), 3);
    const MapError* error = std::get_if<MapError>(&result);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->code, defect.code) << error->message;
    EXPECT_EQ(error->index, defect.index) << error->message;
    EXPECT_EQ(error->limit, defect.limit) << error->message;
  }
}

TEST(MapFormat, ErrorsNameTheTile) {
  const MapShape shape{64, 64, 16};
  MapImage image =
      encode_map(pattern_map({PatternKind::kCausal}, shape), MapFormat::kBlockSparseRow);
  image.index[46] = 9;
  const auto result =
      decode_map(shape, MapFormat::kBlockSparseRow, image.index.data(), image.index.size(), 1);
  EXPECT_EQ(std::get<MapError>(result).row, 3u);
  EXPECT_EQ(std::get<MapError>(result).column, 9u);
}

TEST(MapFormat, RandomBytesNeverPassAsSomethingElse) {
  // Whatever is accepted must encode to the same bytes again.
  const MapShape shape{40, 48, 16};
  std::mt19937 random(7);
  const MapImage sound = encode_map(some_map(16), MapFormat::kBlockSparseRow);
  const MapImage start = encode_map(pattern_map({PatternKind::kCausal}, shape), kFormats[0]);
  unsigned accepted = 0;
  for (int run = 0; run < 20000; ++run) {
    std::vector<std::uint8_t> bytes(start.index);
    bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    const auto result = decode_map(shape, kFormats[0], bytes.data(), bytes.size(), 1);
    if (const DecodedMap* decoded = std::get_if<DecodedMap>(&result)) {
      DecodedMap copy = *decoded;
      attach_masks(copy, start.masks.data());
      const std::vector<std::uint8_t> again = encode_map(copy.map, kFormats[0]).index;
      bytes.resize(again.size());  // a partial bit that went leaves an index behind
      ASSERT_EQ(again, bytes);
      ++accepted;
    }
  }
  EXPECT_GT(accepted, 0u);
  EXPECT_LT(accepted, 4000u);
}

TEST(MapFormat, MasksOfAllOrNothingAreCounted) {
  const MapShape shape{32, 32, 16};
  TileMap map = dense_tile_map(shape);
  map.masks.assign(2, TileMask(16));
  for (std::uint32_t q = 0; q < 16; ++q) {
    for (std::uint32_t k = 0; k < 16; ++k) {
      map.masks[1].allow(q, k);
    }
  }
  map.tiles[0].mask = 0;
  map.tiles[3].mask = 1;
  const MapImage image = encode_map(map, MapFormat::kBlockSparseRow);
  DecodedMap decoded = decode(shape, MapFormat::kBlockSparseRow, image);
  EXPECT_EQ(attach_masks(decoded, image.masks.data()), 2u);
  EXPECT_EQ(decoded.map.tiles[0].pairs, 0u);
  EXPECT_EQ(decoded.map.tiles[3].pairs, 256u);
  EXPECT_EQ(decoded.map.tiles[1].pairs, 256u);
}

}  // namespace
}  // namespace tessera::attention_engine
