// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "platform/observe/checker/guest_code.h"

namespace tessera {

/// Numbers the values that registers take along a way through code without stores: what has the
/// same number is the same value. A load from the same address gives the same.
class ValueNumbers {
 public:
  /// What is in the registers before the way begins differs from one to the next.
  ValueNumbers();

  /// The hart goes past `instruction` at `pc`.
  void pass(const GuestInstruction& instruction, std::uint32_t pc);
  /// Of the address that `load` reads with the registers as they are.
  std::uint32_t address(const GuestInstruction& load);
  const std::array<std::uint32_t, 32>& registers() const { return registers_; }

 private:
  /// An operation, with the numbers of its operands.
  using Key = std::array<std::uint32_t, 4>;

  std::uint32_t fresh(std::optional<std::uint32_t> constant);
  std::uint32_t constant(std::uint32_t value);
  std::uint32_t number(const Key& key);
  std::uint32_t sum(std::uint32_t operand, std::uint32_t value);
  std::uint32_t result(const GuestInstruction& instruction, std::uint32_t pc);

  std::array<std::uint32_t, 32> registers_;
  std::vector<std::optional<std::uint32_t>> constants_;  ///< by number
  std::map<std::uint32_t, std::uint32_t> by_constant_;
  std::map<Key, std::uint32_t> by_key_;
};

}  // namespace tessera
