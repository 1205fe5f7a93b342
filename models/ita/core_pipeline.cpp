// SPDX-License-Identifier: Apache-2.0
#include "models/ita/core_pipeline.h"

#include <algorithm>

namespace tessera::ita {

namespace {

/// The numerator 65280 has 16 bits. Source: SoftmaxScalar, ita_package.sv.
constexpr int kNumeratorBits = 16;
/// States DIVIDE (one more than quotient bits behind the first) and FINISH. Source: ita_serdiv.sv.
constexpr Cycles kDivisionFixedCycles = 2;
/// A quotient that is clearly 0 is known in the first cycle; a divisor of 0 takes the whole width.
constexpr Cycles kZeroDivisionCycles = 1;
constexpr Cycles kDivisionByZeroCycles = 22;

int bits_of(std::uint32_t value) {
  int bits = 0;
  for (; value != 0; value >>= 1) {
    ++bits;
  }
  return bits;
}

}  // namespace

CorePipeline::CorePipeline(const Hardware& hardware)
    : hardware_(hardware),
      rows_per_step_(hardware.rows_per_step()),
      beats_per_block_(hardware.weight_block_bytes() / hardware.weight_port_bytes),
      row_(rows_per_step_),
      dividers_(hardware.dividers) {}

Cycles CorePipeline::division_cycles(std::uint32_t denominator) {
  if (denominator == 0) {
    return kDivisionByZeroCycles;
  }
  const int shift = kNumeratorBits - bits_of(denominator);
  return shift < 0 ? kZeroDivisionCycles : kDivisionFixedCycles + static_cast<Cycles>(shift);
}

void CorePipeline::begin_step(const StepTraits& traits) {
  traits_ = traits;
  row_ = 0;
  if (traits.feeds_softmax) {
    sent_rows_ = 0;
    divided_rows_ = 0;
  }
}

CorePipeline::Stall CorePipeline::stall() const {
  if (is_output_full()) {
    return Stall::kOutput;
  }
  if (is_softmax_blocked()) {
    return Stall::kSoftmax;
  }
  return has_weights() ? Stall::kInput : Stall::kWeights;
}

bool CorePipeline::is_settled() const {
  return output_stages_ == 0 && softmax_stages_ == 0 && outputs_ == 0 && denominators_ == 0 &&
         divided_rows_ == sent_rows_;
}

void CorePipeline::preset_weights(bool has_block) {
  is_full_ = {has_block, false};
  read_buffer_ = 0;
  write_buffer_ = has_block ? 1 : 0;
  beats_ = 0;
  block_rows_ = 0;
}

/// All of a cycle goes by the state at its start.
CorePipeline::Taken CorePipeline::step(const Offer& offer, Cycles cycle) {
  Taken taken;
  taken.output = outputs_ > 0 && offer.takes_output;
  const bool is_result_new = (output_stages_ >> (kOutputStages - 1) & 1) != 0;
  const bool is_denominator_new = (softmax_stages_ >> (kSoftmaxStages - 1) & 1) != 0;
  output_stages_ = output_stages_ << 1 & ((1u << kOutputStages) - 1);
  softmax_stages_ = softmax_stages_ << 1 & ((1u << kSoftmaxStages) - 1);
  if (divided_rows_ < kTileSize) {
    divide(cycle);
  }
  taken.weights = fill_weights(offer.weights);
  if (offer.row) {
    take_row(offer);
  }
  outputs_ += is_result_new;
  outputs_ -= taken.output;
  results_under_way_ -= taken.output;
  denominators_ += is_denominator_new;
  return taken;
}

/// The buffer that the row just releases can be filled from the next cycle on.
bool CorePipeline::fill_weights(bool is_offered) {
  if (!is_offered || is_full_[write_buffer_]) {
    return false;
  }
  if (++beats_ == beats_per_block_) {
    beats_ = 0;
    is_full_[write_buffer_] = true;
    write_buffer_ ^= 1;
  }
  return true;
}

void CorePipeline::take_row(const Offer& offer) {
  if (traits_.has_output) {
    output_stages_ |= 1;
    ++results_under_way_;
  }
  if (feeds_divider()) {
    softmax_stages_ |= 1;
    ++rows_to_dividers_;
    division_cycles_[row_ % kTileSize] = offer.division_cycles;
  }
  ++row_;
  if (++block_rows_ == kTileSize) {
    block_rows_ = 0;
    is_full_[read_buffer_] = false;
    read_buffer_ ^= 1;
  }
}

/// Dividers are given rows, and give results back, in turn.
void CorePipeline::divide(Cycles cycle) {
  const bool is_sent = denominators_ > 0 && !dividers_[next_divider_].is_busy;
  Divider& oldest = dividers_[next_result_];
  if (oldest.is_busy && cycle >= oldest.result) {
    oldest.is_busy = false;
    next_result_ = (next_result_ + 1) % dividers_.size();
    ++divided_rows_;
  }
  if (is_sent) {
    dividers_[next_divider_] = {true, cycle + division_cycles_[sent_rows_]};
    next_divider_ = (next_divider_ + 1) % dividers_.size();
    ++sent_rows_;
    --denominators_;
    --rows_to_dividers_;
  }
}

}  // namespace tessera::ita
