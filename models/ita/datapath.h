// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/ita/flavour.h"

/// ITA's arithmetic, bit-exact, element by element and tile by tile. No state, no time.
/// Source: pulp-platform/ITA src/ita_{sumdotp,accumulator,requantizer,softmax,gelu,relu}.sv;
/// checked against 32 golden files by the test ita_golden.
namespace tessera::ita {

/// Columns that the hardware's softmax takes at a time; row lengths are multiples of it.
inline constexpr unsigned kSoftmaxGroup = 16;

/// `value` reduced to `bits` (1..63) bits of two's complement.
constexpr std::int64_t wrap_signed(std::int64_t value, unsigned bits) {
  const unsigned unused = 64 - bits;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << unused) >> unused;
}

/// y = saturate_int8(floor(x * mult / 2^shift + 1/2) + add)
struct Requant {
  std::uint8_t mult = 0;
  std::uint8_t shift = 0;  ///< 0 .. 34 in useful programs
  std::int32_t add = 0;    ///< int8 in the RTL flavours, int32 in `mempool`
};

/// `accumulator` -> int8; rounding (half up) happens before the add.
std::int8_t requantise(std::int64_t accumulator, const Requant& requant,
                       const FlavourParameters& flavour);

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

/// Streaming softmax of one row: what the hardware keeps between groups of columns.
struct SoftmaxRow {
  std::int8_t max = -128;
  std::uint32_t denominator = 0;
  std::uint32_t inverse = 0;  ///< valid after softmax_finish()
};

/// Feeds the next `columns` logits (a multiple of kSoftmaxGroup) of the row.
void softmax_accumulate(SoftmaxRow& row, const std::int8_t* logits, std::size_t columns,
                        const FlavourParameters& flavour);
/// After the last logit: divides.
void softmax_finish(SoftmaxRow& row, const FlavourParameters& flavour);
/// The integer probability of `logit` as it enters the AV product.
/// REQUIRES: softmax_finish(row) was called.
std::uint8_t softmax_probability(const SoftmaxRow& row, std::int8_t logit,
                                 const FlavourParameters& flavour);

struct ProductShape {
  std::size_t rows;
  std::size_t columns;
  std::size_t depth;
};

/// sums[r][c] += sum over m of streamed[r][m] * stationary[c][m].
/// streamed: [rows][depth], stationary: [columns][depth], sums: [rows][columns], all row-major.
/// Operands are int8 or uint8 values widened to int16.
/// REQUIRES: the true sums fit int32 (depth <= 65536 for any such operands).
void multiply_accumulate(const std::int16_t* streamed, const std::int16_t* stationary,
                         std::int32_t* sums, const ProductShape& shape);

}  // namespace tessera::ita
