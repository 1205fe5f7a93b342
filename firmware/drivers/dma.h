/* SPDX-License-Identifier: Apache-2.0
 * The DMA between L1 and L2: one transfer at a time, in the background.
 *
 * Any byte address and length. The DMA does not see the sequential region as harts do: use L1
 * addresses at or above sequential_bytes() (everything from l1_arena is), and the regions of the
 * ITAs. REQUIRES, for all functions: one hart at a time uses the DMA. */
#ifndef FIRMWARE_DRIVERS_DMA_H
#define FIRMWARE_DRIVERS_DMA_H

#include <stdint.h>

/* REQUIRES: the transfer before is complete. The hardware would queue two more, but says done only
 * when all are complete, and drops what comes beyond silently. */
void dma_start(uint32_t destination, uint32_t source, uint32_t bytes);

/* 1 when the transfer started last is complete. REQUIRES: one was started. */
int dma_done(void);

/* Polls until the transfer started last is complete. */
void dma_wait(void);

/* Start and wait. */
void dma_copy(uint32_t destination, uint32_t source, uint32_t bytes);

#endif
