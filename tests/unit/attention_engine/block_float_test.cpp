// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/block_float.h"

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/attention_engine/pattern.h"
#include "models/attention_engine/tile_map_builder.h"

namespace tessera::attention_engine {
namespace {

using ::testing::ElementsAre;

TEST(BlockFloat, ElementsShareTheExponentOfTheLargest) {
  const float values[] = {6.0F, -1.0F, 0.4F, 0.0F, -7.9F};
  const BlockVector two = to_block_float(values, 5, 2);  // steps of 2, up to 3 of them
  EXPECT_EQ(two.exponent, 2);
  EXPECT_THAT(two.mantissas, ElementsAre(3, -1, 0, 0, -3));
  EXPECT_THAT(from_block_float(two, 2), ElementsAre(6, -2, 0, 0, -6));
  const BlockVector five = to_block_float(values, 5, 5);  // steps of 1/4
  EXPECT_THAT(from_block_float(five, 5), ElementsAre(6, -1, 0.5, 0, -7.75));
  const float zeros[] = {0, 0};
  EXPECT_THAT(from_block_float(to_block_float(zeros, 2, 3), 3), ElementsAre(0, 0));
}

TEST(BlockFloat, TheExponentHasFiveBits) {
  const float values[] = {1e9F, 1e-9F};
  EXPECT_EQ(to_block_float(values, 1, 3).exponent, 15);
  EXPECT_THAT(to_block_float(values, 1, 3).mantissas, ElementsAre(7));
  EXPECT_EQ(to_block_float(values + 1, 1, 3).exponent, -16);
  EXPECT_THAT(to_block_float(values + 1, 1, 3).mantissas, ElementsAre(0));
}

TEST(BlockFloat, DotProductsAreThoseOfTheRoundedVectors) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 3);
  for (const unsigned bits : {2u, 3u, 5u}) {
    float a[40];
    float b[40];
    for (int i = 0; i < 40; ++i) {
      a[i] = normal(random), b[i] = normal(random);
    }
    const BlockVector x = to_block_float(a, 40, bits);
    const BlockVector y = to_block_float(b, 40, bits);
    const std::vector<float> rounded_a = from_block_float(x, bits);
    const std::vector<float> rounded_b = from_block_float(y, bits);
    double sum = 0;
    for (std::size_t i = 0; i < 40; ++i) {
      sum += double{rounded_a[i]} * rounded_b[i];
      EXPECT_LE(std::abs(rounded_a[i] - a[i]),
                std::ldexp(1.0, x.exponent - static_cast<int>(bits) + 1));
    }
    EXPECT_EQ(block_dot(x, y, bits), sum);
  }
}

TEST(Half, RoundsToNearestEven) {
  EXPECT_EQ(round_to_half(1.0), 1.0F);
  EXPECT_EQ(round_to_half(1.0 + 0x1p-11), 1.0F);
  EXPECT_EQ(round_to_half(1.0 + 3 * 0x1p-11), 1.0F + 2 * 0x1p-10F);
  EXPECT_EQ(round_to_half(-2049.0), -2048.0F);
  EXPECT_EQ(round_to_half(65519.0), 65504.0F);
  EXPECT_EQ(round_to_half(65520.0), INFINITY);
  EXPECT_EQ(round_to_half(0x1p-24), 0x1p-24F);
  EXPECT_EQ(round_to_half(0x1p-25), 0.0F);
}

struct Operands {
  explicit Operands(std::size_t tokens) : q(tokens * 32), k(tokens * 32), v(tokens * 32) {
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    for (auto* matrix : {&q, &k, &v}) {
      for (float& value : *matrix) {
        value = normal(random);
      }
    }
  }
  [[nodiscard]] FloatHead head() const { return {q.data(), k.data(), v.data(), 32}; }
  std::vector<float> q, k, v;
};

constexpr float kScale = 0.1767767F;  // 1 / sqrt(32)

TEST(FloatAttention, WithoutRoundingIsSoftmax) {
  const Operands operands(70);
  Pattern pattern;
  pattern.kind = PatternKind::kWindow;
  pattern.window = 9;
  const std::vector<float> out =
      attend_block_float(pattern_map(pattern, {70, 70, 16}), operands.head(), kScale, 0, 64);
  for (int q = 0; q < 70; ++q) {
    double sums[32] = {};
    double total = 0;
    for (int k = std::max(0, q - 9); k <= std::min(69, q + 9); ++k) {
      double logit = 0;
      for (int m = 0; m < 32; ++m) {
        logit += double{operands.q[q * 32 + m]} * operands.k[k * 32 + m];
      }
      total += std::exp(logit * kScale);
      for (int m = 0; m < 32; ++m) {
        sums[m] += std::exp(logit * kScale) * operands.v[k * 32 + m];
      }
    }
    for (int m = 0; m < 32; ++m) {
      EXPECT_NEAR(out[q * 32 + m], sums[m] / total, 1e-6);
    }
  }
}

TEST(FloatAttention, MoreMantissaBitsComeNearer) {
  const Operands operands(96);
  const TileMap map = dense_tile_map({96, 96, 32});
  const std::vector<float> exact = attend_block_float(map, operands.head(), kScale, 0, 32);
  double last = 1;
  for (const unsigned bits : {2u, 3u, 5u, 7u}) {
    const std::vector<float> out = attend_block_float(map, operands.head(), kScale, bits, 32);
    double error = 0;
    double size = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      error += std::pow(out[i] - exact[i], 2);
      size += std::pow(exact[i], 2);
    }
    const double relative = std::sqrt(error / size);
    EXPECT_LT(relative, last / 1.5) << bits;
    last = relative;
  }
  EXPECT_LT(last, 0.03);
}

TEST(FloatAttention, QueriesWithoutKeysAreZero) {
  const Operands operands(16);
  const TileMap map = build_tile_map(
      {16, 16, 8}, [](std::uint32_t q, KeySet& keys) { keys.add(0, q == 3 ? 0 : 16); });
  const std::vector<float> out = attend_block_float(map, operands.head(), kScale, 0, 32);
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i] == 0, i / 32 == 3) << i;
  }
}

}  // namespace
}  // namespace tessera::attention_engine
