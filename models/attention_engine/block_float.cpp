// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/block_float.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tessera::attention_engine {

namespace {

/// A matrix [rows][columns] whose rows are cut into native vectors, all of one kind of number.
class VectorMatrix {
 public:
  VectorMatrix(const float* values, std::size_t rows, std::size_t columns, unsigned mantissa_bits,
               std::uint32_t native_dim)
      : values_(values), columns_(columns), bits_(mantissa_bits), native_(native_dim) {
    for (std::size_t row = 0; row < rows && bits_ != 0; ++row) {
      for (std::size_t begin = 0; begin < columns; begin += native_) {
        blocks_.push_back(to_block_float(values + row * columns + begin,
                                         std::min<std::size_t>(native_, columns - begin), bits_));
      }
    }
  }

  /// Dot product of row `row` with row `other_row` of `other`.
  [[nodiscard]] double dot(std::size_t row, const VectorMatrix& other,
                           std::size_t other_row) const {
    double sum = 0;
    if (bits_ == 0) {
      for (std::size_t m = 0; m < columns_; ++m) {
        sum += double{values_[row * columns_ + m]} * other.values_[other_row * columns_ + m];
      }
      return sum;
    }
    const std::size_t per_row = (columns_ + native_ - 1) / native_;
    for (std::size_t i = 0; i < per_row; ++i) {
      sum = round_to_half(sum +
                          round_to_half(block_dot(blocks_[row * per_row + i],
                                                  other.blocks_[other_row * per_row + i], bits_)));
    }
    return sum;
  }

 private:
  const float* values_;
  std::size_t columns_;
  unsigned bits_;
  std::size_t native_;
  std::vector<BlockVector> blocks_;
};

class FloatAttention {
 public:
  FloatAttention(const TileMap& map, const FloatHead& head, float scale, unsigned mantissa_bits,
                 std::uint32_t native_dim)
      : map_(map),
        depth_(head.head_dim),
        scale_(scale),
        bits_(mantissa_bits),
        native_(native_dim),
        q_(head.q, map.shape.queries, depth_, mantissa_bits, native_dim),
        k_(head.k, map.shape.keys, depth_, mantissa_bits, native_dim),
        v_transposed_(transpose(head)) {}

  std::vector<float> run() {
    const VectorMatrix v(v_transposed_.data(), depth_, map_.shape.keys, bits_, native_);
    std::vector<float> out(std::size_t{map_.shape.queries} * depth_, 0.0F);
    for (std::uint32_t row = 0; row < map_.shape.rows(); ++row) {
      for (std::uint32_t query = 0; query < map_.shape.queries_in(row); ++query) {
        const std::size_t index = std::size_t{row} * map_.shape.tile + query;
        const std::vector<float> weights = probabilities(row, query);
        const VectorMatrix p(weights.data(), 1, weights.size(), bits_, native_);
        for (std::size_t m = 0; m < depth_; ++m) {
          out[index * depth_ + m] = static_cast<float>(p.dot(0, v, m));
        }
      }
    }
    return out;
  }

 private:
  [[nodiscard]] std::vector<float> transpose(const FloatHead& head) const {
    std::vector<float> turned(depth_ * map_.shape.keys);
    for (std::size_t key = 0; key < map_.shape.keys; ++key) {
      for (std::size_t m = 0; m < depth_; ++m) {
        turned[m * map_.shape.keys + key] = head.v[key * depth_ + m];
      }
    }
    return turned;
  }

  [[nodiscard]] double rounded(double value) const {
    return bits_ == 0 ? value : double{round_to_half(value)};
  }

  /// Softmax of one query over all keys; 0 where a pair is not allowed.
  [[nodiscard]] std::vector<float> probabilities(std::uint32_t row, std::uint32_t query) const {
    constexpr double kNone = -std::numeric_limits<double>::infinity();
    std::vector<double> logits(map_.shape.keys, kNone);
    double max = kNone;
    for (const TileEntry& tile : map_.row(row)) {
      for (std::uint32_t k = 0; k < map_.shape.keys_in(tile.column); ++k) {
        if (map_.allows(tile, query, k)) {
          const std::size_t key = std::size_t{tile.column} * map_.shape.tile + k;
          logits[key] =
              rounded(scale_ * q_.dot(std::size_t{row} * map_.shape.tile + query, k_, key));
          max = std::max(max, logits[key]);
        }
      }
    }
    std::vector<float> weights(map_.shape.keys, 0.0F);
    double sum = 0;
    for (double& logit : logits) {
      logit = logit == kNone ? 0 : rounded(std::exp(logit - max));
      sum += logit;
    }
    for (std::size_t key = 0; key < weights.size() && sum > 0; ++key) {
      weights[key] = static_cast<float>(rounded(logits[key] / sum));
    }
    return weights;
  }

  const TileMap& map_;
  const std::size_t depth_;
  const double scale_;
  const unsigned bits_;
  const std::uint32_t native_;
  const VectorMatrix q_;
  const VectorMatrix k_;
  const std::vector<float> v_transposed_;  ///< [head_dim][keys]
};

}  // namespace

BlockVector to_block_float(const float* values, std::size_t count, unsigned mantissa_bits) {
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::abs(double{values[i]}));
  }
  BlockVector block;
  block.exponent = largest > 0
                       ? std::clamp(std::ilogb(largest), kMinBlockExponent, kMaxBlockExponent)
                       : kMinBlockExponent;
  const int unit = block.exponent - static_cast<int>(mantissa_bits) + 1;
  const double limit = (1 << mantissa_bits) - 1;
  for (std::size_t i = 0; i < count; ++i) {
    const double magnitude =
        std::min(limit, std::round(std::ldexp(std::abs(double{values[i]}), -unit)));
    block.mantissas.push_back(static_cast<std::int8_t>(values[i] < 0 ? -magnitude : magnitude));
  }
  return block;
}

std::vector<float> from_block_float(const BlockVector& block, unsigned mantissa_bits) {
  std::vector<float> values;
  for (const std::int8_t mantissa : block.mantissas) {
    values.push_back(std::ldexp(static_cast<float>(mantissa),
                                block.exponent - static_cast<int>(mantissa_bits) + 1));
  }
  return values;
}

double block_dot(const BlockVector& a, const BlockVector& b, unsigned mantissa_bits) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < a.mantissas.size(); ++i) {
    sum += a.mantissas[i] * b.mantissas[i];
  }
  return std::ldexp(static_cast<double>(sum),
                    a.exponent + b.exponent - 2 * static_cast<int>(mantissa_bits) + 2);
}

float round_to_half(double value) {
  constexpr int kMinExponent = -14;  // of normal numbers; below, steps stay as they are
  constexpr int kFraction = 10;
  if (value == 0 || !std::isfinite(value)) {
    return static_cast<float>(value);
  }
  const int step = std::max(std::ilogb(value), kMinExponent) - kFraction;
  const double rounded = std::ldexp(std::nearbyint(std::ldexp(value, -step)), step);
  return std::abs(rounded) > 65504
             ? std::copysign(std::numeric_limits<float>::infinity(), static_cast<float>(rounded))
             : static_cast<float>(rounded);
}

std::vector<float> attend_block_float(const TileMap& map, const FloatHead& head, float scale,
                                      unsigned mantissa_bits, std::uint32_t native_dim) {
  return FloatAttention(map, head, scale, mantissa_bits, native_dim).run();
}

}  // namespace tessera::attention_engine
