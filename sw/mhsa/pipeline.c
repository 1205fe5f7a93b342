/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/mhsa/pipeline.h"

#include "firmware/runtime/hart.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "sw/tile/kernels.h"
#include "sw/mhsa/validate.h"

void pipeline_start(struct Pipeline* pipeline, const struct Plan* plan, uint32_t unit,
                    struct MoveRing* dma, struct MoveRing* workers) {
  memset(pipeline, 0, sizeof(*pipeline));
  pipeline->plan = plan;
  pipeline->unit = &plan->units[unit];
  pipeline->first_head = unit;
  pipeline->num_heads = (plan->shape.h - unit + plan->num_units - 1) / plan->num_units;
  pipeline->cache.base = pipeline->unit->slots;
  pipeline->cache.num_slots = pipeline->unit->num_slots;
  pipeline->cache.l1_end = platform.core_l1_bytes;
  pipeline->cache.dma = dma;
  pipeline->cache.workers = workers;
  pipeline->last_retire_cycle = cycle_count();
}

int pipeline_is_fetched(const struct Pipeline* pipeline) {
  return pipeline->next_number == pipeline->num_heads;
}

int pipeline_is_complete(const struct Pipeline* pipeline) {
  return pipeline_is_fetched(pipeline) && pipeline->retired == pipeline->fetched;
}

struct Work* pipeline_work(struct Pipeline* pipeline, uint32_t index) {
  return &pipeline->window[index % kWindow];
}

static int is_staged(const struct Pipeline* pipeline) {
  return pipeline->unit->staged_heads[0] != 0;
}

static uint32_t head_in_image(const struct Pipeline* pipeline, uint32_t number) {
  return image_head(pipeline->plan,
                    pipeline->first_head + number * pipeline->plan->num_units);
}

uint32_t pipeline_constants(const struct Pipeline* pipeline, uint32_t number) {
  return head_in_image(pipeline, number) + pipeline->plan->image->head_bytes - kTileBytes;
}

uint32_t pipeline_sums(const struct Pipeline* pipeline, const struct Work* work) {
  const struct Plan* plan = pipeline->plan;
  return plan->sums + (work->step.x * plan->shape.e + work->step.y) * kSumTileBytes;
}

/* Keeps the head that computes and the one after it in L1. A buffer is free again once the first
 * step of the next head is issued: all tiles of the head before have been fetched by then. */
static void stage_heads(struct Pipeline* pipeline) {
  uint32_t number = pipeline->num_staged;
  if (is_staged(pipeline) && number < pipeline->num_heads &&
      number < pipeline->issued_number + 2 &&
      move_push(pipeline->cache.dma, kMoveCopy, pipeline->unit->staged_heads[number % 2],
                head_in_image(pipeline, number), pipeline->plan->image->head_bytes,
                &pipeline->staging[number % 2])) {
    pipeline->num_staged = number + 1;
  }
}

static int head_is_reachable(const struct Pipeline* pipeline, uint32_t number) {
  return !is_staged(pipeline) ||
         (number < pipeline->num_staged && move_is_complete(&pipeline->staging[number % 2]));
}

static uint32_t tile_of(uint32_t matrix, uint32_t columns, uint32_t row, uint32_t column) {
  return matrix + (row * columns + column) * kTileBytes;
}

/* Logits of two block rows, also of two heads, can be on their way at the same time. */
static uint32_t logit_tile(const struct Pipeline* pipeline, const struct Work* work,
                           uint32_t column) {
  uint32_t block_row = work->number * pipeline->plan->shape.s + work->step.x;
  return kFirstLogitTile + block_row % 2 * kMaxTilesS + column;
}

