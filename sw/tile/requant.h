/* SPDX-License-Identifier: Apache-2.0
 * ITA's requantisation, on a core. */
#ifndef SW_TILE_REQUANT_H
#define SW_TILE_REQUANT_H

#include <stdint.h>

struct Requant {
  uint8_t mult;
  uint8_t shift;
  int8_t add;
};

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

#endif
