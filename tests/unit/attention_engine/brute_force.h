// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/attention_engine/pattern.h"

/// Patterns written down once more, pair by pair, as the literature defines them.
namespace tessera::attention_engine::test {

inline bool is_near(std::int64_t q, std::int64_t k, std::int64_t reach) {
  return q - k <= reach && k - q <= reach;
}

/// Token-level part of a pattern: everything but random tiles.
inline bool allows(const Pattern& p, const MapShape& shape, std::int64_t q, std::int64_t k) {
  const std::int64_t block = p.block;
  const bool is_global = q < p.global_tokens || k < p.global_tokens;
  switch (p.kind) {
    case PatternKind::kDense:
      return true;
    case PatternKind::kCausal:
      return k <= q;
    case PatternKind::kWindow:
      return is_near(q, k, p.window);
    case PatternKind::kCausalWindow:
      return q >= k && q - k < p.window;
    case PatternKind::kDilated:
      return is_near(q, k, std::int64_t{p.window} * p.dilation) && (q - k) % p.dilation == 0;
    case PatternKind::kGlobal:
      return is_global;
    case PatternKind::kLongformer:
    case PatternKind::kBigBird:
      return is_global || is_near(q, k, p.window);
    case PatternKind::kRandom:
      return false;
    case PatternKind::kBlockDiagonal:
      return q / block == k / block;
    case PatternKind::kStrided:
      return k <= q && (q - k) % block == 0;
    case PatternKind::kStridedPermuted: {
      const std::vector<std::uint32_t> order = strided_order(shape.queries, p.block);
      const std::int64_t query = order[static_cast<std::size_t>(q)];
      const std::int64_t key = order[static_cast<std::size_t>(k)];
      return key <= query && (query - key) % block == 0;
    }
    case PatternKind::kFixed:
      return k <= q && (q / block == k / block || k % block >= block - p.summary);
    case PatternKind::kFixedBidirectional:
      return q / block == k / block || k % block >= block - p.summary;
  }
  return false;
}

/// The whole token mask, [query][key].
inline std::vector<std::vector<bool>> token_mask(const Pattern& p, const MapShape& shape,
                                                 std::uint32_t head = 0) {
  std::vector<std::vector<bool>> mask(shape.queries, std::vector<bool>(shape.keys));
  for (std::uint32_t q = 0; q < shape.queries; ++q) {
    for (std::uint32_t k = 0; k < shape.keys; ++k) {
      mask[q][k] = allows(p, shape, q, k);
    }
  }
  if (p.kind != PatternKind::kRandom && p.kind != PatternKind::kBigBird) {
    return mask;
  }
  for (std::uint32_t row = 0; row < shape.rows(); ++row) {
    std::vector<std::uint32_t> candidates;
    for (std::uint32_t column = 0; column < shape.columns(); ++column) {
      bool is_free = true;
      for (std::uint32_t q = 0; q < shape.queries_in(row); ++q) {
        for (std::uint32_t k = 0; k < shape.keys_in(column); ++k) {
          is_free = is_free && !mask[row * shape.tile + q][column * shape.tile + k];
        }
      }
      if (is_free) {
        candidates.push_back(column);
      }
    }
    for (const std::uint32_t column : draw_columns(p.seed, head, row, candidates, p.random_tiles)) {
      for (std::uint32_t q = 0; q < shape.queries_in(row); ++q) {
        for (std::uint32_t k = 0; k < shape.keys_in(column); ++k) {
          mask[row * shape.tile + q][column * shape.tile + k] = true;
        }
      }
    }
  }
  return mask;
}

}  // namespace tessera::attention_engine::test
