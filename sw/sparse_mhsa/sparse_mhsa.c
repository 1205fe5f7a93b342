/* SPDX-License-Identifier: Apache-2.0
 * Attention heads with any tile sparsity on the attention engine: hart 0 keeps the engine's ring
 * full, sleeps while it works, and runs what does not fit again with the next policy. Dense heads
 * of which the image has V transposed go to the ITAs meanwhile, and to the engine once it has
 * nothing else to do. */
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"
#include "sw/sparse_mhsa/ita_heads.h"
#include "sw/sparse_mhsa/jobs.h"

static struct Engine engine;
static struct JobOrder order; /* of the engine's jobs */
static volatile enum SparseExit prepared;
static volatile enum SparseExit status;

static enum SparseExit prepare(const struct SparseImage* image) {
  enum SparseExit result = check_image(image, "sparse_mhsa");
  if (result != kSparseDone) {
    return result;
  }
  if (jobs_init(&engine) != 0) {
    printf("sparse_mhsa: an engine of an unknown version\n");
    return kSparseFailed;
  }
  if (ita_heads_init() != 0) {
    printf("sparse_mhsa: no room in L1\n");
    return kSparseFailed;
  }
  for (uint32_t i = 0; i < image->num_jobs; ++i) {
    if (ita_takes(image, i)) {
      ita_heads_add(image, i);
    } else {
      order.jobs[order.count++] = (uint16_t)i;
    }
  }
  return kSparseDone;
}

static void write_report(const struct SparseImage* image, uint32_t cycles) {
  struct SparseReport* report = (struct SparseReport*)((uint32_t)image + image->report_offset);
  report->cycles = cycles;
  report->is_complete = status == kSparseDone;
  printf("sparse_mhsa: %lu jobs, %lu of them shared with ITAs, %lu cycles\n", image->num_jobs,
         image->num_jobs - order.count, cycles);
}

int main(uint32_t hart) {
  const struct SparseImage* image = (const struct SparseImage*)WORKLOAD_ADDRESS;
  if (platform.attention_engine_base == 0) {
    if (hart == 0) {
      printf("skipped: no attention engine on this machine\n");
    }
    return 0;
  }
  if (hart == 0) {
    prepared = prepare(image);
  }
  barrier();
  if (prepared != kSparseDone) {
    return (int)prepared;
  }
  uint32_t start = cycle_count();
  if (hart == 0) {
    enum SparseExit result = jobs_run(&engine, image, image->jobs_offset, &order, "sparse_mhsa");
    status = result == kSparseDone ? ita_heads_help(image, &engine) : result;
  } else {
    ita_heads_run(image, hart);
  }
  log_barrier();
  if (hart == 0) {
    write_report(image, cycle_count() - start);
  }
  return (int)status;
}
