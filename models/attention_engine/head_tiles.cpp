// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/head_tiles.h"

#include <algorithm>

namespace tessera::attention_engine {

namespace {

std::vector<std::int16_t> widen(const MatrixView& matrix, std::size_t rows, std::size_t columns) {
  std::vector<std::int16_t> wide;
  wide.reserve(rows * columns);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::int8_t* begin = matrix.data + row * matrix.stride;
    wide.insert(wide.end(), begin, begin + columns);
  }
  return wide;
}

}  // namespace

HeadTiles::HeadTiles(const MapShape& shape, const HeadOperands& operands)
    : shape_(shape),
      depth_(operands.head_dim),
      q_(widen(operands.q, shape.queries, depth_)),
      k_(widen(operands.k, shape.keys, depth_)) {
  v_.reserve(shape.keys * depth_);
  for (std::uint32_t column = 0; column < shape.columns(); ++column) {
    const std::int8_t* tile =
        operands.v.data + std::size_t{column} * shape.tile * operands.v.stride;
    for (std::size_t m = 0; m < depth_; ++m) {
      for (std::size_t key = 0; key < shape.keys_in(column); ++key) {
        v_.push_back(tile[key * operands.v.stride + m]);
      }
    }
  }
}

void HeadTiles::logits(std::uint32_t row, std::uint32_t column, const transformer_math::Requant& qk,
                       std::vector<std::int8_t>& result) {
  const std::size_t queries = shape_.queries_in(row);
  const std::size_t keys = shape_.keys_in(column);
  sums_.assign(queries * keys, 0);
  transformer_math::multiply_accumulate(q_.data() + std::size_t{row} * shape_.tile * depth_,
                                        k_.data() + std::size_t{column} * shape_.tile * depth_,
                                        sums_.data(), {queries, keys, depth_});
  result.resize(sums_.size());
  std::transform(sums_.begin(), sums_.end(), result.begin(), [&](std::int32_t sum) {
    return transformer_math::requantise(sum, qk, transformer_math::kExactProduct);
  });
}

void HeadTiles::add_context(std::uint32_t row, std::uint32_t column,
                            const std::vector<std::int16_t>& weights,
                            std::vector<std::int32_t>& sums) const {
  transformer_math::multiply_accumulate(
      weights.data(), v_.data() + std::size_t{column} * shape_.tile * depth_, sums.data(),
      {shape_.queries_in(row), depth_, shape_.keys_in(column)});
}

std::vector<std::int64_t> HeadTiles::value_sums() const {
  std::vector<std::int64_t> totals(depth_, 0);
  const std::int16_t* value = v_.data();
  for (std::uint32_t column = 0; column < shape_.columns(); ++column) {
    for (std::size_t m = 0; m < depth_; ++m) {
      for (std::uint32_t key = 0; key < shape_.keys_in(column); ++key) {
        totals[m] += *value++;
      }
    }
  }
  return totals;
}

}  // namespace tessera::attention_engine
