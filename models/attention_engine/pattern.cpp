// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/pattern.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "models/attention_engine/tile_map_builder.h"
#include "models/base/error.h"

namespace tessera::attention_engine {

namespace {

struct KindName {
  PatternKind kind;
  std::string_view name;
};

constexpr std::array<KindName, 14> kNames{{
    {PatternKind::kDense, "dense"},
    {PatternKind::kCausal, "causal"},
    {PatternKind::kWindow, "window"},
    {PatternKind::kCausalWindow, "causal_window"},
    {PatternKind::kDilated, "dilated"},
    {PatternKind::kLongformer, "longformer"},
    {PatternKind::kBigBird, "bigbird"},
    {PatternKind::kBlockDiagonal, "block_diagonal"},
    {PatternKind::kStrided, "strided"},
    {PatternKind::kFixed, "fixed"},
    {PatternKind::kGlobal, "global"},
    {PatternKind::kRandom, "random"},
    {PatternKind::kStridedPermuted, "strided_permuted"},
    {PatternKind::kFixedBidirectional, "fixed_bidirectional"},
}};

bool has_window(PatternKind kind) {
  return kind == PatternKind::kWindow || kind == PatternKind::kLongformer ||
         kind == PatternKind::kBigBird;
}

bool has_global(PatternKind kind) {
  return kind == PatternKind::kGlobal || kind == PatternKind::kLongformer ||
         kind == PatternKind::kBigBird;
}

bool has_random(PatternKind kind) {
  return kind == PatternKind::kRandom || kind == PatternKind::kBigBird;
}

/// First position of residue class `residue` in the permuted order.
std::int64_t class_begin(std::uint32_t tokens, std::uint32_t stride, std::uint32_t residue) {
  return std::int64_t{residue} * (tokens / stride) + std::min(residue, tokens % stride);
}

/// Residue class of the token at `position` of the permuted order.
std::uint32_t class_of(std::uint32_t tokens, std::uint32_t stride, std::uint32_t position) {
  const std::uint32_t longer = tokens % stride * (tokens / stride + 1);
  return position < longer ? position / (tokens / stride + 1)
                           : tokens % stride + (position - longer) / (tokens / stride);
}

/// Tile columns that window and global of a pattern leave empty in tile row `row`.
std::vector<std::uint32_t> free_columns(const Pattern& pattern, const MapShape& shape,
                                        std::uint32_t row) {
  std::int64_t window_first = shape.columns();
  std::int64_t window_last = -1;
  std::int64_t global_columns = 0;
  const std::int64_t first_query = std::int64_t{row} * shape.tile;
  const std::int64_t first_key = std::max<std::int64_t>(first_query - pattern.window, 0);
  if (has_window(pattern.kind) && first_key < shape.keys) {
    const std::int64_t last_query = first_query + shape.queries_in(row) - 1;
    window_first = first_key / shape.tile;
    window_last = (last_query + pattern.window) / shape.tile;
  }
  if (has_global(pattern.kind)) {
    global_columns = first_query < pattern.global_tokens
                         ? shape.columns()
                         : (std::int64_t{pattern.global_tokens} + shape.tile - 1) / shape.tile;
  }
  std::vector<std::uint32_t> columns;
  for (std::uint32_t j = 0; j < shape.columns(); ++j) {
    const bool is_in_window = j >= window_first && j <= window_last;
    if (!is_in_window && j >= global_columns) {
      columns.push_back(j);
    }
  }
  return columns;
}

/// Random columns of every tile row.
std::vector<std::vector<std::uint32_t>> random_columns(const Pattern& pattern,
                                                       const MapShape& shape, std::uint32_t head) {
  std::vector<std::vector<std::uint32_t>> rows(shape.rows());
  for (std::uint32_t row = 0; row < shape.rows(); ++row) {
    rows[row] = draw_columns(pattern.seed, head, row, free_columns(pattern, shape, row),
                             pattern.random_tiles);
  }
  return rows;
}

void add_fixed(const Pattern& pattern, std::int64_t query, std::int64_t end, KeySet& keys) {
  const std::int64_t length = pattern.block;
  const std::int64_t block = query / length * length;
  keys.add(block, std::min(block + length, end));
  for (std::int64_t begin = 0; begin < end; begin += length) {
    keys.add(begin + length - pattern.summary, std::min(begin + length, end));
  }
}

/// The part of a pattern that does not depend on tiles.
void add_tokens(const Pattern& pattern, const MapShape& shape, std::int64_t query, KeySet& keys) {
  const std::int64_t all = shape.keys;
  const std::int64_t window = pattern.window;
  const std::int64_t block = pattern.block;
  const std::int64_t dilation = pattern.dilation;
  const std::int64_t reach = std::min(pattern.window, shape.queries + shape.keys) * dilation;
  switch (pattern.kind) {
    case PatternKind::kDense:
      return keys.add(0, all);
    case PatternKind::kCausal:
      return keys.add(0, query + 1);
    case PatternKind::kCausalWindow:
      return keys.add(std::max<std::int64_t>(query - window + 1, 0), query + 1);
    case PatternKind::kDilated:
      return keys.add(query - reach, query + reach + 1, dilation);
    case PatternKind::kBlockDiagonal:
      return keys.add(query / block * block, query / block * block + block);
    case PatternKind::kStrided:
      return keys.add(query % block, query + 1, block);
    case PatternKind::kStridedPermuted: {
      const std::uint32_t residue =
          class_of(shape.keys, pattern.block, static_cast<std::uint32_t>(query));
      return keys.add(class_begin(shape.keys, pattern.block, residue), query + 1);
    }
    case PatternKind::kFixed:
      return add_fixed(pattern, query, query + 1, keys);
    case PatternKind::kFixedBidirectional:
      return add_fixed(pattern, query, all, keys);
    case PatternKind::kWindow:
    case PatternKind::kGlobal:
    case PatternKind::kLongformer:
    case PatternKind::kBigBird:
    case PatternKind::kRandom:
      break;
  }
  if (has_window(pattern.kind)) {
    keys.add(std::max<std::int64_t>(query - window, 0), query + window + 1);
  }
  if (has_global(pattern.kind)) {
    keys.add(0, query < pattern.global_tokens ? all : pattern.global_tokens);
  }
}

}  // namespace

std::string_view to_string(PatternKind kind) {
  const auto* entry = std::find_if(kNames.begin(), kNames.end(),
                                   [kind](const KindName& name) { return name.kind == kind; });
  TESSERA_CHECK(entry != kNames.end(), "pattern kind {}", static_cast<int>(kind));
  return entry->name;
}

std::optional<PatternKind> pattern_kind_from_name(std::string_view name) {
  const auto* entry = std::find_if(kNames.begin(), kNames.end(),
                                   [name](const KindName& known) { return known.name == name; });
  return entry == kNames.end() ? std::nullopt : std::optional(entry->kind);
}

const std::vector<PatternKind>& pattern_kinds() {
  static const std::vector<PatternKind> kinds = [] {
    std::vector<PatternKind> list;
    list.reserve(kNames.size());
    for (const KindName& name : kNames) {
      list.push_back(name.kind);
    }
    return list;
  }();
  return kinds;
}

std::string problem_of(const Pattern& pattern, const MapShape& shape) {
  switch (pattern.kind) {
    case PatternKind::kDilated:
      return pattern.dilation >= 1 ? "" : "dilation is 0; allowed: 1 and more";
    case PatternKind::kCausalWindow:
      return pattern.window >= 1 ? "" : "window is 0; a causal window is 1 and more wide";
    case PatternKind::kStridedPermuted:
      if (shape.queries != shape.keys) {
        return fmt::format("{} queries and {} keys; a permuted pattern needs as many of both",
                           shape.queries, shape.keys);
      }
      [[fallthrough]];
    case PatternKind::kBlockDiagonal:
    case PatternKind::kStrided:
      return pattern.block >= 1 ? "" : "block is 0; allowed: 1 and more";
    case PatternKind::kFixed:
    case PatternKind::kFixedBidirectional:
      if (pattern.block < 1 || pattern.summary > pattern.block) {
        return fmt::format(
            "summary {} of block {}; allowed: at most the block, which is at least 1",
            pattern.summary, pattern.block);
      }
      return "";
    default:
      return "";
  }
}

TokenRows token_rows(const Pattern& pattern, const MapShape& shape, std::uint32_t head) {
  const std::string problem = problem_of(pattern, shape);
  if (!problem.empty()) {
    throw ConfigError(std::string(to_string(pattern.kind)), problem);
  }
  check_shape(shape);
  if (!has_random(pattern.kind)) {
    return [pattern, shape](std::uint32_t query, KeySet& keys) {
      add_tokens(pattern, shape, query, keys);
    };
  }
  return [pattern, shape, random = random_columns(pattern, shape, head)](std::uint32_t query,
                                                                         KeySet& keys) {
    add_tokens(pattern, shape, query, keys);
    for (const std::int64_t column : random[query / shape.tile]) {
      keys.add(column * shape.tile, (column + 1) * shape.tile);
    }
  };
}

TileMap pattern_map(const Pattern& pattern, const MapShape& shape, std::uint32_t head) {
  return build_tile_map(shape, token_rows(pattern, shape, head));
}

std::vector<std::uint32_t> strided_order(std::uint32_t tokens, std::uint32_t stride) {
  std::vector<std::uint32_t> order;
  order.reserve(tokens);
  for (std::uint32_t residue = 0; residue < std::min(stride, tokens); ++residue) {
    for (std::uint32_t token = residue; token < tokens; token += stride) {
      order.push_back(token);
    }
  }
  return order;
}

std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

std::vector<std::uint32_t> draw_columns(std::uint64_t seed, std::uint32_t head, std::uint32_t row,
                                        std::vector<std::uint32_t> candidates,
                                        std::uint32_t count) {
  // Each row and head has its own stream, so rows can be drawn in any order.
  std::uint64_t state = seed ^ head * 0xD1B54A32D192ED03 ^ row * 0x8CB92BA72F3D8DD7;
  const std::size_t drawn = std::min<std::size_t>(count, candidates.size());
  for (std::size_t i = 0; i < drawn; ++i) {  // the first steps of a Fisher-Yates shuffle
    const std::size_t other = i + splitmix64(state) % (candidates.size() - i);
    std::swap(candidates[i], candidates[other]);
  }
  candidates.resize(drawn);
  std::sort(candidates.begin(), candidates.end());
  return candidates;
}

}  // namespace tessera::attention_engine
