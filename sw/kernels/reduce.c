/* SPDX-License-Identifier: Apache-2.0
 * Kernels that need sums over many elements first. */
#include "sw/kernels/element.h"
#include "sw/kernels/kernels.h"

/* floor(sqrt(value)), value < 2^16: bit by bit from the top. */
static uint32_t square_root(uint32_t value) {
  uint32_t root = 0;
  for (uint32_t bit = 128; bit != 0; bit >>= 1) {
    uint32_t larger = root | bit;
    root = larger * larger <= value ? larger : root;
  }
  return root;
}

/* centred * weight / deviation towards zero; the product of 41 bits is rarely too wide. */
static int64_t normalise(int32_t centred, int32_t weight, int32_t deviation) {
  int64_t product = (int64_t)centred * weight;
  if (product == (int32_t)product) {
    return (int32_t)product / deviation;
  }
  return product / deviation;
}

/* Workers take rows in turn. */
void kernel_layer_norm(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct LayerNormArguments n = *(const struct LayerNormArguments*)arguments;
  int32_t columns = (int32_t)n.columns;
  for (uint32_t i = rank; i < n.rows; i += workers) {
    uint32_t input = n.input + i * n.input_stride;
    int8_t* output = (int8_t*)(n.output + i * n.output_stride);
    int32_t mean = 0;
    for (uint32_t j = 0; j < n.columns; ++j) {
      mean += load_element(input, j, n.type);
    }
    mean /= columns;
    int32_t variance = 0;
    for (uint32_t j = 0; j < n.columns; ++j) {
      int32_t centred = load_element(input, j, n.type) - mean;
      variance += centred * centred;
    }
    int32_t deviation = (int32_t)square_root((uint32_t)(variance / columns + 1));
    for (uint32_t j = 0; j < n.columns; ++j) {
      int64_t scaled = normalise(load_element(input, j, n.type) - mean,
                                 ((const int32_t*)n.weight)[j], deviation);
      output[j] = (int8_t)((scaled + ((const int32_t*)n.bias)[j]) >> n.shift);
    }
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
