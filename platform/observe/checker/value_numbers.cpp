// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/value_numbers.h"

#include <cstddef>

namespace tessera {

using Opcode = GuestInstruction::Opcode;

ValueNumbers::ValueNumbers() {
  registers_[0] = constant(0);
  for (std::size_t index = 1; index < registers_.size(); ++index) {
    registers_[index] = fresh(std::nullopt);
  }
}

void ValueNumbers::pass(const GuestInstruction& instruction, std::uint32_t pc) {
  if (instruction.result() != 0) {
    registers_[instruction.result()] = result(instruction, pc);
  }
}

std::uint32_t ValueNumbers::address(const GuestInstruction& load) {
  return sum(registers_[load.rs1()], load.immediate());
}

std::uint32_t ValueNumbers::fresh(std::optional<std::uint32_t> constant) {
  constants_.push_back(constant);
  return static_cast<std::uint32_t>(constants_.size() - 1);
}

std::uint32_t ValueNumbers::constant(std::uint32_t value) {
  const auto [entry, is_new] = by_constant_.try_emplace(value, 0);
  if (is_new) {
    entry->second = fresh(value);
  }
  return entry->second;
}

std::uint32_t ValueNumbers::number(const Key& key) {
  const auto [entry, is_new] = by_key_.try_emplace(key, 0);
  if (is_new) {
    entry->second = fresh(std::nullopt);
  }
  return entry->second;
}

std::uint32_t ValueNumbers::sum(std::uint32_t operand, std::uint32_t value) {
  if (const auto known = constants_[operand]) {
    return constant(*known + value);
  }
  return value == 0 ? operand : number({Opcode::kImmediate, value, operand, 0});
}

std::uint32_t ValueNumbers::result(const GuestInstruction& instruction, std::uint32_t pc) {
  const std::uint32_t code = instruction.opcode();
  const std::uint32_t function = instruction.function();
  const std::uint32_t operand = registers_[instruction.rs1()];
  switch (code) {
    case Opcode::kLui:
      return constant(instruction.upper_immediate());
    case Opcode::kAuipc:
      return constant(pc + instruction.upper_immediate());
    case Opcode::kImmediate:
      return function == 0 ? sum(operand, instruction.immediate())
                           : number({code | function << 7, instruction.immediate(), operand, 0});
    case Opcode::kLoad:
      return number({code | function << 7, 0, address(instruction), 0});
    case Opcode::kRegister:
      return number(
          {code | function << 7, instruction.bits(31, 25), operand, registers_[instruction.rs2()]});
    default:
      return fresh(std::nullopt);
  }
}

}  // namespace tessera