/* Names the tiles of the step: its dataflow. */
static void name_operands(const struct Pipeline* pipeline, struct Work* work) {
  const struct Shape* shape = &pipeline->plan->shape;
  const struct UnitPlan* unit = pipeline->unit;
  const struct Step* step = &work->step;
  uint32_t head = head_in_image(pipeline, work->number);
  uint32_t weight_bytes = shape->e * shape->p * kTileBytes;
  uint32_t bias_tile = 0; /* of Bq, Bk, Bv, Bo in one row */
  uint32_t* tiles = work->tiles;
  switch (step->phase) {
    case kPhaseQ:
    case kPhaseK: {
      int is_k = step->phase == kPhaseK;
      tiles[kInput] = tile_of(is_k ? pipeline->plan->k_home : pipeline->plan->q_home, shape->e,
                              step->x, step->inner);
      tiles[kWeight] = tile_of(head + is_k * weight_bytes, shape->e, step->y, step->inner);
      tiles[kOutput] = tile_of(is_k ? unit->k : unit->qo, shape->p, step->x, step->y);
      bias_tile = is_k * shape->p + step->y;
      break;
    }
    case kPhaseV:
      tiles[kInput] = tile_of(head + 2 * weight_bytes, shape->e, step->x, step->inner);
      tiles[kWeight] = tile_of(pipeline->plan->k_home, shape->e, step->y, step->inner);
      tiles[kOutput] = tile_of(unit->v, shape->s, step->x, step->y);
      bias_tile = 2 * shape->p + step->x;
      break;
    case kPhaseQK:
      tiles[kInput] = tile_of(unit->qo, shape->p, step->x, step->inner);
      tiles[kWeight] = tile_of(unit->k, shape->p, step->y, step->inner);
      tiles[kOutput] = logit_tile(pipeline, work, step->y);
      break;
    case kPhaseAV:
      tiles[kInput] = logit_tile(pipeline, work, step->inner);
      tiles[kWeight] = tile_of(unit->v, shape->s, step->y, step->inner);
      tiles[kOutput] = tile_of(unit->qo, shape->p, step->x, step->y);
      break;
    default:
      tiles[kInput] = tile_of(unit->qo, shape->p, step->x, step->inner);
      tiles[kWeight] = tile_of(head + 3 * weight_bytes, shape->p, step->y, step->inner);
      tiles[kOutput] = kNoTile;
      bias_tile = 3 * shape->p + step->y;
      break;
  }
  tiles[kBias] = pipeline_constants(pipeline, work->number);
  work->bias_offset = sizeof(struct MhsaConstants) + bias_tile * kTileBiasBytes;
}

static int has_bias(uint32_t phase) { return phase != kPhaseQK && phase != kPhaseAV; }

static void begin_work(const struct Pipeline* pipeline, struct Work* work) {
  work->step = pipeline->next;
  work->number = pipeline->next_number;
  work->is_last_inner = work->step.inner + 1 ==
                        step_counts(work->step.phase, &pipeline->plan->shape).inner;
  name_operands(pipeline, work);
  if (!work->is_last_inner) {
    work->num_operands = kInput + 1;
  } else {
    work->num_operands = has_bias(work->step.phase) ? kBias + 1 : kOutput + 1;
  }
}

/* Where to fetch the tile: tiles of a staged head from the copy in L1. */
static uint32_t source_of(const struct Pipeline* pipeline, const struct Work* work,
                          uint32_t tile) {
  uint32_t offset = tile - head_in_image(pipeline, work->number);
  if (is_staged(pipeline) && offset < pipeline->plan->image->head_bytes) {
    return pipeline->unit->staged_heads[work->number % 2] + offset;
  }
  return tile;
}

static int acquire_next_operand(struct Pipeline* pipeline, struct Work* work) {
  uint32_t index = work->num_acquired;
  uint32_t tile = work->tiles[index];
  struct Operand* operand = &work->operands[index];
  int is_acquired =
      index == kOutput
          ? cache_acquire_output(&pipeline->cache, tile, operand)
          : cache_acquire(&pipeline->cache, tile, source_of(pipeline, work, tile), operand);
  work->num_acquired = (uint8_t)(work->num_acquired + is_acquired);
  return is_acquired;
}

