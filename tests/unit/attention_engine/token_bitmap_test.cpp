// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/token_bitmap.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/attention_engine/tile_map_builder.h"
#include "models/base/error.h"

namespace tessera::attention_engine {
namespace {

TokenBitmap checkers(std::uint32_t tile) {
  TokenBitmap bitmap{70, 90, tile, {}};
  bitmap.bits.resize(bitmap.rows() * bitmap.words_per_row());
  for (std::size_t row = 0; row < bitmap.rows(); ++row) {
    for (std::size_t column = 0; column < bitmap.columns(); ++column) {
      if ((row + column) % 2 == 0) {
        bitmap.bits[row * bitmap.words_per_row() + column / 64] |= std::uint64_t{1}
                                                                   << (column % 64);
      }
    }
  }
  return bitmap;
}

TEST(TokenBitmap, FilesKeepTokenAndTileBits) {
  for (const std::uint32_t tile : {0u, 1u, 8u, 16u}) {
    const TokenBitmap bitmap = decode_token_bitmap(encode_token_bitmap(checkers(tile)), "file");
    const std::uint32_t granule = tile == 0 ? 1 : tile;
    for (std::uint32_t q = 0; q < 70; ++q) {
      for (std::uint32_t k = 0; k < 90; ++k) {
        ASSERT_EQ(bitmap.allows(q, k), (q / granule + k / granule) % 2 == 0);
      }
    }
  }
}

TEST(TokenBitmap, TileBitsGiveFullTiles) {
  const TokenBitmap bitmap = checkers(16);
  const MapSummary summary = summarise(build_tile_map({70, 90, 16}, bitmap.token_rows()));
  EXPECT_EQ(summary.full_tiles, 15u);  // 5 x 6 tiles, every other one
  EXPECT_EQ(summary.partial_tiles, 0u);
  const MapSummary split = summarise(build_tile_map({70, 90, 32}, bitmap.token_rows()));
  EXPECT_EQ(split.pairs, summary.pairs);
  EXPECT_EQ(split.partial_tiles, 9u);
}

TEST(TokenBitmap, TheHeaderIsThatOfThePage) {
  const std::vector<std::uint8_t> bytes = encode_token_bitmap({1, 3, 0, {5}});
  EXPECT_THAT(bytes, ::testing::ElementsAre('B', 'W', 'M', 'K', 1, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0,
                                            0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0));
}

TEST(TokenBitmap, MalformedFilesAreRefused) {
  const std::vector<std::uint8_t> sound = encode_token_bitmap(checkers(0));
  const auto expect_refused = [&](const std::function<void(std::vector<std::uint8_t>&)>& plant,
                                  const char* words) {
    std::vector<std::uint8_t> bytes = sound;
    plant(bytes);
    try {
      decode_token_bitmap(bytes, "mask.bwmk");
      FAIL() << words;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), ::testing::StartsWith("mask.bwmk: "));
      EXPECT_THAT(error.what(), ::testing::HasSubstr(words));
    }
  };
  using Bytes = std::vector<std::uint8_t>;
  expect_refused([](Bytes& b) { b[0] = 'b'; }, "not a token bitmap");
  expect_refused([](Bytes& b) { b.resize(19); }, "not a token bitmap");
  expect_refused([](Bytes& b) { b[4] = 2; }, "version 2");
  expect_refused([](Bytes& b) { b[8] = 0; }, "0 queries and 90 keys");
  expect_refused([](Bytes& b) { b[14] = 1; }, "70 queries and 65626 keys");
  expect_refused([](Bytes& b) { b.pop_back(); }, "of 1139 bytes; its sizes ask for 1140");
  expect_refused([](Bytes& b) { b.push_back(0); }, "of 1141 bytes");
  expect_refused([](Bytes& b) { b[20 + 16 + 15] = 1; }, "row 1 has bits behind column 89");
}

}  // namespace
}  // namespace tessera::attention_engine
