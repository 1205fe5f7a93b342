/* SPDX-License-Identifier: Apache-2.0
 * Multi-head self-attention on a workload image (image.h): each head as tile steps on an ITA, or
 * on all cores; the heads are summed and requantised by the cores. The result is written back to
 * the image, with the cycles of each phase. */
#include "firmware/drivers/dma.h"
#include "firmware/runtime/arena.h"
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"
#include "sw/mhsa/paths.h"
#include "sw/mhsa/validate.h"
#include "sw/tile/kernels.h"

/* Regions of interest in the statistics of the run. */
enum { kRegionLoad = 1, kRegionHeads = 2, kRegionSum = 3 };

static struct Run* run;
static volatile enum MhsaExit status;

static const struct MhsaImage* workload(void) {
  return (const struct MhsaImage*)WORKLOAD_ADDRESS;
}

static enum MhsaExit prepare(void) {
  enum MhsaExit result = validate(workload());
  if (result != kMhsaDone) {
    return result;
  }
  uint32_t most_units = platform.num_itas < kMaxUnits ? platform.num_itas : kMaxUnits;
  run = arena_allocate(&l1_arena, sizeof(*run));
  int on_itas = uses_itas(workload());
  if (run == 0 || !(on_itas ? ita_path_allocate(run, most_units) : cores_path_allocate(run))) {
    printf("mhsa: no room in L1\n");
    return kMhsaNoRoom;
  }
  result = make_plan(&run->plan, workload());
  if (result == kMhsaDone && on_itas) {
    ita_path_start(run);
  } else if (result == kMhsaDone) {
    cores_path_start(run);
  }
  return result;
}

/* Inputs that have a copy in L1 are read many times. */
static void load_inputs(const struct Plan* plan) {
  const struct MhsaImage* image = plan->image;
  uint32_t k_source = (uint32_t)image + image->k_offset;
  uint32_t q_source = (uint32_t)image + image->q_offset;
  if (plan->k_home != k_source) {
    dma_copy(plan->k_home, k_source, image->s * image->e);
  }
  if (plan->q_home != q_source && plan->q_home != plan->k_home) {
    dma_copy(plan->q_home, q_source, image->s * image->e);
  }
}

static uint32_t num_sum_tiles(const struct Plan* plan) {
  return plan->shape.s * plan->shape.e;
}

static void clear_sums(const struct Plan* plan, uint32_t hart) {
  uint32_t* sums = (uint32_t*)plan->sums;
  for (uint32_t i = hart; i < num_sum_tiles(plan) * kSumTileBytes / 4; i += platform.num_harts) {
    sums[i] = 0;
  }
}

static void requantise_sums(const struct Plan* plan, uint32_t hart) {
  const struct MhsaImage* image = plan->image;
  struct Requant requant = {
      .mult = (uint8_t)image->sum_requant,
      .shift = (uint8_t)(image->sum_requant >> 8),
      .add = (int8_t)(image->sum_requant >> 16),
  };
  uint32_t result = (uint32_t)image + image->result_offset;
  for (uint32_t tile = 0; tile < num_sum_tiles(plan); ++tile) {
    uint32_t row = tile / plan->shape.e * kTileSize;
    uint32_t column = tile % plan->shape.e * kTileSize;
    requantise_sums_part(result + row * image->e + column, image->e,
                         plan->sums + tile * kSumTileBytes, image->h, requant, hart,
                         platform.num_harts);
  }
}

/* The barrier at the end of a phase of the program, and the cycles since `start`. */
static uint32_t finish(uint32_t start) {
  log_barrier();
  return cycle_count() - start;
}

static uint32_t measure_load(uint32_t hart) {
  uint32_t start = cycle_count();
  if (hart == 0) {
    region_begin(kRegionLoad);
    load_inputs(&run->plan);
  }
  clear_sums(&run->plan, hart);
  uint32_t cycles = finish(start);
  if (hart == 0) {
    region_end(kRegionLoad);
    region_begin(kRegionHeads);
  }
  return cycles;
}

static uint32_t measure_heads(uint32_t hart) {
  uint32_t start = cycle_count();
  if (run->plan.is_on_itas) {
    ita_path_run(run, hart);
  } else {
    cores_path_run(run, hart);
  }
  uint32_t cycles = finish(start);
  if (hart == 0) {
    region_end(kRegionHeads);
    region_begin(kRegionSum);
  }
  return cycles;
}

static uint32_t measure_sum(uint32_t hart) {
  uint32_t start = cycle_count();
  requantise_sums(&run->plan, hart);
  uint32_t cycles = finish(start);
  if (hart == 0) {
    region_end(kRegionSum);
  }
  return cycles;
}

static void write_report(uint32_t load_cycles, uint32_t heads_cycles, uint32_t sum_cycles) {
  const struct Plan* plan = &run->plan;
  const struct MhsaImage* image = plan->image;
  struct MhsaReport* report = (struct MhsaReport*)((uint32_t)image + image->report_offset);
  report->num_itas = plan->is_on_itas ? plan->num_units : 0;
  report->num_harts = platform.num_harts;
  report->load_cycles = load_cycles;
  report->heads_cycles = heads_cycles;
  report->sum_cycles = sum_cycles;
  for (uint32_t phase = 0; phase < kNumPhases; ++phase) {
    report->phases[phase] = (struct MhsaPhase){0};
    for (uint32_t u = 0; u < plan->num_units; ++u) {
      report->phases[phase].cycles += run->pipelines[u].phases[phase].cycles;
      report->phases[phase].steps += run->pipelines[u].phases[phase].steps;
    }
  }
  report->is_complete = 1;
  printf("mhsa: S=%lu E=%lu P=%lu H=%lu on %lu ITAs and %lu harts: %lu cycles\n", image->s,
         image->e, image->p, image->h, report->num_itas, report->num_harts,
         load_cycles + heads_cycles + sum_cycles);
}

int main(uint32_t hart) {
  if (hart == 0) {
    status = prepare();
  }
  barrier();
  if (status != kMhsaDone) {
    return (int)status;
  }
  uint32_t load_cycles = measure_load(hart);
  uint32_t heads_cycles = measure_heads(hart);
  uint32_t sum_cycles = measure_sum(hart);
  if (hart == 0) {
    write_report(load_cycles, heads_cycles, sum_cycles);
  }
  return kMhsaDone;
}
