/* SPDX-License-Identifier: Apache-2.0
 * Measures the matrix product of sw/kernels in L1: C = requantise(A * B^T + bias) in bytes. Every
 * result is checked against plain C. The cycles are those of the last repetition, from the first
 * hart that starts to the last that ends; all repetitions are region of interest 1. k is rounded
 * up to a multiple of 4. */
#include "firmware/runtime/arena.h"
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "sw/common/random.h"
#include "sw/common/verdict.h"
#include "sw/kernels/kernels.h"
#include "sw/kernels/requant.h"

enum { kDefaultSize = 128, kRegion = 1 };

static const struct Requant kRequant = {.mult = 93, .shift = 17, .add = -3};

static struct Problem {
  uint32_t m;
  uint32_t n;
  uint32_t k;
  uint32_t harts;
  uint32_t repetitions;
  int8_t* a;     /* [m][k] */
  int8_t* b;     /* [n][k], transposed */
  int8_t* c;     /* [m][n] */
  int32_t* bias; /* [n] */
  Kernel kernel;
  struct GemmArguments* arguments; /* in L1, as everything that harts share */
  volatile uint32_t* first_start;
  volatile uint32_t* last_end;
} problem;

static uint32_t bytes_needed(const struct Problem* p) {
  return p->m * p->k + p->n * p->k + p->m * p->n + 4 * p->n + 64 + 6 * kArenaAlignment;
}

/* The shape that is asked for, or the largest power of two that fits, up to the default. */
static void choose_shape(struct Problem* p, const struct Arguments* arguments) {
  p->m = arguments->shape[0];
  p->n = arguments->shape[1];
  p->k = (arguments->shape[2] + 3) & ~3u;
  if (p->k != 0) {
    return;
  }
  uint32_t size = arguments->size == 0 ? kDefaultSize : arguments->size;
  for (; p->k == 0 || bytes_needed(p) > arena_free_bytes(&l1_arena); size /= 2) {
    p->m = p->n = p->k = size;
  }
}

static int allocate(struct Problem* p) {
  struct Arguments arguments = program_arguments();
  choose_shape(p, &arguments);
  p->harts = arguments.harts;
  p->repetitions = arguments.repetitions == 0 ? 1 : arguments.repetitions;
  p->kernel = kernel_find(kKernelGemm | (arguments.variant == 0 ? 0 : kKernelPortable));
  p->a = arena_allocate(&l1_arena, p->m * p->k);
  p->b = arena_allocate(&l1_arena, p->n * p->k);
  p->c = arena_allocate(&l1_arena, p->m * p->n);
  p->bias = arena_allocate(&l1_arena, 4 * p->n);
  p->arguments = arena_allocate(&l1_arena, sizeof(struct GemmArguments));
  uint32_t* span = arena_allocate(&l1_arena, 8);
  if (span == 0) {
    return 0;
  }
  p->first_start = &span[0];
  p->last_end = &span[1];
  *p->arguments = (struct GemmArguments){
      .operands = {.a = (uint32_t)p->a,
                   .b = (uint32_t)p->b,
                   .bias = (uint32_t)p->bias,
                   .output = (uint32_t)p->c,
                   .m = (uint16_t)p->m,
                   .n = (uint16_t)p->n,
                   .k = (uint16_t)p->k,
                   .a_stride = (uint16_t)p->k,
                   .b_stride = (uint16_t)p->k,
                   .output_stride = (uint16_t)p->n,
                   .bias_kind = kBiasPerColumn},
      .mult = kRequant.mult,
      .shift = kRequant.shift,
      .add = kRequant.add,
  };
  return 1;
}

static void fill(const struct Problem* p, uint32_t hart) {
  for (uint32_t i = hart; i < p->m * p->k; i += platform.num_harts) {
    p->a[i] = (int8_t)mix(i);
  }
  for (uint32_t i = hart; i < p->n * p->k; i += platform.num_harts) {
    p->b[i] = (int8_t)mix(i + 0x10000000);
  }
  for (uint32_t i = hart; i < p->n; i += platform.num_harts) {
    p->bias[i] = (int32_t)mix(i + 0x20000000) >> 12;
  }
}

static void multiply(const struct Problem* p, uint32_t hart) {
  if (hart == 0) {
    *p->first_start = 0xFFFFFFFF;
    *p->last_end = 0;
  }
  barrier();
  if (hart < p->harts) {
    amo_minu(p->first_start, cycle_count());
    p->kernel((const uint32_t*)p->arguments, hart, p->harts);
    fence();
    amo_maxu(p->last_end, cycle_count());
  }
  barrier();
}

static uint32_t wrong_results(const struct Problem* p, uint32_t hart) {
  uint32_t wrong = 0;
  for (uint32_t i = hart; i < p->m * p->n; i += platform.num_harts) {
    const int8_t* a = p->a + i / p->n * p->k;
    const int8_t* b = p->b + i % p->n * p->k;
    int32_t sum = p->bias[i % p->n];
    for (uint32_t k = 0; k < p->k; ++k) {
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
  fill(p, hart);
  barrier();
  if (hart == 0) {
    region_begin(kRegion);
  }
  for (uint32_t i = 0; i < p->repetitions; ++i) {
    multiply(p, hart);
  }
  if (hart == 0) {
    region_end(kRegion);
  }
  count_errors(wrong_results(p, hart));
  barrier();
  if (hart != 0) {
    return 0;
  }
  uint32_t cycles = *p->last_end - *p->first_start;
  *p->first_start = *p->last_end = 0; /* memory at the end does not depend on timing */
  printf("gemm_i8: %lu x %lu x %lu, %lu harts, %lu cycles\n", p->m, p->n, p->k, p->harts, cycles);
  return verdict("gemm_i8");
}
