// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

/// Arithmetic on the 8- and 16-bit lanes of a 32-bit word, for the Xpulpimg rows of the instruction
/// table. A lane type gives the width and, where it matters, the signedness.
namespace tessera::isa::semantics {

constexpr std::int32_t to_signed(std::uint32_t value) {
  return static_cast<std::int32_t>(value);
}

/// The low lane, sign- or zero-extended to 32 bits.
template <typename Lane>
constexpr std::uint32_t extend(std::uint32_t value) {
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<Lane>(value)));
}

template <typename Lane>
constexpr unsigned kLaneBits = sizeof(Lane) * 8;
template <typename Lane>
constexpr unsigned kNumLanes = 4 / sizeof(Lane);

/// Lane `index` modulo the number of lanes, zero-extended.
template <typename Lane>
constexpr std::uint32_t lane(std::uint32_t value, std::uint32_t index) {
  return static_cast<std::make_unsigned_t<Lane>>(value >>
                                                 (index % kNumLanes<Lane> * kLaneBits<Lane>));
}

/// `word` with lane `index` modulo the number of lanes replaced by the low lane of `value`.
template <typename Lane>
constexpr std::uint32_t insert_lane(std::uint32_t word, std::uint32_t value, std::uint32_t index) {
  const unsigned shift = index % kNumLanes<Lane> * kLaneBits<Lane>;
  const std::uint32_t mask = std::uint32_t{static_cast<std::make_unsigned_t<Lane>>(-1)} << shift;
  return (word & ~mask) | (value << shift & mask);
}

/// The low lane of `value` in all lanes.
template <typename Lane>
constexpr std::uint32_t splat(std::uint32_t value) {
  if constexpr (sizeof(Lane) == 4) {
    return value;
  } else {
    return lane<Lane>(value, 0) * (sizeof(Lane) == 1 ? 0x01010101u : 0x00010001u);
  }
}

/// function(a.lane[i], b.lane[i]) in every lane; the function sees and gives 32-bit values of which
/// the low lane counts.
template <typename Lane, typename Function>
constexpr std::uint32_t map_lanes(std::uint32_t a, std::uint32_t b, Function function) {
  std::uint32_t word = 0;
  for (unsigned shift = 0; shift < 32; shift += kLaneBits<Lane>) {
    const std::uint32_t value =
        function(static_cast<Lane>(a >> shift), static_cast<Lane>(b >> shift));
    word |= std::uint32_t{static_cast<std::make_unsigned_t<Lane>>(value)} << shift;
  }
  return word;
}

// Written on 32-bit intermediate values; `Lane` converts to std::int64_t without loss.

template <typename Lane>
constexpr std::uint32_t simd_add(std::uint32_t a, std::uint32_t b) {
  return map_lanes<Lane>(
      a, b, [](std::int64_t x, std::int64_t y) { return static_cast<std::uint32_t>(x + y); });
}
template <typename Lane>
constexpr std::uint32_t simd_sub(std::uint32_t a, std::uint32_t b) {
  return map_lanes<Lane>(
      a, b, [](std::int64_t x, std::int64_t y) { return static_cast<std::uint32_t>(x - y); });
}
/// Half of the sum; the sum wraps to the lane's width before the shift.
template <typename Lane>
constexpr std::uint32_t simd_average(std::uint32_t a, std::uint32_t b) {
  return map_lanes<Lane>(a, b, [](std::int64_t x, std::int64_t y) {
    return static_cast<std::uint32_t>(static_cast<Lane>(x + y) >> 1);
  });
}
template <typename Lane>
constexpr std::uint32_t simd_min(std::uint32_t a, std::uint32_t b) {
  return map_lanes<Lane>(a, b, [](std::int64_t x, std::int64_t y) {
    return static_cast<std::uint32_t>(x < y ? x : y);
  });
}
template <typename Lane>
constexpr std::uint32_t simd_max(std::uint32_t a, std::uint32_t b) {
  return map_lanes<Lane>(a, b, [](std::int64_t x, std::int64_t y) {
    return static_cast<std::uint32_t>(x > y ? x : y);
  });
}
/// |a|; the most negative value stays.
template <typename Lane>
constexpr std::uint32_t simd_abs(std::uint32_t a) {
  return map_lanes<Lane>(a, 0, [](std::int64_t x, std::int64_t) {
    return static_cast<std::uint32_t>(x < 0 ? -x : x);
  });
}
/// Arithmetic for signed lanes, logical for unsigned ones; the amount is taken modulo the width.
template <typename Lane>
constexpr std::uint32_t simd_shift_right(std::uint32_t a, std::uint32_t b) {
  return map_lanes<Lane>(a, b, [](std::int64_t x, std::int64_t y) {
    return static_cast<std::uint32_t>(x >> (y & (kLaneBits<Lane> - 1)));
  });
}
template <typename Lane>
constexpr std::uint32_t simd_shift_left(std::uint32_t a, std::uint32_t b) {
  return map_lanes<Lane>(a, b, [](std::int64_t x, std::int64_t y) {
    return static_cast<std::uint32_t>(x) << (y & (kLaneBits<Lane> - 1));
  });
}
template <typename Lane>
constexpr std::uint32_t simd_or(std::uint32_t a, std::uint32_t b) {
  return a | b;
}
template <typename Lane>
constexpr std::uint32_t simd_xor(std::uint32_t a, std::uint32_t b) {
  return a ^ b;
}
template <typename Lane>
constexpr std::uint32_t simd_and(std::uint32_t a, std::uint32_t b) {
  return a & b;
}

/// Sum of the products of A lanes of a and B lanes of b, modulo 2^32.
template <typename A, typename B>
constexpr std::uint32_t dot(std::uint32_t a, std::uint32_t b) {
  std::uint32_t sum = 0;
  for (unsigned shift = 0; shift < 32; shift += kLaneBits<A>) {
    sum += extend<A>(a >> shift) * extend<B>(b >> shift);
  }
  return sum;
}
template <typename Lane>
constexpr std::uint32_t dot_unsigned(std::uint32_t a, std::uint32_t b) {
  return dot<std::make_unsigned_t<Lane>, std::make_unsigned_t<Lane>>(a, b);
}
/// a unsigned, b signed.
template <typename Lane>
constexpr std::uint32_t dot_mixed(std::uint32_t a, std::uint32_t b) {
  return dot<std::make_unsigned_t<Lane>, Lane>(a, b);
}
template <typename Lane>
constexpr std::uint32_t dot_signed(std::uint32_t a, std::uint32_t b) {
  return dot<Lane, Lane>(a, b);
}

/// Lane i of the result is selected by lane i of `select`: from `a` where the bit above the lane
/// number is set, else from `old`. Higher selector bits are ignored.
template <typename Lane>
constexpr std::uint32_t shuffle(std::uint32_t old, std::uint32_t a, std::uint32_t select) {
  std::uint32_t word = 0;
  for (unsigned i = 0; i < kNumLanes<Lane>; ++i) {
    const std::uint32_t selector = lane<Lane>(select, i);
    const std::uint32_t source = (selector & kNumLanes<Lane>) != 0 ? a : old;
    word = insert_lane<Lane>(word, lane<Lane>(source, selector), i);
  }
  return word;
}

}  // namespace tessera::isa::semantics
