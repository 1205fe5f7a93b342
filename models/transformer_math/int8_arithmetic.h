// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// Integer arithmetic that the transformer accelerators share, bit-exact. No state, no time.
/// Source: pulp-platform/ITA src/ita_{sumdotp,accumulator,requantizer,softmax,gelu}.sv; checked
/// against 32 golden files by the test ita_golden.
namespace tessera::transformer_math {

/// `value` reduced to `bits` (1..63) bits of two's complement.
constexpr std::int64_t wrap_signed(std::int64_t value, unsigned bits) {
  const unsigned unused = 64 - bits;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << unused) >> unused;
}

/// floor(a / b), b > 0.
constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);  // NOLINT(clang-analyzer-core.DivideZero)
}

/// y = saturate_int8(floor(x * mult / 2^shift + 1/2) + add)
struct Requant {
  std::uint16_t mult = 0;  ///< ITA: 8 bits
  std::uint8_t shift = 0;  ///< 0 .. 34 in useful programs
  std::int32_t add = 0;    ///< ITA: int8 in the RTL flavours, int32 in `mempool`
};

/// Product width that changes no value.
inline constexpr unsigned kExactProduct = 63;

/// `accumulator` -> int8; rounding (half up) happens before the add. The product is wrapped to
/// `product_bits` (1..63); kExactProduct is exact for every int32 accumulator.
std::int8_t requantise(std::int64_t accumulator, const Requant& requant, unsigned product_bits);

/// 26-bit result of ITA's GELU polynomial of one int8 value, before its requantiser.
std::int64_t gelu(std::int64_t value, std::int16_t b, std::int16_t c);

/// Columns that the streaming softmax takes at a time: ITA's processing elements.
inline constexpr unsigned kSoftmaxGroup = 16;

struct SoftmaxConstants {
  unsigned shift;                   ///< differences to the maximum are rounded by 2^this
  std::uint32_t exp_unit;           ///< what the maximum itself adds to the denominator
  std::uint32_t inverse_numerator;  ///< divided by the denominator
  std::uint32_t denominator_mask;
  std::uint32_t probability_mask;
  unsigned group = kSoftmaxGroup;  ///< columns that the softmax takes at a time
};

/// Shift that stands for the distance `difference` (0..255) to the maximum, rounded half up.
/// All shifted values are narrower than 31 bits, so more than 31 changes nothing.
unsigned softmax_distance(unsigned difference, const SoftmaxConstants& constants);

/// Streaming softmax of one row: what the hardware keeps between groups of columns.
struct SoftmaxRow {
  std::int8_t max = -128;
  std::uint32_t denominator = 0;
  std::uint32_t inverse = 0;  ///< valid after softmax_finish()
};

/// Feeds the next `columns` logits of the row, in groups of `constants.group`; the last group may
/// be shorter.
void softmax_accumulate(SoftmaxRow& row, const std::int8_t* logits, std::size_t columns,
                        const SoftmaxConstants& constants);
/// After the last logit: divides.
void softmax_finish(SoftmaxRow& row, const SoftmaxConstants& constants);
/// The integer probability of `logit` as it enters the AV product.
/// REQUIRES: softmax_finish(row) was called.
std::uint8_t softmax_probability(const SoftmaxRow& row, std::int8_t logit,
                                 const SoftmaxConstants& constants);

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

}  // namespace tessera::transformer_math
