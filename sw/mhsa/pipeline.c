/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/mhsa/pipeline.h"

#include "firmware/runtime/hart.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "sw/mhsa/dataflow.h"
#include "sw/tile/kernels.h"

static int is_staged(const struct Pipeline* pipeline) {
  return pipeline->unit->staged_heads[0] != 0;
}

static uint32_t head_in_image(const struct Pipeline* pipeline, uint32_t number) {
  return image_head(pipeline->plan, pipeline->first_head + number * pipeline->plan->num_units);
}

uint32_t pipeline_constants(const struct Pipeline* pipeline, uint32_t number) {
  return head_in_image(pipeline, number) + pipeline->head_bytes - kTileBytes;
}

uint32_t pipeline_sums(const struct Pipeline* pipeline, const struct Work* work) {
  const struct Plan* plan = pipeline->plan;
  return plan->sums + (work->step.x * plan->shape.e + work->step.y) * kSumTileBytes;
}

/* REQUIRES: pipeline->next is the first step of a phase. QK and AV alternate: a block row of QK is
 * a phase of its own, but what both hold stays. */
static void begin_phase(struct Pipeline* pipeline) {
  uint32_t phase = pipeline->next.phase;
  if (phase == kPhaseV) {
    pipeline->first_v_step = pipeline->fetched;
  } else if (phase == kPhaseQK && pipeline->next.x == 0) {
    pipeline->first_qk_step = pipeline->fetched;
  }
  pipeline->phase_tiles = describe_phase(pipeline);
  pipeline->ring_input_home = 0;
  if (pipeline->ring_next >= pipeline->phase_tiles.slots.ring_slots) {
    pipeline->ring_next = 0;
  }
}

static void begin_head(struct Pipeline* pipeline) {
  uint32_t number = pipeline->next_number;
  pipeline->head = head_in_image(pipeline, number);
  pipeline->staged_delta =
      is_staged(pipeline) ? pipeline->unit->staged_heads[number % 2] - pipeline->head : 0;
  pipeline->is_bias_fetched = 0;
  pipeline->next = (struct Step){0};
  begin_phase(pipeline);
}

void pipeline_start(struct Pipeline* pipeline, const struct Plan* plan, uint32_t unit,
                    struct MoveRing* dma, struct MoveRing* workers) {
  memset(pipeline, 0, sizeof(*pipeline));
  pipeline->plan = plan;
  pipeline->unit = &plan->units[unit];
  pipeline->dma = dma;
  pipeline->workers = workers;
  pipeline->l1_end = platform.core_l1_bytes;
  pipeline->head_bytes = plan->image->head_bytes;
  pipeline->first_head = unit;
  pipeline->num_heads = (plan->shape.h - unit + plan->num_units - 1) / plan->num_units;
  begin_head(pipeline);
}

/* Keeps the head that computes and the one after it in L1. A buffer is free again once the first
 * step of the next head is issued: all tiles of the head before have been fetched by then. */
static void stage_heads(struct Pipeline* pipeline) {
  uint32_t number = pipeline->num_staged;
  if (is_staged(pipeline) && number < pipeline->num_heads && number < pipeline->issued_number + 2 &&
      move_push(pipeline->dma, kMoveCopy, pipeline->unit->staged_heads[number % 2],
                head_in_image(pipeline, number), pipeline->head_bytes,
                &pipeline->staging[number % 2])) {
    pipeline->num_staged = number + 1;
  }
}

static int head_is_reachable(const struct Pipeline* pipeline) {
  uint32_t number = pipeline->next_number;
  return pipeline->staged_delta == 0 ||
         (number < pipeline->num_staged && move_is_complete(&pipeline->staging[number % 2]));
}

/* So many steps are retired; counts wrap. */
static int has_retired(const struct Pipeline* pipeline, uint32_t steps) {
  return (int32_t)(pipeline->retired - steps) >= 0;
}

/* The cores use a home in their own L1 where it is. */
static int is_direct(const struct Pipeline* pipeline, uint32_t home) {
  return pipeline->workers == 0 && home < pipeline->l1_end;
}

static struct MoveRing* mover_of(const struct Pipeline* pipeline, uint32_t home) {
  return home < pipeline->l1_end ? pipeline->workers : pipeline->dma;
}

static uint32_t slot_address(const struct Pipeline* pipeline, uint32_t slot) {
  return pipeline->unit->slots + slot * kTileBytes;
}

/* The step that is being fetched uses the slot. */
static int use_slot(struct Pipeline* pipeline, uint32_t slot, struct Operand* operand) {
  struct SlotState* state = &pipeline->slots[slot];
  state->used_until = pipeline->fetched + 1;
  operand->address = slot_address(pipeline, slot);
  operand->ticket = state->ticket;
  return 1;
}

