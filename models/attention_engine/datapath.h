// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/attention_engine/planner.h"
#include "models/attention_engine/tile_map.h"
#include "models/transformer_math/int8_arithmetic.h"

/// Attention of one head in integers, tile by tile: what the engine computes, without time.
///   logit[q][k] = requantise(sum over m of Q[q][m] * K[k][m], qk)           int8
///   p[q][k]     = ITA's streaming softmax of the allowed logits of row q     uint8, 255 is 1
///   out[q][m]   = requantise(sum over k of p[q][k] * V[k][m], av)            int8
/// Logits enter the softmax tile by tile from left to right, within a tile in groups of 16 columns;
/// pairs that are not allowed enter neither maximum nor sum and have probability 0. So a dense map
/// in tiles that are multiples of 16 gives ITA's bytes.
namespace tessera::attention_engine {

/// Softmax of the engine: ITA's `rtl` constants with a wider denominator, as rows may be longer
/// than ITA's 2047 keys. Equal to ITA's up to there.
inline constexpr transformer_math::SoftmaxConstants kEngineSoftmax{0, 256, 65280, 0xFFFFFFFF, 0xFF};

/// Results of queries that may see no key.
enum class MaskedRows : std::uint8_t {
  kZero,     ///< 0
  kUniform,  ///< requantise(floor(255 * mean of V over all keys + 1/2), av): what adding -1e9 gives
  kNan,      ///< kNanMarker: where the convention "minus infinity" divides 0 by 0
};
inline constexpr std::int8_t kNanMarker = -128;

struct AttentionNumbers {
  transformer_math::Requant qk;
  transformer_math::Requant av;
  MaskedRows masked_rows = MaskedRows::kZero;
  transformer_math::SoftmaxConstants softmax = kEngineSoftmax;
};

/// int8 matrix [rows][columns] somewhere in memory; rows are `stride` bytes apart.
struct MatrixView {
  const std::int8_t* data = nullptr;
  std::size_t stride = 0;
};

/// Q: [queries][head_dim], K and V: [keys][head_dim].
struct HeadOperands {
  MatrixView q;
  MatrixView k;
  MatrixView v;
  std::uint32_t head_dim = 0;
};

struct AttentionResult {
  std::vector<std::int8_t> out;  ///< [queries][head_dim], row-major
  std::uint32_t masked_rows = 0;
  /// What the spill policy leaves in L2: scores of a tile row, T * T bytes a tile; each row takes
  /// the place of the one before. Ends where the last store does.
  std::vector<std::int8_t> scratch;
  std::uint64_t spilled_bytes = 0;  ///< scores written to L2, and read again
};

/// Computes one head in the order and with the score storage of `plan`. All policies give the same
/// bytes, packed or not, except online: there probabilities are not rounded before AV, sums are
/// rescaled when the maximum grows, and the division is the last step.
AttentionResult attend(const TileMap& map, const HeadOperands& operands,
                       const AttentionNumbers& numbers, const Plan& plan);

}  // namespace tessera::attention_engine
