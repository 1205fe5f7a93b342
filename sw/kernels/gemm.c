/* SPDX-License-Identifier: Apache-2.0
 * Matrix products: workers take blocks of 4 x 4 results in turn; rows and columns that are left
 * over are taken one by one. */
#include "firmware/runtime/memory.h"
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
  uint32_t bytes; /* columns of a and b that multiply() takes; the rest is done apart */
  uint32_t start; /* the column that comes first */
  struct Span rows;
  struct Span columns;
  int32_t is_simple; /* multiply() can requantise whole blocks, by this scaling, */
  struct Scaling scaling;
  union {
    struct Scaling activation_scaling; /* and activate() by this one, unless its multiplier is 0 */
    struct {
      int32_t mul; /* RequantShift of all results, unless they have several */
      int32_t add;
    };
  };
  int32_t no_bias;
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

/* ---- epilogues: row by row, four columns side by side (of columns alone the first one counts)
 * ----
 */

/* Where the four values of a row are: `step` words apart. */
struct Quad {
  const int32_t* first;
  uint32_t step;
};

static inline struct Quad bias_of(const struct GemmTask* task, uint32_t row) {
  const struct GemmOperands* operands = &task->operands;
  const int32_t* bias = (const int32_t*)operands->bias;
  uint32_t step = task->columns.count != 1;
  switch (operands->bias_kind) {
    case kBiasNone:
      return (struct Quad){&task->no_bias, 0};
    case kBiasPerColumn:
      return (struct Quad){bias + task->columns.first, step};
    case kBiasPerRow:
      return (struct Quad){bias + row, 0};
    default:
      return (struct Quad){
          (const int32_t*)(operands->bias + row * operands->bias_stride) + task->columns.first,
          step};
  }
}

static inline void store_bytes(uint32_t output, uint32_t count, const int32_t values[kBlockSize]) {
  int8_t* bytes = (int8_t*)output;
  bytes[0] = (int8_t)values[0];
  if (count != 1) {
    bytes[1] = (int8_t)values[1];
    bytes[2] = (int8_t)values[2];
    bytes[3] = (int8_t)values[3];
  }
}

/* ---- ITA's requantisation ---- */

/* requantise() by multiplication alone where that does. */
static inline int32_t requantise_by(int32_t value, struct Requant requant,
                                    const struct Scaling* scaling) {
  if (scaling->multiplier == 0) {
    return requantise(value, requant);
  }
  return clamp((multiply_high(value, scaling->multiplier) + scaling->rounding) >> 1, -128, 127);
}

/* ITA's GELU before its requantisation, in 26 bits as there: |q| (r^2 + c) + q c. */
static inline int32_t gelu(int32_t value, int32_t size, int32_t reach, int32_t c) {
  uint32_t erf = (uint32_t)(reach * reach + c);
  uint32_t product = (uint32_t)size * erf + (uint32_t)value * (uint32_t)c;
  return (int32_t)(product << 6) >> 6;
}

static void store_requantised(const struct GemmTask* task, const struct GemmBlock* block) {
  const struct GemmArguments* arguments = &task->requant;
  struct Requant first = {arguments->mult, arguments->shift, arguments->add};
  struct Requant second = {arguments->activation_mult, arguments->activation_shift,
                           arguments->activation_add};
  uint32_t output = output_address(task);
  for (uint32_t i = 0; i < task->rows.count; ++i, output += task->operands.output_stride) {
    struct Quad bias = bias_of(task, task->rows.first + i);
    for (uint32_t j = 0; j < task->columns.count; ++j) {
      uint32_t sum = (uint32_t)block->sums[i][j] + (uint32_t)bias.first[j * bias.step];
      int32_t value = requantise_by((int32_t)sum, first, &task->scaling);
      if (arguments->activation == kActivationRelu) {
        value = requantise_by(value < 0 ? 0 : value, second, &task->activation_scaling);
      } else if (arguments->activation == kActivationGelu) {
        int32_t size = value < 0 ? -value : value;
        int32_t limit = (int16_t)-arguments->gelu_b;
        int32_t reach = (size < limit ? size : limit) + arguments->gelu_b;
        value = requantise_by(gelu(value, size, reach, arguments->gelu_c), second,
                              &task->activation_scaling);
      }
      ((int8_t*)output)[j] = (int8_t)value;
    }
  }
}

/* Activation of a whole block whose requantised values stand in the first 16 bytes of its sums. */
static __attribute__((noinline)) void activate(const struct GemmTask* task,
                                               const struct GemmBlock* block) {
  struct Scaling scaling = task->activation_scaling;
  int32_t is_gelu = task->requant.activation == kActivationGelu;
  int32_t b = task->requant.gelu_b;
  int32_t c = task->requant.gelu_c;
  int32_t limit = (int16_t)-b;
  uint32_t stride = task->operands.output_stride;
  int8_t* output = (int8_t*)output_address(task);
  const int8_t* input = (const int8_t*)block->sums;
  for (const int8_t* end = input + kBlockSize * kBlockSize; input != end; input += kBlockSize) {
    int32_t values[kBlockSize];
#pragma GCC unroll 4
    for (uint32_t j = 0; j < kBlockSize; ++j) {
      values[j] = input[j];
    }
    if (is_gelu) {
#pragma GCC unroll 4
      for (uint32_t j = 0; j < kBlockSize; ++j) {
        int32_t size = xpulp_abs(values[j]);
        values[j] = gelu(values[j], size, xpulp_min(size, limit) + b, c);
      }
    } else {
#pragma GCC unroll 4
      for (uint32_t j = 0; j < kBlockSize; ++j) {
        values[j] = xpulp_max(values[j], 0);
      }
    }
#pragma GCC unroll 4
    for (uint32_t j = 0; j < kBlockSize; ++j) {
      values[j] = multiply_high(values[j], scaling.multiplier) + scaling.rounding;
    }
#pragma GCC unroll 4
    for (uint32_t j = 0; j < kBlockSize; ++j) {
      output[j] = (int8_t)xpulp_clip_int8(values[j] >> 1);
    }
    output += stride;
  }
}

