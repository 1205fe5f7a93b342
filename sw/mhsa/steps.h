/* SPDX-License-Identifier: Apache-2.0
 * A head as a sequence of tile steps, in the order that ITA counts them: Q, K, V, then QK and AV
 * for each block of 64 rows, then OW. */
#ifndef SW_MHSA_STEPS_H
#define SW_MHSA_STEPS_H

#include <stdint.h>

enum Phase { kPhaseQ, kPhaseK, kPhaseV, kPhaseQK, kPhaseAV, kPhaseOW, kPhaseEnd };

/* Sizes in tiles, and the number of heads. */
struct Shape {
  uint32_t s;
  uint32_t e;
  uint32_t p;
  uint32_t h;
};

/* Output tile (x, y) gets the product of streamed tile (x, inner) and stationary tile (y, inner).
 * x counts tiles of the streamed operand's rows, y of the stationary operand's. */
struct Step {
  uint8_t phase; /* enum Phase */
  uint8_t x;
  uint8_t y;
  uint8_t inner;
};

/* Number of values of x, y and inner in a phase. In QK and AV, x is the block row. */
struct StepCounts {
  uint8_t x;
  uint8_t y;
  uint8_t inner;
};
struct StepCounts step_counts(uint32_t phase, const struct Shape* shape);

/* Moves to the step after; phase kPhaseEnd after the last of a head.
 * REQUIRES: `counts` are those of the step's phase. */
void step_advance(struct Step* step, struct StepCounts counts);

#endif
