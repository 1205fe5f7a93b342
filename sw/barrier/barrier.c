/* SPDX-License-Identifier: Apache-2.0
 * Both barriers, many rounds: no hart may leave one before all have arrived. */
#include "firmware/runtime/barrier.h"

#include "firmware/runtime/arguments.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "sw/common/random.h"
#include "sw/common/verdict.h"

enum { kRounds = 8 };

static volatile uint32_t arrivals;
static volatile uint32_t early_leavers;

/* One round: every hart arrives after a delay of its own, and counts itself before. */
static void check_round(void (*wait)(void), uint32_t round) {
  uint32_t before = cycle_count();
  uint32_t delay = mix(hart_id() + 4096 * round) % 256;
  while (cycle_count() - before < delay) {
  }
  amo_add(&arrivals, 1);
  wait();
  if (arrivals < platform.num_harts * (round + 1)) {
    amo_add(&early_leavers, 1);
  }
  wait(); /* nobody counts for the next round while others still look */
}

static void check_and_measure(const char* name, void (*wait)(void), uint32_t rounds) {
  for (uint32_t round = 0; round < rounds; ++round) {
    check_round(wait, round);
  }
  uint32_t start = cycle_count();
  for (uint32_t round = 0; round < rounds; ++round) {
    wait();
  }
  uint32_t cycles = cycle_count() - start;
  if (hart_id() == 0) {
    count_errors(early_leavers + (arrivals != platform.num_harts * rounds));
    printf("%s: %lu harts, %lu rounds, %lu cycles each\n", name, platform.num_harts, rounds,
           cycles / rounds);
    arrivals = 0;
  }
  wait();
}

int main(uint32_t hart) {
  uint32_t rounds = program_arguments().repetitions;
  rounds = rounds == 0 ? kRounds : rounds;
  check_and_measure("barrier", barrier, rounds);
  check_and_measure("log_barrier", log_barrier, rounds);
  return hart == 0 ? verdict("barrier") : 0;
}
