/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/mempool/synchronization.h"

#include "firmware/mempool/runtime.h"

/* Shared by all cores, so in interleaved L1. Node (pair of step, first core) of the tree has its
 * counter at 4 * first core + step / 2 - 1: other banks for other nodes. The second set belongs to
 * MemPool's barriers of some cores, which are not here; it is cleared all the same, so that
 * programs leave mempool_barrier_init() in the cycles in which MemPool's runtime leaves it. */
#define COUNTERS (4 * NUM_CORES)
static volatile uint32_t barrier __attribute__((section(".l1")));
static volatile uint32_t log_barrier[COUNTERS]
    __attribute__((aligned(COUNTERS), section(".l1")));
static volatile uint32_t partial_barrier[COUNTERS]
    __attribute__((aligned(COUNTERS), section(".l1")));

void mempool_barrier_init(uint32_t core_id) {
  if (core_id == 0) {
    barrier = 0;
    wake_up_all();
  }
  mempool_wfi();
  for (uint32_t i = core_id; i < COUNTERS; i += NUM_CORES) {
    log_barrier[i] = 0;
    partial_barrier[i] = 0;
  }
  mempool_barrier(NUM_CORES);
}

void mempool_barrier(uint32_t num_cores) {
  uint32_t arrived = __atomic_fetch_add(&barrier, 1, __ATOMIC_RELAXED);
  if (arrived == num_cores - 1) {
    __atomic_store_n(&barrier, 0, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    wake_up_all();
  }
  mempool_wfi();
}

void mempool_log_barrier(uint32_t step, uint32_t core_id) {
  uint32_t half = step / 2;
  volatile uint32_t *counter = &log_barrier[4 * (core_id - core_id % step) + half - 1];
  uint32_t arrived = __atomic_fetch_add(counter, half, __ATOMIC_RELAXED);
  if (arrived != step - half) {
    mempool_wfi();
    return;
  }
  uint32_t parent = 2 * step; /* before the store: the order of the measured programs */
  __atomic_store_n(counter, 0, __ATOMIC_RELAXED);
  if (step != NUM_CORES) {
    mempool_log_barrier(parent, core_id);
    return;
  }
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  wake_up_all();
  mempool_wfi();
}