/* Fetches a tile to the slot, if that is free. */
static int fetch_to_slot(struct Pipeline* pipeline, uint32_t slot, uint32_t source,
                         struct Operand* operand) {
  struct SlotState* state = &pipeline->slots[slot];
  if (!has_retired(pipeline, state->used_until) ||
      !move_push(mover_of(pipeline, source), kMoveCopy, slot_address(pipeline, slot), source,
                 kTileBytes, &state->ticket)) {
    return 0;
  }
  return use_slot(pipeline, slot, operand);
}

/* To the first free slot of the ring, from the one that should be the next. */
static int fetch_to_ring(struct Pipeline* pipeline, uint32_t source, struct Operand* operand) {
  const struct SlotLayout* slots = &pipeline->phase_tiles.slots;
  uint32_t place = pipeline->ring_next;
  uint32_t tries = slots->ring_slots;
  while (!has_retired(pipeline, pipeline->slots[slots->ring + place].used_until)) {
    place = place + 1 == slots->ring_slots ? 0 : place + 1;
    if (--tries == 0) {
      return 0;
    }
  }
  if (!fetch_to_slot(pipeline, slots->ring + place, source, operand)) {
    return 0;
  }
  if (place == pipeline->ring_input_place) {
    pipeline->ring_input_home = 0;
  }
  pipeline->ring_fetched_place = place;
  pipeline->ring_next = place + 1 == slots->ring_slots ? 0 : place + 1;
  return 1;
}

/* An input that is not held. With one inner tile, the steps of a row share it all the same, as long
 * as it is there. */
static int stream_input(struct Pipeline* pipeline, uint32_t source, struct Operand* operand) {
  if (source == pipeline->ring_input_home) {
    return use_slot(pipeline, pipeline->phase_tiles.slots.ring + pipeline->ring_input_place,
                    operand);
  }
  if (!fetch_to_ring(pipeline, source, operand)) {
    return 0;
  }
  pipeline->ring_input_home = pipeline->phase_tiles.counts.inner == 1 ? source : 0;
  pipeline->ring_input_place = pipeline->ring_fetched_place;
  return 1;
}

static int use_home(uint32_t home, struct Operand* operand) {
  operand->address = home;
  operand->ticket.ring = 0;
  return 1;
}

/* Where to fetch the tile: tiles of a staged head from the copy in L1. */
static uint32_t source_of(const struct Pipeline* pipeline, uint32_t home) {
  return home - pipeline->head < pipeline->head_bytes ? home + pipeline->staged_delta : home;
}

static int acquire_weight(struct Pipeline* pipeline, struct Work* work) {
  const struct PhaseTiles* tiles = &pipeline->phase_tiles;
  struct Operand* operand = &work->operands[kWeight];
  struct Step step = work->step;
  if (!has_retired(pipeline, tiles->weights_written)) {
    return 0;
  }
  uint32_t home = tiles->weight + step.y * tiles->weight_y + step.inner * kTileBytes;
  uint32_t source = source_of(pipeline, home);
  if (is_direct(pipeline, source)) {
    return use_home(source, operand);
  }
  if (!tiles->slots.holds_weights) {
    return fetch_to_ring(pipeline, source, operand);
  }
  uint32_t slot = tiles->slots.weights + step.y * tiles->counts.inner + step.inner;
  return step.x == 0 ? fetch_to_slot(pipeline, slot, source, operand)
                     : use_slot(pipeline, slot, operand);
}

static int acquire_input(struct Pipeline* pipeline, struct Work* work) {
  const struct PhaseTiles* tiles = &pipeline->phase_tiles;
  struct Operand* operand = &work->operands[kInput];
  struct Step step = work->step;
  if (step.phase == kPhaseAV) {
    return use_slot(pipeline, tiles->slots.logits + step.inner, operand);
  }
  if (!has_retired(pipeline, tiles->inputs_written + step.x * tiles->inputs_written_x)) {
    return 0;
  }
  uint32_t home = tiles->input + step.x * tiles->input_x + step.inner * kTileBytes;
  uint32_t source = source_of(pipeline, home);
  if (is_direct(pipeline, source)) {
    return use_home(source, operand);
  }
  if (!tiles->slots.holds_inputs) {
    return stream_input(pipeline, source, operand);
  }
  uint32_t slot = tiles->slots.inputs + step.x % 2 * tiles->counts.inner + step.inner;
  return step.y == 0 ? fetch_to_slot(pipeline, slot, source, operand)
                     : use_slot(pipeline, slot, operand);
}

/* A slot to write to: all steps that read it are retired, and what was in it has left. */
static int acquire_output(struct Pipeline* pipeline, struct Work* work) {
  const struct PhaseTiles* tiles = &pipeline->phase_tiles;
  struct Operand* operand = &work->operands[kOutput];
  struct Step step = work->step;
  work->output_home = 0;
  uint32_t slot = tiles->slots.logits + step.y;
  if (step.phase != kPhaseQK) {
    slot = kOutputSlots + pipeline->output_next % 2;
    if (step.phase != kPhaseOW) {
      uint32_t home = tiles->output + step.x * tiles->output_x + step.y * tiles->output_y;
      if (is_direct(pipeline, home)) {
        return use_home(home, operand);
      }
      work->output_home = home;
    }
  }
  const struct SlotState* state = &pipeline->slots[slot];
  if (!has_retired(pipeline, state->used_until) ||
      (state->ticket.ring != 0 && !move_is_complete(&state->ticket))) {
    return 0;
  }
  pipeline->output_next += step.phase != kPhaseQK;
  work->output_slot = slot;
  return use_slot(pipeline, slot, operand);
}

