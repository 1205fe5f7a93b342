/* SPDX-License-Identifier: Apache-2.0
 * The part of MemPool's runtime.h that bare-metal timing programs need, under its names, for the
 * machines minpool and mempool. A machine is compiled in, as MemPool does it: NUM_CORES,
 * NUM_CORES_PER_TILE and NUM_TILES_PER_GROUP come from the command line. */
#ifndef TESSERA_MEMPOOL_RUNTIME_H
#define TESSERA_MEMPOOL_RUNTIME_H

#include <stdint.h>

#include "models/periph/control_regs.h"

/* A type of its own, as there: GCC 12.2 keeps values of different types in different registers, and
 * the measured programs are to be compiled to the same instructions. */
typedef uint32_t mempool_id_t;

static inline mempool_id_t mempool_get_core_id(void) {
  mempool_id_t id;
  __asm__ volatile("csrr %0, mhartid" : "=r"(id));
  return id;
}

static inline mempool_id_t mempool_get_core_count(void) { return NUM_CORES; }

/* Sleeps until a wake-up pulse; returns at once when one came before. */
static inline void mempool_wfi(void) { __asm__ volatile("wfi"); }

/* Waits `cycles` cycles, at least 2: a loop of two instructions that fits into the L0 cache. */
static inline void mempool_wait(uint32_t cycles) {
  __asm__ volatile("0: addi %0, %0, -2\n bgtz %0, 0b" : "+r"(cycles) : : "memory");
}

/* Pulses one core, or all when there is none of that id. Fence first: it overtakes stores. */
static inline void wake_up(uint32_t core_id) {
  *(volatile uint32_t *)(CONTROL_BASE + CONTROL_MEMPOOL_WAKE_UP) = core_id;
}

static inline void wake_up_all(void) { wake_up(CONTROL_WAKE_UP_ALL); }

#endif
