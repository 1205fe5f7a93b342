/* SPDX-License-Identifier: Apache-2.0
 * Where everything lies. A "unit" computes one head at a time: an ITA, or all cores together. */
#ifndef SW_MHSA_PLAN_H
#define SW_MHSA_PLAN_H

#include <stdint.h>

#include "sw/mhsa/image.h"
#include "sw/mhsa/steps.h"

enum { kMaxUnits = 8 };

/* Homes of a unit's matrices: addresses of tile (0, 0), in the cores' L1 or in L2. */
struct UnitPlan {
  uint32_t qo; /* Q [S][P]; a block row of AV's output replaces the block row of Q it came from */
  uint32_t k;  /* [S][P] */
  uint32_t v;  /* [P][S], transposed */
  uint32_t staged_heads[2]; /* buffers for whole heads of the image; 0: none */
  uint32_t slots;           /* tiles the unit computes on */
  uint32_t num_slots;
};

struct Plan {
  const struct MhsaImage* image;
  struct Shape shape;
  uint32_t is_on_itas;
  uint32_t softmax_shift; /* of the flavour */
  uint32_t num_units;
  uint32_t ring_slots; /* that a unit needs at least */
  uint32_t q_home;     /* [S][E] */
  uint32_t k_home;
  uint32_t sums;         /* of heads, kSumTileBytes per tile, row by row */
  uint32_t partial_sums; /* cores only: int32 [64][64] */
  struct UnitPlan units[kMaxUnits];
};

/* Address of head `head` in the image. */
static inline uint32_t image_head(const struct Plan* plan, uint32_t head) {
  const struct MhsaImage* image = plan->image;
  return (uint32_t)image + image->heads_offset + head * image->head_bytes;
}

/* Places everything: what is used most goes to L1 as long as there is room, the rest to L2 behind
 * the image. Prints what is missing. REQUIRES: validate(image) passed. */
enum MhsaExit make_plan(struct Plan* plan, const struct MhsaImage* image);

#endif
