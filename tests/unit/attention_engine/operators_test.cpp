// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/operators.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "models/attention_engine/tile_map_builder.h"
#include "models/ita/datapath.h"

namespace tessera::attention_engine {
namespace {

std::vector<std::int8_t> random_bytes(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::int8_t> bytes(count);
  for (std::int8_t& byte : bytes) {
    byte = static_cast<std::int8_t>(random());
  }
  return bytes;
}

TEST(Gemm, SkippedTilesAndMaskedElementsCountAsZero) {
  constexpr std::size_t kRows = 21;
  const MapShape shape{70, 90, 32};  // 70 outputs, depth 90
  const auto is_kept = [](std::size_t output, std::size_t m) {
    return output / 32 != 1 && m / 32 != (output / 32) && (m < 64 || (output + m) % 3 == 0);
  };
  const TileMap map = build_tile_map(shape, [&](std::uint32_t output, KeySet& keys) {
    for (std::uint32_t m = 0; m < 90; ++m) {
      if (is_kept(output, m)) {
        keys.add(m, m + 1);
      }
    }
  });
  ASSERT_GT(summarise(map).full_tiles, 0u);
  ASSERT_GT(summarise(map).partial_tiles, 0u);
  ASSERT_EQ(summarise(map).empty_tile_rows, 1u);
  const std::vector<std::int8_t> a = random_bytes(kRows * 100, 1);
  const std::vector<std::int8_t> w = random_bytes(70 * 95, 2);
  std::vector<std::int32_t> bias(70);
  for (std::size_t i = 0; i < bias.size(); ++i) {
    bias[i] = 1000 * static_cast<std::int32_t>(i) - 35000;
  }
  const transformer_math::Requant requant{3, 11, 4};
  for (const std::int32_t* use_bias : std::array<const std::int32_t*, 2>{bias.data(), nullptr}) {
    const std::vector<std::int8_t> out =
        multiply_sparse(map, kRows, {a.data(), 100}, {w.data(), 95}, use_bias, requant);
    ASSERT_EQ(out.size(), kRows * 70);
    for (std::size_t r = 0; r < kRows; ++r) {
      for (std::size_t c = 0; c < 70; ++c) {
        double sum = use_bias != nullptr ? bias[c] : 0;
        for (std::size_t m = 0; m < 90; ++m) {
          sum += is_kept(c, m) ? a[r * 100 + m] * w[c * 95 + m] : 0;
        }
        const double expected = std::clamp(std::floor(sum * 3 / 2048 + 0.5) + 4, -128.0, 127.0);
        ASSERT_EQ(out[r * 70 + c], expected) << r << " " << c;
      }
    }
  }
}

TEST(SoftmaxRows, AreItas) {
  const ita::FlavourParameters& flavour = ita::parameters_of(ita::Flavour::kRtl);
  const std::vector<std::int8_t> logits = random_bytes(10 * 130, 5);
  const std::vector<std::uint8_t> out = softmax_rows({logits.data(), 130}, 10, 128);
  for (std::size_t row = 0; row < 10; ++row) {
    ita::SoftmaxRow state;
    ita::softmax_accumulate(state, logits.data() + row * 130, 128, flavour);
    ita::softmax_finish(state, flavour);
    for (std::size_t i = 0; i < 128; ++i) {
      ASSERT_EQ(out[row * 128 + i],
                ita::softmax_probability(state, logits[row * 130 + i], flavour));
    }
  }
}

TEST(SoftmaxRows, ShortRowsSumToNearlyOne) {
  const std::vector<std::int8_t> logits{5, 5, 5, -100};
  EXPECT_EQ(softmax_rows({logits.data(), 4}, 1, 3), (std::vector<std::uint8_t>{85, 85, 85}));
  EXPECT_EQ(softmax_rows({logits.data(), 4}, 1, 1), (std::vector<std::uint8_t>{255}));
}

TEST(LayerNorm, FollowsRealNumbers) {
  std::mt19937 random(3);
  for (const std::size_t columns : {1u, 7u, 64u, 768u}) {
    const std::vector<std::int8_t> x = random_bytes(4 * columns, static_cast<unsigned>(columns));
    std::vector<std::int8_t> weight(columns);
    std::vector<std::int32_t> bias(columns);
    for (std::size_t i = 0; i < columns; ++i) {
      weight[i] = static_cast<std::int8_t>(random() % 127 + 1);
      bias[i] = static_cast<std::int32_t>(random() % 20000000) - 10000000;
    }
    // Deviation 1 and weight 64 give 32.
    const double unit = std::ldexp(1.0, 30) / std::sqrt(static_cast<double>(columns));
    const auto mult = static_cast<std::uint16_t>(0.5 / unit * std::ldexp(1.0, 40));
    const transformer_math::Requant requant{mult, 40, 0};
    const std::vector<std::int8_t> out =
        layer_norm_rows({x.data(), columns}, 4, columns, {weight.data(), bias.data(), requant});
    for (std::size_t row = 0; row < 4; ++row) {
      double mean = 0;
      double square = 0;
      for (std::size_t i = 0; i < columns; ++i) {
        mean += x[row * columns + i] / static_cast<double>(columns);
      }
      for (std::size_t i = 0; i < columns; ++i) {
        square += (x[row * columns + i] - mean) * (x[row * columns + i] - mean);
      }
      for (std::size_t i = 0; i < columns; ++i) {
        const double y =
            square == 0 ? 0
                        : (x[row * columns + i] - mean) / std::sqrt(square) * std::ldexp(1.0, 30);
        const double expected =
            std::clamp((y + bias[i]) * weight[i] * mult / std::ldexp(1.0, 40), -128.0, 127.0);
        // The mean is rounded to an integer: up to half a step of x, and a half for the result.
        const double step =
            square == 0 ? 0 : unit * std::sqrt(static_cast<double>(columns) / square) * 0.5;
        ASSERT_NEAR(out[row * columns + i], expected,
                    0.6 + step * weight[i] * mult / std::ldexp(1.0, 40))
            << columns;
      }
    }
  }
}

TEST(LayerNorm, AConstantRowIsItsBias) {
  const std::vector<std::int8_t> x(8, 99);
  const std::vector<std::int8_t> weight(8, 2);
  const std::vector<std::int32_t> bias{-400, -3, -1, 0, 1, 2, 50, 400};
  EXPECT_EQ(layer_norm_rows({x.data(), 8}, 1, 8, {weight.data(), bias.data(), {1, 1, 0}}),
            (std::vector<std::int8_t>{-128, -3, -1, 0, 1, 2, 50, 127}));
}

// ITA's constants for GELU; source: PyITA, as in the datapath of ITA.
TEST(Gelu, IsItas) {
  std::vector<std::int8_t> x(256);
  for (int i = 0; i < 256; ++i) {
    x[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(i - 128);
  }
  const ita::Activation activation{ita::ActivationKind::kGelu, -80, -7091, {74, 20, 0}};
  const std::vector<std::int8_t> out = gelu_rows({x.data(), 16}, 16, 16, {-80, -7091, {74, 20, 0}});
  for (std::size_t i = 0; i < 256; ++i) {
    EXPECT_EQ(out[i], ita::activate(x[i], activation, ita::parameters_of(ita::Flavour::kRtl)));
  }
}

}  // namespace
}  // namespace tessera::attention_engine
