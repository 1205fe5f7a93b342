/* SPDX-License-Identifier: Apache-2.0
 * Requantisation on a core: ITA's, and Deeploy's RequantShift. */
#ifndef SW_KERNELS_REQUANT_H
#define SW_KERNELS_REQUANT_H

#include <stdint.h>

struct Requant {
  uint8_t mult;
  uint8_t shift;
  int8_t add;
};

static inline int32_t clamp(int32_t value, int32_t low, int32_t high) {
  return value < low ? low : value > high ? high : value;
}

/* saturate_int8(floor(value * mult / 2^shift + 1/2) + add) */
static inline int8_t requantise(int32_t value, struct Requant requant) {
  int64_t product = (int64_t)value * requant.mult;
  uint32_t shift = requant.shift < 63 ? requant.shift : 63;
  int64_t rounded = product >> shift;
  if (shift > 0) {
    rounded += product >> (shift - 1) & 1;
  }
  rounded += requant.add;
  return (int8_t)(rounded < -128 ? -128 : rounded > 127 ? 127 : rounded);
}

/* requantise() as one multiplication: before saturation the result is
 * (multiply_high(value, multiplier) + rounding) >> 1. multiplier is 0 where that does not hold:
 * shifts below 9 and above 33. */
struct Scaling {
  uint32_t multiplier;
  int32_t rounding;
};

static inline struct Scaling scaling_of(struct Requant requant) {
  if (requant.shift < 9 || requant.shift > 33) {
    return (struct Scaling){0, 0};
  }
  return (struct Scaling){(uint32_t)requant.mult << (33 - requant.shift), 1 + 2 * requant.add};
}

/* The high word of the product. */
static inline int32_t multiply_high(int32_t value, uint32_t multiplier) {
  return (int32_t)((int64_t)value * (int64_t)(uint64_t)multiplier >> 32);
}

/* RequantShift: floor((value * mul + add) / 2^shift + 1/2) in 32 bits that wrap. */
static inline int32_t shift_and_round(int32_t value, int32_t mul, int32_t add, uint32_t shift) {
  uint32_t sum = (uint32_t)value * (uint32_t)mul + (uint32_t)add + (1u << shift >> 1);
  return (int32_t)sum >> shift;
}

#endif
