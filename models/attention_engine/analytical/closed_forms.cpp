// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/analytical/closed_forms.h"

#include <algorithm>

namespace tessera::attention_engine::analytical {

namespace {

using Count = std::uint64_t;

/// Tiles of a band of b tiles to either side of the diagonal of n x n tiles.
Count band(Count n, Count b) {
  return b + 1 >= n ? n * n : n * (2 * b + 1) - b * (b + 1);
}

/// The same on and below the diagonal.
Count half_band(Count n, Count b) {
  return b + 1 >= n ? n * (n + 1) / 2 : n * (b + 1) - b * (b + 1) / 2;
}

Count ceil_divide(Count a, Count b) {
  return (a + b - 1) / b;
}

struct Tiles {
  Count tokens;
  Count tile;

  [[nodiscard]] Count of(Count count) const { return ceil_divide(count, tile); }
  [[nodiscard]] Count side() const { return of(tokens); }
  [[nodiscard]] bool is_whole(Count count) const { return count % tile == 0; }
};

/// Rows and columns of the first tiles, and a band over the rest.
Count global_and_band(Count n, Count global, Count band_of_rest) {
  return 2 * n * global - global * global + (n > global ? band_of_rest : 0);
}

Count bigbird(const Pattern& pattern, const Tiles& tiles) {
  const Count n = tiles.side();
  const Count global = std::min(n, tiles.of(pattern.global_tokens));
  const Count reach = tiles.of(pattern.window);
  Count sum = global * n;
  for (Count row = global; row < n; ++row) {
    const Count first = row > global + reach ? row - reach : global;
    const Count last = std::min(row + reach, n - 1);
    const Count known = global + last - first + 1;
    sum += known + std::min<Count>(pattern.random_tiles, n - known);
  }
  return sum;
}

std::optional<Count> strided(const Pattern& pattern, const Tiles& tiles) {
  const Count n = tiles.side();
  if (!tiles.is_whole(tiles.tokens)) {
    return std::nullopt;
  }
  if (pattern.block <= 2 * tiles.tile - 1) {
    return half_band(n, n);
  }
  if (!tiles.is_whole(pattern.block)) {
    return std::nullopt;
  }
  Count sum = 0;
  for (Count distance = 0; distance < n; distance += pattern.block / tiles.tile) {
    sum += n - distance;
  }
  return sum;
}

std::optional<Count> strided_permuted(const Pattern& pattern, const Tiles& tiles) {
  if (tiles.tokens % pattern.block != 0 || !tiles.is_whole(tiles.tokens / pattern.block)) {
    return std::nullopt;
  }
  return pattern.block * half_band(tiles.of(tiles.tokens / pattern.block), tiles.side());
}

std::optional<Count> fixed(const Pattern& pattern, const Tiles& tiles) {
  if (tiles.tokens % pattern.block != 0 || !tiles.is_whole(pattern.block) ||
      !tiles.is_whole(pattern.summary)) {
    return std::nullopt;
  }
  const Count blocks = tiles.tokens / pattern.block;
  const Count side = tiles.of(pattern.block);
  const Count summary = tiles.of(pattern.summary);
  if (pattern.kind == PatternKind::kFixed) {
    return blocks * side * (side + 1) / 2 + summary * side * (blocks * (blocks - 1) / 2);
  }
  return blocks * side * side + tiles.side() * summary * (blocks - 1);
}

std::optional<Count> dilated(const Pattern& pattern, const Tiles& tiles) {
  if (pattern.dilation > 2 * tiles.tile - 1 || !tiles.is_whole(tiles.tokens)) {
    return std::nullopt;
  }
  return band(tiles.side(), tiles.of(Count{pattern.window} * pattern.dilation));
}

}  // namespace

std::optional<std::uint64_t> computed_tiles(const Pattern& pattern, std::uint64_t tokens,
                                            std::uint64_t tile) {
  const Tiles tiles{tokens, tile};
  const Count n = tiles.side();
  const Count global = std::min(n, tiles.of(pattern.global_tokens));
  switch (pattern.kind) {
    case PatternKind::kDense:
      return n * n;
    case PatternKind::kCausal:
      return half_band(n, n);
    case PatternKind::kWindow:
      return band(n, tiles.of(pattern.window));
    case PatternKind::kCausalWindow:
      return half_band(n, tiles.of(pattern.window - 1));
    case PatternKind::kDilated:
      return dilated(pattern, tiles);
    case PatternKind::kGlobal:
      return global_and_band(n, global, 0);
    case PatternKind::kLongformer:
      return global_and_band(n, global, band(n - global, tiles.of(pattern.window)));
    case PatternKind::kRandom:
      return n * std::min<Count>(n, pattern.random_tiles);
    case PatternKind::kBigBird:
      return bigbird(pattern, tiles);
    case PatternKind::kBlockDiagonal: {
      const Count side = tiles.of(pattern.block);
      const Count rest = tiles.of(tokens % pattern.block);
      return tiles.is_whole(pattern.block)
                 ? std::optional(tokens / pattern.block * side * side + rest * rest)
                 : std::nullopt;
    }
    case PatternKind::kStrided:
      return strided(pattern, tiles);
    case PatternKind::kStridedPermuted:
      return strided_permuted(pattern, tiles);
    case PatternKind::kFixed:
    case PatternKind::kFixedBidirectional:
      return fixed(pattern, tiles);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> full_tiles(const Pattern& pattern, std::uint64_t tokens,
                                        std::uint64_t tile) {
  const Tiles tiles{tokens, tile};
  const Count n = tiles.side();
  if (pattern.kind == PatternKind::kDense) {
    return n * n;
  }
  if (!tiles.is_whole(tokens)) {
    return std::nullopt;
  }
  if (pattern.kind == PatternKind::kCausal) {
    return tile == 1 ? n * (n + 1) / 2 : n * (n - 1) / 2;
  }
  if (pattern.kind == PatternKind::kWindow) {
    const Count whole = (Count{pattern.window} + 1) / tile;
    return whole == 0 ? 0 : band(n, whole - 1);
  }
  return std::nullopt;
}

}  // namespace tessera::attention_engine::analytical
