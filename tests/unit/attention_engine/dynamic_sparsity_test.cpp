// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/dynamic_sparsity.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "models/attention_engine/pattern.h"
#include "models/attention_engine/tile_map_builder.h"
#include "tests/unit/attention_engine/random_head.h"

namespace tessera::attention_engine {
namespace {

using test::RandomHead;

TEST(QuantiseLow, KeepsOrderAndUsesAllLevels) {
  const std::vector<std::int8_t> values{-128, -60, -9, -5, 0, 5, 9, 60, 127};
  const MatrixView view{values.data(), values.size()};
  EXPECT_EQ(quantise_low(view, 1, values.size(), 4),
            (std::vector<std::int8_t>{-7, -3, 0, 0, 0, 0, 0, 3, 7}));
  EXPECT_EQ(quantise_low(view, 1, values.size(), 2),
            (std::vector<std::int8_t>{-1, 0, 0, 0, 0, 0, 0, 0, 1}));
  const std::vector<std::int8_t> zeros(4);
  EXPECT_EQ(quantise_low({zeros.data(), 2}, 2, 2, 4), zeros);
}

std::int32_t product(const RandomHead& head, std::uint32_t q, std::uint32_t k) {
  std::int32_t sum = 0;
  for (std::uint32_t m = 0; m < head.head_dim; ++m) {
    sum += head.q[q * head.stride + m] * head.k[k * head.stride + m];
  }
  return sum;
}

RandomHead without_minimum(std::uint32_t tokens, std::uint32_t seed) {
  RandomHead head(tokens, tokens, 32, seed);
  for (auto* matrix : {&head.q, &head.k}) {
    for (std::int8_t& value : *matrix) {
      value = std::max<std::int8_t>(value, -127);
    }
    matrix->front() = 127;
  }
  return head;
}

TEST(TopKeys, EightBitsPickTheTrueBestKeys) {
  const RandomHead head = without_minimum(90, 3);  // 8 bits change nothing
  const MapShape shape{90, 90, 64};
  const TokenBitmap selection = select_top_keys(shape, head.operands(), {10, 8});
  for (std::uint32_t q = 0; q < 90; ++q) {
    std::vector<std::int32_t> chosen;
    std::vector<std::int32_t> others;
    for (std::uint32_t k = 0; k < 90; ++k) {
      (selection.allows(q, k) ? chosen : others).push_back(product(head, q, k));
    }
    ASSERT_EQ(chosen.size(), 10u);
    EXPECT_GE(*std::min_element(chosen.begin(), chosen.end()),
              *std::max_element(others.begin(), others.end()));
  }
  const SelectionQuality quality = judge(shape, head.operands(), head.numbers().qk, selection, 10);
  EXPECT_EQ(quality.recall, 1);
  EXPECT_EQ(quality.mass_recall, 1);
  EXPECT_DOUBLE_EQ(quality.density, 10.0 / 90);
  EXPECT_EQ(quality.tile_density, 1);
}

TEST(TopKeys, OfEqualKeysTheFirstAreKept) {
  RandomHead head(5, 40, 8, 1);
  std::fill(head.k.begin(), head.k.end(), std::int8_t{3});
  const TokenBitmap selection = select_top_keys({5, 40, 64}, head.operands(), {7, 4});
  for (std::uint32_t q = 0; q < 5; ++q) {
    for (std::uint32_t k = 0; k < 40; ++k) {
      EXPECT_EQ(selection.allows(q, k), k < 7);
    }
  }
}

TEST(TopKeys, FewerBitsLoseRecallAndMoreKeysGainMass) {
  const MapShape shape{200, 200, 64};
  const RandomHead head(200, 200, 32, 4);
  const auto quality = [&](std::uint32_t keys, std::uint32_t bits) {
    return judge(shape, head.operands(), {1, 12, 0},
                 select_top_keys(shape, head.operands(), {keys, bits}), keys);
  };
  EXPECT_GT(quality(32, 4).recall, 0.85);
  EXPECT_LT(quality(32, 4).recall, 1);
  EXPECT_LT(quality(32, 2).recall, quality(32, 4).recall);
  EXPECT_LT(quality(32, 4).recall, quality(32, 8).recall);
  EXPECT_GT(quality(32, 4).mass_recall, quality(32, 4).recall);  // what is lost weighs little
  EXPECT_LT(quality(16, 4).mass, quality(32, 4).mass);
  EXPECT_LT(quality(32, 4).mass, quality(64, 4).mass);
}

TEST(TopKeys, AllKeysAreDenseAttention) {
  const MapShape shape{70, 50, 16};
  const RandomHead head(70, 50, 24, 8);
  const TokenBitmap selection = select_top_keys(shape, head.operands(), {999, 4});
  const TileMap map = build_tile_map(shape, selection.token_rows());
  EXPECT_EQ(attend(map, head.operands(), head.numbers(), {}).out,
            attend(dense_tile_map(shape), head.operands(), head.numbers(), {}).out);
  const SelectionQuality quality = judge(shape, head.operands(), {1, 12, 0}, selection, 50);
  EXPECT_DOUBLE_EQ(quality.mass, 1);
  EXPECT_EQ(quality.density, 1);
  // 70 rows of 50 pairs: 4 pieces each, 280 pieces in 5 rounds of 64 x 16 slots.
  EXPECT_DOUBLE_EQ(quality.load_balance, 3500.0 / (5 * 1024));
}

TEST(TopTiles, KeepTheTilesWithTheLargestProducts) {
  const MapShape shape{100, 130, 16};
  const RandomHead head = without_minimum(130, 6);
  const TokenBitmap selection = select_top_tiles(shape, head.operands(), 3, 8);
  const TileMap map = build_tile_map(shape, selection.token_rows());
  EXPECT_EQ(summarise(map).full_tiles, 3u * shape.rows());
  EXPECT_EQ(summarise(map).partial_tiles, 0u);
  for (std::uint32_t row = 0; row < shape.rows(); ++row) {
    std::vector<std::pair<std::int32_t, std::uint32_t>> best(shape.columns(), {INT32_MIN, 0});
    for (std::uint32_t column = 0; column < shape.columns(); ++column) {
      best[column].second = column;
      for (std::uint32_t q = 0; q < shape.queries_in(row); ++q) {
        for (std::uint32_t k = 0; k < shape.keys_in(column); ++k) {
          best[column].first =
              std::max(best[column].first, product(head, row * 16 + q, column * 16 + k));
        }
      }
    }
    std::sort(best.rbegin(), best.rend());
    std::set<std::uint32_t> expected{best[0].second, best[1].second, best[2].second};
    std::set<std::uint32_t> chosen;
    for (const TileEntry& tile : map.row(row)) {
      chosen.insert(tile.column);
    }
    EXPECT_EQ(chosen, expected);
  }
}

TEST(Compare, CosineAndError) {
  const std::vector<std::int8_t> a{3, 4, 0};
  const std::vector<std::int8_t> b{-4, 3, 0};
  const std::vector<std::int8_t> zero(3);
  EXPECT_DOUBLE_EQ(compare(a.data(), a.data(), 3).cosine, 1);
  EXPECT_EQ(compare(a.data(), a.data(), 3).rmse, 0);
  EXPECT_DOUBLE_EQ(compare(a.data(), b.data(), 3).cosine, 0);
  EXPECT_DOUBLE_EQ(compare(a.data(), b.data(), 3).rmse, std::sqrt(50.0 / 3));
  EXPECT_EQ(compare(a.data(), zero.data(), 3).cosine, 0);
  EXPECT_EQ(compare(zero.data(), zero.data(), 3).cosine, 1);
}

TEST(Compare, MoreKeysComeNearerToDense) {
  const MapShape shape{150, 150, 64};
  const RandomHead head(150, 150, 32, 12);
  AttentionNumbers numbers = head.numbers();
  numbers.qk = {1, 12, 0};
  const std::vector<std::int8_t> dense =
      attend(dense_tile_map(shape), head.operands(), numbers, {}).out;
  double last = -1;
  for (const std::uint32_t keys : {1u, 4u, 16u, 150u}) {
    const TokenBitmap selection = select_top_keys(shape, head.operands(), {keys, 4});
    const std::vector<std::int8_t> out =
        attend(build_tile_map(shape, selection.token_rows()), head.operands(), numbers, {}).out;
    const double cosine = compare(out.data(), dense.data(), out.size()).cosine;
    EXPECT_GT(cosine, last);
    last = cosine;
  }
  EXPECT_DOUBLE_EQ(last, 1);
}

}  // namespace
}  // namespace tessera::attention_engine
