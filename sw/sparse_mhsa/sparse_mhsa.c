/* SPDX-License-Identifier: Apache-2.0
 * Attention heads with any tile sparsity on the attention engine: hart 0 keeps the engine's ring
 * full, sleeps while it works, and runs what does not fit again with the next policy. */
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"
#include "sw/sparse_mhsa/jobs.h"

static struct Engine engine;
static uint16_t order[SPARSE_MAX_JOBS];

static enum SparseExit run(struct SparseImage* image) {
  struct SparseReport* report = (struct SparseReport*)((uint32_t)image + image->report_offset);
  for (uint32_t i = 0; i < image->num_jobs; ++i) {
    order[i] = (uint16_t)i;
  }
  uint32_t start = cycle_count();
  enum SparseExit result = jobs_run(&engine, image, image->jobs_offset, order, "sparse_mhsa");
  report->cycles = cycle_count() - start;
  report->is_complete = result == kSparseDone;
  printf("sparse_mhsa: %lu jobs, %lu cycles\n", image->num_jobs, report->cycles);
  return result;
}

int main(uint32_t hart) {
  struct SparseImage* image = (struct SparseImage*)WORKLOAD_ADDRESS;
  if (hart != 0) {
    return 0;
  }
  if (platform.attention_engine_base == 0) {
    printf("skipped: no attention engine on this machine\n");
    return 0;
  }
  enum SparseExit result = check_image(image, "sparse_mhsa");
  if (result != kSparseDone) {
    return (int)result;
  }
  if (jobs_init(&engine) != 0) {
    printf("sparse_mhsa: an engine of an unknown version\n");
    return kSparseFailed;
  }
  return (int)run(image);
}
