/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/sparse_mhsa/ita_heads.h"

#include "firmware/drivers/dma.h"
#include "firmware/drivers/ita_jobs.h"
#include "firmware/runtime/arena.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "sw/mhsa/moves.h"
#include "sw/sparse_mhsa/jobs.h"

enum {
  kTile = 64,
  kTileBytes = kTile * kTile,
  kMatricesInBanks = 4, /* Q, which the result replaces block by block, K, V^T, a row of logits */
  kDriverLane = 1,      /* hart of a group that drives its ITA; hart 0 has the engine */
  kMaxItas = 8,
  kStagedBytes = 3 * 4 * kTileBytes,
  /* Heads that the engine does while an ITA does one, which it also has to load. Measured with
   * S = 256 on tessera: 21,000 against 3,900 cycles. */
  kEngineHeads = 5,
};

/* Heads to compute, in the order of their jobs, and what the harts share. In L1: harts wait on its
 * words. */
static struct Heads {
  uint32_t count;
  volatile uint32_t next;         /* first that nobody computes */
  volatile uint32_t engine_helps; /* it has no jobs of its own any more */
  volatile uint32_t dma_is_taken; /* the DMA serves one hart at a time */
  uint32_t staged[kMaxItas];      /* of each ITA: a copy of Q, K and V^T of a head in L1 */
  struct MoveRing copies[kMaxItas];
  struct Head {
    uint16_t job;
    uint16_t head;
  } list[SPARSE_MAX_JOBS];
} * heads;

/* A group needs harts that drive the ITA and harts that copy. */
static int has_itas(void) {
  return platform.num_itas != 0 && platform.num_itas <= kMaxItas &&
         platform.num_itas <= platform.num_groups &&
         platform.ita_interface == PLATFORM_BLOCK_ITA_JOB &&
         platform.ita_flavour == PLATFORM_BLOCK_FLAVOUR_RTL &&
         platform.harts_per_tile > kDriverLane && platform.core_tiles_per_group > 1;
}

int ita_heads_init(void) {
  heads = arena_allocate(&l1_arena, sizeof(*heads));
  if (heads == 0) {
    return -1;
  }
  heads->count = heads->next = heads->engine_helps = heads->dma_is_taken = 0;
  for (uint32_t ita = 0; has_itas() && ita < platform.num_itas; ++ita) {
    heads->copies[ita] = (struct MoveRing){
        .workers = harts_per_group() - platform.harts_per_tile,
        .group = ita,
        .tile_mask = (1u << platform.core_tiles_per_group) - 2, /* not tile 0 */
    };
    heads->staged[ita] = (uint32_t)arena_allocate(&l1_arena, kStagedBytes);
    if (heads->staged[ita] == 0) {
      return -1;
    }
  }
  return 0;
}

static const struct EngineDescriptor* job_at(const struct SparseImage* image, uint32_t number) {
  return (const struct EngineDescriptor*)((uint32_t)image + image->jobs_offset) + number;
}

static uint32_t transposed_values(const struct SparseImage* image, uint32_t number) {
  return ((const uint32_t*)((uint32_t)image + image->ita_offset))[number];
}

int ita_takes(const struct SparseImage* image, uint32_t number) {
  const struct EngineDescriptor* job = job_at(image, number);
  uint32_t bytes = (uint32_t)job->queries * kTile; /* of a matrix of a head */
  return has_itas() && image->ita_offset != 0 && transposed_values(image, number) != 0 &&
         job->pattern == 0 && job->queries == job->keys && job->queries % kTile == 0 &&
         job->head_dim == kTile && job->row_stride == kTile / 16 &&
         kMatricesInBanks * bytes <= platform.ita_l1_bytes && 3 * bytes <= kStagedBytes &&
         (job->qk_requant & 0xFF00) == 0 && (job->av_requant & 0xFF00) == 0 &&
         heads->count + job->heads <= SPARSE_MAX_JOBS;
}

void ita_heads_add(const struct SparseImage* image, uint32_t number) {
  struct SparseReport* report = (struct SparseReport*)((uint32_t)image + image->report_offset);
  report->jobs[number] = (struct SparseJobReport){.policy = SPARSE_POLICY_ITA};
  for (uint32_t head = 0; head < job_at(image, number)->heads; ++head) {
    heads->list[heads->count++] = (struct Head){(uint16_t)number, (uint16_t)head};
  }
}

