// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/attention_engine/tile_map.h"

/// Brainwave's block floating point, for studies of precision: the elements of a native vector
/// share an exponent of 5 bits, each has a sign and a mantissa of m bits. ms-fp8 is m = 2, ms-fp9 m
/// = 3. Source: Fowers et al., ISCA 2018, section VI; Chung et al., IEEE Micro 2018.
namespace tessera::attention_engine {

/// Exponents that 5 bits hold.
inline constexpr int kMinBlockExponent = -16;
inline constexpr int kMaxBlockExponent = 15;

struct BlockVector {
  int exponent = 0;                    ///< e = floor(log2 max|x|), clamped
  std::vector<std::int8_t> mantissas;  ///< value = mantissa * 2^(e - m + 1), |mantissa| < 2^m
};

/// Magnitudes are rounded to nearest, halves away from 0, and saturate. REQUIRES: 1 <= m <= 7.
BlockVector to_block_float(const float* values, std::size_t count, unsigned mantissa_bits);
std::vector<float> from_block_float(const BlockVector& block, unsigned mantissa_bits);

/// Exact sum of the products of the mantissas, scaled. Both have the same count.
double block_dot(const BlockVector& a, const BlockVector& b, unsigned mantissa_bits);

/// Nearest float16 value (ties to even); infinity beyond 65504.
float round_to_half(double value);

/// Operands of a head as floats: q [queries][head_dim], k and v [keys][head_dim], no gaps.
struct FloatHead {
  const float* q = nullptr;
  const float* k = nullptr;
  const float* v = nullptr;
  std::uint32_t head_dim = 0;
};

/// Softmax(scale * Q K^T) V over the allowed pairs, [queries][head_dim]. Products take native
/// vectors of `native_dim` elements in block floating point; logits, exponentials, sums of a native
/// vector and results are float16. Queries that may see no key give 0. `mantissa_bits` = 0: float32
/// operands and no rounding at all, the reference.
std::vector<float> attend_block_float(const TileMap& map, const FloatHead& head, float scale,
                                      unsigned mantissa_bits, std::uint32_t native_dim);

}  // namespace tessera::attention_engine
