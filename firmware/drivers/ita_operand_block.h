/* SPDX-License-Identifier: Apache-2.0
 * ITA's operand-block interface (mempool_ita): one attention head per start. One hart per
 * instance. Layout of the operand block: scripts/make_workload.py and models/ita. */
#ifndef FIRMWARE_DRIVERS_ITA_OPERAND_BLOCK_H
#define FIRMWARE_DRIVERS_ITA_OPERAND_BLOCK_H

#include <stdint.h>

#include "models/ita/operand_block_regs.h"

/* The RQS_ADDR table: where the constants Q, K, QK, V, AV, OW are. */
struct ItaRequantTable {
  uint32_t mult;  /* address of 8 x u8 */
  uint32_t shift; /* address of 8 x u8 */
  uint32_t add;   /* address of 8 x i32 */
};

/* What one start computes. Addresses are multiples of 4; sizes are in elements. */
struct ItaHead {
  uint32_t start_addr; /* operand block */
  uint32_t out_addr;   /* [s][e] int8, row-major */
  uint32_t rqs_addr;   /* struct ItaRequantTable */
  uint32_t s;
  uint32_t e;
  uint32_t p;
};

/* Base address of the registers of instance `ita` < platform.num_itas.
 * REQUIRES: platform.ita_interface is PLATFORM_BLOCK_ITA_OPERAND_BLOCK. */
uint32_t ita_block_base(uint32_t ita);

/* Every instance reads Q and K from the block that instance 0's START_ADDR names. */
void ita_block_set_start_addr(uint32_t base, uint32_t address);

/* Programs the instance and starts it. */
void ita_block_start(uint32_t base, const struct ItaHead* head);

/* Polls until the head is done. There is no wake-up. */
void ita_block_wait(uint32_t base);

#endif
