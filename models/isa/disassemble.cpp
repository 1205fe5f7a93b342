// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <fmt/format.h>

#include "models/isa/csr.h"
#include "models/isa/instruction.h"

namespace tessera::isa {
namespace {

constexpr std::array<const char*, 32> kRegisterNames = {
    "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
    "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
    "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

const char* name(std::uint8_t index) {
  return kRegisterNames[index];
}

std::string csr_name(std::int32_t number) {
  switch (static_cast<std::uint32_t>(number)) {
    case csr::kFflags:
      return "fflags";
    case csr::kFrm:
      return "frm";
    case csr::kFcsr:
      return "fcsr";
    case csr::kTrace:
      return "trace";
    case csr::kStackLimit:
      return "stacklimit";
    case csr::kMcycle:
      return "mcycle";
    case csr::kMinstret:
      return "minstret";
    case csr::kMhpmcounter3:
      return "mhpmcounter3";
    case csr::kMhpmcounter4:
      return "mhpmcounter4";
    case csr::kMhpmcounter5:
      return "mhpmcounter5";
    case csr::kMcycleh:
      return "mcycleh";
    case csr::kMinstreth:
      return "minstreth";
    case csr::kMhartid:
      return "mhartid";
    default:
      return fmt::format("0x{:x}", number);
  }
}

/// Predecessor or successor set of a fence.
std::string fence_set(std::uint32_t bits) {
  constexpr std::array<char, 4> kLetters = {'i', 'o', 'r', 'w'};
  std::string text;
  for (unsigned i = 0; i < 4; ++i) {
    if ((bits >> (3 - i) & 1) != 0) {
      text += kLetters[i];
    }
  }
  return text.empty() ? "unknown" : text;
}

/// Acquire and release bits of an atomic.
const char* ordering(std::uint32_t raw) {
  constexpr std::array<const char*, 4> kSuffixes = {"", ".rl", ".aq", ".aqrl"};
  return kSuffixes[raw >> 25 & 3];
}

std::string operand_text(const Instruction& in, std::uint32_t pc) {
  const char* const rd = name(in.rd);
  const char* const rs1 = name(in.rs1);
  const char* const rs2 = name(in.rs2);
  const char* const rs3 = name(in.rs3);
  const std::uint32_t target = pc + static_cast<std::uint32_t>(in.imm);
  switch (info(in.op).format) {
    case Format::kNone:
      return "";
    case Format::kFence:
      return fence_set(in.raw >> 24 & 15) + "," + fence_set(in.raw >> 20 & 15);
    case Format::kR:
    case Format::kMac:
      return fmt::format("{},{},{}", rd, rs1, rs2);
    case Format::kR1:
      return fmt::format("{},{}", rd, rs1);
    case Format::kR4:
      return fmt::format("{},{},{},{}", rd, rs1, rs2, rs3);
    case Format::kI:
    case Format::kImm5:
    case Format::kImm6:
    case Format::kImm6Unsigned:
    case Format::kMacImm6:
    case Format::kMacImm6Unsigned:
      return fmt::format("{},{},{}", rd, rs1, in.imm);
    case Format::kShift:
      return fmt::format("{},{},0x{:x}", rd, rs1, in.imm);
    case Format::kU:
      return fmt::format("{},0x{:x}", rd, static_cast<std::uint32_t>(in.imm) >> 12);
    case Format::kLoad:
    case Format::kJumpRegister:
      return fmt::format("{},{}({})", rd, in.imm, rs1);
    case Format::kLoadPost:
      return fmt::format("{},{}({}!)", rd, in.imm, rs1);
    case Format::kLoadRegister:
      return fmt::format("{},{}({})", rd, rs2, rs1);
    case Format::kLoadRegisterPost:
      return fmt::format("{},{}({}!)", rd, rs2, rs1);
    case Format::kStore:
      return fmt::format("{},{}({})", rs2, in.imm, rs1);
    case Format::kStorePost:
      return fmt::format("{},{}({}!)", rs2, in.imm, rs1);
    case Format::kStoreRegister:
      return fmt::format("{},{}({})", rs2, rs3, rs1);
    case Format::kStoreRegisterPost:
      return fmt::format("{},{}({}!)", rs2, rs3, rs1);
    case Format::kBranch:
      return fmt::format("{},{},0x{:x}", rs1, rs2, target);
    case Format::kBranchImmediate:
      return fmt::format("{},{},0x{:x}", rs1, int{in.imm5}, target);
    case Format::kJump:
      return fmt::format("{},0x{:x}", rd, target);
    case Format::kLoadReserved:
      return fmt::format("{},({})", rd, rs1);
    case Format::kAmo:
      return fmt::format("{},{},({})", rd, rs2, rs1);
    case Format::kCsr:
      return fmt::format("{},{},{}", rd, csr_name(in.imm), rs1);
    case Format::kCsrImmediate:
      return fmt::format("{},{},{}", rd, csr_name(in.imm), int{in.imm5});
  }
  return "";
}

}  // namespace

std::string disassemble(const Instruction& instruction, std::uint32_t pc) {
  if (instruction.op == Op::kIllegal) {
    return fmt::format(".4byte 0x{:x}", instruction.raw);
  }
  const InstructionInfo& row = info(instruction.op);
  std::string text = row.mnemonic;
  if (row.instruction_class == InstructionClass::kAtomic) {
    text += ordering(instruction.raw);
  }
  const std::string operand_list = operand_text(instruction, pc);
  return operand_list.empty() ? text : text + " " + operand_list;
}

}  // namespace tessera::isa
