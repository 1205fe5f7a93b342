/* SPDX-License-Identifier: Apache-2.0
 * Kernels with a window that slides over [channels][height][width]; workers take outputs in turn.
 */
#include "sw/kernels/element.h"
#include "sw/kernels/kernels.h"
#include "sw/kernels/requant.h"
#include "sw/kernels/share.h"

/* One dimension of the window at one output: the part that lies inside the image. */
struct Extent {
  uint32_t input;  /* first place in the image */
  uint32_t kernel; /* first place in the window */
  uint32_t count;
};

static struct Extent extent_at(uint32_t output, uint32_t stride, uint32_t pad, uint32_t kernel,
                               uint32_t size) {
  uint32_t start = output * stride; /* with padding before the image */
  uint32_t end = start + kernel < pad + size ? start + kernel : pad + size;
  uint32_t begin = start > pad ? start : pad;
  return (struct Extent){begin - pad, begin - start, end > begin ? end - begin : 0};
}

static uint32_t output_size(uint32_t size, uint32_t pads, uint32_t kernel, uint32_t stride) {
  return (size + pads - kernel) / stride + 1;
}

enum { kFilters = 4 }; /* side by side: they share the loads of the image */

/* The windows of some filters at one output. */
struct Place {
  struct Extent y;
  struct Extent x;
  uint32_t weights[kFilters]; /* of each filter */
};

/* sums[f] += the products of one row. */
static inline __attribute__((always_inline)) void add_row(int32_t sums[kFilters], uint32_t input,
                                                          const int8_t* weights[kFilters],
                                                          uint32_t count, uint32_t type) {
#pragma GCC unroll 3
  for (uint32_t j = 0; j < count; ++j) {
    int32_t value = load_element(input, j, type);
#pragma GCC unroll 4
    for (uint32_t f = 0; f < kFilters; ++f) {
      sums[f] += value * weights[f][j];
    }
  }
}

static inline __attribute__((always_inline)) void advance(const int8_t* weights[kFilters],
                                                          uint32_t bytes) {
#pragma GCC unroll 4
  for (uint32_t f = 0; f < kFilters; ++f) {
    weights[f] += bytes;
  }
}

/* Windows three wide, the usual ones, need no loop for a row. */
static inline __attribute__((always_inline)) void convolve(const struct ConvolutionArguments* c,
                                                           const struct Place* place,
                                                           int32_t sums[kFilters], uint32_t type) {
  uint32_t rows = place->y.count;
  uint32_t columns = place->x.count;
  uint32_t width = c->width;
  uint32_t kernel_width = c->kernel_width;
  uint32_t input = c->input + place->y.input * width + place->x.input;
  uint32_t next_plane = (c->height - rows) * width;
  uint32_t next_window = (c->kernel_height - rows) * kernel_width;
  uint32_t offset = place->y.kernel * kernel_width + place->x.kernel;
  const int8_t* weights[kFilters];
  int32_t totals[kFilters]; /* `sums` could be in the way of loads */
#pragma GCC unroll 4
  for (uint32_t f = 0; f < kFilters; ++f) {
    weights[f] = (const int8_t*)(place->weights[f] + offset);
    totals[f] = 0;
  }
  for (uint32_t channel = c->channels; channel != 0; --channel) {
    for (uint32_t i = rows; i != 0; --i) {
      if (columns == 3) {
        add_row(totals, input, weights, 3, type);
      } else {
        add_row(totals, input, weights, columns, type);
      }
      input += width;
      advance(weights, kernel_width);
    }
    input += next_plane;
    advance(weights, next_window);
  }
#pragma GCC unroll 4
  for (uint32_t f = 0; f < kFilters; ++f) {
    sums[f] = totals[f];
  }
}

static __attribute__((noinline)) void convolve_signed(const struct ConvolutionArguments* c,
                                                      const struct Place* place,
                                                      int32_t sums[kFilters]) {
  convolve(c, place, sums, kTypeInt8);
}

