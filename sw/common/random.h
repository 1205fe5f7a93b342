/* SPDX-License-Identifier: Apache-2.0
 * Test data that every hart can compute for itself. */
#ifndef SW_COMMON_RANDOM_H
#define SW_COMMON_RANDOM_H

#include <stdint.h>

/* A well mixed word for each index: the finaliser of MurmurHash3. */
static inline uint32_t mix(uint32_t index) {
  index ^= index >> 16;
  index *= 0x85ebca6bu;
  index ^= index >> 13;
  index *= 0xc2b2ae35u;
  return index ^ index >> 16;
}

#endif
