/* SPDX-License-Identifier: Apache-2.0
 * Barriers of MemPool's runtime, under its names. Cores sleep while they wait. */
#ifndef TESSERA_MEMPOOL_SYNCHRONIZATION_H
#define TESSERA_MEMPOOL_SYNCHRONIZATION_H

#include <stdint.h>

/* Clears the counters and meets all cores; every core calls it first of all. */
void mempool_barrier_init(uint32_t core_id);

/* One counter for all `num_cores` cores, which must be all of the machine. */
void mempool_barrier(uint32_t num_cores);

/* A binary tree of counters over all cores; start with `step` = 2. */
void mempool_log_barrier(uint32_t step, uint32_t core_id);

#endif
