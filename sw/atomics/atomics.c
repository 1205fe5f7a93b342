/* SPDX-License-Identifier: Apache-2.0
 * All harts at once on the same words: every atomic operation in L1 and in L2, and LR/SC in L1. */
#include "firmware/runtime/arena.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "sw/common/verdict.h"

enum { kIncrements = 8 };

/* One word for each operation. */
struct Words {
  volatile uint32_t add;
  volatile uint32_t swap;
  volatile uint32_t and;
  volatile uint32_t or ;
  volatile uint32_t xor ;
  volatile uint32_t maxu;
  volatile uint32_t minu;
  volatile int32_t max;
  volatile int32_t min;
  volatile uint32_t swapped_out; /* sum of what the swaps returned */
};

static void start_words(struct Words* words) {
  *words = (struct Words){.and = 0xFFFFFFFF, .minu = 0xFFFFFFFF, .max = -0x7FFFFFFF};
}

static void use_words(struct Words* words, uint32_t hart) {
  amo_add(&words->add, hart + 1);
  amo_add(&words->swapped_out, amo_swap(&words->swap, hart + 1));
  amo_and(&words->and, ~(1u << hart % 32));
  amo_or(&words->or, 1u << hart % 32);
  amo_xor(&words->xor, hart * 0x9E3779B9u);
  amo_maxu(&words->maxu, 0x80000000u + hart);
  amo_minu(&words->minu, 0x80000000u + hart);
  amo_max(&words->max, (int32_t)hart - 7);
  amo_min(&words->min, (int32_t)hart - 7);
}

static uint32_t wrong_words(const struct Words* words, uint32_t harts) {
  uint32_t sum = harts * (harts + 1) / 2;
  uint32_t bits = harts >= 32 ? 0xFFFFFFFF : (1u << harts) - 1;
  uint32_t exclusive = 0;
  for (uint32_t hart = 0; hart < harts; ++hart) {
    exclusive ^= hart * 0x9E3779B9u;
  }
  uint32_t wrong = words->add != sum;
  wrong += words->swapped_out + words->swap != sum; /* every value is somewhere, once */
  wrong += words->and != ~bits;
  wrong += words->or != bits;
  wrong += words->xor != exclusive;
  wrong += words->maxu != 0x80000000u + harts - 1;
  wrong += words->minu != 0x80000000u;
  wrong += words->max != (int32_t)harts - 8;
  wrong += words->min != -7;
  return wrong;
}

/* Returns how often the reservation was lost. */
static uint32_t increment(volatile uint32_t* word) {
  uint32_t retries = 0;
  while (store_conditional(word, load_reserved(word) + 1) != 0) {
    ++retries;
  }
  return retries;
}

int main(uint32_t hart) {
  static struct Words l2_words;
  static struct Words* l1_words;
  static volatile uint32_t* counter; /* in L1: L2 has no reservations */
  static volatile uint32_t retries;
  if (hart == 0) {
    l1_words = arena_allocate(&l1_arena, sizeof(*l1_words));
    counter = arena_allocate(&l1_arena, sizeof(*counter));
    if (counter == 0) {
      printf("FAIL atomics: no room in L1\n");
      return kExitNoRoom;
    }
    start_words(l1_words);
    start_words(&l2_words);
    *counter = 0;
  }
  barrier();
  use_words(l1_words, hart);
  use_words(&l2_words, hart);
  for (int i = 0; i < kIncrements; ++i) {
    amo_add(&retries, increment(counter));
  }
  barrier();
  if (hart != 0) {
    return 0;
  }
  count_errors(wrong_words(l1_words, platform.num_harts));
  count_errors(wrong_words(&l2_words, platform.num_harts));
  count_errors(*counter != kIncrements * platform.num_harts);
  printf("atomics: %lu harts, %lu LR/SC increments, %lu retries\n", platform.num_harts, *counter,
         retries);
  return verdict("atomics");
}
