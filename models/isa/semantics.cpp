// SPDX-License-Identifier: Apache-2.0
#include "models/isa/semantics.h"

#include "models/base/error.h"

namespace tessera::isa {

std::uint32_t compute(const Instruction& instruction, std::uint32_t rs1, std::uint32_t rs2,
                      std::uint32_t rs3, std::uint32_t pc) {
  const bool has_immediate = operands(info(instruction.op).format).has_immediate;
  const std::uint32_t b = has_immediate ? static_cast<std::uint32_t>(instruction.imm) : rs2;
  switch (instruction.op) {
#define TESSERA_ROW(op, ...) \
  case Op::op:               \
    return semantics::result<Op::op>(rs1, b, rs3, pc);
    TESSERA_ISA_COMPUTE(TESSERA_ROW)
#undef TESSERA_ROW
    default:
      break;
  }
  TESSERA_CHECK(false, "{} computes nothing", info(instruction.op).mnemonic);
}

bool is_branch_taken(const Instruction& instruction, std::uint32_t rs1, std::uint32_t rs2) {
  const bool has_immediate = operands(info(instruction.op).format).has_immediate;
  const std::uint32_t b =
      has_immediate ? static_cast<std::uint32_t>(std::int32_t{instruction.imm5}) : rs2;
  switch (instruction.op) {
#define TESSERA_ROW(op, ...) \
  case Op::op:               \
    return semantics::is_taken<Op::op>(rs1, b);
    TESSERA_ISA_BRANCH(TESSERA_ROW)
#undef TESSERA_ROW
    default:
      break;
  }
  TESSERA_CHECK(false, "{} is no branch", info(instruction.op).mnemonic);
}

std::uint32_t csr_result(Op op, std::uint32_t old, std::uint32_t operand) {
  switch (op) {
    case Op::kCsrrw:
    case Op::kCsrrwi:
      return operand;
    case Op::kCsrrs:
    case Op::kCsrrsi:
      return old | operand;
    case Op::kCsrrc:
    case Op::kCsrrci:
      return old & ~operand;
    default:
      break;
  }
  TESSERA_CHECK(false, "{} is no CSR instruction", info(op).mnemonic);
}

}  // namespace tessera::isa
