/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/drivers/ita_jobs.h"
#include "firmware/runtime/arena.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "sw/mhsa/paths.h"

/* Who does what in tile 0 of a group; the harts of its other tiles are the group's workers. One
 * hart would take longer for a step than the ITA does. */
enum Lane { kLoaderLane, kDmaLane, kIssuerLane }; /* kDmaLane: of group 0 only */

static uint32_t num_workers(void) {
  return harts_per_group() - platform.harts_per_tile;
}

int ita_path_allocate(struct Run* run, uint32_t num_units) {
  uint32_t ring_bytes = num_units * sizeof(struct MoveRing);
  run->pipelines = arena_allocate(&l1_arena, num_units * sizeof(struct Pipeline));
  run->dma_rings = arena_allocate(&l1_arena, ring_bytes);
  run->worker_rings = arena_allocate(&l1_arena, ring_bytes);
  return run->worker_rings != 0;
}

void ita_path_start(struct Run* run) {
  run->server = (struct DmaServer){.rings = run->dma_rings, .num_rings = run->plan.num_units};
  for (uint32_t unit = 0; unit < run->plan.num_units; ++unit) {
    struct MoveRing* dma = &run->dma_rings[unit];
    struct MoveRing* workers = &run->worker_rings[unit];
    *dma = (struct MoveRing){.workers = 1};
    *workers = (struct MoveRing){
        .workers = num_workers(),
        .group = unit,
        .tile_mask = (1u << platform.core_tiles_per_group) - 2, /* not tile 0 */
    };
    pipeline_start(&run->pipelines[unit], &run->plan, unit, dma, workers);
    ita_jobs_soft_clear(ita_jobs_base(unit));
    ita_jobs_set_wake_hart(ita_jobs_base(unit), ITA_JOB_NONE);
  }
}

/* Fetches operands and passes results on. */
static void load(struct Pipeline* pipeline, uint32_t registers) {
  pipeline->last_retire_cycle = cycle_count();
  while (!pipeline_is_complete(pipeline)) {
    uint32_t finished = ita_jobs_finished(registers);
    while (pipeline->retired != finished && pipeline_retire(pipeline)) {
    }
    pipeline_fetch(pipeline);
  }
  move_push_stop(pipeline->dma);
  move_push_stop(pipeline->workers);
}

struct Issuer {
  struct Pipeline* pipeline;
  uint32_t registers;
  uint32_t triggered;    /* jobs that the queue has begun, or will without more ado */
  int has_weights_ahead; /* the job before loads them */
  uint32_t layer_of_context[ITA_JOB_NUM_CONTEXTS]; /* 1 + number of the head; 0: none */
};

static void write_layer(const struct Issuer* issuer, uint32_t number) {
  const struct Shape* shape = &issuer->pipeline->plan->shape;
  const struct MhsaConstants* constants =
      (const struct MhsaConstants*)pipeline_constants(issuer->pipeline, number);
  struct ItaLayer layer = {
      .engine = ITA_JOB_LAYER_ATTENTION,
      .tiles = shape->s << ITA_JOB_TILES_S_SHIFT | shape->e << ITA_JOB_TILES_E_SHIFT |
               shape->p << ITA_JOB_TILES_P_SHIFT,
      .mult = {constants->mult[0], constants->mult[1]},
      .shift = {constants->shift[0], constants->shift[1]},
      .add = {constants->add[0], constants->add[1]},
  };
  ita_jobs_write_layer(issuer->registers, &layer);
}

static uint32_t stream_flags(const struct Work* work, int preloads, int loads_next) {
  uint32_t flags = preloads ? ITA_JOB_WEIGHT_PRELOAD : 0;
  flags |= loads_next ? ITA_JOB_WEIGHT_NEXTLOAD : 0;
  flags |= work->num_operands > kBias ? 0 : ITA_JOB_BIAS_DISABLE;
  flags |= work->step.phase == kPhaseV ? ITA_JOB_BIAS_PER_ROW : 0;
  return flags | (work->is_last_inner ? 0 : ITA_JOB_OUTPUT_DISABLE);
}

