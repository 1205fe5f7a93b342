// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/base/hart_access.h"
#include "models/isa/hart_state.h"
#include "models/isa/instruction.h"

namespace tessera::isa {

/// Where a load, store or atomic goes.
struct EffectiveAddress {
  std::uint32_t access;   ///< the address used
  std::uint32_t checked;  ///< what must be aligned: with post-increment the new rs1
};
/// REQUIRES: the instruction is a load, a store or an atomic, as for all functions here.
EffectiveAddress effective_address(const Instruction& instruction, const HartState& hart);

/// What the load/store unit asks of memory: an access inside one word.
struct MemoryOperation {
  AccessKind kind;
  std::uint8_t bytes;  ///< 1, 2 or 4
  std::uint32_t address;
  std::uint32_t data;  ///< of a store or atomic, in the low `bytes` bytes
};
/// `address` is EffectiveAddress::access, `data` the value of rs2. A misaligned address comes from
/// a post-increment access whose sum is aligned: a load reads the word around it; a store rotates a
/// word within its memory word, and of a half word drops the bytes that leave it. Source:
/// snitch_lsu.sv; measured, spec/mempool.md section 14 A.
MemoryOperation memory_operation(const InstructionInfo& row, std::uint32_t address,
                                 std::uint32_t data);

/// How rd is made of what memory answers.
struct LoadFormat {
  std::uint8_t bytes;
  bool is_signed;
  std::uint8_t shift;  ///< in bytes, for misaligned addresses; zeros come in from above
};
LoadFormat load_format(const InstructionInfo& row, std::uint32_t address);
inline std::uint32_t loaded_value(LoadFormat format, std::uint32_t data) {
  const unsigned unused_bits = 32u - 8u * format.bytes;
  const std::uint32_t aligned = (data >> (8u * format.shift)) << unused_bits;
  return format.is_signed
             ? static_cast<std::uint32_t>(static_cast<std::int32_t>(aligned) >> unused_bits)
             : aligned >> unused_bits;
}

}  // namespace tessera::isa
