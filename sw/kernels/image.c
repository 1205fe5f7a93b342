/* SPDX-License-Identifier: Apache-2.0
 * Kernels with a window that slides over [channels][height][width]; workers take outputs in turn.
 */
#include "sw/kernels/element.h"
#include "sw/kernels/kernels.h"
#include "sw/kernels/requant.h"

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

static int32_t convolve(const struct ConvolutionArguments* c, uint32_t filter, struct Extent y,
                        struct Extent x) {
  int32_t sum = 0;
  for (uint32_t channel = 0; channel < c->channels; ++channel) {
    uint32_t plane = c->input + channel * c->height * c->width;
    uint32_t window = filter * c->channels + channel;
    for (uint32_t i = 0; i < y.count; ++i) {
      uint32_t row = plane + (y.input + i) * c->width + x.input;
      const int8_t* weight = (const int8_t*)c->weight +
                             (window * c->kernel_height + y.kernel + i) * c->kernel_width +
                             x.kernel;
      for (uint32_t j = 0; j < x.count; ++j) {
        sum += load_element(row, j, c->input_type) * weight[j];
      }
    }
  }
  return sum;
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

void kernel_convolution(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct ConvolutionArguments c = *(const struct ConvolutionArguments*)arguments;
  uint32_t height =
      output_size(c.height, c.pad_top + c.pad_bottom, c.kernel_height, c.stride_height);
  uint32_t width = output_size(c.width, c.pad_left + c.pad_right, c.kernel_width, c.stride_width);
  for (uint32_t i = rank; i < c.filters * height * width; i += workers) {
    uint32_t row = i / width;
    uint32_t filter = row / height;
    struct Extent y =
        extent_at(row - filter * height, c.stride_height, c.pad_top, c.kernel_height, c.height);
    struct Extent x =
        extent_at(i - row * width, c.stride_width, c.pad_left, c.kernel_width, c.width);
    store_sum(&c, filter, i, convolve(&c, filter, y, x));
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
