// SPDX-License-Identifier: Apache-2.0
#include "models/core/timed_code.h"

#include <cstring>

#include "models/isa/hart_effects.h"

namespace tessera {
namespace {

using isa::Format;
using isa::Instruction;
using isa::InstructionClass;
using isa::InstructionInfo;
using isa::Op;
using isa::Operands;

/// x0 is never busy.
std::uint32_t bit(std::uint8_t index) {
  return (1u << index) & ~1u;
}

std::uint32_t sources_of(const Instruction& instruction, const Operands& used) {
  return (used.reads_rs1 ? bit(instruction.rs1) : 0) | (used.reads_rs2 ? bit(instruction.rs2) : 0) |
         (used.reads_rs3 ? bit(instruction.rs3) : 0);
}

std::uint32_t request_of(const Instruction& instruction, const InstructionInfo& row) {
  return std::uint32_t{instruction.rd} << AccessTag::kRdShift |
         std::uint32_t{row.access_bytes} << AccessTag::kBytesShift |
         std::uint32_t{row.access_is_signed} << AccessTag::kSignedShift |
         std::uint32_t{row.access_kind == AccessKind::kStore} << AccessTag::kStoreShift;
}

void set_access(const Instruction& instruction, const Operands& used, TimedInstruction& timed) {
  const InstructionInfo& row = isa::info(instruction.op);
  timed.request = request_of(instruction, row);
  timed.bytes = row.access_bytes;
  timed.access = row.access_kind;
  timed.increments = used.writes_rs1;
  if (row.instruction_class == InstructionClass::kLoad) {
    timed.rs3 = instruction.rs2;
    timed.rs2 = 0;
  }
}

}  // namespace

TimedInstruction timed_form(const Instruction& instruction) {
  const InstructionInfo& row = isa::info(instruction.op);
  const Operands used = isa::operands(row.format);
  TimedInstruction timed;
  timed.action = action_of(instruction.op);
  timed.sources = sources_of(instruction, used);
  timed.blockers = timed.sources | (used.writes_rd ? bit(instruction.rd) : 0);
  timed.imm = used.has_immediate ? instruction.imm : 0;
  timed.rd = instruction.rd;
  timed.rs1 = instruction.rs1;
  timed.rs2 = instruction.rs2;
  timed.rs3 = instruction.rs3;
  switch (row.instruction_class) {
    case InstructionClass::kBranch:
    case InstructionClass::kJump:
      timed.offset = instruction.imm;
      timed.imm = row.format == Format::kJumpRegister ? instruction.imm : instruction.imm5;
      break;
    case InstructionClass::kLoad:
    case InstructionClass::kStore:
    case InstructionClass::kAtomic:
      set_access(instruction, used, timed);
      break;
    default:
      break;
  }
  return timed;
}

void TimedPage::decode(std::uint32_t index, const isa::IsaConfig& config, bool is_watched) {
  std::uint32_t raw = 0;
  std::memcpy(&raw, bytes_ + std::size_t{index} * 4, 4);
  decoded_[index] = isa::decode(raw, config);
  timed_[index] = timed_form(decoded_[index]);
  if (is_watched) {
    timed_[index].action = kWatched;
  }
}

bool TimedPage::has_code(std::size_t first, std::size_t end) const {
  for (std::size_t i = first; i < end; ++i) {
    if (timed_[i].action != kUndecoded) {
      return true;
    }
  }
  return false;
}

}  // namespace tessera
