/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/drivers/dma.h"

#include "firmware/runtime/hart.h"
#include "models/dma/dma_regs.h"

void dma_start(uint32_t destination, uint32_t source, uint32_t bytes) {
  fence(); /* the DMA reads what this hart has written */
  write_register(DMA_BASE + DMA_SRC_ADDR, source);
  write_register(DMA_BASE + DMA_DST_ADDR, destination);
  write_register(DMA_BASE + DMA_NUM_BYTES, bytes);
  (void)read_register(DMA_BASE + DMA_NEXT_ID); /* launches */
}

int dma_done(void) {
  return (int)(read_register(DMA_BASE + DMA_DONE) & 1);
}

void dma_wait(void) {
  while (!dma_done()) {
  }
}

void dma_copy(uint32_t destination, uint32_t source, uint32_t bytes) {
  dma_start(destination, source, bytes);
  dma_wait();
}
