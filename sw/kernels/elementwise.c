/* SPDX-License-Identifier: Apache-2.0
 * Kernels in which an output depends on one element of each input; workers take contiguous pieces.
 */
#include "sw/kernels/element.h"
#include "sw/kernels/kernels.h"
#include "sw/kernels/requant.h"
#include "sw/kernels/share.h"

/* RequantShift of elements `first` .. `first` + count - 1: of one channel, or, if channels vary,
 * each of the channel after its left neighbour's. */
static inline __attribute__((always_inline)) void requant_run(const struct RequantShiftArguments* r,
                                                              uint32_t first, uint32_t count,
                                                              uint32_t channel, int is_varying,
                                                              uint32_t type) {
  const uint32_t* mul = (const uint32_t*)r->mul + channel;
  const uint32_t* add = (const uint32_t*)r->add + channel;
  int8_t* output = (int8_t*)r->output + first;
  uint32_t input = r->input + (type == kTypeInt32 ? 4 * first : first);
  uint32_t shift = r->shift;
  uint32_t half = 1u << shift >> 1;
  uint32_t mul0 = mul[0];
  uint32_t add0 = add[0];
  int32_t low = r->output_type == kTypeUint8 ? 0 : -(int32_t)(r->levels / 2);
  int32_t high = low + (int32_t)r->levels - 1;
  uint32_t i = 0;
  for (; i + kBatch <= count; i += kBatch) {
    uint32_t sums[kBatch];
#pragma GCC unroll 4
    for (uint32_t j = 0; j < kBatch; ++j) {
      sums[j] = (uint32_t)load_element(input, i + j, type) * (is_varying ? mul[i + j] : mul0);
    }
#pragma GCC unroll 4
    for (uint32_t j = 0; j < kBatch; ++j) {
      sums[j] += (is_varying ? add[i + j] : add0) + half;
    }
#pragma GCC unroll 4
    for (uint32_t j = 0; j < kBatch; ++j) {
      output[i + j] = (int8_t)clamp((int32_t)sums[j] >> shift, low, high);
    }
  }
  for (; i < count; ++i) {
    uint32_t at = is_varying ? i : 0;
    int32_t value =
        shift_and_round(load_element(input, i, type), (int32_t)mul[at], (int32_t)add[at], shift);
    output[i] = (int8_t)clamp(value, low, high);
  }
}

static inline __attribute__((always_inline)) void requant_share(
    const struct RequantShiftArguments* r, struct Share share, uint32_t type) {
  int is_varying = r->inner == 1;
  uint32_t period = is_varying ? r->channels : r->inner; /* length of a run */
  uint32_t channel = share.first / r->inner % r->channels;
  uint32_t left = period - share.first % period;
  while (share.first < share.end) {
    uint32_t rest = share.end - share.first;
    uint32_t count = left < rest ? left : rest;
    if (is_varying) {
      requant_run(r, share.first, count, channel, 1, type);
      channel = 0;
    } else {
      requant_run(r, share.first, count, channel, 0, type);
      channel = channel + 1 == r->channels ? 0 : channel + 1;
    }
    share.first += count;
    left = period;
  }
}

/* Shares of a power of two begin in few banks: so every worker begins in a place of its own. */
void kernel_requant_shift(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct RequantShiftArguments r = *(const struct RequantShiftArguments*)arguments;
  struct Share share = share_of(r.count, rank, workers);
  uint32_t words = (share.end - share.first) / 4;
  uint32_t turn = share.first + (words == 0 ? 0 : 4 * (kStartStep * rank % words));
  struct Share part = {turn, share.end};
  for (int i = 0; i < 2; ++i) {
    switch (r.input_type) {
      case kTypeInt8:
        requant_share(&r, part, kTypeInt8);
        break;
      case kTypeUint8:
        requant_share(&r, part, kTypeUint8);
        break;
      default:
        requant_share(&r, part, kTypeInt32);
    }
    part = (struct Share){share.first, turn};
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
