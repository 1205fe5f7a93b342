/* SPDX-License-Identifier: Apache-2.0
 * Runs the kernels that an image asks for on its contents of L1, and writes these back. */
#include "firmware/runtime/arena.h"
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "sw/common/verdict.h"
#include "sw/kernel_test/image.h"

enum { kExitImage = 10, kExitOpcode = 11 };

static struct Run {
  uint32_t* contents;  /* in L1 */
  uint32_t* arguments; /* in L1, of the current command */
  uint32_t harts;
  uint32_t exit;
} run;

static struct KernelTestImage* const image = (struct KernelTestImage*)WORKLOAD_ADDRESS;

static struct KernelTestCommand* command_at(uint32_t index) {
  return (struct KernelTestCommand*)(image + 1) + index;
}

static uint32_t prepare(void) {
  if (image->magic != KERNEL_TEST_MAGIC) {
    return kExitImage;
  }
  for (uint32_t i = 0; i < image->num_commands; ++i) {
    if (kernel_find(command_at(i)->opcode) == 0) {
      return kExitOpcode;
    }
  }
  run.harts =
      image->harts == 0 || image->harts > platform.num_harts ? platform.num_harts : image->harts;
  run.arguments = arena_allocate(&l1_arena, 4 * kKernelArgumentWords);
  run.contents = arena_allocate(&l1_arena, image->l1_bytes);
  return run.contents == 0 ? kExitNoRoom : kExitPassed;
}

static void copy_words(uint32_t* to, const uint32_t* from, uint32_t hart) {
  for (uint32_t i = hart; i < image->l1_bytes / 4; i += platform.num_harts) {
    to[i] = from[i];
  }
}

static void run_command(struct KernelTestCommand* command, uint32_t hart) {
  if (hart == 0) {
    for (uint32_t i = 0; i < kKernelArgumentWords; ++i) {
      uint32_t base = command->relocation >> i & 1 ? (uint32_t)run.contents : 0;
      run.arguments[i] = base + command->words[i];
    }
  }
  barrier();
  uint32_t start = cycle_count();
  if (hart < run.harts) {
    kernel_find(command->opcode)(run.arguments, hart, run.harts);
  }
  barrier();
  if (hart == 0) {
    command->cycles = cycle_count() - start;
  }
}

int main(uint32_t hart) {
  if (hart == 0) {
    run.exit = prepare();
  }
  barrier();
  if (run.exit != kExitPassed) {
    return (int)run.exit;
  }
  uint32_t* contents = (uint32_t*)((uint32_t)image + image->l1_offset);
  copy_words(run.contents, contents, hart);
  for (uint32_t i = 0; i < image->num_commands; ++i) {
    run_command(command_at(i), hart);
  }
  copy_words(contents, run.contents, hart);
  barrier();
  return kExitPassed;
}
