/* SPDX-License-Identifier: Apache-2.0
 * The steps of a unit's heads on their way: operands are fetched ahead of the step that computes,
 * results leave behind it. One hart drives a pipeline; what computes the steps is not its
 * business (ita_path.c, cores_path.c). Nothing here waits. */
#ifndef SW_MHSA_PIPELINE_H
#define SW_MHSA_PIPELINE_H

#include <stdint.h>

#include "sw/mhsa/plan.h"
#include "sw/mhsa/steps.h"
#include "sw/mhsa/tile_cache.h"

enum { kWindow = 6 }; /* steps between fetching and retiring */

/* A step and where its operands are. */
struct Work {
  struct Step step;
  uint32_t number; /* of the head, among this unit's */
  uint8_t num_operands;
  uint8_t num_acquired;
  uint8_t is_last_inner;
  uint32_t bias_offset; /* of the output tile's biases in the head's page */
  uint32_t tiles[4];    /* names of the operands, as below */
  struct Operand operands[4];
};
/* Indices of Work.operands, in the order of acquiring. */
enum OperandIndex { kWeight, kInput, kOutput, kBias };

struct Pipeline {
  const struct Plan* plan;
  const struct UnitPlan* unit;
  struct TileCache cache;
  uint32_t num_heads; /* of this unit: first_head, first_head + num_units, ... */
  uint32_t first_head;
  struct Step next; /* to fetch, of head `next_number` */
  uint32_t next_number;
  uint32_t issued_number; /* head of the step issued last */
  uint32_t num_staged;    /* heads that are, or are being, copied to staged_heads */
  struct Ticket staging[2];
  uint32_t fetched; /* steps whose operands are acquired */
  uint32_t issued;  /* steps that the unit has got */
  uint32_t retired; /* steps that are complete */
  struct Work window[kWindow];
  uint32_t last_retire_cycle;
  struct MhsaPhase phases[kNumPhases];
};

/* REQUIRES: `plan` is made; `workers` is null when the cores are the unit. */
void pipeline_start(struct Pipeline* pipeline, const struct Plan* plan, uint32_t unit,
                    struct MoveRing* dma, struct MoveRing* workers);
/* All steps are fetched; all are complete. */
int pipeline_is_fetched(const struct Pipeline* pipeline);
int pipeline_is_complete(const struct Pipeline* pipeline);
/* Fetches ahead as far as it can now. */
void pipeline_fetch(struct Pipeline* pipeline);
/* All operands of the step can be read. */
int pipeline_is_loaded(struct Pipeline* pipeline, const struct Work* work);
/* Step `index`, counted from the start. REQUIRES: retired <= index < fetched. */
struct Work* pipeline_work(struct Pipeline* pipeline, uint32_t index);
/* The oldest fetched step that was not issued is issued now. */
void pipeline_issue(struct Pipeline* pipeline);
/* The oldest step is computed: passes its result on. Returns 0 when it cannot yet. */
int pipeline_retire(struct Pipeline* pipeline);
/* Address of the page with constants and biases of the unit's head `number`. */
uint32_t pipeline_constants(const struct Pipeline* pipeline, uint32_t number);
/* Where the tile that an OW step writes is summed. */
uint32_t pipeline_sums(const struct Pipeline* pipeline, const struct Work* work);

#endif
