/* SPDX-License-Identifier: Apache-2.0
 * Offsets of the DMA front-end. C and C++. All registers are 32 bits.
 * Source: MemPool's mempool_dma_frontend.hjson and mempool_dma.sv. */
#ifndef TESSERA_DMA_REGS_H
#define TESSERA_DMA_REGS_H

#define DMA_BASE 0x40010000u

#define DMA_SRC_ADDR 0x00
#define DMA_DST_ADDR 0x04
#define DMA_NUM_BYTES 0x08
#define DMA_CONF 0x0C    /* stored, without effect */
#define DMA_STATUS 0x10  /* bit 0: 1 = idle */
#define DMA_NEXT_ID 0x14 /* reading it launches the transfer; reads 0 */
#define DMA_DONE 0x18    /* bit 0: 0 from launch to completion, then 1; reset 0 */

#endif
