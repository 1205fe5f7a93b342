/* SPDX-License-Identifier: Apache-2.0
 * Matrix products: workers take blocks of 4 x 4 results in turn; rows and columns that are left
 * over are taken one by one. */
#include "firmware/runtime/xpulp.h"
#include "sw/kernels/gemm_block.h"
#include "sw/kernels/kernels.h"
#include "sw/kernels/requant.h"
#include "sw/kernels/share.h"

enum { kBlockSize = 4 };

/* `count` (4 or 1) rows or columns from `first` on. */
struct Span {
  uint32_t first;
  uint32_t count;
};

/* What a worker knows about its product and the block it is at; on its own stack, because all
 * workers would read the command's words at the same time. */
struct GemmTask {
  union {
    uint32_t words[kKernelArgumentWords];
    struct GemmOperands operands;
    struct GemmArguments requant;
    struct GemmShiftArguments shift;
    struct GemmInt32Arguments int32;
  };
  void (*multiply)(struct GemmBlock* block);
  void (*store)(const struct GemmTask* task, const struct GemmBlock* block);
  uint32_t bytes;         /* columns of a and b that multiply() takes; the rest is done apart */
  uint32_t start;         /* the column that comes first */
  uint32_t initial_bias;  /* BiasKind of what sums start from */
  struct Scaling scaling; /* multiplier 0: results need finish_row() */
  struct Span rows;
  struct Span columns;
};

static uint32_t num_spans(uint32_t size) {
  return size / kBlockSize + size % kBlockSize;
}

static struct Span span_at(uint32_t size, uint32_t index) {
  uint32_t blocks = size / kBlockSize;
  if (index < blocks) {
    return (struct Span){kBlockSize * index, kBlockSize};
  }
  return (struct Span){kBlockSize * blocks + index - blocks, 1};
}

static int32_t bias_at(const struct GemmOperands* operands, uint32_t row, uint32_t column) {
  const int32_t* bias = (const int32_t*)operands->bias;
  switch (operands->bias_kind) {
    case kBiasNone:
      return 0;
    case kBiasPerColumn:
      return bias[column];
    case kBiasPerRow:
      return bias[row];
    default:
      return ((const int32_t*)(operands->bias + row * operands->bias_stride))[column];
  }
}

/* Sums that a span of 1 does not have may be anything. */
static __attribute__((noinline)) void start_from_rows(const struct GemmTask* task,
                                                      struct GemmBlock* block) {
  for (uint32_t i = 0; i < task->rows.count; ++i) {
    for (uint32_t j = 0; j < task->columns.count; ++j) {
      block->sums[i][j] = bias_at(&task->operands, task->rows.first + i, task->columns.first + j);
    }
  }
}

static inline void start_from_columns(const struct GemmTask* task, struct GemmBlock* block) {
  int32_t start[kBlockSize] = {0};
  if (task->initial_bias == kBiasPerColumn) {
    const int32_t* bias = (const int32_t*)task->operands.bias + task->columns.first;
    start[0] = bias[0];
    for (uint32_t j = 1; j < task->columns.count; ++j) {
      start[j] = bias[j];
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < kBlockSize; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < kBlockSize; ++j) {
      block->sums[i][j] = start[j];
    }
  }
}

/* The last k % 4 columns of a and b. */
static __attribute__((noinline)) void add_remainder(const struct GemmTask* task,
                                                    struct GemmBlock* block, uint32_t a,
                                                    uint32_t b) {
  for (uint32_t i = 0; i < kBlockSize; ++i, a += block->a_stride) {
    for (uint32_t j = 0; j < kBlockSize; ++j) {
      const int8_t* right = (const int8_t*)(b + j * block->b_stride);
      for (uint32_t k = task->bytes; k < task->operands.k; ++k) {
        int32_t left =
            task->operands.flags & kGemmUnsignedA ? ((const uint8_t*)a)[k] : ((const int8_t*)a)[k];
        block->sums[i][j] += left * right[k];
      }
    }
  }
}

static __attribute__((noinline)) void multiply_block(const struct GemmTask* task) {
  const struct GemmOperands* operands = &task->operands;
  uint32_t a = operands->a + task->rows.first * operands->a_stride;
  uint32_t b = operands->b + task->columns.first * operands->b_stride;
  uint32_t start = task->start;
  struct GemmBlock block;
  if (task->initial_bias == kBiasPerRow || task->initial_bias == kBiasMatrix) {
    start_from_rows(task, &block);
  } else {
    start_from_columns(task, &block);
  }
  block.a_stride = task->rows.count == 1 ? 0 : operands->a_stride;
  block.b_stride = task->columns.count == 1 ? 0 : operands->b_stride;
  block.parts[0] = (struct GemmPart){a + start, b + start, task->bytes - start};
  block.parts[1] = (struct GemmPart){start == 0 ? 0 : a, b, start};
  block.end = 0;
  if (task->bytes != 0) {
    task->multiply(&block);
  }
  if (task->bytes != operands->k) {
    add_remainder(task, &block, a, b);
  }
  task->store(task, &block);
}

