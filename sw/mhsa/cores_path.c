/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/runtime/arena.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "sw/mhsa/paths.h"
#include "sw/mhsa/validate.h"
#include "sw/tile/kernels.h"

enum CommandKind { kCommandNothing, kCommandProduct, kCommandSoftmax, kCommandSum, kCommandStop };

/* What all harts do next, between two barriers. */
struct CoresCommand {
  enum CommandKind kind;
  uint32_t retires;           /* the step is complete with this command */
  struct TileProduct product; /* kCommandSum: its output is added */
  uint32_t sums;              /* kCommandSum: here */
};

int cores_path_allocate(struct Run* run) {
  run->pipelines = arena_allocate(&l1_arena, sizeof(struct Pipeline));
  run->dma_rings = arena_allocate(&l1_arena, sizeof(struct MoveRing));
  run->commands = arena_allocate(&l1_arena, 2 * sizeof(struct CoresCommand));
  return run->commands != 0;
}

void cores_path_start(struct Run* run) {
  *run->dma_rings = (struct MoveRing){.workers = 1};
  run->server = (struct DmaServer){.rings = run->dma_rings, .num_rings = 1};
  pipeline_start(run->pipelines, &run->plan, 0, run->dma_rings, 0);
}

static struct Requant requant_of(const struct Pipeline* pipeline, const struct Work* work) {
  const struct MhsaConstants* constants =
      (const struct MhsaConstants*)pipeline_constants(pipeline, work->number);
  uint32_t phase = work->step.phase;
  return (struct Requant){
      .mult = ((const uint8_t*)constants->mult)[phase],
      .shift = ((const uint8_t*)constants->shift)[phase],
      .add = ((const int8_t*)constants->add)[phase],
  };
}

static void make_product(const struct Pipeline* pipeline, const struct Work* work,
                         struct TileProduct* product) {
  uint32_t phase = work->step.phase;
  *product = (struct TileProduct){
      .input = work->operands[kInput].address,
      .weight = work->operands[kWeight].address,
      .sums = pipeline->plan->partial_sums,
      .is_unsigned = phase == kPhaseAV,
      .is_first = work->step.inner == 0,
      .is_last = work->is_last_inner,
      .bias_kind = phase == kPhaseV ? kBiasPerRow : kBiasPerColumn,
  };
  if (!work->is_last_inner) {
    return;
  }
  product->requant = requant_of(pipeline, work);
  product->output = work->operands[kOutput].address;
  if (work->num_operands > kBias) {
    product->bias = work->operands[kBias].address + work->bias_offset;
  } else {
    product->bias_kind = kBiasNone;
  }
}

/* What follows the product of the step: the last tile of a block row of logits is followed by the
 * softmax of the row, a tile of a head's output by its sum. */
static enum CommandKind follow_up(const struct Pipeline* pipeline, const struct Work* work) {
  if (!work->is_last_inner) {
    return kCommandNothing;
  }
  if (work->step.phase == kPhaseQK && work->step.y + 1u == pipeline->plan->shape.s) {
    return kCommandSoftmax;
  }
  return work->step.phase == kPhaseOW ? kCommandSum : kCommandNothing;
}

static void make_follow_up(const struct Pipeline* pipeline, const struct Work* work,
                           struct CoresCommand* command) {
  command->kind = follow_up(pipeline, work);
  command->retires = 1;
  if (command->kind == kCommandSum) {
    command->product.output = work->operands[kOutput].address;
    command->sums = pipeline_sums(pipeline, work);
  }
}

/* Hands the next step out. */
static void make_step(struct Run* run, struct CoresCommand* command) {
  struct Pipeline* pipeline = &run->pipelines[0];
  const struct Work* work = pipeline_work(pipeline, pipeline->issued);
  command->kind = kCommandProduct;
  command->retires = follow_up(pipeline, work) == kCommandNothing;
  make_product(pipeline, work, &command->product);
  if (work->step.phase == kPhaseQK && work->is_last_inner && work->step.y == 0) {
    run->logits = work->operands[kOutput].address;
  }
  pipeline_issue(pipeline);
}

/* The command after `before`. Waits for operands, but not while a step waits to be retired: that
 * may be what gives them room. */
static void prepare(struct Run* run, const struct CoresCommand* before,
                    struct CoresCommand* command) {
  struct Pipeline* pipeline = &run->pipelines[0];
  if (before->kind == kCommandProduct && !before->retires) {
    make_follow_up(pipeline, pipeline_work(pipeline, pipeline->retired), command);
    return;
  }
  for (;;) {
    dma_server_poll(&run->server);
    pipeline_fetch(pipeline);
    if (pipeline->issued != pipeline->fetched &&
        work_is_loaded(pipeline_work(pipeline, pipeline->issued))) {
      make_step(run, command);
      return;
    }
    if (pipeline->issued != pipeline->retired || pipeline_is_complete(pipeline)) {
      command->kind = pipeline_is_complete(pipeline) ? kCommandStop : kCommandNothing;
      command->retires = 0;
      return;
    }
  }
}

/* The logits of a block row lie in neighbouring slots. */
static void normalise(const struct Run* run, uint32_t hart, uint32_t harts) {
  struct SoftmaxArguments softmax = {.data = run->logits,
                                     .rows = kTileSize,
                                     .columns = run->plan.shape.s * kTileSize,
                                     .stride = kTileSize,
                                     .block_stride = kTileBytes,
                                     .shift = run->plan.softmax_shift};
  kernel_softmax((const uint32_t*)&softmax, hart, harts);
}

static void execute(struct Run* run, const struct CoresCommand* command, uint32_t hart) {
  uint32_t harts = platform.num_harts;
  switch (command->kind) {
    case kCommandProduct:
      multiply_tile_part(&command->product, hart, harts);
      break;
    case kCommandSoftmax:
      normalise(run, hart, harts);
      break;
    case kCommandSum:
      accumulate_part(command->sums, command->product.output, hart, harts);
      break;
    default:
      break;
  }
}

static void retire(struct Run* run) {
  while (!pipeline_retire(&run->pipelines[0])) {
    dma_server_poll(&run->server);
  }
}

void cores_path_run(struct Run* run, uint32_t hart) {
  struct Pipeline* pipeline = &run->pipelines[0];
  struct CoresCommand* commands = run->commands;
  if (hart == 0) {
    pipeline->last_retire_cycle = cycle_count();
    commands[1].kind = kCommandNothing;
    commands[1].retires = 0;
    prepare(run, &commands[1], &commands[0]);
  }
  for (uint32_t i = 0;; i ^= 1) {
    log_barrier(); /* command i is there, the one before is done */
    if (hart == 0) {
      if (commands[i ^ 1].retires) {
        retire(run);
      }
      pipeline_fetch(pipeline);
      dma_server_poll(&run->server); /* moves while all compute */
    }
    if (commands[i].kind == kCommandStop) {
      return;
    }
    execute(run, &commands[i], hart);
    if (hart == 0) {
      prepare(run, &commands[i], &commands[i ^ 1]);
    }
  }
}
