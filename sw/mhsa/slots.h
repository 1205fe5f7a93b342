/* SPDX-License-Identifier: Apache-2.0
 * Which of a unit's tile slots hold what in each phase. Every phase has a fixed layout, so that
 * finding a tile is arithmetic: operands that the phase comes back to are held, if there is room,
 * the others pass through a ring of slots.
 *
 *   0, 1                biases of the head, of the next head
 *   2, 3                outputs on their way home, in turn
 *   4 ..                QK and AV: logits of the block row
 *   then                held stationary tiles (QK's and AV's side by side), held rows of streamed
 *                       tiles (two, in turn)
 *   the rest            ring
 *
 * Q and V hold their stationary tiles at the end instead: a phase can then begin to load while
 * the one before still computes. */
#ifndef SW_MHSA_SLOTS_H
#define SW_MHSA_SLOTS_H

#include <stdint.h>

#include "sw/mhsa/steps.h"

enum {
  kMaxSlots = 16,
  kBiasSlots = 0,
  kOutputSlots = 2,
  kFirstPhaseSlot = 4,
  /* Input and stationary tile of a step. An ITA is told the stationary tile of the step after, so
   * it has two steps in the ring. */
  kCoresRingSlots = 2,
  kItaRingSlots = 4,
};

/* Where the operands of a phase go. */
struct SlotLayout {
  uint8_t holds_weights; /* tile (y, inner) in slot `weights` + y * inner tiles + inner */
  uint8_t weights;
  uint8_t holds_inputs; /* tile (x, inner) in slot `inputs` + x % 2 * inner tiles + inner */
  uint8_t inputs;
  uint8_t logits; /* tile (x, c) in slot `logits` + c; 0: the phase has none */
  uint8_t ring;
  uint8_t ring_slots;
};

/* The ring keeps at least `ring_slots`. REQUIRES: num_slots >= least_slots(shape, ring_slots). */
struct SlotLayout slot_layout(uint32_t phase, const struct Shape* shape, uint32_t num_slots,
                              uint32_t ring_slots);
uint32_t least_slots(const struct Shape* shape, uint32_t ring_slots);

#endif
