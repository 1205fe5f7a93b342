/* SPDX-License-Identifier: Apache-2.0
 * Firmware changes the timing mode and sees it: a chain of additions takes a cycle each in both
 * modes, a chain of multiplications three each in cycle timing and one in functional timing. */
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "sw/common/verdict.h"

enum {
  kLength = 16,
  kMultiplyDistance = 3, /* Source: models/core/README.md, offload unit */
  kSlack = 8,            /* the instructions around the chain */
  kChanges = 3,
  kPatienceReads = 100000,
};

/* Cycles of a chain of kLength dependent multiplications, its code in the cache. */
static uint32_t multiplication_chain_cycles(void) {
  uint32_t cycles = 0;
  for (int run = 0; run < 2; ++run) {
    uint32_t value = 3;
    fence();
    uint32_t start = cycle_count();
    __asm__ volatile(
        ".balign 32\n"
        ".rept %1\n mul %0, %0, %0\n .endr\n"
        "addi %0, %0, 1" /* waits for the last one */
        : "+r"(value)
        : "i"(kLength));
    cycles = cycle_count() - start;
  }
  return cycles;
}

/* The request takes effect when nothing is under way in the machine. */
static int change_to(uint32_t mode) {
  timing_request(mode);
  for (int i = 0; i < kPatienceReads; ++i) {
    if (timing_mode() == mode) {
      return 1;
    }
  }
  return 0;
}

int main(uint32_t hart) {
  if (hart != 0) {
    barrier();
    return 0;
  }
  for (int i = 0; i < kChanges; ++i) {
    count_errors(!change_to(PLATFORM_BLOCK_TIMING_FUNCTIONAL));
    uint32_t functional = multiplication_chain_cycles();
    count_errors(!change_to(PLATFORM_BLOCK_TIMING_CYCLE));
    uint32_t cycle = multiplication_chain_cycles();
    printf("timing_modes: %d multiplications take %lu cycles in functional, %lu in cycle timing\n",
           kLength, functional, cycle);
    count_errors(functional > kLength + kSlack);
    count_errors(cycle < kMultiplyDistance * kLength);
  }
  barrier();
  return verdict("timing_modes");
}
