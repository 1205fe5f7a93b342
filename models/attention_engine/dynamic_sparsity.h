// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/attention_engine/datapath.h"
#include "models/attention_engine/token_bitmap.h"

/// Sparsity that follows from the operands: a low-bit pass over all pairs picks the keys that each
/// query attends to. Source: Zhang et al., "A length adaptive algorithm-hardware co-design of
/// transformer on FPGA", DAC 2022, section 3.2.
namespace tessera::attention_engine {

struct TopK {
  std::uint32_t keys = 32;  ///< k: kept for each query, all when there are no more
  std::uint32_t bits = 4;   ///< 2..8, of the low-bit operands, sign included
};

/// round(x * (2^(bits-1) - 1) / max|x|), halves away from 0; [rows][columns], row-major.
std::vector<std::int8_t> quantise_low(const MatrixView& matrix, std::size_t rows,
                                      std::size_t columns, std::uint32_t bits);

/// The keys with the largest low-bit products of each query; of equal ones the first, as the
/// insertion network keeps them. Token bits.
TokenBitmap select_top_keys(const MapShape& shape, const HeadOperands& operands, const TopK& top);

/// For each tile row the `tiles` tiles with the largest low-bit product; bits of T x T tokens.
TokenBitmap select_top_tiles(const MapShape& shape, const HeadOperands& operands,
                             std::uint32_t tiles, std::uint32_t bits);

/// What a selection keeps of dense attention. Weights are those of a softmax in real numbers, base
/// 2, over the logits that `qk` gives before rounding.
struct SelectionQuality {
  double recall = 0;        ///< of the `keys` best keys of a query, the part that is selected
  double mass_recall = 0;   ///< their weight that is selected, over all their weight
  double mass = 0;          ///< weight of all selected keys, of 1
  double density = 0;       ///< selected pairs of all pairs
  double tile_density = 0;  ///< computed tiles of all tiles
  /// Part of the slots that work when 64 ports take pieces of a row of at most 16 pairs each.
  double load_balance = 0;
};

/// REQUIRES: `selection` has the size of `shape`.
SelectionQuality judge(const MapShape& shape, const HeadOperands& operands,
                       const transformer_math::Requant& qk, const TokenBitmap& selection,
                       std::uint32_t keys);

/// How near two results are, e.g. sparse and dense attention; `count` values each.
struct Similarity {
  double cosine = 0;  ///< 1 for two results of zeros
  double rmse = 0;    ///< in units of the values
};
Similarity compare(const std::int8_t* a, const std::int8_t* b, std::size_t count);

}  // namespace tessera::attention_engine
