/* SPDX-License-Identifier: Apache-2.0
 * C = requantise(A * B^T + bias) of n x n bytes in L1, by all harts, with four-byte dot products;
 * the results are checked against plain C, byte by byte. */
#include "firmware/runtime/arena.h"
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/xpulp.h"
#include "sw/common/random.h"
#include "sw/common/verdict.h"
#include "sw/tile/requant.h"

enum { kMaxSize = 128 };

static const struct Requant kRequant = {.mult = 93, .shift = 17, .add = -3};

static struct Problem {
  uint32_t n; /* a power of two */
  uint32_t harts;
  uint32_t repetitions;
  int8_t* a;     /* [n][n] */
  int8_t* b;     /* [n][n], transposed */
  int8_t* c;     /* [n][n] */
  int32_t* bias; /* [n] */
} problem;

static uint32_t bytes_needed(uint32_t n) {
  return 3 * n * n + 4 * n + 4 * kArenaAlignment;
}

/* The largest power of two up to the wanted size that fits L1. */
static int allocate(struct Problem* p) {
  struct Arguments arguments = program_arguments();
  uint32_t wanted = arguments.size == 0 ? kMaxSize : arguments.size;
  p->n = 4;
  while (2 * p->n <= wanted && bytes_needed(2 * p->n) <= arena_free_bytes(&l1_arena)) {
    p->n *= 2;
  }
  p->harts = arguments.harts;
  p->repetitions = arguments.repetitions == 0 ? 1 : arguments.repetitions;
  p->a = arena_allocate(&l1_arena, p->n * p->n);
  p->b = arena_allocate(&l1_arena, p->n * p->n);
  p->c = arena_allocate(&l1_arena, p->n * p->n);
  p->bias = arena_allocate(&l1_arena, 4 * p->n);
  return p->bias != 0;
}

static void fill(const struct Problem* p, uint32_t hart) {
  for (uint32_t i = hart; i < p->n * p->n; i += p->harts) {
    p->a[i] = (int8_t)mix(i);
    p->b[i] = (int8_t)mix(i + 0x10000000);
  }
  for (uint32_t i = hart; i < p->n; i += p->harts) {
    p->bias[i] = (int32_t)mix(i + 0x20000000) >> 12;
  }
}

static const uint32_t* row_of(const int8_t* matrix, uint32_t n, uint32_t row) {
  return (const uint32_t*)(matrix + row * n);
}

/* 2 x 2 results from rows `row` of A and `column` of B^T. */
static void multiply_block(const struct Problem* p, uint32_t row, uint32_t column) {
  const uint32_t* a0 = row_of(p->a, p->n, row);
  const uint32_t* a1 = row_of(p->a, p->n, row + 1);
  const uint32_t* b0 = row_of(p->b, p->n, column);
  const uint32_t* b1 = row_of(p->b, p->n, column + 1);
  int32_t c00 = p->bias[column];
  int32_t c01 = p->bias[column + 1];
  int32_t c10 = c00;
  int32_t c11 = c01;
  for (uint32_t k = 0; k < p->n / 4; ++k) {
    c00 = dot_signed(a0[k], b0[k], c00);
    c01 = dot_signed(a0[k], b1[k], c01);
    c10 = dot_signed(a1[k], b0[k], c10);
    c11 = dot_signed(a1[k], b1[k], c11);
  }
  int8_t* c = p->c + row * p->n + column;
  c[0] = requantise(c00, kRequant);
  c[1] = requantise(c01, kRequant);
  c[p->n] = requantise(c10, kRequant);
  c[p->n + 1] = requantise(c11, kRequant);
}

static void multiply(const struct Problem* p, uint32_t hart) {
  uint32_t blocks_per_row = p->n / 2;
  for (uint32_t i = hart; i < blocks_per_row * blocks_per_row; i += p->harts) {
    multiply_block(p, 2 * (i / blocks_per_row), 2 * (i % blocks_per_row));
  }
}

static uint32_t wrong_results(const struct Problem* p, uint32_t hart) {
  uint32_t wrong = 0;
  for (uint32_t i = hart; i < p->n * p->n; i += p->harts) {
    const int8_t* a = p->a + i / p->n * p->n;
    const int8_t* b = p->b + i % p->n * p->n;
    int32_t sum = p->bias[i % p->n];
    for (uint32_t k = 0; k < p->n; ++k) {
      sum += a[k] * b[k];
    }
    wrong += p->c[i] != requantise(sum, kRequant);
  }
  return wrong;
}

int main(uint32_t hart) {
  struct Problem* p = &problem;
  if (hart == 0 && !allocate(p)) {
    printf("FAIL gemm_i8: no room in L1\n");
    return kExitNoRoom;
  }
  barrier();
  int works = hart < p->harts;
  if (works) {
    fill(p, hart);
  }
  barrier();
  uint32_t start = cycle_count();
  for (uint32_t i = 0; works && i < p->repetitions; ++i) {
    multiply(p, hart);
  }
  barrier();
  uint32_t cycles = cycle_count() - start;
  if (works) {
    count_errors(wrong_results(p, hart));
  }
  barrier();
  if (hart != 0) {
    return 0;
  }
  printf("gemm_i8: %lu x %lu, %lu harts, %lu times, %lu cycles\n", p->n, p->n, p->harts,
         p->repetitions, cycles);
  return verdict("gemm_i8");
}
