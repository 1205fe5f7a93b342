/* SPDX-License-Identifier: Apache-2.0
 * Kernels in which an output depends on one element of each input; workers take contiguous pieces.
 */
#include "sw/kernels/element.h"
#include "sw/kernels/kernels.h"
#include "sw/kernels/requant.h"
#include "sw/kernels/share.h"

void kernel_requant_shift(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct RequantShiftArguments r = *(const struct RequantShiftArguments*)arguments;
  struct Share share = share_of(r.count, rank, workers);
  int32_t low = r.output_type == kTypeUint8 ? 0 : -(int32_t)(r.levels / 2);
  int32_t high = low + (int32_t)r.levels - 1;
  uint32_t channel = share.first / r.inner % r.channels;
  uint32_t left = r.inner - share.first % r.inner; /* elements of this channel */
  for (uint32_t i = share.first; i < share.end; ++i) {
    int32_t value =
        shift_and_round(load_element(r.input, i, r.input_type), ((const int32_t*)r.mul)[channel],
                        ((const int32_t*)r.add)[channel], r.shift);
    ((int8_t*)r.output)[i] = (int8_t)clamp(value, low, high);
    if (--left == 0) {
      left = r.inner;
      channel = channel + 1 == r.channels ? 0 : channel + 1;
    }
  }
}

void kernel_i_gelu(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct IGeluArguments g = *(const struct IGeluArguments*)arguments;
  struct Share share = share_of(g.count, rank, workers);
  for (uint32_t i = share.first; i < share.end; ++i) {
    int32_t value = load_element(g.input, i, g.type);
    int32_t size = value < 0 ? -value : value;
    int32_t reach = (size < -g.b ? size : -g.b) + g.b;
    int32_t erf = g.one - reach * reach;
    erf = value < 0 ? -erf : value == 0 ? 0 : erf;
    ((int32_t*)g.output)[i] = value * ((g.one + erf) >> 1);
  }
}

void kernel_residual_add(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct ResidualAddArguments r = *(const struct ResidualAddArguments*)arguments;
  struct Share share = share_of(r.count, rank, workers);
  const int8_t* a = (const int8_t*)r.a;
  const int8_t* b = (const int8_t*)r.b;
  int8_t* output = (int8_t*)r.output;
  int32_t half = 1 << r.shift >> 1;
#pragma GCC unroll 4
  for (uint32_t i = share.first; i < share.end; ++i) {
    int32_t sum = a[i] * r.multiplier_a + b[i] * r.multiplier_b + half;
    output[i] = (int8_t)clamp(sum >> r.shift, -128, 127);
  }
}

void kernel_add(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct AddArguments s = *(const struct AddArguments*)arguments;
  struct Share share = share_of(s.count, rank, workers);
  uint32_t j = share.first % s.b_count;
  for (uint32_t i = share.first; i < share.end; ++i) {
    uint32_t sum = (uint32_t)load_element(s.a, i, s.a_type);
    ((uint32_t*)s.output)[i] = sum + (uint32_t)load_element(s.b, j, s.b_type);
    j = j + 1 == s.b_count ? 0 : j + 1;
  }
}