/* Four results in a word. */
static inline uint32_t pack(const int32_t* results) {
  return (results[0] & 0xFF) | (results[1] & 0xFF) << 8 | (results[2] & 0xFF) << 16 |
         (uint32_t)results[3] << 24;
}

static inline uint32_t output_address(const struct GemmTask* task) {
  return task->operands.output + task->rows.first * task->operands.output_stride +
         task->columns.first;
}

/* ... of which the first `columns` are there. */
static inline void store_word(uint32_t output, uint32_t columns, uint32_t word) {
  if (columns == kBlockSize && output % 4 == 0) {
    *(uint32_t*)output = word;
    return;
  }
  for (uint32_t j = 0; j < columns; ++j, word >>= 8) {
    ((uint8_t*)output)[j] = (uint8_t)word;
  }
}

/* ---- ITA's requantisation ---- */

static int32_t activate(const struct GemmArguments* arguments, int32_t value) {
  struct Requant requant = {arguments->activation_mult, arguments->activation_shift,
                            arguments->activation_add};
  if (arguments->activation == kActivationIdentity) {
    return value;
  }
  if (arguments->activation == kActivationRelu) {
    return requantise(value < 0 ? 0 : value, requant);
  }
  int32_t size = value < 0 ? -value : value;
  int32_t limit = (int16_t)-arguments->gelu_b;
  int32_t reach = (size < limit ? size : limit) + arguments->gelu_b;
  int32_t erf = reach * reach + arguments->gelu_c;
  uint32_t product = (uint32_t)value * (uint32_t)((value < 0 ? -erf : erf) + arguments->gelu_c);
  return requantise((int32_t)(product << 6) >> 6, requant); /* 26 bits, as in ITA */
}

/* A row of sums with any constants and activation. */
static __attribute__((noinline)) uint32_t finish_row(const struct GemmArguments* arguments,
                                                     const int32_t* sums) {
  struct Requant requant = {arguments->mult, arguments->shift, arguments->add};
  int32_t results[kBlockSize];
  for (int j = 0; j < kBlockSize; ++j) {
    results[j] = activate(arguments, requantise(sums[j], requant));
  }
  return pack(results);
}

/* The same without activation: four chains of instructions side by side, which hides their
 * latencies. `is_xpulp` is known at compile time. */
static inline __attribute__((always_inline)) uint32_t finish_plain_row(const int32_t* sums,
                                                                       struct Scaling scaling,
                                                                       int is_xpulp) {
  int32_t results[kBlockSize];
#pragma GCC unroll 4
  for (int j = 0; j < kBlockSize; ++j) {
    results[j] = multiply_high(sums[j], scaling.multiplier);
  }
#pragma GCC unroll 4
  for (int j = 0; j < kBlockSize; ++j) {
    results[j] = (results[j] + scaling.rounding) >> 1;
  }
#pragma GCC unroll 4
  for (int j = 0; j < kBlockSize; ++j) {
    results[j] = is_xpulp ? clip_int8(results[j]) : clamp(results[j], -128, 127);
  }
  return pack(results);
}

static inline __attribute__((always_inline)) void store_requantised(const struct GemmTask* task,
                                                                    const struct GemmBlock* block,
                                                                    int is_xpulp) {
  struct Scaling scaling = task->scaling;
  uint32_t output = output_address(task);
  for (uint32_t i = 0; i < task->rows.count; ++i, output += task->operands.output_stride) {
    const int32_t* sums = block->sums[i];
    store_word(output, task->columns.count,
               scaling.multiplier != 0 ? finish_plain_row(sums, scaling, is_xpulp)
                                       : finish_row(&task->requant, sums));
  }
}

static void store_with_xpulp(const struct GemmTask* task, const struct GemmBlock* block) {
  store_requantised(task, block, 1);
}

static void store_portable(const struct GemmTask* task, const struct GemmBlock* block) {
  store_requantised(task, block, 0);
}

/* ---- int32, RequantShift ---- */

static int32_t weighted_sum(const struct GemmTask* task, const struct GemmBlock* block, uint32_t i,
                            uint32_t j, int32_t alpha, int32_t beta) {
  int32_t bias = bias_at(&task->operands, task->rows.first + i, task->columns.first + j);
  return (int32_t)((uint32_t)alpha * (uint32_t)block->sums[i][j] + (uint32_t)beta * (uint32_t)bias);
}

