/* SPDX-License-Identifier: Apache-2.0
 * The steps of a unit's heads on their way: operands are fetched ahead of the step that computes,
 * results leave behind it. The loader, one hart, fetches and retires; what issues and computes the
 * steps is not its business (ita_path.c, cores_path.c). Nothing here waits. */
#ifndef SW_MHSA_PIPELINE_H
#define SW_MHSA_PIPELINE_H

#include <stdint.h>

#include "sw/mhsa/moves.h"
#include "sw/mhsa/plan.h"
#include "sw/mhsa/slots.h"
#include "sw/mhsa/steps.h"

enum { kWindow = 8 }; /* steps between fetching and retiring; a power of two */

/* A tile that a step uses. */
struct Operand {
  uint32_t address;     /* where it is: in a slot, or at home */
  struct Ticket ticket; /* of the move that brings it; ring 0: none */
};

/* Indices of Work.operands, in the order of acquiring. */
enum OperandIndex { kWeight, kInput, kOutput, kBias, kMaxOperands };

/* A step and where its operands are. */
struct Work {
  struct Step step;
  uint32_t number; /* of the head, among this unit's */
  uint8_t num_operands;
  uint8_t num_acquired;
  uint8_t is_last_inner;
  uint32_t output_slot;
  uint32_t output_home; /* address, or 0: the output stays, or is summed */
  uint32_t bias_offset; /* of the output tile's biases in the head's page */
  struct Operand operands[kMaxOperands];
};

/* Dataflow of a phase: the home of a step's tile is the base, plus x, y and inner times the
 * increments. */
struct PhaseTiles {
  struct StepCounts counts;
  struct SlotLayout slots;
  uint8_t has_bias;
  uint32_t input; /* not in AV: logits have no home */
  uint32_t input_x;
  uint32_t weight;
  uint32_t weight_y;
  uint32_t output; /* not in QK and OW */
  uint32_t output_x;
  uint32_t output_y;
  uint32_t bias; /* offset in the head's page */
  uint32_t bias_x;
  uint32_t bias_y;
  /* Tiles that a phase before has written are at home once so many steps are retired. */
  uint32_t weights_written;
  uint32_t inputs_written;
  uint32_t inputs_written_x;
};

struct SlotState {
  uint32_t used_until;  /* may be overwritten when so many steps are retired */
  struct Ticket ticket; /* of the last move from or to it; ring 0: none */
};

struct Pipeline {
  const struct Plan* plan;
  const struct UnitPlan* unit;
  struct MoveRing* dma;
  struct MoveRing* workers; /* null: homes in the cores' L1 are used where they are */
  uint32_t l1_end;          /* homes below are in the cores' L1, others in L2 */
  uint32_t head_bytes;
  uint32_t num_heads; /* of this unit: first_head, first_head + num_units, ... */
  uint32_t first_head;
  struct Step next;              /* to fetch */
  struct PhaseTiles phase_tiles; /* of `next` */
  uint32_t head;                 /* address in the image of the head of `next` */
  uint32_t staged_delta;         /* from there to its copy in L1; 0: none */
  uint32_t is_bias_fetched;      /* of that head */
  uint32_t num_staged;           /* heads that are, or are being, copied to staged_heads */
  struct Ticket staging[2];
  uint32_t first_v_step; /* of the head of `next`, counted from the start */
  uint32_t first_qk_step;
  uint32_t ring_next;          /* place in the ring, from its first slot */
  uint32_t ring_fetched_place; /* where a tile was fetched to last */
  uint32_t ring_input_home;    /* input that is in the ring; 0: none */
  uint32_t ring_input_place;
  uint32_t output_next;
  struct SlotState slots[kMaxSlots];
  struct Work window[kWindow];
  uint32_t last_retire_cycle;
  struct MhsaPhase phases[kNumPhases];
  /* Written by the loader, read by others. */
  volatile uint32_t next_number; /* head of `next`, among this unit's */
  volatile uint32_t fetched;     /* steps whose operands are acquired */
  volatile uint32_t weighted;    /* steps whose stationary tile is: fetched, or one more */
  volatile uint32_t retired;     /* steps that are complete */
  /* Written by who issues the steps. */
  volatile uint32_t issued;        /* steps that the unit has got */
  volatile uint32_t issued_number; /* head of the step issued last */
};

/* REQUIRES: `plan` is made; `workers` is null when the cores are the unit. */
void pipeline_start(struct Pipeline* pipeline, const struct Plan* plan, uint32_t unit,
                    struct MoveRing* dma, struct MoveRing* workers);
/* Fetches ahead as far as it can now. */
void pipeline_fetch(struct Pipeline* pipeline);
/* The oldest step is computed: passes its result on. Returns 0 when it cannot yet. */
int pipeline_retire(struct Pipeline* pipeline);
/* Address of the page with constants and biases of the unit's head `number`. */
uint32_t pipeline_constants(const struct Pipeline* pipeline, uint32_t number);
/* Where the tile that an OW step writes is summed. */
uint32_t pipeline_sums(const struct Pipeline* pipeline, const struct Work* work);

/* All steps are fetched; all are complete. */
static inline int pipeline_is_fetched(const struct Pipeline* pipeline) {
  return pipeline->next_number == pipeline->num_heads;
}
static inline int pipeline_is_complete(const struct Pipeline* pipeline) {
  return pipeline_is_fetched(pipeline) && pipeline->retired == pipeline->fetched;
}

/* Step `index`, counted from the start. REQUIRES: retired <= index < weighted. */
static inline struct Work* pipeline_work(struct Pipeline* pipeline, uint32_t index) {
  return &pipeline->window[index % kWindow];
}

static inline int operand_is_loaded(const struct Operand* operand) {
  return operand->ticket.ring == 0 || move_is_complete(&operand->ticket);
}

/* All operands of the step can be read. REQUIRES: the step is fetched. */
static inline int work_is_loaded(const struct Work* work) {
  return operand_is_loaded(&work->operands[kWeight]) &&
         operand_is_loaded(&work->operands[kInput]) &&
         (work->num_operands <= kBias || operand_is_loaded(&work->operands[kBias]));
}

/* The oldest fetched step that was not issued is issued now. */
static inline void pipeline_issue(struct Pipeline* pipeline) {
  pipeline->issued_number = pipeline_work(pipeline, pipeline->issued)->number;
  pipeline->issued = pipeline->issued + 1;
}

#endif
