/* SPDX-License-Identifier: Apache-2.0
 * The two ways to compute the heads of a plan. All harts call one of them, between barriers. */
#ifndef SW_MHSA_PATHS_H
#define SW_MHSA_PATHS_H

#include "sw/mhsa/moves.h"
#include "sw/mhsa/pipeline.h"
#include "sw/mhsa/plan.h"
#include "sw/mhsa/validate.h"

struct CoresCommand;

/* Shared state in L1. */
struct Run {
  struct Plan plan;
  struct Pipeline* pipelines;    /* [num_units] */
  struct MoveRing* dma_rings;    /* [num_units] */
  struct MoveRing* worker_rings; /* [num_units], ITAs only */
  struct CoresCommand* commands; /* [2], cores only */
  uint32_t logits;               /* first tile of the block row, cores only */
  struct DmaServer server;
};

/* By hart 0, before the plan is made and after. Returns 0 when L1 has no room. */
int ita_path_allocate(struct Run* run, uint32_t num_units);
int cores_path_allocate(struct Run* run);
void ita_path_start(struct Run* run);
void cores_path_start(struct Run* run);

/* An ITA for each unit: two harts of the first tile of its group drive it, the harts of the
 * group's other tiles move tiles, hart 1 serves the DMA. */
void ita_path_run(struct Run* run, uint32_t hart);
/* All harts share every step; hart 0 drives. */
void cores_path_run(struct Run* run, uint32_t hart);

#endif