/* The next head for the calling hart, which counts as an attempt at its job; 0: none is left. */
static const struct Head* take_head(struct SparseReport* report) {
  uint32_t place = amo_add(&heads->next, 1);
  if (place >= heads->count) {
    return 0;
  }
  amo_add(&report->jobs[heads->list[place].job].attempts, 1);
  return &heads->list[place];
}

/* The engine is through with all heads before an ITA would be with one. Both words may change
 * meanwhile: atomic looks. */
static int is_left_to_engine(void) {
  return amo_or(&heads->engine_helps, 0) != 0 &&
         heads->count <= amo_or(&heads->next, 0) + kEngineHeads;
}

static void take_dma(void) {
  while (amo_swap(&heads->dma_is_taken, 1) != 0) {
  }
}

static void release_dma(void) {
  heads->dma_is_taken = 0;
}

/* Copies between the cores' L1 and an ITA's banks, by the other harts of its group. */
static void move(struct MoveRing* ring, uint32_t destination, uint32_t source, uint32_t bytes) {
  struct Ticket ticket;
  while (!move_push(ring, kMoveCopy, destination, source, bytes, &ticket)) {
  }
  while (!move_is_complete(&ticket)) {
  }
}

static struct ItaLayer layer_of(const struct EngineDescriptor* job) {
  uint32_t tiles = job->queries / kTile;
  uint32_t qk = job->qk_requant;
  uint32_t av = job->av_requant;
  return (struct ItaLayer){
      .engine = ITA_JOB_LAYER_SINGLE_ATTENTION,
      .tiles = tiles << ITA_JOB_TILES_S_SHIFT | 1u << ITA_JOB_TILES_E_SHIFT |
               1u << ITA_JOB_TILES_P_SHIFT,
      .mult = {qk << 24, av & 0xFF}, /* constants 3 and 4 */
      .shift = {(qk >> 16 & 0xFF) << 24, av >> 16 & 0xFF},
      .add = {qk & 0xFF000000u, av >> 24},
  };
}

/* Where the matrices of a head are in an ITA's banks: addresses of tile 0. */
struct Places {
  uint32_t q;
  uint32_t k;
  uint32_t v;
  uint32_t logits;
};

/* Stationary tile of step `step` of a block of rows: the keys, then the values. */
static uint32_t weight_of(const struct Places* places, uint32_t step, uint32_t tiles) {
  return step < tiles ? places->k + step * kTileBytes : places->v + (step - tiles) * kTileBytes;
}

/* Step `step` of block `block`: a tile of logits, then one of the products with the values. */
static struct ItaJob make_step(const struct Places* places, uint32_t block, uint32_t step,
                               uint32_t tiles) {
  int is_score = step < tiles;
  int is_first = block == 0 && step == 0;
  int is_last = block + 1 == tiles && step + 1 == 2 * tiles;
  uint32_t q = places->q + block * kTileBytes;
  uint32_t logits = places->logits + step % tiles * kTileBytes;
  struct ItaJob job = {
      .input = is_score ? q : logits,
      .weight = weight_of(places, step, tiles),
      .next_weight = is_last ? 0 : weight_of(places, (step + 1) % (2 * tiles), tiles),
      .output = is_score ? logits : q,
      .stream = ITA_JOB_BIAS_DISABLE,
  };
  job.stream |= is_first ? ITA_JOB_WEIGHT_PRELOAD : 0;
  job.stream |= is_last ? 0 : ITA_JOB_WEIGHT_NEXTLOAD;
  job.stream |= is_score || step + 1 == 2 * tiles ? 0 : ITA_JOB_OUTPUT_DISABLE;
  return job;
}

/* Not inlined: the stack has 512 bytes. All steps of a head. A pulse comes at the end of each: the
 * hart sleeps while the queue is full.
 */
