/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/drivers/ita_operand_block.h"

#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"

enum { kPollPauseCycles = 16 };

uint32_t ita_block_base(uint32_t ita) {
  return platform.ita_base + ita * platform.ita_stride;
}

void ita_block_set_start_addr(uint32_t base, uint32_t address) {
  write_register(base + ITA_BLOCK_START_ADDR, address);
}

static void set_state(uint32_t base, uint32_t clear, uint32_t set) {
  uint32_t state = read_register(base + ITA_BLOCK_STATE);
  write_register(base + ITA_BLOCK_STATE, (state & ~clear) | set);
}

/* The order of accesses is that of existing software: one register at a time, STATE by three
 * read-modify-writes. */
void ita_block_start(uint32_t base, const struct ItaHead* head) {
  write_register(base + ITA_BLOCK_S, head->s);
  write_register(base + ITA_BLOCK_E, head->e);
  write_register(base + ITA_BLOCK_P, head->p);
  ita_block_set_start_addr(base, head->start_addr);
  write_register(base + ITA_BLOCK_OUT_ADDR, head->out_addr);
  write_register(base + ITA_BLOCK_RQS_ADDR, head->rqs_addr);
  fence(); /* ITA reads what this hart has written */
  set_state(base, ITA_BLOCK_STATE_ITER_MASK, 0);
  set_state(base, 0, ITA_BLOCK_STATE_SKIPSOFTMAX);
  set_state(base, 0, ITA_BLOCK_STATE_START);
}

void ita_block_wait(uint32_t base) {
  while ((read_register(base + ITA_BLOCK_STATE) & ITA_BLOCK_STATE_DONE) == 0) {
    for (int i = 0; i < kPollPauseCycles; ++i) {
      __asm__ volatile("nop");
    }
  }
}
