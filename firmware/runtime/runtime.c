/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/runtime/runtime.h"

#include "firmware/boot/stack.h"
#include "firmware/runtime/arena.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"

extern char __rodata_end[], __heap_start[], __heap_end[];

static volatile uint32_t* stack_mark(uint32_t hart) {
  return (volatile uint32_t*)(hart * platform.seq_bytes_per_hart);
}

/* Ends the run; does not return. */
static void end_run(uint32_t value) {
  fence();
  write_register(platform.control->eoc, value << 1 | 1);
  for (;;) {
    wait_for_wake_up();
  }
}

void runtime_init(void) {
  if (platform_read() != 0) {
    /* Without a known control map: end-of-computation is at the same place in both. */
    static const struct ControlMap kUnknown = {.eoc = 0x40000000};
    platform.control = &kUnknown;
    end_run(kExitNoPlatform);
  }
  for (uint32_t hart = 0; hart < platform.num_harts; ++hart) {
    *stack_mark(hart) = 0;
  }
  write_register(platform.control->read_only_cache_end, (uint32_t)__rodata_end);
  l1_arena = (struct Arena){.next = sequential_bytes(), .end = platform.core_l1_bytes};
  l2_arena = (struct Arena){.next = (uint32_t)__heap_start, .end = (uint32_t)__heap_end};
  if (barrier_init() != 0 || print_init() != 0) {
    end_run(kExitNoMemory);
  }
}

void runtime_exit(uint32_t value) {
  for (uint32_t hart = 0; hart < platform.num_harts; ++hart) {
    uint32_t mark = *stack_mark(hart); /* 0: this hart has not started yet */
    if (mark != 0 && mark != STACK_MARK) {
      printf("stack overflow on hart %lu (%lu bytes)\n", hart, platform.seq_bytes_per_hart);
      value = kExitStackOverflow;
    }
  }
  end_run(value);
}

void runtime_restarted(uint32_t hart) {
  printf("hart %lu came back to the boot address: trap?\n", hart);
  end_run(kExitRestarted);
}