__attribute__((noinline)) static void compute(uint32_t registers,
                                              const struct EngineDescriptor* descriptor,
                                              const struct Places* places) {
  uint32_t tiles = descriptor->queries / kTile;
  uint32_t steps = 2 * tiles * tiles;
  struct ItaLayer layer = layer_of(descriptor);
  ita_jobs_soft_clear(registers); /* contexts forget the constants of the head before */
  for (uint32_t i = 0; i < steps; ++i) {
    struct ItaJob job = make_step(places, i / (2 * tiles), i % (2 * tiles), tiles);
    if (i >= ITA_JOB_NUM_CONTEXTS) {
      wait_for_wake_up();
    }
    while (ita_jobs_acquire(registers) < 0) {
    }
    if (i < ITA_JOB_NUM_CONTEXTS) {
      ita_jobs_write_layer(registers, &layer);
    }
    ita_jobs_write_job(registers, &job);
    /* No step may be followed by a context that was never programmed in the middle of a sum. */
    ita_jobs_commit(registers, i + 1 >= ITA_JOB_NUM_CONTEXTS || i + 1 == steps ||
                                   (job.stream & ITA_JOB_OUTPUT_DISABLE) == 0);
  }
  for (uint32_t i = 0; i < steps && i < ITA_JOB_NUM_CONTEXTS; ++i) {
    wait_for_wake_up();
  }
}

static void run_head(const struct SparseImage* image, uint32_t ita, const struct Head* head) {
  struct SparseReport* report = (struct SparseReport*)((uint32_t)image + image->report_offset);
  const struct EngineDescriptor* job = job_at(image, head->job);
  uint32_t bytes = (uint32_t)job->queries * kTile;
  uint32_t base = (uint32_t)image;
  uint32_t offset = head->head * job->head_stride * 16u;
  uint32_t banks = platform.ita_l1_base + ita * platform.ita_l1_bytes;
  struct Places places = {banks, banks + bytes, banks + 2 * bytes, banks + 3 * bytes};
  uint32_t start = cycle_count();
  uint32_t staged = heads->staged[ita];
  take_dma();
  dma_copy(staged, base + job->q + offset, bytes);
  dma_copy(staged + bytes, base + job->k + offset, bytes);
  dma_copy(staged + 2 * bytes, base + transposed_values(image, head->job) + head->head * bytes,
           bytes);
  release_dma();
  move(&heads->copies[ita], banks, staged, 3 * bytes);
  compute(ita_jobs_base(ita), job, &places);
  move(&heads->copies[ita], staged, places.q, bytes);
  take_dma();
  dma_copy(base + job->output + offset, staged, bytes);
  release_dma();
  amo_add(&report->jobs[head->job].cycles, cycle_count() - start);
}

void ita_heads_run(const struct SparseImage* image, uint32_t hart) {
  struct SparseReport* report = (struct SparseReport*)((uint32_t)image + image->report_offset);
  uint32_t ita = hart / harts_per_group();
  uint32_t place = hart % harts_per_group();
  if (ita >= platform.num_itas || heads->count == 0) {
    return;
  }
  if (place >= platform.harts_per_tile) {
    work_on_moves(&heads->copies[ita], place - platform.harts_per_tile);
  } else if (place == kDriverLane) {
    ita_jobs_set_wake_hart(ita_jobs_base(ita), hart);
    const struct Head* head;
    while (!is_left_to_engine() && (head = take_head(report)) != 0) {
      run_head(image, ita, head);
    }
    move_push_stop(&heads->copies[ita]);
  }
}

enum SparseExit ita_heads_help(const struct SparseImage* image, struct Engine* engine) {
  struct SparseReport* report = (struct SparseReport*)((uint32_t)image + image->report_offset);
  amo_or(&heads->engine_helps, 1);
  for (const struct Head* head; (head = take_head(report)) != 0;) {
    struct EngineCompletion completion;
    struct SparseJobReport* job_report = &report->jobs[head->job];
    struct EngineDescriptor job =
        job_with_addresses(image, image->jobs_offset, head->job, head->head);
    uint32_t error = engine_run(engine, &job, &completion);
    job_report->policy = job.policy;
    amo_add(&job_report->cycles, completion.cycles);
    if (error != kEngineOk) {
      job_report->error = error;
      return kSparseFailed;
    }
  }
  return kSparseDone;
}
