/* SPDX-License-Identifier: Apache-2.0
 * The DMA between L1 and L2, in the background.
 *
 * Any byte address and length. The DMA does not see the sequential region as harts do: use L1
 * addresses at or above sequential_bytes() (everything from l1_arena is), and the regions of the
 * ITAs. REQUIRES, for all functions: one hart at a time uses the DMA. */
#ifndef FIRMWARE_DRIVERS_DMA_H
#define FIRMWARE_DRIVERS_DMA_H

#include <stdint.h>

/* REQUIRES: at most two transfers have been started since dma_done() last was 1. The hardware runs
 * one and queues two, says done only when all are complete, and drops what comes beyond silently. A
 * start in the cycle in which another transfer ends would count as complete: several are for long
 * ones (sw/deploy/commands.py). */
void dma_start(uint32_t destination, uint32_t source, uint32_t bytes);

/* 1 when all transfers that were started are complete. REQUIRES: one was started. */
int dma_done(void);

/* Polls until all are. */
void dma_wait(void);

/* Start and wait. */
void dma_copy(uint32_t destination, uint32_t source, uint32_t bytes);

#endif