static void store_shifted(const struct GemmTask* task, const struct GemmBlock* block) {
  const struct GemmShiftArguments* arguments = &task->shift;
  uint32_t flags = task->operands.flags;
  int32_t low = flags & kGemmUnsignedOutput ? 0 : -(arguments->levels_minus_1 + 1) / 2;
  uint32_t output = output_address(task);
  for (uint32_t i = 0; i < task->rows.count; ++i, output += task->operands.output_stride) {
    for (uint32_t j = 0; j < task->columns.count; ++j) {
      uint32_t channel = flags & kGemmShiftPerColumn ? task->columns.first + j
                         : flags & kGemmShiftPerRow  ? task->rows.first + i
                                                     : 0;
      int32_t value =
          shift_and_round(weighted_sum(task, block, i, j, arguments->alpha, arguments->beta),
                          ((const int32_t*)arguments->mul)[channel],
                          ((const int32_t*)arguments->add)[channel], arguments->shift);
      ((int8_t*)output)[j] = (int8_t)clamp(value, low, low + arguments->levels_minus_1);
    }
  }
}

static void store_int32(const struct GemmTask* task, const struct GemmBlock* block) {
  const struct GemmInt32Arguments* arguments = &task->int32;
  uint32_t output = output_address(task) + 3 * task->columns.first; /* 4 bytes each */
  for (uint32_t i = 0; i < task->rows.count; ++i, output += task->operands.output_stride) {
    for (uint32_t j = 0; j < task->columns.count; ++j) {
      ((int32_t*)output)[j] = weighted_sum(task, block, i, j, arguments->alpha, arguments->beta);
    }
  }
}

/* ---- the six kernels ---- */

/* Workers begin in different columns of a and b, so that those with the same rows do not ask for
 * the same banks at the same time. */
static __attribute__((noinline)) void run(struct GemmTask* task, uint32_t rank, uint32_t workers,
                                          int is_xpulp) {
  const struct GemmOperands* operands = &task->operands;
  int is_unsigned = operands->flags & kGemmUnsignedA;
  if (is_xpulp) {
    task->multiply = is_unsigned ? gemm_block_unsigned : gemm_block_signed;
  } else {
    task->multiply = is_unsigned ? gemm_block_unsigned_portable : gemm_block_signed_portable;
  }
  uint32_t words = operands->k / 4;
  task->bytes = 4 * words;
  task->start = words == 0 ? 0 : 4 * (rank % words);
  uint32_t down = num_spans(operands->m);
  struct Walk walk = walk_from(num_spans(operands->n), rank, workers);
  for (; walk.row < down; walk_on(&walk)) {
    task->rows = span_at(operands->m, walk.row);
    task->columns = span_at(operands->n, walk.column);
    multiply_block(task);
  }
}

static void run_requantised(const uint32_t* arguments, uint32_t rank, uint32_t workers,
                            int is_xpulp) {
  struct GemmTask task = {.store = is_xpulp ? store_with_xpulp : store_portable};
  task.requant = *(const struct GemmArguments*)arguments;
  task.initial_bias = task.operands.bias_kind;
  if (task.requant.activation == kActivationIdentity) {
    task.scaling =
        scaling_of((struct Requant){task.requant.mult, task.requant.shift, task.requant.add});
  }
  run(&task, rank, workers, is_xpulp);
}

static void run_shifted(const uint32_t* arguments, uint32_t rank, uint32_t workers, int is_xpulp) {
  struct GemmTask task = {.store = store_shifted, .initial_bias = kBiasNone};
  task.shift = *(const struct GemmShiftArguments*)arguments;
  run(&task, rank, workers, is_xpulp);
}

static void run_int32(const uint32_t* arguments, uint32_t rank, uint32_t workers, int is_xpulp) {
  struct GemmTask task = {.store = store_int32, .initial_bias = kBiasNone};
  task.int32 = *(const struct GemmInt32Arguments*)arguments;
  run(&task, rank, workers, is_xpulp);
}

void kernel_gemm(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  run_requantised(arguments, rank, workers, 1);
}
void kernel_gemm_portable(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  run_requantised(arguments, rank, workers, 0);
}
void kernel_gemm_shift(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  run_shifted(arguments, rank, workers, 1);
}
void kernel_gemm_shift_portable(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  run_shifted(arguments, rank, workers, 0);
}
void kernel_gemm_int32(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  run_int32(arguments, rank, workers, 1);
}
void kernel_gemm_int32_portable(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  run_int32(arguments, rank, workers, 0);
}
