/* SPDX-License-Identifier: Apache-2.0
 * The DMA between L1 and L2, in the background.
 *
 * Any byte address and length. The DMA does not see the sequential region as harts do: use L1
 * addresses at or above sequential_bytes() (everything from l1_arena is), and the regions of the
 * ITAs. REQUIRES, for all functions: one hart at a time uses the DMA. */
#ifndef FIRMWARE_DRIVERS_DMA_H
#define FIRMWARE_DRIVERS_DMA_H

#include <stdint.h>

/* REQUIRES: none is under way: dma_done() has been 1 since the last start. A start in the cycle in
 * which another transfer ends would count as complete. */
void dma_start(uint32_t destination, uint32_t source, uint32_t bytes);

/* Starts one beside others that are under way. REQUIRES: they are so long that none can end before
 * this one has started, whatever delays the hart (sw/deploy/schedule.py sees to that), and fewer
 * than two of them wait: the hardware runs one, queues two, and drops what comes beyond silently.
 */
static inline void dma_start_beside(uint32_t destination, uint32_t source, uint32_t bytes) {
  dma_start(destination, source, bytes);
}

/* 1 when all transfers that were started are complete. REQUIRES: one was started. */
int dma_done(void);

/* Polls until all are. */
void dma_wait(void);

/* Start and wait. */
void dma_copy(uint32_t destination, uint32_t source, uint32_t bytes);

#endif
