// SPDX-License-Identifier: Apache-2.0
#include "models/transformer_math/int8_arithmetic.h"

#include <algorithm>
#include <cstdlib>

namespace tessera::transformer_math {

namespace {

constexpr unsigned kGeluBits = 26;  ///< GELU_OUT_WIDTH in ita_package.sv

std::int8_t saturate_int8(std::int64_t value) {
  return static_cast<std::int8_t>(std::clamp<std::int64_t>(value, -128, 127));
}

}  // namespace

std::int8_t requantise(std::int64_t accumulator, const Requant& requant, unsigned product_bits) {
  const std::int64_t product = wrap_signed(accumulator * requant.mult, product_bits);
  // 63 stands for every larger shift: only the sign is left.
  const unsigned shift = std::min<unsigned>(requant.shift, 63);
  const std::int64_t rounding = shift > 0 ? (product >> (shift - 1)) & 1 : 0;
  return saturate_int8((product >> shift) + rounding + requant.add);
}

std::int64_t gelu(std::int64_t value, std::int16_t b, std::int16_t c) {
  const std::int64_t limit = static_cast<std::int16_t>(-b);  // 16 bits wide in the RTL
  const std::int64_t root = std::min(std::abs(value), limit) + b;
  const std::int64_t polynomial = root * root + c;
  return wrap_signed(value * ((value < 0 ? -polynomial : polynomial) + c), kGeluBits);
}

unsigned softmax_distance(unsigned difference, const SoftmaxConstants& constants) {
  const unsigned half = (1u << constants.shift) >> 1;
  return std::min((difference + half) >> constants.shift, 31u);
}

void softmax_accumulate(SoftmaxRow& row, const std::int8_t* logits, std::size_t columns,
                        const SoftmaxConstants& constants) {
  for (std::size_t start = 0; start < columns; start += constants.group) {
    const std::int8_t* group = logits + start;
    const std::int8_t* end = logits + std::min(start + constants.group, columns);
    const int new_max = std::max<int>(row.max, *std::max_element(group, end));
    // Nothing to correct in front of the first group: its denominator is 0.
    std::uint32_t sum =
        row.denominator >> softmax_distance(static_cast<unsigned>(new_max - row.max), constants);
    for (; group != end; ++group) {
      sum += constants.exp_unit >>
             softmax_distance(static_cast<unsigned>(new_max - *group), constants);
    }
    row.max = static_cast<std::int8_t>(new_max);
    row.denominator = sum & constants.denominator_mask;
  }
}

void softmax_finish(SoftmaxRow& row, const SoftmaxConstants& constants) {
  // 0 after 2048 equal logits (19 bits wrap): the serial divider answers all ones.
  row.inverse = row.denominator == 0 ? constants.denominator_mask
                                     : constants.inverse_numerator / row.denominator;
}

std::uint8_t softmax_probability(const SoftmaxRow& row, std::int8_t logit,
                                 const SoftmaxConstants& constants) {
  // 8 bits wide in the RTL, should the logits have been changed since.
  const unsigned distance = softmax_distance(static_cast<std::uint8_t>(row.max - logit), constants);
  return static_cast<std::uint8_t>((row.inverse >> distance) & constants.probability_mask);
}

void multiply_accumulate(const std::int16_t* __restrict streamed,
                         const std::int16_t* __restrict stationary, std::int32_t* __restrict sums,
                         const ProductShape& shape) {
  // Plain dot products: the compiler turns the inner loop into packed 16-bit multiply-adds.
  for (std::size_t r = 0; r < shape.rows; ++r) {
    const std::int16_t* a = streamed + r * shape.depth;
    for (std::size_t c = 0; c < shape.columns; ++c) {
      const std::int16_t* b = stationary + c * shape.depth;
      std::int32_t sum = 0;
      for (std::size_t m = 0; m < shape.depth; ++m) {
        sum += a[m] * b[m];
      }
      sums[r * shape.columns + c] += sum;
    }
  }
}

}  // namespace tessera::transformer_math
