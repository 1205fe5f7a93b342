/* SPDX-License-Identifier: Apache-2.0
 * Kernels that need sums over many elements first. */
#include "sw/kernels/element.h"
#include "sw/kernels/kernels.h"
#include "sw/kernels/requant.h"
#include "sw/kernels/share.h"

/* More workers would wait for each other at the banks of a row. */
enum { kMostSharers = 4 };

/* floor(sqrt(value)), value < 2^16: bit by bit from the top. */
static uint32_t square_root(uint32_t value) {
  uint32_t root = 0;
  for (uint32_t bit = 128; bit != 0; bit >>= 1) {
    uint32_t larger = root | bit;
    root = larger * larger <= value ? larger : root;
  }
  return root;
}

/* Division by a row's deviation, towards zero, as one multiplication (Granlund and Montgomery,
 * "Division by Invariant Integers using Multiplication", 1994, section 5). */
struct Divisor {
  uint32_t value;
  uint32_t reciprocal; /* floor(2^(31 + shift) / value) + 1 */
  uint32_t shift;      /* ceil(log2(value)) */
};

/* REQUIRES: value is 1 .. 256. */
static struct Divisor divisor_of(uint32_t value) {
  if (value == 1) {
    return (struct Divisor){1, (1u << 31) + 1, 0};
  }
  uint32_t less = 0; /* shift - 1 */
  while (2u << less < value) {
    ++less;
  }
  uint32_t quotient = UINT32_MAX / value; /* 2^32 = quotient value + rest, 2^(31 + shift) follows */
  uint32_t rest = UINT32_MAX - quotient * value + 1;
  return (struct Divisor){value, (quotient << less) + (rest << less) / value + 1, less + 1};
}

/* doubled / 2 / by.value towards zero. */
static inline int32_t divide_half(int32_t doubled, struct Divisor by) {
  return (multiply_high(doubled, by.reciprocal) >> by.shift) + (int32_t)((uint32_t)doubled >> 31);
}

/* A row without its weights: elements minus `mean`, divided by the deviation. */
struct Norm {
  int32_t mean;
  struct Divisor deviation;
};

/* Sums of elements and of their squares wrap, the variance does not. */
static inline __attribute__((always_inline)) struct Norm norm_of(uint32_t input, int32_t columns,
                                                                 uint32_t type) {
  int32_t sum = 0;
  uint32_t squares = 0;
  int32_t j = 0;
  for (; j + kBatch <= columns; j += kBatch) {
    int32_t values[kBatch];
#pragma GCC unroll 4
    for (int32_t k = 0; k < kBatch; ++k) {
      values[k] = load_element(input, (uint32_t)(j + k), type);
    }
#pragma GCC unroll 4
    for (int32_t k = 0; k < kBatch; ++k) {
      sum += values[k];
      squares += (uint32_t)(values[k] * values[k]);
    }
  }
  for (; j < columns; ++j) {
    int32_t value = load_element(input, (uint32_t)j, type);
    sum += value;
    squares += (uint32_t)(value * value);
  }
  int32_t mean = sum / columns;
  uint32_t twice = 2 * (uint32_t)sum - (uint32_t)columns * (uint32_t)mean;
  int32_t variance = (int32_t)(squares - (uint32_t)mean * twice);
  return (struct Norm){mean, divisor_of(square_root((uint32_t)(variance / columns + 1)))};
}

enum { kWeightReach = 1 << 22, kBiasReach = 1 << 30 };

/* Columns share.first .. share.end - 1 of a row. An element is at most 255 from the mean: twice its
 * product with a weight up to kWeightReach has 32 bits, and so has the sum of half of it and a bias
 * up to kBiasReach. Others are rare, and take the slow way. */
