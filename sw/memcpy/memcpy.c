/* SPDX-License-Identifier: Apache-2.0
 * Every hart copies a block from L1 to L1, to and fro: loads and stores for measuring the
 * simulator. */
#include "firmware/runtime/arena.h"
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "sw/common/random.h"
#include "sw/common/verdict.h"

enum { kBlockBytes = 1024 };

static uint32_t pattern(uint32_t hart, uint32_t word) {
  return mix(hart * kBlockBytes + word);
}

static void copy_to_and_fro(uint32_t* near_block, uint32_t* far_block, uint32_t repetitions) {
  for (uint32_t i = 0; i < repetitions; ++i) {
    memcpy(far_block, near_block, kBlockBytes);
    memcpy(near_block, far_block, kBlockBytes);
  }
}

int main(uint32_t hart) {
  static uint32_t* blocks; /* [2][harts][kBlockBytes / 4] */
  struct Arguments arguments = program_arguments();
  uint32_t repetitions = arguments.repetitions == 0 ? 1 : arguments.repetitions;
  if (hart == 0) {
    blocks = arena_allocate(&l1_arena, 2 * arguments.harts * kBlockBytes);
    if (blocks == 0) {
      printf("FAIL memcpy: no room in L1\n");
      return kExitNoRoom;
    }
  }
  barrier();
  uint32_t* near_block = blocks + hart * (kBlockBytes / 4);
  uint32_t* far_block = near_block + arguments.harts * (kBlockBytes / 4);
  int works = hart < arguments.harts;
  for (uint32_t i = 0; works && i < kBlockBytes / 4; ++i) {
    near_block[i] = pattern(hart, i);
  }
  barrier();
  uint32_t start = cycle_count();
  if (works) {
    copy_to_and_fro(near_block, far_block, repetitions);
  }
  barrier();
  uint32_t cycles = cycle_count() - start;
  for (uint32_t i = 0; works && i < kBlockBytes / 4; ++i) {
    count_errors((near_block[i] != pattern(hart, i)) + (far_block[i] != pattern(hart, i)));
  }
  barrier();
  if (hart != 0) {
    return 0;
  }
  printf("memcpy: %lu harts, %lu times %lu bytes, %lu cycles\n", arguments.harts, 2 * repetitions,
         (uint32_t)kBlockBytes, cycles);
  return verdict("memcpy");
}
