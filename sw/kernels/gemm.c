/* SPDX-License-Identifier: Apache-2.0
 * Matrix products: workers take blocks of 4 x 4 results in turn; rows and columns that are left
 * over are taken one by one. */
#include "firmware/runtime/memory.h"
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
  uint32_t bytes; /* columns of a and b that multiply() takes; the rest is done apart */
  uint32_t start; /* the column that comes first */
  struct Span rows;
  struct Span columns;
  int32_t is_simple; /* multiply() can finish whole blocks, by this scaling */
  struct Scaling scaling;
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

static inline uint32_t output_address(const struct GemmTask* task) {
  return task->operands.output + task->rows.first * task->operands.output_stride +
         task->columns.first;
}

/* The last k % 4 columns of a and b. */
static __attribute__((noinline)) void add_remainder(const struct GemmTask* task,
                                                    struct GemmBlock* block) {
  for (uint32_t i = 0; i < kBlockSize; ++i) {
    for (uint32_t j = 0; j < kBlockSize; ++j) {
      const uint8_t* left = (const uint8_t*)(block->a + i * block->a_stride);
      const int8_t* right = (const int8_t*)(block->b + j * block->b_stride);
      for (uint32_t k = task->bytes; k < task->operands.k; ++k) {
        int32_t value = task->operands.flags & kGemmUnsignedA ? left[k] : (int8_t)left[k];
        block->sums[i][j] += value * right[k];
      }
    }
  }
}

/* Sums, then whatever multiply() does not do. A row or column alone is taken four times. */
static __attribute__((noinline)) void multiply_with_care(const struct GemmTask* task,
                                                         struct GemmBlock* block) {
  block->a_stride = task->rows.count == 1 ? 0 : block->a_stride;
  block->b_stride = task->columns.count == 1 ? 0 : block->b_stride;
  block->scaling.multiplier = 0;
  block->bias = 0;
  if (task->bytes != 0) {
    task->multiply(block);
  } else {
    memset(block->sums, 0, sizeof(block->sums));
  }
  if (task->bytes != task->operands.k) {
    add_remainder(task, block);
  }
  task->store(task, block);
}

static void multiply_block(const struct GemmTask* task) {
  const struct GemmOperands* operands = &task->operands;
  struct GemmBlock block;
  block.a = operands->a + task->rows.first * operands->a_stride;
  block.b = operands->b + task->columns.first * operands->b_stride;
  block.a_stride = operands->a_stride;
  block.b_stride = operands->b_stride;
  block.start = task->start;
  block.bytes = task->bytes;
  if (!task->is_simple || task->rows.count != kBlockSize || task->columns.count != kBlockSize) {
    multiply_with_care(task, &block);
    return;
  }
  block.bias = operands->bias_kind == kBiasNone ? 0 : operands->bias + 4 * task->columns.first;
  block.scaling = task->scaling;
  block.output = output_address(task);
  block.output_stride = operands->output_stride;
  task->multiply(&block);
}

static int32_t weighted_sum(const struct GemmTask* task, const struct GemmBlock* block, uint32_t i,
                            uint32_t j, int32_t alpha, int32_t beta) {
  int32_t bias = bias_at(&task->operands, task->rows.first + i, task->columns.first + j);
  return (int32_t)((uint32_t)alpha * (uint32_t)block->sums[i][j] + (uint32_t)beta * (uint32_t)bias);
}

/* ---- ITA's requantisation ---- */

/* One requantisation of a whole product: the multiplication alone where that does. */
struct Requantiser {
  struct Requant requant;
  struct Scaling scaling;
};

static struct Requantiser requantiser(uint8_t mult, uint8_t shift, int8_t add) {
  struct Requant requant = {mult, shift, add};
  return (struct Requantiser){requant, scaling_of(requant)};
}

static inline int32_t requantise_by(const struct Requantiser* by, int32_t value) {
  if (by->scaling.multiplier == 0) {
    return requantise(value, by->requant);
  }
  return clamp((multiply_high(value, by->scaling.multiplier) + by->scaling.rounding) >> 1, -128,
               127);
}

/* ITA's GELU before its requantisation, in 26 bits as there. */
static inline int32_t gelu(int32_t value, int32_t b, int32_t c) {
  int32_t size = value < 0 ? -value : value;
  int32_t limit = (int16_t)-b;
  int32_t reach = (size < limit ? size : limit) + b;
  int32_t erf = reach * reach + c;
  uint32_t product = (uint32_t)value * (uint32_t)((value < 0 ? -erf : erf) + c);
  return (int32_t)(product << 6) >> 6;
}

static void store_requantised(const struct GemmTask* task, const struct GemmBlock* block) {
  const struct GemmArguments* arguments = &task->requant;
  struct Requantiser first = requantiser(arguments->mult, arguments->shift, arguments->add);
  struct Requantiser second = requantiser(arguments->activation_mult, arguments->activation_shift,
                                          arguments->activation_add);
  uint32_t output = output_address(task);
  for (uint32_t i = 0; i < task->rows.count; ++i, output += task->operands.output_stride) {
    for (uint32_t j = 0; j < task->columns.count; ++j) {
      int32_t value = requantise_by(&first, weighted_sum(task, block, i, j, 1, 1));
      if (arguments->activation == kActivationRelu) {
        value = requantise_by(&second, value < 0 ? 0 : value);
      } else if (arguments->activation == kActivationGelu) {
        value = requantise_by(&second, gelu(value, arguments->gelu_b, arguments->gelu_c));
      }
      ((int8_t*)output)[j] = (int8_t)value;
    }
  }
}

/* ---- int32, RequantShift ---- */

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

/* Harts of a tile share its ports to the groups, and banks serve one request per cycle. So
 * neighbours in rank take blocks on a diagonal, which have no rows in common, and every worker
 * begins in a column of its own of a and b. Measured at 192 harts, 128 x 256 x 256: 22640 cycles;
 * 24799 row by row; 29321 when all begin in column 0 too. */
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
  task->start = words == 0 ? 0 : 4 * (kStartStep * rank % words);
  uint32_t across = num_spans(operands->n);
  struct Walk walk = walk_from(num_spans(operands->m), rank, workers); /* diagonal, block row */
  for (; walk.row < across; walk_on(&walk)) {
    task->rows = span_at(operands->m, walk.column);
    task->columns = span_at(operands->n, (walk.row + walk.column) % across);
    multiply_block(task);
  }
}

static void run_requantised(const uint32_t* arguments, uint32_t rank, uint32_t workers,
                            int is_xpulp) {
  struct GemmTask task = {.store = store_requantised};
  task.requant = *(const struct GemmArguments*)arguments;
  const struct GemmOperands* operands = &task.operands;
  task.scaling =
      scaling_of((struct Requant){task.requant.mult, task.requant.shift, task.requant.add});
  task.is_simple = is_xpulp && task.scaling.multiplier != 0 &&
                   task.requant.activation == kActivationIdentity && operands->k % 4 == 0 &&
                   (operands->output | operands->output_stride) % 4 == 0 &&
                   (operands->bias_kind == kBiasNone || operands->bias_kind == kBiasPerColumn);
  run(&task, rank, workers, is_xpulp);
}

static void run_shifted(const uint32_t* arguments, uint32_t rank, uint32_t workers, int is_xpulp) {
  struct GemmTask task = {.store = store_shifted};
  task.shift = *(const struct GemmShiftArguments*)arguments;
  run(&task, rank, workers, is_xpulp);
}

static void run_int32(const uint32_t* arguments, uint32_t rank, uint32_t workers, int is_xpulp) {
  struct GemmTask task = {.store = store_int32};
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