static __attribute__((noinline)) void convolve_unsigned(const struct ConvolutionArguments* c,
                                                        const struct Place* place,
                                                        int32_t sums[kFilters]) {
  convolve(c, place, sums, kTypeUint8);
}

static void store_sum(const struct ConvolutionArguments* c, uint32_t filter, uint32_t index,
                      int32_t sum) {
  if (c->output_type == kTypeInt32) {
    ((int32_t*)c->output)[index] = sum;
    return;
  }
  int32_t low = c->output_type == kTypeUint8 ? 0 : -(c->levels_minus_1 + 1) / 2;
  int32_t value = shift_and_round(sum, ((const int32_t*)c->mul)[filter],
                                  ((const int32_t*)c->add)[filter], c->shift);
  ((int8_t*)c->output)[index] = (int8_t)clamp(value, low, low + c->levels_minus_1);
}

/* Neighbours in rank take other filters at the same place. Where fewer than kFilters are left, the
 * last one is taken again and not stored. */
void kernel_convolution(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct ConvolutionArguments c = *(const struct ConvolutionArguments*)arguments;
  uint32_t height =
      output_size(c.height, c.pad_top + c.pad_bottom, c.kernel_height, c.stride_height);
  uint32_t width = output_size(c.width, c.pad_left + c.pad_right, c.kernel_width, c.stride_width);
  uint32_t filter_bytes = c.channels * c.kernel_height * c.kernel_width;
  struct Walk walk = walk_from((c.filters + kFilters - 1) / kFilters, rank, workers);
  for (; walk.row < height * width; walk_on(&walk)) {
    uint32_t row = walk.row / width;
    uint32_t filter = kFilters * walk.column;
    uint32_t count = c.filters - filter < kFilters ? c.filters - filter : kFilters;
    struct Place place = {
        .y = extent_at(row, c.stride_height, c.pad_top, c.kernel_height, c.height),
        .x = extent_at(walk.row - row * width, c.stride_width, c.pad_left, c.kernel_width, c.width),
    };
    for (uint32_t f = 0; f < kFilters; ++f) {
      place.weights[f] = c.weight + (filter + (f < count ? f : count - 1)) * filter_bytes;
    }
    int32_t sums[kFilters];
    if (c.input_type == kTypeUint8) {
      convolve_unsigned(&c, &place, sums);
    } else {
      convolve_signed(&c, &place, sums);
    }
    for (uint32_t f = 0; f < count; ++f) {
      store_sum(&c, filter + f, (filter + f) * height * width + walk.row, sums[f]);
    }
  }
}

void kernel_max_pool(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct MaxPoolArguments p = *(const struct MaxPoolArguments*)arguments;
  uint32_t height =
      output_size(p.height, p.pad_top + p.pad_bottom, p.kernel_height, p.stride_height);
  uint32_t width = output_size(p.width, p.pad_left + p.pad_right, p.kernel_width, p.stride_width);
  for (uint32_t i = rank; i < p.channels * height * width; i += workers) {
    uint32_t row = i / width;
    uint32_t channel = row / height;
    struct Extent y =
        extent_at(row - channel * height, p.stride_height, p.pad_top, p.kernel_height, p.height);
    struct Extent x =
        extent_at(i - row * width, p.stride_width, p.pad_left, p.kernel_width, p.width);
    uint32_t plane = p.input + channel * p.height * p.width;
    int32_t highest = p.type == kTypeUint8 ? 0 : -128;
    for (uint32_t j = 0; j < y.count; ++j) {
      for (uint32_t k = 0; k < x.count; ++k) {
        int32_t value = load_element(plane, (y.input + j) * p.width + x.input + k, p.type);
        highest = value > highest ? value : highest;
      }
    }
    ((int8_t*)p.output)[i] = (int8_t)highest;
  }
}
