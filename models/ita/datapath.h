// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/ita/flavour.h"
#include "models/transformer_math/int8_arithmetic.h"

/// ITA's arithmetic, bit-exact, element by element and tile by tile. No state, no time.
/// Source: pulp-platform/ITA src/ita_{sumdotp,accumulator,requantizer,softmax,gelu,relu}.sv;
/// checked against 32 golden files by the test ita_golden.
namespace tessera::ita {

using transformer_math::kSoftmaxGroup;  // row lengths are multiples of it
using transformer_math::multiply_accumulate;
using transformer_math::ProductShape;
using transformer_math::Requant;
using transformer_math::SoftmaxRow;
using transformer_math::wrap_signed;

/// `accumulator` -> int8; rounding (half up) happens before the add.
inline std::int8_t requantise(std::int64_t accumulator, const Requant& requant,
                              const FlavourParameters& flavour) {
  return transformer_math::requantise(accumulator, requant, flavour.product_bits);
}

/// Whether every accumulator gives `requant.add`.
inline bool is_degenerate(const Requant& requant, const FlavourParameters& flavour) {
  return requant.mult == 0 || requant.shift >= flavour.product_bits;
}

/// Values are those of the register field CTRL_ENGINE.activation.
enum class ActivationKind : std::uint8_t { kIdentity = 0, kGelu = 1, kRelu = 2 };

struct Activation {
  ActivationKind kind = ActivationKind::kIdentity;
  std::int16_t gelu_b = 0;  ///< negative in useful programs
  std::int16_t gelu_c = 0;
  Requant requant{};  ///< applied after GELU and ReLU, not after identity
};

/// Activation of one requantised value. kIdentity returns it unchanged.
std::int8_t activate(std::int8_t value, const Activation& activation,
                     const FlavourParameters& flavour);

/// Feeds the next `columns` logits (a multiple of kSoftmaxGroup) of the row.
inline void softmax_accumulate(SoftmaxRow& row, const std::int8_t* logits, std::size_t columns,
                               const FlavourParameters& flavour) {
  transformer_math::softmax_accumulate(row, logits, columns, flavour.softmax);
}
/// After the last logit: divides.
inline void softmax_finish(SoftmaxRow& row, const FlavourParameters& flavour) {
  transformer_math::softmax_finish(row, flavour.softmax);
}
/// The integer probability of `logit` as it enters the AV product.
/// REQUIRES: softmax_finish(row) was called.
inline std::uint8_t softmax_probability(const SoftmaxRow& row, std::int8_t logit,
                                        const FlavourParameters& flavour) {
  return transformer_math::softmax_probability(row, logit, flavour.softmax);
}

}  // namespace tessera::ita
