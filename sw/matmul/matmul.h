/* SPDX-License-Identifier: Apache-2.0
 * C = A * B of n x n matrices in L1, row-major, by all harts, for the `Element` that the including
 * source names. Sums are 32 bits and wrap.
 *
 * Check: for a vector x of odd numbers, C x = A (B x) row by row. One wrong element of a row never
 * passes, because an odd factor cannot make its error vanish modulo 2^32. */
#include "firmware/runtime/arena.h"
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "sw/common/random.h"
#include "sw/common/verdict.h"

enum { kMaxSize = 128, kMultiplication = 1 };

static struct Problem {
  uint32_t n; /* a power of two */
  uint32_t harts;
  uint32_t repetitions;
  Element* a;
  Element* b;
  int32_t* c;
  uint32_t* x; /* [n] */
  uint32_t* y; /* [n]: B x */
} problem;

static uint32_t bytes_needed(uint32_t n) {
  return n * n * (2 * sizeof(Element) + 4) + 2 * n * 4 + 5 * kArenaAlignment;
}

/* The largest power of two up to the wanted size that fits L1; 0 when none does. */
static int allocate(struct Problem* p) {
  struct Arguments arguments = program_arguments();
  uint32_t wanted = arguments.size == 0 ? kMaxSize : arguments.size;
  p->n = 2;
  while (2 * p->n <= wanted && bytes_needed(2 * p->n) <= arena_free_bytes(&l1_arena)) {
    p->n *= 2;
  }
  p->harts = arguments.harts;
  p->repetitions = arguments.repetitions == 0 ? 1 : arguments.repetitions;
  p->a = arena_allocate(&l1_arena, p->n * p->n * sizeof(Element));
  p->b = arena_allocate(&l1_arena, p->n * p->n * sizeof(Element));
  p->c = arena_allocate(&l1_arena, p->n * p->n * 4);
  p->x = arena_allocate(&l1_arena, p->n * 4);
  p->y = arena_allocate(&l1_arena, p->n * 4);
  return p->y != 0;
}

static void fill(const struct Problem* p, uint32_t hart) {
  for (uint32_t i = hart; i < p->n * p->n; i += p->harts) {
    p->a[i] = (Element)mix(i);
    p->b[i] = (Element)mix(i + 0x10000000);
  }
  for (uint32_t i = hart; i < p->n; i += p->harts) {
    p->x[i] = mix(i + 0x20000000) | 1;
  }
}

/* Blocks of 2 x 2 results, dealt out to the harts in turn. */
static void multiply(const struct Problem* p, uint32_t hart) {
  uint32_t n = p->n;
  uint32_t blocks_per_row = n / 2;
  for (uint32_t block = hart; block < blocks_per_row * blocks_per_row; block += p->harts) {
    uint32_t row = 2 * (block / blocks_per_row);
    uint32_t column = 2 * (block % blocks_per_row);
    const Element* a0 = p->a + row * n;
    const Element* a1 = a0 + n;
    const Element* b = p->b + column;
    uint32_t c00 = 0;
    uint32_t c01 = 0;
    uint32_t c10 = 0;
    uint32_t c11 = 0;
    for (uint32_t k = 0; k < n; ++k, b += n) {
      c00 += (uint32_t)a0[k] * (uint32_t)b[0];
      c01 += (uint32_t)a0[k] * (uint32_t)b[1];
      c10 += (uint32_t)a1[k] * (uint32_t)b[0];
      c11 += (uint32_t)a1[k] * (uint32_t)b[1];
    }
    int32_t* c = p->c + row * n + column;
    c[0] = (int32_t)c00;
    c[1] = (int32_t)c01;
    c[n] = (int32_t)c10;
    c[n + 1] = (int32_t)c11;
  }
}

static void multiply_b_by_x(const struct Problem* p, uint32_t hart) {
  for (uint32_t row = hart; row < p->n; row += p->harts) {
    uint32_t sum = 0;
    for (uint32_t k = 0; k < p->n; ++k) {
      sum += (uint32_t)p->b[row * p->n + k] * p->x[k];
    }
    p->y[row] = sum;
  }
}

static uint32_t wrong_rows(const struct Problem* p, uint32_t hart) {
  uint32_t wrong = 0;
  for (uint32_t row = hart; row < p->n; row += p->harts) {
    uint32_t left = 0;
    uint32_t right = 0;
    for (uint32_t k = 0; k < p->n; ++k) {
      left += (uint32_t)p->c[row * p->n + k] * p->x[k];
      right += (uint32_t)p->a[row * p->n + k] * p->y[k];
    }
    wrong += left != right;
  }
  return wrong;
}

/* Region of interest 1. */
static void multiply_and_measure(const struct Problem* p, uint32_t hart) {
  barrier();
  if (hart == 0) {
    region_begin(kMultiplication);
  }
  uint32_t start = cycle_count();
  for (uint32_t i = 0; hart < p->harts && i < p->repetitions; ++i) {
    multiply(p, hart);
  }
  barrier();
  if (hart == 0) {
    region_end(kMultiplication);
    printf(PROGRAM ": %lu x %lu, %lu harts, %lu times, %lu cycles\n", p->n, p->n, p->harts,
           p->repetitions, cycle_count() - start);
  }
}

int main(uint32_t hart) {
  struct Problem* p = &problem;
  if (hart == 0 && !allocate(p)) {
    printf("FAIL " PROGRAM ": no room in L1\n");
    return kExitNoRoom;
  }
  barrier();
  if (hart < p->harts) {
    fill(p, hart);
  }
  multiply_and_measure(p, hart);
  if (hart < p->harts) {
    multiply_b_by_x(p, hart);
  }
  barrier();
  if (hart < p->harts) {
    count_errors(wrong_rows(p, hart));
  }
  barrier();
  return hart == 0 ? verdict(PROGRAM) : 0;
}
