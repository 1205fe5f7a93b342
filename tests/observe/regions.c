/* SPDX-License-Identifier: Apache-2.0
 * Regions of interest for test_regions.py: one that all harts mark, two rounds of it with a barrier
 * in between; two named ones of hart 0, one of them entered twice and from two places; and a
 * numbered one. */
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/platform.h"

static void work(uint32_t instructions) {
  for (uint32_t i = 0; i < instructions / 2; ++i) {
    __asm__ volatile("nop");
  }
}

static void measured(uint32_t instructions) {
  region_begin(REGION("dot product"));
  work(instructions);
  region_end(REGION("dot product"));
}

int main(uint32_t hart) {
  for (uint32_t round = 0; round < 2; ++round) {
    region_begin(REGION("all harts"));
    work(400);
    region_end(REGION("all harts"));
    barrier();
  }
  if (hart == 0) {
    measured(100);
    region_begin(REGION("softmax"));
    region_begin(7);
    work(1000);
    region_end(7);
    region_end(REGION("softmax"));
    region_begin(REGION("dot product"));
    work(300);
    region_end(REGION("dot product"));
  }
  barrier();
  return 0;
}