static inline __attribute__((always_inline)) void normalise(const struct LayerNormArguments* n,
                                                            uint32_t row, struct Share share,
                                                            struct Norm norm, uint32_t type) {
  uint32_t input = n->input + row * n->input_stride;
  int8_t* output = (int8_t*)(n->output + row * n->output_stride);
  const int32_t* weight = (const int32_t*)n->weight;
  const int32_t* bias = (const int32_t*)n->bias;
  uint32_t shift = n->shift;
  int32_t mean = norm.mean;
  struct Divisor deviation = norm.deviation;
  uint32_t j = share.first;
  for (; j + kBatch <= share.end; j += kBatch) {
    int32_t doubled[kBatch];
    int32_t weights[kBatch];
    int32_t biases[kBatch];
    uint32_t weight_bits = 0;
    uint32_t bias_bits = 0;
#pragma GCC unroll 4
    for (uint32_t k = 0; k < kBatch; ++k) {
      weights[k] = weight[j + k];
      doubled[k] = load_element(input, j + k, type);
    }
#pragma GCC unroll 4
    for (uint32_t k = 0; k < kBatch; ++k) {
      biases[k] = bias[j + k];
      weight_bits |= (uint32_t)weights[k] + kWeightReach;
      doubled[k] = (int32_t)(2 * (uint32_t)(doubled[k] - mean) * (uint32_t)weights[k]);
    }
#pragma GCC unroll 4
    for (uint32_t k = 0; k < kBatch; ++k) {
      bias_bits |= (uint32_t)biases[k] + kBiasReach;
    }
    if (weight_bits >= 2 * kWeightReach || bias_bits >= 2u * kBiasReach) {
      break;
    }
#pragma GCC unroll 4
    for (uint32_t k = 0; k < kBatch; ++k) {
      output[j + k] = (int8_t)((divide_half(doubled[k], deviation) + biases[k]) >> shift);
    }
  }
  for (; j < share.end; ++j) {
    int64_t product = (int64_t)(load_element(input, j, type) - mean) * weight[j];
    output[j] = (int8_t)((product / (int32_t)deviation.value + bias[j]) >> shift);
  }
}

static inline __attribute__((always_inline)) void layer_norm(const struct LayerNormArguments* n,
                                                             uint32_t rank, uint32_t workers,
                                                             uint32_t type) {
  uint32_t sharers = workers / n->rows; /* of a row; each computes its norm */
  sharers = sharers < 1 ? 1 : sharers < kMostSharers ? sharers : kMostSharers;
  uint32_t step = sharers == 1 ? workers : n->rows;
  if (rank >= sharers * step) {
    return;
  }
  struct Share share = share_of(n->columns, rank / step, sharers);
  uint32_t length = share.end - share.first;
  uint32_t turn = share.first + (length == 0 ? 0 : kStartStep * rank % length);
  for (uint32_t row = rank % step; row < n->rows; row += step) {
    struct Norm norm = norm_of(n->input + row * n->input_stride, (int32_t)n->columns, type);
    struct Share part = {turn, share.end};
    for (int i = 0; i < 2; ++i) {
      normalise(n, row, part, norm, type);
      part = (struct Share){share.first, turn};
    }
  }
}

/* Workers take rows in turn, or parts of one. Each begins in a column of its own: all read the same
 * weights, and a bank serves one request per cycle. */
void kernel_layer_norm(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct LayerNormArguments n = *(const struct LayerNormArguments*)arguments;
  if (n.type == kTypeUint8) {
    layer_norm(&n, rank, workers, kTypeUint8);
  } else {
    layer_norm(&n, rank, workers, kTypeInt8);
  }
}

/* Halves up for lengths that are powers of two, else away from zero. */
static int32_t rounded_mean(int32_t sum, int32_t length) {
  int32_t half = length / 2;
  if ((length & (length - 1)) == 0) {
    return (sum + half) >> __builtin_ctz((uint32_t)length);
  }
  return (sum < 0 ? sum - half : sum + half) / length;
}

/* Workers take outputs in turn. */
void kernel_mean(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct MeanArguments m = *(const struct MeanArguments*)arguments;
  for (uint32_t i = rank; i < m.outer * m.inner; i += workers) {
    uint32_t first = i / m.inner * m.length * m.inner + i % m.inner;
    int32_t sum = 0;
    for (uint32_t j = 0; j < m.length; ++j) {
      sum += load_element(m.input, first + j * m.inner, m.type);
    }
    ((int8_t*)m.output)[i] = (int8_t)rounded_mean(sum, (int32_t)m.length);
  }
}
