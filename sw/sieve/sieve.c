/* SPDX-License-Identifier: Apache-2.0
 * Every hart runs the sieve of Eratosthenes over the odd numbers below 4096, in its own L1 bytes:
 * a branchy load for measuring the simulator. */
#include "firmware/runtime/arena.h"
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "sw/common/verdict.h"

enum {
  kFlags = 2048, /* flag i stands for 2 i + 1 */
  kPrimes = 564, /* below 4096 */
};

/* Returns the number of primes. */
static uint32_t sieve(uint8_t* composite) {
  uint32_t primes = 1; /* 2 */
  for (uint32_t i = 0; i < kFlags; ++i) {
    composite[i] = i == 0;
  }
  for (uint32_t i = 0; i < kFlags; ++i) {
    if (composite[i]) {
      continue;
    }
    ++primes;
    uint32_t prime = 2 * i + 1;
    for (uint32_t multiple = i + prime; multiple < kFlags; multiple += prime) {
      composite[multiple] = 1;
    }
  }
  return primes;
}

int main(uint32_t hart) {
  static uint8_t* flags; /* [harts][kFlags] */
  struct Arguments arguments = program_arguments();
  uint32_t repetitions = arguments.repetitions == 0 ? 1 : arguments.repetitions;
  if (hart == 0) {
    flags = arena_allocate(&l1_arena, arguments.harts * kFlags);
    if (flags == 0) {
      printf("FAIL sieve: no room in L1\n");
      return kExitNoRoom;
    }
  }
  barrier();
  uint32_t start = cycle_count();
  for (uint32_t i = 0; hart < arguments.harts && i < repetitions; ++i) {
    count_errors(sieve(flags + hart * kFlags) != kPrimes);
  }
  barrier();
  if (hart != 0) {
    return 0;
  }
  printf("sieve: %lu harts, %lu times, %lu cycles\n", arguments.harts, repetitions,
         cycle_count() - start);
  return verdict("sieve");
}
