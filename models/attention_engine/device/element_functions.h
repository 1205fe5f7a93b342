// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "models/attention_engine/cycle/instruction.h"
#include "models/attention_engine/operators.h"

/// What chains of software do with each element.
namespace tessera::attention_engine {

inline std::int8_t saturate_int8(std::int32_t value) {
  return static_cast<std::int8_t>(std::clamp(value, -128, 127));
}
inline std::int32_t saturate_int32(std::int64_t value) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(
      value, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()));
}

inline double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}
inline double hyperbolic_tangent(double x) {
  return std::tanh(x);
}
inline double exponential(double x) {
  return std::exp(x);
}
/// A table of 256 places: x as int8 with `fraction_bits`, the result with 7 of them, rounded half
/// up, saturated.
inline std::int32_t fixed_point(double (*function)(double), std::int32_t x,
                                std::uint32_t fraction_bits) {
  const double argument = std::ldexp(saturate_int8(x), -static_cast<int>(fraction_bits & 31));
  return static_cast<std::int32_t>(std::clamp(std::floor(128 * function(argument) + 0.5),  //
                                              -128.0, 127.0));
}

/// floor(2^31 / floor(sqrt(x))), 0 for x <= 0: the factor of I-BERT's layer normalisation.
inline std::int32_t inverse_root(std::int32_t x) {
  return x <= 0 ? 0 : saturate_int32((std::int64_t{1} << 31) / integer_root(x));
}

/// REQUIRES: an operation with a second operand.
inline std::int32_t combined(Opcode opcode, std::int32_t left, std::int32_t right) {
  const std::int64_t a = left;
  const std::int64_t b = right;
  switch (opcode) {
    case Opcode::kAdd:
      return saturate_int32(a + b);
    case Opcode::kSubtract:
      return saturate_int32(a - b);
    case Opcode::kSubtractReversed:
      return saturate_int32(b - a);
    case Opcode::kMaximum:
      return std::max(left, right);
    default:  // multiply
      return saturate_int32(a * b);
  }
}

}  // namespace tessera::attention_engine
