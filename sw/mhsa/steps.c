/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/mhsa/steps.h"

struct StepCounts step_counts(uint32_t phase, const struct Shape* shape) {
  uint8_t s = (uint8_t)shape->s;
  uint8_t e = (uint8_t)shape->e;
  uint8_t p = (uint8_t)shape->p;
  switch (phase) {
    case kPhaseQ:
    case kPhaseK:
      return (struct StepCounts){s, p, e};
    case kPhaseV:
      return (struct StepCounts){p, s, e};
    case kPhaseQK:
      return (struct StepCounts){s, s, p};
    case kPhaseAV:
      return (struct StepCounts){s, p, s};
    default:
      return (struct StepCounts){s, e, p};
  }
}

void step_advance(struct Step* step, struct StepCounts counts) {
  if (++step->inner < counts.inner) {
    return;
  }
  step->inner = 0;
  if (++step->y < counts.y) {
    return;
  }
  step->y = 0;
  if (step->phase == kPhaseQK) {
    step->phase = kPhaseAV; /* of the same block row */
    return;
  }
  if (++step->x < counts.x) {
    step->phase = step->phase == kPhaseAV ? kPhaseQK : step->phase;
    return;
  }
  step->x = 0;
  ++step->phase;
}
