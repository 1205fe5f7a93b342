// SPDX-License-Identifier: Apache-2.0
#include "models/ita/datapath.h"

#include <algorithm>
#include <cstdlib>

namespace tessera::ita {

namespace {

constexpr unsigned kGeluBits = 26;  ///< GELU_OUT_WIDTH in ita_package.sv

std::int8_t saturate_int8(std::int64_t value) {
  return static_cast<std::int8_t>(std::clamp<std::int64_t>(value, -128, 127));
}

/// Shift that stands for the distance `difference` (0..255) to the maximum, rounded half up.
/// All shifted values are narrower than 31 bits, so more than 31 changes nothing.
unsigned softmax_distance(unsigned difference, const FlavourParameters& flavour) {
  const unsigned half = (1u << flavour.softmax_shift) >> 1;
  return std::min((difference + half) >> flavour.softmax_shift, 31u);
}

/// 26-bit result of the GELU polynomial, before its requantiser.
std::int64_t gelu(std::int64_t value, std::int16_t b, std::int16_t c) {
  const std::int64_t limit = static_cast<std::int16_t>(-b);  // 16 bits wide in the RTL
  const std::int64_t root = std::min(std::abs(value), limit) + b;
  const std::int64_t polynomial = root * root + c;
  return wrap_signed(value * ((value < 0 ? -polynomial : polynomial) + c), kGeluBits);
}

}  // namespace

std::int8_t requantise(std::int64_t accumulator, const Requant& requant,
                       const FlavourParameters& flavour) {
  const std::int64_t product = wrap_signed(accumulator * requant.mult, flavour.product_bits);
  // 63 stands for every larger shift: only the sign is left.
  const unsigned shift = std::min<unsigned>(requant.shift, 63);
  const std::int64_t rounding = shift > 0 ? (product >> (shift - 1)) & 1 : 0;
  return saturate_int8((product >> shift) + rounding + requant.add);
}

std::int8_t activate(std::int8_t value, const Activation& activation,
                     const FlavourParameters& flavour) {
  switch (activation.kind) {
    case ActivationKind::kGelu:
      return requantise(gelu(value, activation.gelu_b, activation.gelu_c), activation.requant,
                        flavour);
    case ActivationKind::kRelu:
      return requantise(std::max<std::int8_t>(value, 0), activation.requant, flavour);
    case ActivationKind::kIdentity:
      break;
  }
  return value;
}

void softmax_accumulate(SoftmaxRow& row, const std::int8_t* logits, std::size_t columns,
                        const FlavourParameters& flavour) {
  for (std::size_t start = 0; start < columns; start += kSoftmaxGroup) {
    const std::int8_t* group = logits + start;
    const int new_max = std::max<int>(row.max, *std::max_element(group, group + kSoftmaxGroup));
    // Nothing to correct in front of the first group: its denominator is 0.
    std::uint32_t sum =
        row.denominator >> softmax_distance(static_cast<unsigned>(new_max - row.max), flavour);
    for (unsigned i = 0; i < kSoftmaxGroup; ++i) {
      sum +=
          flavour.exp_unit >> softmax_distance(static_cast<unsigned>(new_max - group[i]), flavour);
    }
    row.max = static_cast<std::int8_t>(new_max);
    row.denominator = sum & flavour.denominator_mask;
  }
}

void softmax_finish(SoftmaxRow& row, const FlavourParameters& flavour) {
  // 0 after 2048 equal logits (19 bits wrap): the serial divider answers all ones.
  row.inverse =
      row.denominator == 0 ? flavour.denominator_mask : flavour.inverse_numerator / row.denominator;
}

std::uint8_t softmax_probability(const SoftmaxRow& row, std::int8_t logit,
                                 const FlavourParameters& flavour) {
  // 8 bits wide in the RTL, should the logits have been changed since.
  const unsigned distance = softmax_distance(static_cast<std::uint8_t>(row.max - logit), flavour);
  return static_cast<std::uint8_t>((row.inverse >> distance) & flavour.probability_mask);
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

}  // namespace tessera::ita
