/* SPDX-License-Identifier: Apache-2.0
 * Every kind of wake-up reaches exactly the harts it names. All harts but 0 sleep; hart 0 wakes
 * some, looks who got up, and wakes the rest one by one. */
#include "firmware/runtime/wake_up.h"

#include "firmware/runtime/arena.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "sw/common/verdict.h"

/* Longer than a pulse takes and than harts may be apart in simulated time. */
enum { kPatienceCycles = 20000 };

/* A wake-up and the harts it must reach. */
struct Case {
  const char* name;
  void (*wake)(void);
  int (*reaches)(uint32_t hart);
  uint32_t stride; /* of the enable mask; 1: all harts */
  uint32_t offset;
};

static uint32_t group_of(uint32_t hart) {
  return hart / harts_per_group();
}
static uint32_t tile_in_group(uint32_t hart) {
  return hart % harts_per_group() / platform.harts_per_tile;
}
static uint32_t last_hart(void) {
  return platform.num_harts - 1;
}
static uint32_t last_group(void) {
  return platform.num_groups - 1;
}
static uint32_t last_tile(void) {
  return platform.core_tiles_per_group - 1;
}

static void wake_last_hart(void) {
  wake_up(last_hart());
}
static int is_last_hart(uint32_t hart) {
  return hart == last_hart();
}

static int is_any_hart(uint32_t hart) {
  return hart < platform.num_harts;
}

static void wake_last_tile(void) {
  wake_up_tiles(last_group(), 1u << last_tile());
}
static int is_in_last_tile(uint32_t hart) {
  return group_of(hart) == last_group() && tile_in_group(hart) == last_tile();
}

static void wake_outer_tiles(void) {
  wake_up_tiles(0, 1u << last_tile() | 1);
}
static int is_in_outer_tiles(uint32_t hart) {
  return group_of(hart) == 0 && (tile_in_group(hart) == 0 || tile_in_group(hart) == last_tile());
}

static void wake_last_group(void) {
  wake_up_groups(1u << last_group());
}
static int is_in_last_group(uint32_t hart) {
  return group_of(hart) == last_group();
}

static void wake_odd_groups(void) {
  /* A mask with a group that is not there wakes nobody. */
  wake_up_groups(0xAAAAAAAAu & ((1u << platform.num_groups) - 1));
}
static int is_in_odd_group(uint32_t hart) {
  return group_of(hart) % 2 == 1;
}

static void wake_group_beyond_last(void) {
  wake_up_groups(1u << platform.num_groups);
}
static int is_nobody(uint32_t hart) {
  return hart >= platform.num_harts;
}

static int is_odd_hart(uint32_t hart) {
  return hart % 2 == 1;
}
static int is_in_last_group_third(uint32_t hart) {
  return is_in_last_group(hart) && hart % 3 == 2;
}

static const struct Case kCases[] = {
    {"one hart", wake_last_hart, is_last_hart, 1, 0},
    {"all", wake_up_all, is_any_hart, 1, 0},
    {"one tile", wake_last_tile, is_in_last_tile, 1, 0},
    {"two tiles", wake_outer_tiles, is_in_outer_tiles, 1, 0},
    {"one group", wake_last_group, is_in_last_group, 1, 0},
    {"every other group", wake_odd_groups, is_in_odd_group, 1, 0},
    {"a group that is not there", wake_group_beyond_last, is_nobody, 1, 0},
    {"all, stride 2 from 1", wake_up_all, is_odd_hart, 2, 1},
    {"one group, stride 3 from 2", wake_last_group, is_in_last_group_third, 3, 2},
};
enum { kNumCases = sizeof(kCases) / sizeof(kCases[0]) };

/* [num_harts]: 1 + number of the case that woke it. Atomics: hart 0 looks without waiting. */
static volatile uint32_t* awake;

static uint32_t wake_and_look(const struct Case* test, uint32_t number) {
  if (test->stride != 1 && set_wake_up_stride(test->stride, test->offset) != 0) {
    printf("%s: skipped, no stride on this machine\n", test->name);
    return 0;
  }
  test->wake();
  uint32_t start = cycle_count();
  while (cycle_count() - start < kPatienceCycles) {
  }
  if (test->stride != 1) {
    set_wake_up_stride(1, 0);
  }
  uint32_t wrong = 0;
  uint32_t woken = 0;
  for (uint32_t hart = 1; hart < platform.num_harts; ++hart) {
    uint32_t is_awake = amo_or(&awake[hart], 0) == number + 1;
    woken += is_awake;
    wrong += is_awake != (uint32_t)test->reaches(hart);
  }
  if (test->reaches(0)) {
    wait_for_wake_up(); /* takes the own pulse */
  }
  printf("%s: %lu harts awake, %lu wrong\n", test->name, woken, wrong);
  return wrong;
}

static void wake_the_rest(uint32_t number) {
  for (uint32_t hart = 1; hart < platform.num_harts; ++hart) {
    if (amo_or(&awake[hart], 0) != number + 1) {
      wake_up(hart);
    }
  }
}

int main(uint32_t hart) {
  if (hart == 0) {
    awake = arena_allocate(&l1_arena, 4 * platform.num_harts);
    for (uint32_t i = 0; i < platform.num_harts; ++i) {
      awake[i] = 0;
    }
  }
  for (uint32_t number = 0; number < kNumCases; ++number) {
    barrier();
    if (hart == 0) {
      count_errors(wake_and_look(&kCases[number], number));
      wake_the_rest(number);
    } else {
      wait_for_wake_up();
      amo_swap(&awake[hart], number + 1);
    }
  }
  barrier();
  return hart == 0 ? verdict("wake_up") : 0;
}
