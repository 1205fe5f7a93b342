// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/attention_engine/key_set.h"
#include "models/attention_engine/tile_map.h"

/// Sparsity patterns: which keys a query sees. q and k count tokens from 0; w, g, d, l, c, r, B are
/// the fields of Pattern.
namespace tessera::attention_engine {

/// 0..11 are the pattern ids of descriptors; map pointer (1) and token bitmap (11) are not patterns
/// but data. Names in files and in Python: to_string().
enum class PatternKind : std::uint8_t {
  kDense = 0,
  kCausal = 2,               ///< k <= q
  kWindow = 3,               ///< |q-k| <= w; Longformer's window W is 2w
  kCausalWindow = 4,         ///< 0 <= q-k < w
  kDilated = 5,              ///< |q-k| <= w*d and d divides q-k
  kLongformer = 6,           ///< window or global
  kBigBird = 7,              ///< window or global or random
  kBlockDiagonal = 8,        ///< q/B = k/B
  kStrided = 9,              ///< k <= q and l divides q-k
  kFixed = 10,               ///< k <= q and (q/l = k/l or k mod l >= l-c)
  kGlobal = 12,              ///< q < g or k < g
  kRandom = 13,              ///< r whole tiles per tile row
  kStridedPermuted = 14,     ///< kStrided with tokens in the order of strided_order()
  kFixedBidirectional = 15,  ///< q/l = k/l or k mod l >= l-c
};

struct Pattern {
  PatternKind kind = PatternKind::kDense;
  std::uint32_t window = 0;         ///< w
  std::uint32_t dilation = 1;       ///< d
  std::uint32_t global_tokens = 0;  ///< g: the first g tokens see and are seen by all
  std::uint32_t random_tiles = 0;   ///< r, per tile row, none of which window or global has
  std::uint64_t seed = 0;           ///< of the random tiles
  std::uint32_t block = 1;          ///< B or l
  std::uint32_t summary = 1;        ///< c, 1..l: columns of each block that everybody sees
};

/// "dense", "causal", "window", "causal_window", "dilated", "longformer", "bigbird",
/// "block_diagonal", "strided", "fixed", "global", "random", "strided_permuted",
/// "fixed_bidirectional".
std::string_view to_string(PatternKind kind);
std::optional<PatternKind> pattern_kind_from_name(std::string_view name);
/// All of them, in the order of the ids.
const std::vector<PatternKind>& pattern_kinds();

/// What is wrong with the parameters for this shape, or an empty text.
std::string problem_of(const Pattern& pattern, const MapShape& shape);

/// The token mask of head `head`; only random tiles differ between heads.
/// Throws ConfigError for parameters that problem_of() names.
TokenRows token_rows(const Pattern& pattern, const MapShape& shape, std::uint32_t head = 0);

/// The tile map of head `head`. Throws as token_rows() and build_tile_map() do.
TileMap pattern_map(const Pattern& pattern, const MapShape& shape, std::uint32_t head = 0);

/// Token at each position of the residue-permuted order: all tokens with q mod l = 0, then 1, ...
/// With l dividing S, token q stands at (q mod l)*(S/l) + q/l.
std::vector<std::uint32_t> strided_order(std::uint32_t tokens, std::uint32_t stride);

/// splitmix64: advances `state` and returns the next number. Source: Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", 2014.
std::uint64_t splitmix64(std::uint64_t& state);

/// `count` different ones of `candidates` (all, when there are no more), in rising order; the same
/// on every host. `candidates` in rising order.
std::vector<std::uint32_t> draw_columns(std::uint64_t seed, std::uint32_t head, std::uint32_t row,
                                        std::vector<std::uint32_t> candidates, std::uint32_t count);

}  // namespace tessera::attention_engine
