/* SPDX-License-Identifier: Apache-2.0
 * Softmax kernels; workers take rows in turn. */
#include "sw/kernels/kernels.h"
#include "sw/kernels/requant.h"

enum {
  kLowest = -128,
  kExpUnit = 256,
  kSoftmaxGroup = 16, /* columns that ITA takes at a time; the order of sums matters */
  kBlockColumns = 64,
  kInverseNumerator = 255 * 256,
  kPartialMaxShift = 5, /* ITAPartialMax halves every 2^5 steps */
};

static int32_t highest_of(const int8_t* values, uint32_t count, int32_t highest) {
  for (uint32_t i = 0; i < count; ++i) {
    highest = values[i] > highest ? values[i] : highest;
  }
  return highest;
}

/* value >> round(difference / 2^shift), halves up. */
static uint32_t scale(uint32_t value, int32_t difference, uint32_t shift) {
  uint32_t distance = (uint32_t)(difference + (1 << shift >> 1)) >> shift;
  return distance > 31 ? 0 : value >> distance;
}

struct StreamedRow {
  int32_t highest;
  uint32_t denominator;
};

static void take_group(struct StreamedRow* row, const int8_t* logits, uint32_t count,
                       uint32_t shift) {
  int32_t highest = highest_of(logits, count, row->highest);
  uint32_t sum = scale(row->denominator, highest - row->highest, shift);
  for (uint32_t i = 0; i < count; ++i) {
    sum += scale(kExpUnit, highest - logits[i], shift);
  }
  row->highest = highest;
  row->denominator = sum;
}

void kernel_softmax(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct SoftmaxArguments s = *(const struct SoftmaxArguments*)arguments;
  uint32_t next_block = s.block_stride - kBlockColumns; /* beyond a block's end */
  for (uint32_t i = rank; i < s.rows; i += workers) {
    struct StreamedRow row = {kLowest, 0};
    int8_t* logits = (int8_t*)(s.data + i * s.stride);
    for (uint32_t column = 0; column < s.columns; column += kSoftmaxGroup) {
      take_group(&row, logits + column + column / kBlockColumns * next_block, kSoftmaxGroup,
                 s.shift);
    }
    uint32_t inverse = kInverseNumerator / row.denominator;
    for (uint32_t column = 0; column < s.columns; column += kSoftmaxGroup) {
      int8_t* group = logits + column + column / kBlockColumns * next_block;
      for (int k = 0; k < kSoftmaxGroup; ++k) {
        group[k] = (int8_t)scale(inverse, row.highest - group[k], s.shift);
      }
    }
  }
}

void kernel_partial_max(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct PartialMaxArguments p = *(const struct PartialMaxArguments*)arguments;
  for (uint32_t i = rank; i < p.rows; i += workers) {
    const int8_t* input = (const int8_t*)(p.input + i * p.input_stride);
    uint8_t* output = (uint8_t*)(p.output + i * p.output_stride);
    struct StreamedRow row = {kLowest, 0};
    for (uint32_t column = 0; column < p.columns; column += p.group_width) {
      take_group(&row, input + column, p.group_width, kPartialMaxShift);
    }
    uint32_t inverse = (p.levels / 2 - 1) * kExpUnit / row.denominator;
    for (uint32_t column = 0; column < p.columns; ++column) {
      output[column] = (uint8_t)scale(inverse, row.highest - input[column], kPartialMaxShift);
    }
  }
}

/* The exponential of a distance below the highest value. */
static uint32_t i_exponential(const struct ISoftmaxArguments* s, uint32_t distance) {
  int32_t halvings = clamp((int8_t)(distance / s->log2), 0, 31);
  uint32_t rest = (uint32_t)halvings * s->log2 - distance + (uint32_t)s->coefficient_b;
  int64_t polynomial =
      (int64_t)(int32_t)((uint32_t)s->coefficient_a * (rest * rest)) + s->coefficient_c;
  return (uint32_t)((uint64_t)polynomial >> halvings);
}

void kernel_i_softmax(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct ISoftmaxArguments s = *(const struct ISoftmaxArguments*)arguments;
  for (uint32_t i = rank; i < s.rows; i += workers) {
    const int8_t* input = (const int8_t*)(s.input + i * s.input_stride);
    uint8_t* output = (uint8_t*)(s.output + i * s.output_stride);
    int32_t highest = highest_of(input, s.columns, kLowest);
    uint32_t sum = 0;
    for (uint32_t column = 0; column < s.columns; ++column) {
      sum += i_exponential(&s, (uint32_t)(highest - input[column]));
    }
    for (uint32_t column = 0; column < s.columns; ++column) {
      uint32_t exponential = i_exponential(&s, (uint32_t)(highest - input[column]));
      output[column] = (uint8_t)(exponential * (s.levels - 1) / sum);
    }
  }
}
