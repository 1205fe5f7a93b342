/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/drivers/ita_jobs.h"
#include "firmware/runtime/arena.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "sw/mhsa/paths.h"

/* The hart beside the first driver. */
enum { kDmaHart = 1 };

static uint32_t num_workers(void) { return harts_per_group() - platform.harts_per_tile; }

int ita_path_prepare(struct Run* run, uint32_t num_units) {
  uint32_t ring_bytes = num_units * sizeof(struct MoveRing);
  run->pipelines = arena_allocate(&l1_arena, num_units * sizeof(struct Pipeline));
  run->dma_rings = arena_allocate(&l1_arena, ring_bytes);
  run->worker_rings = arena_allocate(&l1_arena, ring_bytes);
  if (run->worker_rings == 0) {
    return 0;
  }
  memset(run->dma_rings, 0, ring_bytes);
  memset(run->worker_rings, 0, ring_bytes);
  for (uint32_t u = 0; u < num_units; ++u) {
    run->dma_rings[u].workers = 1;
    run->worker_rings[u].workers = num_workers();
    run->worker_rings[u].group = u;
    run->worker_rings[u].tile_mask = (1u << platform.core_tiles_per_group) - 2; /* not tile 0 */
  }
  return 1;
}

/* Which constants each context of the queue holds. */
struct Driver {
  struct Pipeline* pipeline;
  uint32_t registers;
  uint32_t layer_of_context[ITA_JOB_NUM_CONTEXTS]; /* 1 + number of the head; 0: none */
};

static void write_layer(struct Driver* driver, uint32_t number) {
  const struct Shape* shape = &driver->pipeline->plan->shape;
  const struct MhsaConstants* constants =
      (const struct MhsaConstants*)pipeline_constants(driver->pipeline, number);
  struct ItaLayer layer = {
      .engine = ITA_JOB_LAYER_ATTENTION,
      .tiles = shape->s << ITA_JOB_TILES_S_SHIFT | shape->e << ITA_JOB_TILES_E_SHIFT |
               shape->p << ITA_JOB_TILES_P_SHIFT,
      .mult = {constants->mult[0], constants->mult[1]},
      .shift = {constants->shift[0], constants->shift[1]},
      .add = {constants->add[0], constants->add[1]},
  };
  ita_jobs_write_layer(driver->registers, &layer);
}

static uint32_t stream_flags(const struct Work* work, int is_first, int is_last) {
  uint32_t phase = work->step.phase;
  uint32_t flags = is_first ? ITA_JOB_WEIGHT_PRELOAD : 0;
  flags |= is_last ? 0 : ITA_JOB_WEIGHT_NEXTLOAD;
  flags |= work->num_operands > kBias ? 0 : ITA_JOB_BIAS_DISABLE;
  flags |= phase == kPhaseV ? ITA_JOB_BIAS_PER_ROW : 0;
  return flags | (work->is_last_inner ? 0 : ITA_JOB_OUTPUT_DISABLE);
}

/* Queues the next step once its operands and the stationary tile of the step after are there.
 * The queue starts when all contexts are filled: a running job must never be followed by a
 * context that was not yet programmed. */
static void issue(struct Driver* driver) {
  struct Pipeline* pipeline = driver->pipeline;
  int is_last = pipeline_is_fetched(pipeline) && pipeline->issued + 1 == pipeline->fetched;
  if (pipeline->issued + (is_last ? 0 : 1) >= pipeline->fetched) {
    return;
  }
  const struct Work* work = pipeline_work(pipeline, pipeline->issued);
  const struct Work* next = is_last ? work : pipeline_work(pipeline, pipeline->issued + 1);
  if (!pipeline_is_loaded(pipeline, work) ||
      !cache_is_loaded(&pipeline->cache, &next->operands[kWeight])) {
    return;
  }
  int32_t context = ita_jobs_acquire(driver->registers);
  if (context < 0) {
    return;
  }
  if (driver->layer_of_context[context] != work->number + 1) {
    driver->layer_of_context[context] = work->number + 1;
    write_layer(driver, work->number);
  }
  struct ItaJob job = {
      .input = work->operands[kInput].address,
      .weight = work->operands[kWeight].address,
      .next_weight = next->operands[kWeight].address,
      .stream = stream_flags(work, pipeline->issued == 0, is_last),
  };
  if (work->is_last_inner) {
    job.output = work->operands[kOutput].address;
    job.bias = work->num_operands > kBias ? work->operands[kBias].address + work->bias_offset : 0;
  }
  ita_jobs_write_job(driver->registers, &job);
  pipeline_issue(pipeline);
  ita_jobs_commit(driver->registers, pipeline->issued >= ITA_JOB_NUM_CONTEXTS || is_last);
}

static void drive(struct Run* run, uint32_t unit) {
  struct Driver driver = {.pipeline = &run->pipelines[unit], .registers = ita_jobs_base(unit)};
  struct Pipeline* pipeline = driver.pipeline;
  pipeline_start(pipeline, &run->plan, unit, &run->dma_rings[unit], &run->worker_rings[unit]);
  ita_jobs_soft_clear(driver.registers);
  ita_jobs_set_wake_hart(driver.registers, ITA_JOB_NONE);
  while (!pipeline_is_complete(pipeline)) {
    uint32_t finished = ita_jobs_finished(driver.registers);
    while (pipeline->retired != finished && pipeline_retire(pipeline)) {
    }
    issue(&driver);
    pipeline_fetch(pipeline);
  }
  move_push_stop(&run->dma_rings[unit]);
  move_push_stop(&run->worker_rings[unit]);
}

static void serve_dma(struct Run* run) {
  struct DmaServer* server = &run->server;
  *server = (struct DmaServer){.rings = run->dma_rings, .num_rings = run->plan.num_units};
  while (server->stopped < server->num_rings) {
    dma_server_poll(server);
  }
}

void ita_path_run(struct Run* run, uint32_t hart) {
  uint32_t unit = hart / harts_per_group();
  uint32_t place = hart % harts_per_group();
  if (hart == kDmaHart) {
    serve_dma(run);
  } else if (unit < run->plan.num_units && place == 0) {
    drive(run, unit);
  } else if (unit < run->plan.num_units && place >= platform.harts_per_tile) {
    work_on_moves(&run->worker_rings[unit], place - platform.harts_per_tile);
  }
}
