// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "models/base/hart_access.h"
#include "models/isa/instruction_list.h"
#include "models/isa/isa_config.h"
#include "models/isa/pattern.h"

namespace tessera::isa {

enum class Op : std::uint16_t {
  kIllegal,
#define TESSERA_ROW(op, ...) op,
  TESSERA_ISA_ALL(TESSERA_ROW)
#undef TESSERA_ROW
      kCount
};
constexpr std::size_t kNumOps = static_cast<std::size_t>(Op::kCount);

/// Where an instruction word holds its operands, and how they are written in assembly.
enum class Format : std::uint8_t {
  kNone,               ///< no operands
  kFence,              ///< predecessor, successor
  kR,                  ///< rd, rs1, rs2
  kR1,                 ///< rd, rs1
  kR4,                 ///< rd, rs1, rs2, rs3 (bits 31:27)
  kMac,                ///< rd (also read), rs1, rs2
  kI,                  ///< rd, rs1, imm12
  kShift,              ///< rd, rs1, shift amount
  kU,                  ///< rd, imm20
  kImm5,               ///< rd, rs1, imm5 (bits 24:20, unsigned)
  kImm6,               ///< rd, rs1, imm6 = {24:20, 25}, sign-extended
  kImm6Unsigned,       ///< as kImm6, zero-extended
  kMacImm6,            ///< rd (also read), rs1, imm6
  kMacImm6Unsigned,    ///< as kMacImm6, zero-extended
  kLoad,               ///< rd, imm12(rs1)
  kLoadPost,           ///< rd, imm12(rs1!): access at rs1, then rs1 += imm12
  kLoadRegister,       ///< rd, rs2(rs1)
  kLoadRegisterPost,   ///< rd, rs2(rs1!)
  kStore,              ///< rs2, imm12(rs1)
  kStorePost,          ///< rs2, imm12(rs1!)
  kStoreRegister,      ///< rs2, rs3(rs1), rs3 in bits 11:7
  kStoreRegisterPost,  ///< rs2, rs3(rs1!)
  kBranch,             ///< rs1, rs2, target
  kBranchImmediate,    ///< rs1, imm5 (bits 24:20, signed), target
  kJump,               ///< rd, target
  kJumpRegister,       ///< rd, imm12(rs1)
  kLoadReserved,       ///< rd, (rs1)
  kAmo,                ///< rd, rs2, (rs1)
  kCsr,                ///< rd, csr, rs1
  kCsrImmediate,       ///< rd, csr, imm5 (bits 19:15, unsigned)
};

enum class Extension : std::uint8_t { kI, kM, kA, kZicsr, kZifencei, kXpulpimg, kFloat };

/// What executes it: the cycle model's issue rules and latencies go by class.
enum class InstructionClass : std::uint8_t {
  kIllegal,
  kAlu,  ///< result at once
  kMul,  ///< offloaded, pipelined
  kDiv,  ///< offloaded, iterative
  kIpu,  ///< Xpulpimg arithmetic, offloaded, pipelined
  kLoad,
  kStore,
  kAtomic,  ///< AMO, LR, SC
  kBranch,
  kJump,
  kFence,
  kCsr,
  kSystem,  ///< ecall, ebreak, wfi
  kFloat,   ///< known by name only
};

/// Which fields of an Instruction are operands.
struct Operands {
  bool writes_rd = false;
  bool reads_rs1 = false;
  bool reads_rs2 = false;
  bool reads_rs3 = false;
  bool writes_rs1 = false;     ///< post-increment
  bool has_immediate = false;  ///< the immediate takes the place of rs2 as operand b
};

constexpr Operands operands(Format format) {
  switch (format) {
    case Format::kNone:
    case Format::kFence:
      return {};
    case Format::kR:
    case Format::kLoadRegister:
    case Format::kAmo:
      return {true, true, true, false, false, false};
    case Format::kR1:
    case Format::kLoadReserved:
    case Format::kCsr:
      return {true, true, false, false, false, false};
    case Format::kR4:
    case Format::kMac:
      return {true, true, true, true, false, false};
    case Format::kI:
    case Format::kShift:
    case Format::kImm5:
    case Format::kImm6:
    case Format::kImm6Unsigned:
    case Format::kLoad:
    case Format::kJumpRegister:
      return {true, true, false, false, false, true};
    case Format::kMacImm6:
    case Format::kMacImm6Unsigned:
      return {true, true, false, true, false, true};
    case Format::kU:
    case Format::kJump:
    case Format::kCsrImmediate:
      return {true, false, false, false, false, true};
    case Format::kLoadPost:
      return {true, true, false, false, true, true};
    case Format::kLoadRegisterPost:
      return {true, true, true, false, true, false};
    case Format::kStore:
      return {false, true, true, false, false, true};
    case Format::kStorePost:
      return {false, true, true, false, true, true};
    case Format::kStoreRegister:
      return {false, true, true, true, false, false};
    case Format::kStoreRegisterPost:
      return {false, true, true, true, true, false};
    case Format::kBranch:
      return {false, true, true, false, false, false};
    case Format::kBranchImmediate:
      return {false, true, false, false, false, true};
  }
  return {};
}

/// One row of the instruction table.
struct InstructionInfo {
  const char* mnemonic = "";
  Pattern pattern;
  Format format = Format::kNone;
  Extension extension = Extension::kI;
  InstructionClass instruction_class = InstructionClass::kIllegal;
  std::uint8_t access_bytes = 0;  ///< 1, 2, 4 for loads, stores and atomics
  bool access_is_signed = false;  ///< the loaded value is sign-extended
  AccessKind access_kind = AccessKind::kLoad;
};

const InstructionInfo& info(Op op);

/// A decoded instruction: all that executing, timing and printing it need. Register fields that the
/// instruction does not use are 0 (x0), so a scoreboard may look at them all.
struct Instruction {
  Op op = Op::kIllegal;
  std::uint8_t rd = 0;   ///< destination
  std::uint8_t rs1 = 0;  ///< also a destination in post-increment formats
  std::uint8_t rs2 = 0;
  std::uint8_t rs3 = 0;  ///< old rd of a multiply-accumulate, index of a register-offset store
  std::int8_t imm5 =
      0;  ///< kBranchImmediate: what rs1 is compared with; kCsrImmediate: the operand
  std::int32_t imm = 0;  ///< immediate; byte offset of a branch or jump; CSR number
  std::uint32_t raw = 0;
};

/// Decodes one instruction word. What `config` does not have, and every word that no row matches,
/// is Op::kIllegal.
Instruction decode(std::uint32_t raw, const IsaConfig& config);

/// Assembly text as GNU objdump prints it without aliases ("addi a0,a1,-4"); branch and jump
/// targets are absolute, which is what `pc` is for. Illegal words print as ".4byte 0x...".
std::string disassemble(const Instruction& instruction, std::uint32_t pc);

}  // namespace tessera::isa
