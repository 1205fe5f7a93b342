/* SPDX-License-Identifier: Apache-2.0
 * A batch of sequences of different lengths on the attention engine: longest first, each at its own
 * length, against the same batch padded to the longest. */
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"
#include "sw/sparse_mhsa/jobs.h"

static struct Engine engine;
static struct JobOrder order;

static uint32_t length_of(const struct SparseImage* image, uint32_t job) {
  uint32_t jobs = (uint32_t)image + image->jobs_offset;
  return ((const struct EngineDescriptor*)jobs)[job].queries;
}

/* Longest first, so that none is left over at the end; equal ones stay in their order. */
static void sort_by_length(const struct SparseImage* image) {
  for (uint32_t i = 0; i < image->num_jobs; ++i) {
    uint32_t place = i;
    while (place > 0 && length_of(image, order.jobs[place - 1]) < length_of(image, i)) {
      order.jobs[place] = order.jobs[place - 1];
      --place;
    }
    order.jobs[place] = (uint16_t)i;
  }
  order.count = image->num_jobs;
}

static enum SparseExit run(struct SparseImage* image) {
  struct SparseReport* report = (struct SparseReport*)((uint32_t)image + image->report_offset);
  sort_by_length(image);
  uint32_t start = cycle_count();
  enum SparseExit result = jobs_run(&engine, image, image->padded_offset, &order, "batch_mhsa");
  if (result != kSparseDone) {
    return result;
  }
  report->padded_cycles = cycle_count() - start;
  start = cycle_count();
  result = jobs_run(&engine, image, image->jobs_offset, &order, "batch_mhsa");
  report->cycles = cycle_count() - start;
  report->is_complete = result == kSparseDone;
  printf("batch_mhsa: %lu sequences, %lu cycles, padded %lu\n", image->num_jobs, report->cycles,
         report->padded_cycles);
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
  enum SparseExit result = check_image(image, "batch_mhsa");
  if (result != kSparseDone) {
    return (int)result;
  }
  if (image->padded_offset == 0) {
    printf("batch_mhsa: the image has no padded jobs\n");
    return kSparseWrongSize;
  }
  if (jobs_init(&engine) != 0) {
    printf("batch_mhsa: an engine of an unknown version\n");
    return kSparseFailed;
  }
  return (int)run(image);
}
