/* SPDX-License-Identifier: Apache-2.0
 * Jobs of an image on the attention engine, as many in its ring as it takes. */
#ifndef SW_SPARSE_MHSA_JOBS_H
#define SW_SPARSE_MHSA_JOBS_H

#include <stdint.h>

#include "sw/sparse_mhsa/image.h"

/* The image at WORKLOAD_ADDRESS. Returns kSparseDone, or what is wrong with it, which it prints. */
enum SparseExit check_image(const struct SparseImage* image, const char* program);

/* Sets the engine up. Returns 0, or -1 when the machine has none. */
int jobs_init(struct Engine* engine);

/* One head of job `number`, with addresses instead of offsets. */
struct EngineDescriptor job_with_addresses(const struct SparseImage* image, uint32_t offset,
                                           uint32_t number, uint32_t head);

/* Numbers of jobs, in the order in which they run. */
struct JobOrder {
  uint32_t count;
  uint16_t jobs[SPARSE_MAX_JOBS];
};

/* Runs those of the jobs at `offset` of the image that `order` names, reports about them, and
 * returns kSparseDone or kSparseFailed. Jobs that do not fit are run again with the next policy. */
enum SparseExit jobs_run(struct Engine* engine, const struct SparseImage* image, uint32_t offset,
                         const struct JobOrder* order, const char* program);

#endif