static void advance(struct Pipeline* pipeline) {
  pipeline->fetched += 1;
  step_advance(&pipeline->next, &pipeline->plan->shape);
  if (pipeline->next.phase == kPhaseEnd) {
    pipeline->next = (struct Step){0};
    pipeline->next_number += 1;
  }
}

void pipeline_fetch(struct Pipeline* pipeline) {
  stage_heads(pipeline);
  while (!pipeline_is_fetched(pipeline) && pipeline->fetched - pipeline->retired < kWindow &&
         head_is_reachable(pipeline, pipeline->next_number)) {
    struct Work* work = pipeline_work(pipeline, pipeline->fetched);
    if (work->num_acquired == 0) {
      begin_work(pipeline, work);
    }
    while (work->num_acquired < work->num_operands) {
      if (!acquire_next_operand(pipeline, work)) {
        return;
      }
    }
    advance(pipeline);
  }
}

void pipeline_issue(struct Pipeline* pipeline) {
  pipeline->issued_number = pipeline_work(pipeline, pipeline->issued)->number;
  pipeline->issued += 1;
}

int pipeline_is_loaded(struct Pipeline* pipeline, const struct Work* work) {
  for (uint32_t i = 0; i < work->num_operands; ++i) {
    if (!cache_is_loaded(&pipeline->cache, &work->operands[i])) {
      return 0;
    }
  }
  return 1;
}

/* Results leave the unit: home, or to the sums of the heads. Logits stay. */
static int pass_on_result(struct Pipeline* pipeline, const struct Work* work) {
  const struct Operand* output = &work->operands[kOutput];
  if (work->step.phase == kPhaseOW) {
    return pipeline->cache.workers == 0 ||
           cache_accumulate(&pipeline->cache, output, pipeline_sums(pipeline, work));
  }
  return work->step.phase == kPhaseQK || cache_store(&pipeline->cache, output);
}

/* Whether the phase comes back to the streamed (stationary) tile before many others. */
static int is_input_used_soon(const struct Work* work, struct StepCounts counts) {
  return work->step.y + 1 < counts.y;
}
static int is_weight_used_soon(const struct Work* work, struct StepCounts counts) {
  return work->step.x + 1 < counts.x;
}

static void release_operands(struct Pipeline* pipeline, const struct Work* work) {
  struct TileCache* cache = &pipeline->cache;
  const struct Operand* operands = work->operands;
  struct StepCounts counts = step_counts(work->step.phase, &pipeline->plan->shape);
  int is_input_soon = is_input_used_soon(work, counts);
  cache_release(cache, &operands[kWeight], is_weight_used_soon(work, counts));
  cache_release(cache, &operands[kInput], is_input_soon);
  if (work->step.phase == kPhaseAV && !is_input_soon) {
    cache_drop(cache, &operands[kInput]); /* logits: also the pin of the QK step */
  }
  if (work->num_operands > kBias) {
    cache_release(cache, &operands[kBias], 1);
  }
  if (work->is_last_inner && work->step.phase != kPhaseQK) {
    cache_release(cache, &operands[kOutput], work->step.phase != kPhaseOW);
  }
}

int pipeline_retire(struct Pipeline* pipeline) {
  struct Work* work = pipeline_work(pipeline, pipeline->retired);
  if (work->is_last_inner && !pass_on_result(pipeline, work)) {
    return 0;
  }
  release_operands(pipeline, work);
  struct MhsaPhase* phase = &pipeline->phases[work->step.phase];
  uint32_t now = cycle_count();
  phase->cycles += now - pipeline->last_retire_cycle;
  phase->steps += 1;
  pipeline->last_retire_cycle = now;
  work->num_acquired = 0;
  pipeline->retired += 1;
  return 1;
}
