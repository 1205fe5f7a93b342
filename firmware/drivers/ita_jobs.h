/* SPDX-License-Identifier: Apache-2.0
 * ITA's job interface: a queue of four contexts, one job per 64x64x64 tile step. One hart per
 * instance. Meaning of every field: models/ita/job_interface_regs.h. */
#ifndef FIRMWARE_DRIVERS_ITA_JOBS_H
#define FIRMWARE_DRIVERS_ITA_JOBS_H

#include <stdint.h>

#include "models/ita/job_interface_regs.h"

/* Constants of one layer: the same for all its jobs. Byte k of the pairs belongs to constant k
 * (Q, K, V, QK, AV, OW, F1, F2), so they can be stored as eight bytes. */
struct ItaLayer {
  uint32_t engine; /* CTRL_ENGINE */
  uint32_t tiles;  /* TILES */
  uint32_t mult[2];
  uint32_t shift[2];
  uint32_t add[2];
  uint32_t gelu;       /* GELU_B_C */
  uint32_t activation; /* ACTIVATION_REQUANT */
};

/* Pointers and flags of one job; addresses are L1 addresses of the instance's own banks. */
struct ItaJob {
  uint32_t input;
  uint32_t weight;
  uint32_t next_weight;
  uint32_t bias;
  uint32_t output;
  uint32_t stream; /* CTRL_STREAM */
};

/* Base address of the registers of instance `ita` < platform.num_itas.
 * REQUIRES: platform.ita_interface is PLATFORM_BLOCK_ITA_JOB. */
uint32_t ita_jobs_base(uint32_t ita);

/* A free context, whose registers the functions below then write; negative as in ACQUIRE_*. */
static inline int32_t ita_jobs_acquire(uint32_t base) {
  return *(volatile int32_t*)(base + ITA_JOB_ACQUIRE);
}

/* REQUIRES, for both: a context is acquired. It keeps the values for its later jobs. */
void ita_jobs_write_layer(uint32_t base, const struct ItaLayer* layer);
void ita_jobs_write_job(uint32_t base, const struct ItaJob* job);

/* Hands the acquired context to the queue; `start` 0 leaves the queue as it is. */
static inline void ita_jobs_commit(uint32_t base, int start) {
  *(volatile uint32_t*)(base + ITA_JOB_TRIGGER) = !start;
}

/* Jobs finished since reset or soft clear. */
static inline uint32_t ita_jobs_finished(uint32_t base) {
  return *(volatile uint32_t*)(base + ITA_JOB_FINISHED);
}

/* The hart to wake at the end of every job, or ITA_JOB_NONE. */
static inline void ita_jobs_set_wake_hart(uint32_t base, uint32_t hart) {
  *(volatile uint32_t*)(base + ITA_JOB_WAKE_HART) = hart;
}

/* Empties the queue and clears all contexts. */
static inline void ita_jobs_soft_clear(uint32_t base) {
  *(volatile uint32_t*)(base + ITA_JOB_SOFT_CLEAR) = 0;
}

#endif
