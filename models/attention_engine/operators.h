// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/attention_engine/datapath.h"
#include "models/attention_engine/tile_map.h"

/// What the engine computes besides attention. Matrices are row-major; results have no gaps between
/// rows. Copying has no arithmetic.
namespace tessera::attention_engine {

/// out[r][c] = requantise(bias[c] + sum over m of a[r][m] * w[c][m]), [rows][outputs].
/// `weights` says which tiles of w are used: its queries are the outputs, its keys the depth. Empty
/// tiles are skipped, elements that a mask excludes count as 0.
/// a: [rows][depth], w: [outputs][depth], bias: [outputs] or null.
std::vector<std::int8_t> multiply_sparse(const TileMap& weights, std::size_t rows,
                                         const MatrixView& a, const MatrixView& w,
                                         const std::int32_t* bias,
                                         const transformer_math::Requant& requant);

/// ITA's streaming softmax of each row in groups of 16 columns; 255 is probability 1.
std::vector<std::uint8_t> softmax_rows(
    const MatrixView& logits, std::size_t rows, std::size_t columns,
    const transformer_math::SoftmaxConstants& constants = kEngineSoftmax);

/// floor(sqrt(value)), value >= 0.
std::int64_t integer_root(std::int64_t value);

struct LayerNormNumbers {
  const std::int8_t* weight = nullptr;  ///< [columns]
  const std::int32_t* bias = nullptr;   ///< [columns], added before the weight multiplies
  transformer_math::Requant requant;
};

/// I-BERT's integer layer normalisation of each row:
///   y = x - round(mean), s = floor(sqrt(sum of y * y)), f = floor(2^31 / s)
///   out = requantise((floor(y * f / 2) + bias) * weight)
/// floor(y * f / 2) is (x - mean) / deviation * 2^30 / sqrt(columns). A constant row gives y = 0.
/// Source: kssteven418/I-BERT quant_modules.py, IntLayerNorm; its guard against 32-bit overflow of
/// the sum of squares has nothing to do for int8 values and rows of up to 65535 columns.
std::vector<std::int8_t> layer_norm_rows(const MatrixView& x, std::size_t rows, std::size_t columns,
                                         const LayerNormNumbers& numbers);

struct GeluNumbers {
  std::int16_t b = 0;  ///< negative in useful programs
  std::int16_t c = 0;
  transformer_math::Requant requant;
};

/// ITA's GELU of each element.
std::vector<std::int8_t> gelu_rows(const MatrixView& x, std::size_t rows, std::size_t columns,
                                   const GeluNumbers& numbers);

}  // namespace tessera::attention_engine