static int acquire_bias(struct Pipeline* pipeline, struct Work* work) {
  const struct PhaseTiles* tiles = &pipeline->phase_tiles;
  struct Operand* operand = &work->operands[kBias];
  work->bias_offset = tiles->bias + work->step.x * tiles->bias_x + work->step.y * tiles->bias_y;
  uint32_t slot = kBiasSlots + work->number % 2;
  if (pipeline->is_bias_fetched) {
    return use_slot(pipeline, slot, operand);
  }
  uint32_t source = source_of(pipeline, pipeline_constants(pipeline, work->number));
  if (is_direct(pipeline, source)) {
    return use_home(source, operand);
  }
  pipeline->is_bias_fetched = (uint32_t)fetch_to_slot(pipeline, slot, source, operand);
  return (int)pipeline->is_bias_fetched;
}

static void begin_work(const struct Pipeline* pipeline, struct Work* work) {
  const struct PhaseTiles* tiles = &pipeline->phase_tiles;
  work->step = pipeline->next;
  work->number = pipeline->next_number;
  work->is_last_inner = work->step.inner + 1 == tiles->counts.inner;
  work->num_operands = kInput + 1;
  if (work->is_last_inner) {
    work->num_operands = tiles->has_bias ? kBias + 1 : kOutput + 1;
  }
}

static int acquire_operand(struct Pipeline* pipeline, struct Work* work, uint32_t index) {
  switch (index) {
    case kWeight:
      return acquire_weight(pipeline, work);
    case kInput:
      return acquire_input(pipeline, work);
    case kOutput:
      return acquire_output(pipeline, work);
    default:
      return acquire_bias(pipeline, work);
  }
}

/* Goes on where it stopped the last time. */
static int acquire_operands(struct Pipeline* pipeline, struct Work* work) {
  while (work->num_acquired < work->num_operands) {
    if (!acquire_operand(pipeline, work, work->num_acquired)) {
      return 0;
    }
    if (work->num_acquired++ == kWeight) {
      fence(); /* the operand is in memory before others see it counted */
      pipeline->weighted = pipeline->fetched + 1;
    }
  }
  return 1;
}

static void advance(struct Pipeline* pipeline) {
  uint32_t phase = pipeline->next.phase;
  step_advance(&pipeline->next, pipeline->phase_tiles.counts);
  fence(); /* the step is in memory before others see it counted, */
  pipeline->fetched = pipeline->fetched + 1;
  if (pipeline->next.phase == kPhaseEnd) {
    fence(); /* and counted before it is seen to be the last of a head */
    pipeline->next_number = pipeline->next_number + 1;
    if (!pipeline_is_fetched(pipeline)) {
      begin_head(pipeline);
    }
  } else if (pipeline->next.phase != phase) {
    begin_phase(pipeline);
  }
}

void pipeline_fetch(struct Pipeline* pipeline) {
  stage_heads(pipeline);
  while (!pipeline_is_fetched(pipeline) && pipeline->fetched - pipeline->retired < kWindow &&
         head_is_reachable(pipeline)) {
    struct Work* work = pipeline_work(pipeline, pipeline->fetched);
    if (work->num_acquired == 0) {
      begin_work(pipeline, work);
    }
    if (!acquire_operands(pipeline, work)) {
      return;
    }
    advance(pipeline);
  }
}

/* Results leave the unit: home, or to the sums of the heads. Logits stay. */
static int pass_on_result(struct Pipeline* pipeline, const struct Work* work) {
  struct Ticket* ticket = &pipeline->slots[work->output_slot].ticket;
  uint32_t tile = work->operands[kOutput].address;
  if (work->output_home != 0) {
    return move_push(mover_of(pipeline, work->output_home), kMoveCopy, work->output_home, tile,
                     kTileBytes, ticket);
  }
  return work->step.phase != kPhaseOW || pipeline->workers == 0 ||
         move_push(pipeline->workers, kMoveAccumulate, pipeline_sums(pipeline, work), tile,
                   kTileBytes, ticket);
}

int pipeline_retire(struct Pipeline* pipeline) {
  struct Work* work = pipeline_work(pipeline, pipeline->retired);
  if (work->is_last_inner && !pass_on_result(pipeline, work)) {
    return 0;
  }
  struct MhsaPhase* phase = &pipeline->phases[work->step.phase];
  uint32_t now = cycle_count();
  phase->cycles += now - pipeline->last_retire_cycle;
  phase->steps += 1;
  pipeline->last_retire_cycle = now;
  work->num_acquired = 0;
  pipeline->retired = pipeline->retired + 1;
  return 1;
}
