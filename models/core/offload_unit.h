// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace tessera {

/// An operation on its way through the offload unit. The result is known at issue; what takes time
/// is the way.
struct OffloadedOperation {
  /// Not a division.
  static constexpr std::int8_t kPipelined = -128;

  std::uint32_t result = 0;
  std::uint8_t rd = 0;
  /// Quotient bits of a division, 0..32; negative: the quotient is 0 and known at once.
  std::int8_t division_shift = kPipelined;
};

/// Quotient bits that the divider works through. Source: serdiv in snitch_shared_muldiv.sv,
/// `div_shift`; spec/mempool.md section 5.
std::int8_t division_shift(bool is_signed, std::uint32_t a, std::uint32_t b);

/// The integer processing unit of one hart with the registers around it: request register,
/// combinational DSP unit and serial divider, round-robin result arbiter, response register.
/// Timing (source: mempool_cc.sv, snitch_ipu.sv, serdiv in snitch_shared_muldiv.sv, spill_register
/// of common_cells): an operation that issues in cycle t has its result written back in t + 2 at
/// the earliest; a division is accepted when the divider is idle, divides for shift + 1 cycles and
/// hands its result on in the next; one with quotient 0 in the first.
///
/// Within a cycle: can_take() and has_result() tell the state at its start, then advance(), then
/// take() of what issues and pop_result() of what is written back.
class OffloadUnit {
 public:
  OffloadUnit() = default;
  /// Without Xpulpimg the DSP unit is replaced by a multiplier with a register of its own.
  explicit OffloadUnit(bool has_multiplier_register)
      : has_multiplier_register_(has_multiplier_register) {}

  bool is_empty() const { return in_flight_ == 0; }
  bool can_take() const { return num_requests_ < kDepth; }
  /// REQUIRES: can_take() at the start of the cycle.
  [[gnu::always_inline]] void take(const OffloadedOperation& operation) {
    requests_[num_requests_++] = operation;
    ++in_flight_;
  }
  bool has_result() const { return num_results_ > 0; }
  const OffloadedOperation& result() const { return results_[0]; }
  /// REQUIRES: has_result() at the start of the cycle.
  void pop_result() {
    results_[0] = results_[1];
    --num_results_;
    --in_flight_;
  }
  /// Result of the operation under way to `rd`, if there is one.
  std::optional<std::uint32_t> pending_result(std::uint32_t rd) const;
  /// One cycle of everything between the two registers.
  [[gnu::always_inline]] void advance() {
    const bool is_simple = divider_ == Divider::kIdle && locked_ == 0 && !has_multiplier_register_;
    if (is_simple && num_requests_ == 0) {
      return;
    }
    if (is_simple && num_results_ < kDepth &&
        requests_[0].division_shift == OffloadedOperation::kPipelined) {
      preferred_ = kPipelined;
      results_[num_results_++] = requests_[0];
      pop_request();
      return;
    }
    advance_all();
  }

 private:
  /// Entries of a spill register; it is ready while one is free at the start of the cycle.
  static constexpr std::uint8_t kDepth = 2;
  /// Inputs of the result arbiter.
  static constexpr std::uint8_t kPipelined = 0;
  static constexpr std::uint8_t kDivider = 1;
  enum class Divider : std::uint8_t { kIdle, kDivide, kFinish };

  void advance_all();
  void advance_divider(bool is_granted);
  bool has_quotient() const;
  void pop_request() {
    requests_[0] = requests_[1];
    --num_requests_;
  }

  std::uint8_t in_flight_ = 0;
  std::uint8_t num_requests_ = 0;
  std::uint8_t num_results_ = 0;
  Divider divider_ = Divider::kIdle;
  std::uint8_t preferred_ = kPipelined;  ///< by the arbiter when both request
  std::uint8_t locked_ = 0;  ///< its requests, one bit each, while the response register is full
  bool is_multiplier_full_ = false;
  bool has_multiplier_register_ = false;
  std::int8_t divider_count_ = 0;
  std::array<OffloadedOperation, kDepth> requests_;
  std::array<OffloadedOperation, kDepth> results_;
  OffloadedOperation division_;
  OffloadedOperation product_;  ///< in the multiplier's register
};

}  // namespace tessera
