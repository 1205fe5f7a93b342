// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/operators.h"

#include <cmath>

namespace tessera::attention_engine {

namespace {

using transformer_math::kExactProduct;

/// A tile of `matrix` widened; elements that the map excludes are 0. [outputs of row][keys of
/// tile].
std::vector<std::int16_t> weights_of(const TileMap& map, std::uint32_t row, const TileEntry& tile,
                                     const MatrixView& w) {
  std::vector<std::int16_t> values;
  for (std::uint32_t output = 0; output < map.shape.queries_in(row); ++output) {
    const std::int8_t* line = w.data + (std::size_t{row} * map.shape.tile + output) * w.stride +
                              std::size_t{tile.column} * map.shape.tile;
    for (std::uint32_t m = 0; m < map.shape.keys_in(tile.column); ++m) {
      values.push_back(map.allows(tile, output, m) ? line[m] : std::int8_t{0});
    }
  }
  return values;
}

/// Columns `begin` .. `begin + count - 1` of all rows, widened.
std::vector<std::int16_t> columns_of(const MatrixView& matrix, std::size_t rows, std::size_t begin,
                                     std::size_t count) {
  std::vector<std::int16_t> values;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::int8_t* line = matrix.data + row * matrix.stride + begin;
    values.insert(values.end(), line, line + count);
  }
  return values;
}

void normalise(const std::int8_t* x, std::size_t columns, const LayerNormNumbers& numbers,
               std::int8_t* out) {
  const auto count = static_cast<std::int64_t>(columns);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < columns; ++i) {
    sum += x[i];
  }
  const std::int64_t mean = transformer_math::floor_divide(2 * sum + count, 2 * count);
  std::int64_t squares = 0;
  for (std::size_t i = 0; i < columns; ++i) {
    squares += (x[i] - mean) * (x[i] - mean);
  }
  const std::int64_t deviation = integer_root(squares);
  const std::int64_t factor = deviation == 0 ? 0 : (std::int64_t{1} << 31) / deviation;
  for (std::size_t i = 0; i < columns; ++i) {
    const std::int64_t y = transformer_math::floor_divide((x[i] - mean) * factor, 2);
    out[i] = transformer_math::requantise((y + numbers.bias[i]) * numbers.weight[i],
                                          numbers.requant, kExactProduct);
  }
}

}  // namespace

std::int64_t integer_root(std::int64_t value) {
  auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(value)));
  while (root * root > value) {
    --root;
  }
  while ((root + 1) * (root + 1) <= value) {
    ++root;
  }
  return root;
}

std::vector<std::int8_t> multiply_sparse(const TileMap& weights, std::size_t rows,
                                         const MatrixView& a, const MatrixView& w,
                                         const std::int32_t* bias,
                                         const transformer_math::Requant& requant) {
  const MapShape& shape = weights.shape;
  std::vector<std::int8_t> out(rows * shape.queries);
  std::vector<std::int32_t> sums;
  for (std::uint32_t row = 0; row < shape.rows(); ++row) {
    const std::size_t outputs = shape.queries_in(row);
    sums.assign(rows * outputs, 0);
    for (const TileEntry& tile : weights.row(row)) {
      const std::size_t depth = shape.keys_in(tile.column);
      const std::vector<std::int16_t> left =
          columns_of(a, rows, std::size_t{tile.column} * shape.tile, depth);
      const std::vector<std::int16_t> right = weights_of(weights, row, tile, w);
      transformer_math::multiply_accumulate(left.data(), right.data(), sums.data(),
                                            {rows, outputs, depth});
    }
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < outputs; ++c) {
        const std::size_t output = std::size_t{row} * shape.tile + c;
        const std::int64_t sum = std::int64_t{sums[r * outputs + c]} + (bias ? bias[output] : 0);
        out[r * shape.queries + output] = transformer_math::requantise(sum, requant, kExactProduct);
      }
    }
  }
  return out;
}

std::vector<std::uint8_t> softmax_rows(const MatrixView& logits, std::size_t rows,
                                       std::size_t columns,
                                       const transformer_math::SoftmaxConstants& constants) {
  std::vector<std::uint8_t> out;
  out.reserve(rows * columns);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::int8_t* line = logits.data + row * logits.stride;
    transformer_math::SoftmaxRow state;
    softmax_accumulate(state, line, columns, constants);
    softmax_finish(state, constants);
    for (std::size_t column = 0; column < columns; ++column) {
      out.push_back(softmax_probability(state, line[column], constants));
    }
  }
  return out;
}

std::vector<std::int8_t> layer_norm_rows(const MatrixView& x, std::size_t rows, std::size_t columns,
                                         const LayerNormNumbers& numbers) {
  std::vector<std::int8_t> out(rows * columns);
  for (std::size_t row = 0; row < rows; ++row) {
    normalise(x.data + row * x.stride, columns, numbers, out.data() + row * columns);
  }
  return out;
}

std::vector<std::int8_t> gelu_rows(const MatrixView& x, std::size_t rows, std::size_t columns,
                                   const GeluNumbers& numbers) {
  std::vector<std::int8_t> out;
  out.reserve(rows * columns);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      out.push_back(transformer_math::requantise(
          transformer_math::gelu(x.data[row * x.stride + column], numbers.b, numbers.c),
          numbers.requant, kExactProduct));
    }
  }
  return out;
}

}  // namespace tessera::attention_engine
