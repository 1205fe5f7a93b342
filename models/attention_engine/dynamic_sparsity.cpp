// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/dynamic_sparsity.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <numeric>

#include "models/attention_engine/tile_map_builder.h"

namespace tessera::attention_engine {

namespace {

constexpr std::uint32_t kPorts = 64;       ///< of the balanced array
constexpr std::uint32_t kPiecePairs = 16;  ///< of a row that a port takes at a time

TokenBitmap empty_bitmap(const MapShape& shape, std::uint32_t tile) {
  TokenBitmap bitmap{shape.queries, shape.keys, tile, {}};
  bitmap.bits.resize(bitmap.rows() * bitmap.words_per_row());
  return bitmap;
}

void set_bit(TokenBitmap& bitmap, std::size_t row, std::size_t column) {
  bitmap.bits[row * bitmap.words_per_row() + column / 64] |= std::uint64_t{1} << (column % 64);
}

/// Indices of the `count` largest values; of equal ones the first.
std::vector<std::uint32_t> largest(const std::vector<std::int32_t>& values, std::uint32_t count) {
  std::vector<std::uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0u);
  const auto kept = static_cast<std::ptrdiff_t>(std::min<std::size_t>(count, order.size()));
  std::partial_sort(order.begin(), order.begin() + kept, order.end(),
                    [&](std::uint32_t a, std::uint32_t b) {
                      return values[a] != values[b] ? values[a] > values[b] : a < b;
                    });
  order.resize(static_cast<std::size_t>(kept));
  return order;
}

/// Products of one query with all keys; both row-major, `depth` long.
std::vector<std::int32_t> products(const std::int8_t* query, const std::vector<std::int8_t>& keys,
                                   std::size_t depth) {
  std::vector<std::int32_t> sums(keys.size() / depth);
  for (std::size_t k = 0; k < sums.size(); ++k) {
    sums[k] = std::inner_product(query, query + depth, keys.data() + k * depth, 0);
  }
  return sums;
}

/// Calls `use` with the low-bit products of each query.
void for_each_query(
    const MapShape& shape, const HeadOperands& operands, std::uint32_t bits,
    const std::function<void(std::uint32_t query, const std::vector<std::int32_t>& sums)>& use) {
  const std::size_t depth = operands.head_dim;
  const std::vector<std::int8_t> q = quantise_low(operands.q, shape.queries, depth, bits);
  const std::vector<std::int8_t> k = quantise_low(operands.k, shape.keys, depth, bits);
  for (std::uint32_t query = 0; query < shape.queries; ++query) {
    use(query, products(q.data() + query * depth, k, depth));
  }
}

/// Sums over the queries that judge() divides in the end.
struct Sums {
  double recall = 0;
  double mass_recall = 0;
  double mass = 0;
  std::uint64_t pairs = 0;
  std::uint64_t pieces = 0;
};

void judge_query(const std::vector<std::int32_t>& sums, const transformer_math::Requant& qk,
                 const TokenBitmap& selection, std::uint32_t query, std::uint32_t keys,
                 Sums& totals) {
  const std::vector<std::uint32_t> best = largest(sums, keys);
  const double scale = qk.mult / std::exp2(qk.shift);
  const auto weight = [&](std::uint32_t key) {
    return std::exp2((sums[key] - sums[best[0]]) * scale);
  };
  double best_weight = 0;
  double kept_weight = 0;
  std::uint32_t kept = 0;
  for (const std::uint32_t key : best) {
    best_weight += weight(key);
    if (selection.allows(query, key)) {
      kept_weight += weight(key);
      ++kept;
    }
  }
  double all = 0;
  double selected = 0;
  std::uint64_t pairs = 0;
  for (std::uint32_t key = 0; key < sums.size(); ++key) {
    all += weight(key);
    if (selection.allows(query, key)) {
      selected += weight(key);
      ++pairs;
    }
  }
  totals.recall += double{1} * kept / static_cast<double>(best.size());
  totals.mass_recall += kept_weight / best_weight;
  totals.mass += selected / all;
  totals.pairs += pairs;
  totals.pieces += (pairs + kPiecePairs - 1) / kPiecePairs;
}

}  // namespace

