// SPDX-License-Identifier: Apache-2.0
#include "models/core/offload_unit.h"

namespace tessera {
namespace {

int leading_zeros(std::uint32_t value) {
  return value == 0 ? 32 : __builtin_clz(value);
}

}  // namespace

std::int8_t division_shift(bool is_signed, std::uint32_t a, std::uint32_t b) {
  const auto is_negative = [](std::uint32_t value) { return value >> 31 != 0; };
  const std::uint32_t a_bits = is_signed && is_negative(a) ? ~a << 1 : a;
  const std::uint32_t b_bits = is_signed && is_negative(b) ? ~b : b;
  if (b_bits == 0) {  // also b = -1
    return 32;
  }
  return static_cast<std::int8_t>(leading_zeros(b_bits) - leading_zeros(a_bits));
}

std::optional<std::uint32_t> OffloadUnit::pending_result(std::uint32_t rd) const {
  for (std::uint8_t i = 0; i < kDepth; ++i) {
    if (i < num_requests_ && requests_[i].rd == rd) {
      return requests_[i].result;
    }
    if (i < num_results_ && results_[i].rd == rd) {
      return results_[i].result;
    }
  }
  if (is_multiplier_full_ && product_.rd == rd) {
    return product_.result;
  }
  if (divider_ != Divider::kIdle && division_.rd == rd) {
    return division_.result;
  }
  return std::nullopt;
}

bool OffloadUnit::has_quotient() const {
  return divider_ == Divider::kFinish ||
         (divider_ == Divider::kDivide && division_.division_shift < 0);
}

void OffloadUnit::advance_all() {
  const bool is_head_pipelined =
      num_requests_ > 0 && requests_[0].division_shift == OffloadedOperation::kPipelined;
  const bool is_head_division = num_requests_ > 0 && !is_head_pipelined;
  const bool has_product = has_multiplier_register_ ? is_multiplier_full_ : is_head_pipelined;

  // Result arbiter: rr_arb_tree of two, fair, with lock-in.
  const auto waiting = static_cast<std::uint8_t>((has_product ? 1u << kPipelined : 0u) |
                                                 (has_quotient() ? 1u << kDivider : 0u));
  const std::uint8_t requests = locked_ != 0 ? locked_ : waiting;
  const std::uint8_t other = preferred_ ^ 1u;
  const bool has_other = (requests >> other & 1u) != 0;
  const std::uint8_t chosen = (requests >> preferred_ & 1u) != 0 ? preferred_ : other;
  const bool is_granted = requests != 0 && num_results_ < kDepth;
  const bool is_divider = chosen == kDivider;
  locked_ = is_granted ? std::uint8_t{0} : requests;
  if (is_granted) {
    preferred_ = has_other ? other : preferred_;
    const OffloadedOperation& product = has_multiplier_register_ ? product_ : requests_[0];
    results_[num_results_++] = is_divider ? division_ : product;
  }
  const bool is_product_gone = is_granted && !is_divider;
  const bool is_divider_idle = divider_ == Divider::kIdle;
  advance_divider(is_granted && is_divider);
  if (is_head_division && is_divider_idle) {
    division_ = requests_[0];
    divider_ = Divider::kDivide;
    divider_count_ = division_.division_shift;
    pop_request();
  } else if (has_multiplier_register_) {
    if (is_head_pipelined && (!is_multiplier_full_ || is_product_gone)) {
      product_ = requests_[0];
      is_multiplier_full_ = true;
      pop_request();
    } else if (is_product_gone) {
      is_multiplier_full_ = false;
    }
  } else if (is_product_gone) {
    pop_request();
  }
}

void OffloadUnit::advance_divider(bool is_granted) {
  switch (divider_) {
    case Divider::kIdle:
      break;
    case Divider::kDivide:
      if (division_.division_shift < 0) {
        divider_ = is_granted ? Divider::kIdle : Divider::kFinish;
      } else if (divider_count_ == 0) {
        divider_ = Divider::kFinish;
      } else {
        --divider_count_;
      }
      break;
    case Divider::kFinish:
      if (is_granted) {
        divider_ = Divider::kIdle;
      }
      break;
  }
}

}  // namespace tessera