/* `next_weight` is 0 when the chain of jobs ends, or is broken, here. */
static void queue_job(struct Issuer* issuer, uint32_t context, const struct Work* work,
                      uint32_t next_weight) {
  struct Pipeline* pipeline = issuer->pipeline;
  if (issuer->layer_of_context[context] != work->number + 1) {
    issuer->layer_of_context[context] = work->number + 1;
    write_layer(issuer, work->number);
  }
  struct ItaJob job = {
      .input = work->operands[kInput].address,
      .weight = work->operands[kWeight].address,
      .next_weight = next_weight,
      .stream = stream_flags(work, !issuer->has_weights_ahead, next_weight != 0),
  };
  if (work->is_last_inner) {
    job.output = work->operands[kOutput].address;
    job.bias = work->num_operands > kBias ? work->operands[kBias].address + work->bias_offset : 0;
  }
  ita_jobs_write_job(issuer->registers, &job);
  issuer->has_weights_ahead = next_weight != 0;
  pipeline_issue(pipeline);
  /* An inner tile that is not the last must not be followed by a context that was never
   * programmed: until all have been, output tiles start as a whole. */
  int starts = pipeline->issued >= ITA_JOB_NUM_CONTEXTS || work->is_last_inner;
  issuer->triggered = starts ? pipeline->issued : issuer->triggered;
  ita_jobs_commit(issuer->registers, starts);
}

/* Address of the stationary tile of step `index`; 0: it is not there yet. */
static uint32_t loaded_weight(struct Pipeline* pipeline, uint32_t index) {
  const struct Operand* weight = &pipeline_work(pipeline, index)->operands[kWeight];
  return pipeline->weighted > index && operand_is_loaded(weight) ? weight->address : 0;
}

/* Queues the next step, if its operands and the stationary tile of the step after are there and a
 * context is free. A job loads the first weights of the next one; where the next ones are late,
 * or wait for the slot of this one, an idle ITA does not wait for them. */
static void issue_next(struct Issuer* issuer) {
  struct Pipeline* pipeline = issuer->pipeline;
  uint32_t index = pipeline->issued;
  if (pipeline->fetched == index || !work_is_loaded(pipeline_work(pipeline, index))) {
    return;
  }
  uint32_t next_weight = loaded_weight(pipeline, index + 1);
  if (next_weight == 0 && pipeline->retired != issuer->triggered) {
    return;
  }
  int32_t context = ita_jobs_acquire(issuer->registers);
  if (context >= 0) {
    queue_job(issuer, (uint32_t)context, pipeline_work(pipeline, index), next_weight);
  }
}

static void issue(struct Pipeline* pipeline, uint32_t registers) {
  struct Issuer issuer = {.pipeline = pipeline, .registers = registers};
  while (!pipeline_is_fetched(pipeline) || pipeline->issued != pipeline->fetched) {
    issue_next(&issuer);
  }
}

static void serve_dma(struct DmaServer* server) {
  while (server->stopped < server->num_rings) {
    dma_server_poll(server);
  }
}

void ita_path_run(struct Run* run, uint32_t hart) {
  uint32_t unit = hart / harts_per_group();
  uint32_t place = hart % harts_per_group();
  if (hart == kDmaLane) {
    serve_dma(&run->server);
  }
  if (unit >= run->plan.num_units) {
    return;
  }
  if (place >= platform.harts_per_tile) {
    work_on_moves(&run->worker_rings[unit], place - platform.harts_per_tile);
  } else if (place == kLoaderLane) {
    load(&run->pipelines[unit], ita_jobs_base(unit));
  } else if (place == kIssuerLane) {
    issue(&run->pipelines[unit], ita_jobs_base(unit));
  }
}