std::vector<std::int8_t> quantise_low(const MatrixView& matrix, std::size_t rows,
                                      std::size_t columns, std::uint32_t bits) {
  int largest_value = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      largest_value = std::max(largest_value, std::abs(matrix.data[row * matrix.stride + column]));
    }
  }
  const int levels = (1 << (bits - 1)) - 1;
  std::vector<std::int8_t> low;
  low.reserve(rows * columns);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const int value = matrix.data[row * matrix.stride + column];
      const int magnitude =
          largest_value == 0 ? 0
                             : (2 * std::abs(value) * levels + largest_value) / (2 * largest_value);
      low.push_back(static_cast<std::int8_t>(value < 0 ? -magnitude : magnitude));
    }
  }
  return low;
}

TokenBitmap select_top_keys(const MapShape& shape, const HeadOperands& operands, const TopK& top) {
  TokenBitmap selection = empty_bitmap(shape, 0);
  for_each_query(shape, operands, top.bits,
                 [&](std::uint32_t query, const std::vector<std::int32_t>& sums) {
                   for (const std::uint32_t key : largest(sums, top.keys)) {
                     set_bit(selection, query, key);
                   }
                 });
  return selection;
}

TokenBitmap select_top_tiles(const MapShape& shape, const HeadOperands& operands,
                             std::uint32_t tiles, std::uint32_t bits) {
  TokenBitmap selection = empty_bitmap(shape, shape.tile);
  std::vector<std::int32_t> best;
  for_each_query(shape, operands, bits,
                 [&](std::uint32_t query, const std::vector<std::int32_t>& sums) {
                   if (query % shape.tile == 0) {
                     best.assign(shape.columns(), INT32_MIN);
                   }
                   for (std::uint32_t key = 0; key < shape.keys; ++key) {
                     best[key / shape.tile] = std::max(best[key / shape.tile], sums[key]);
                   }
                   const std::uint32_t row = query / shape.tile;
                   if (query + 1 == row * shape.tile + shape.queries_in(row)) {
                     for (const std::uint32_t column : largest(best, tiles)) {
                       set_bit(selection, row, column);
                     }
                   }
                 });
  return selection;
}

SelectionQuality judge(const MapShape& shape, const HeadOperands& operands,
                       const transformer_math::Requant& qk, const TokenBitmap& selection,
                       std::uint32_t keys) {
  Sums totals;
  const std::size_t depth = operands.head_dim;
  std::vector<std::int8_t> all_keys;
  for (std::uint32_t key = 0; key < shape.keys; ++key) {
    const std::int8_t* row = operands.k.data + key * operands.k.stride;
    all_keys.insert(all_keys.end(), row, row + depth);
  }
  for (std::uint32_t query = 0; query < shape.queries; ++query) {
    judge_query(products(operands.q.data + query * operands.q.stride, all_keys, depth), qk,
                selection, query, keys, totals);
  }
  const TileMap map = build_tile_map(shape, selection.token_rows());
  const double queries = shape.queries;
  const double slots =
      std::ceil(static_cast<double>(totals.pieces) / kPorts) * kPorts * kPiecePairs;
  SelectionQuality quality;
  quality.recall = totals.recall / queries;
  quality.mass_recall = totals.mass_recall / queries;
  quality.mass = totals.mass / queries;
  quality.density = static_cast<double>(totals.pairs) / (queries * shape.keys);
  quality.tile_density =
      static_cast<double>(map.tiles.size()) / (double{1} * shape.rows() * shape.columns());
  quality.load_balance = slots == 0 ? 0 : static_cast<double>(totals.pairs) / slots;
  return quality;
}

Similarity compare(const std::int8_t* a, const std::int8_t* b, std::size_t count) {
  double product = 0;
  double a_square = 0;
  double b_square = 0;
  double difference = 0;
  for (std::size_t i = 0; i < count; ++i) {
    product += a[i] * b[i];
    a_square += a[i] * a[i];
    b_square += b[i] * b[i];
    difference += (a[i] - b[i]) * (a[i] - b[i]);
  }
  Similarity similarity;
  similarity.rmse = count == 0 ? 0 : std::sqrt(difference / static_cast<double>(count));
  if (a_square == 0 || b_square == 0) {
    similarity.cosine = a_square == b_square ? 1 : 0;
  } else {
    similarity.cosine = product / std::sqrt(a_square * b_square);
  }
  return similarity;
}

}  // namespace tessera::attention_engine