/* ---- int32, RequantShift ---- */

static inline struct Quad shift_constants(const struct GemmTask* task, uint32_t address,
                                          const int32_t* single, uint32_t row) {
  const int32_t* constants = (const int32_t*)address;
  if (task->operands.flags & kGemmShiftPerColumn) {
    return (struct Quad){constants + task->columns.first, task->columns.count != 1};
  }
  return (struct Quad){task->operands.flags & kGemmShiftPerRow ? constants + row : single, 0};
}

static void store_shifted(const struct GemmTask* task, const struct GemmBlock* block) {
  const struct GemmShiftArguments* arguments = &task->shift;
  uint32_t shift = arguments->shift;
  uint32_t alpha = (uint32_t)(int32_t)arguments->alpha;
  uint32_t beta = (uint32_t)(int32_t)arguments->beta;
  int32_t low =
      task->operands.flags & kGemmUnsignedOutput ? 0 : -(arguments->levels_minus_1 + 1) / 2;
  int32_t high = low + arguments->levels_minus_1;
  uint32_t count = task->columns.count;
  uint32_t stride = task->operands.output_stride;
  uint32_t output = output_address(task);
  for (uint32_t i = 0; i < task->rows.count; ++i, output += stride) {
    uint32_t row = task->rows.first + i;
    struct Quad bias = bias_of(task, row);
    struct Quad mul = shift_constants(task, arguments->mul, &task->mul, row);
    struct Quad add = shift_constants(task, arguments->add, &task->add, row);
    int32_t values[kBlockSize];
#pragma GCC unroll 4
    for (uint32_t j = 0; j < kBlockSize; ++j) {
      uint32_t sum =
          alpha * (uint32_t)block->sums[i][j] + beta * (uint32_t)bias.first[j * bias.step];
      values[j] = clamp(
          shift_and_round((int32_t)sum, mul.first[j * mul.step], add.first[j * add.step], shift),
          low, high);
    }
    store_bytes(output, count, values);
  }
}

static void store_int32(const struct GemmTask* task, const struct GemmBlock* block) {
  uint32_t alpha = (uint32_t)task->int32.alpha;
  uint32_t beta = (uint32_t)task->int32.beta;
  uint32_t count = task->columns.count;
  uint32_t stride = task->operands.output_stride;
  uint32_t output = output_address(task) + 3 * task->columns.first; /* 4 bytes each */
  for (uint32_t i = 0; i < task->rows.count; ++i, output += stride) {
    struct Quad bias = bias_of(task, task->rows.first + i);
    uint32_t values[kBlockSize];
#pragma GCC unroll 4
    for (uint32_t j = 0; j < kBlockSize; ++j) {
      values[j] = alpha * (uint32_t)block->sums[i][j] + beta * (uint32_t)bias.first[j * bias.step];
    }
    uint32_t* words = (uint32_t*)output;
    words[0] = values[0];
    if (count != 1) {
      words[1] = values[1];
      words[2] = values[2];
      words[3] = values[3];
    }
  }
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
  if (task->activation_scaling.multiplier == 0) {
    task->multiply(&block);
    return;
  }
  block.output = (uint32_t)block.sums; /* they are not in use */
  block.output_stride = kBlockSize;
  task->multiply(&block);
  activate(task, &block);
}

/* ---- the six kernels ---- */

/* Harts of a tile share its ports to the groups, and banks serve one request per cycle. So
 * neighbours in rank take blocks on a diagonal, which have no rows in common, and every worker
 * begins in a column of its own of a and b. Measured at 192 harts, 128 x 256 x 256: 23017 cycles;
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
  int32_t is_active = task.requant.activation != kActivationIdentity;
  if (is_active) {
    task.activation_scaling = scaling_of((struct Requant){
        task.requant.activation_mult, task.requant.activation_shift, task.requant.activation_add});
  }
  task.is_simple = is_xpulp && task.scaling.multiplier != 0 &&
                   (!is_active || task.activation_scaling.multiplier != 0) && operands->k != 0 &&
                   operands->k % 4 == 0 && (operands->output | operands->output_stride) % 4 == 0 &&
                   (operands->bias_kind == kBiasNone || operands->bias_kind == kBiasPerColumn);
  run(&task, rank, workers, is_xpulp);
}

static void run_shifted(const uint32_t* arguments, uint32_t rank, uint32_t workers, int is_xpulp) {
  struct GemmTask task = {.store = store_shifted};
  task.shift = *(const struct GemmShiftArguments*)arguments;
  task.mul = *(const int32_t*)task.shift.mul;
  task.add = *(const int32_t*)task.shift.add;
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
