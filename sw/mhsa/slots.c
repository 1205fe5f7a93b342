/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/mhsa/slots.h"

uint32_t least_slots(const struct Shape* shape, uint32_t ring_slots) {
  return kFirstPhaseSlot + shape->s + ring_slots;
}

/* Slots not yet given away. */
struct Space {
  uint8_t next;
  uint8_t end;
  uint8_t ring_slots; /* to be kept */
};

static int has_room(const struct Space* space, uint32_t count) {
  return space->next + count + space->ring_slots <= space->end;
}

/* Takes `count` slots if the ring keeps enough. Returns whether, and the first in `base`. */
static uint8_t take(struct Space* space, uint32_t count, uint8_t* base) {
  if (!has_room(space, count)) {
    return 0;
  }
  *base = space->next;
  space->next = (uint8_t)(space->next + count);
  return 1;
}

/* The same, from the end. */
static uint8_t take_last(struct Space* space, uint32_t count, uint8_t* base) {
  if (!has_room(space, count)) {
    return 0;
  }
  space->end = (uint8_t)(space->end - count);
  *base = space->end;
  return 1;
}

static void take_inputs(struct Space* space, struct StepCounts counts, struct SlotLayout* layout) {
  if (counts.y > 1) { /* each row of streamed tiles is used for every y */
    layout->holds_inputs = take(space, 2u * counts.inner, &layout->inputs);
  }
}

static struct SlotLayout attention_layout(uint32_t phase, const struct Shape* shape,
                                          struct Space* space) {
  struct SlotLayout layout = {.logits = space->next};
  space->next = (uint8_t)(space->next + shape->s);
  if (shape->s > 1) { /* K and V come back for every block row */
    uint8_t k_slots;
    uint8_t v_slots;
    uint8_t holds_k = take(space, shape->s * shape->p, &k_slots);
    uint8_t holds_v = take(space, shape->s * shape->p, &v_slots);
    layout.holds_weights = phase == kPhaseQK ? holds_k : holds_v;
    layout.weights = phase == kPhaseQK ? k_slots : v_slots;
  }
  /* Also in AV, which has no use for it: what QK holds must stay where it is. */
  take_inputs(space, step_counts(kPhaseQK, shape), &layout);
  return layout;
}

struct SlotLayout slot_layout(uint32_t phase, const struct Shape* shape, uint32_t num_slots,
                              uint32_t ring_slots) {
  struct Space space = {
      .next = kFirstPhaseSlot, .end = (uint8_t)num_slots, .ring_slots = (uint8_t)ring_slots};
  struct SlotLayout layout = {0};
  if (phase == kPhaseQK || phase == kPhaseAV) {
    layout = attention_layout(phase, shape, &space);
  } else {
    struct StepCounts counts = step_counts(phase, shape);
    if (counts.x > 1) {
      uint32_t tiles = (uint32_t)counts.y * counts.inner;
      layout.holds_weights = phase == kPhaseQ || phase == kPhaseV
                                 ? take_last(&space, tiles, &layout.weights)
                                 : take(&space, tiles, &layout.weights);
    }
    take_inputs(&space, counts, &layout);
  }
  layout.ring = space.next;
  layout.ring_slots = (uint8_t)(space.end - space.next);
  return layout;
}
