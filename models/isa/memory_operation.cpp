// SPDX-License-Identifier: Apache-2.0
#include "models/isa/memory_operation.h"

#include <algorithm>

namespace tessera::isa {
namespace {

constexpr std::uint32_t low_bytes(std::uint32_t value, unsigned bytes) {
  return bytes == 4 ? value : value & ((1u << (8 * bytes)) - 1);
}

}  // namespace

EffectiveAddress effective_address(const Instruction& instruction, const HartState& hart) {
  const InstructionInfo& row = info(instruction.op);
  const Operands used = operands(row.format);
  const std::uint32_t base = hart.x[instruction.rs1];
  if (row.instruction_class == InstructionClass::kAtomic) {
    return {base, base};
  }
  std::uint32_t offset = static_cast<std::uint32_t>(instruction.imm);
  if (!used.has_immediate) {
    offset = hart.x[used.reads_rs3 ? instruction.rs3 : instruction.rs2];
  }
  const std::uint32_t sum = base + offset;
  return {used.writes_rs1 ? base : sum, sum};
}

MemoryOperation memory_operation(const InstructionInfo& row, std::uint32_t address,
                                 std::uint32_t data) {
  const unsigned bytes = row.access_bytes;
  const unsigned offset = address & 3;
  if (address % bytes == 0) {
    return {row.access_kind, row.access_bytes, address, low_bytes(data, bytes)};
  }
  if (row.access_kind == AccessKind::kLoad) {
    return {AccessKind::kLoad, 4, address - offset, 0};
  }
  if (bytes == 4) {
    const std::uint32_t rotated = data << (8 * offset) | data >> (32 - 8 * offset);
    return {AccessKind::kStore, 4, address - offset, rotated};
  }
  const unsigned kept = std::min(bytes, 4 - offset);
  return {AccessKind::kStore, static_cast<std::uint8_t>(kept), address, low_bytes(data, kept)};
}

LoadFormat load_format(const InstructionInfo& row, std::uint32_t address) {
  const bool is_aligned = address % row.access_bytes == 0;
  return {row.access_bytes, row.access_is_signed,
          is_aligned ? std::uint8_t{0} : static_cast<std::uint8_t>(address & 3)};
}

}  // namespace tessera::isa
