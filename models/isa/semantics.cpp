// SPDX-License-Identifier: Apache-2.0
#include "models/isa/semantics.h"

#include "models/base/error.h"

namespace tessera::isa {

namespace {

template <Op op>
std::uint32_t branch_result(std::uint32_t a, std::uint32_t b, std::uint32_t /*c*/,
                            std::uint32_t /*pc*/) {
  return semantics::is_taken<op>(a, b) ? 1 : 0;
}

}  // namespace

ComputeFunction compute_function(Op op) {
  switch (op) {
#define TESSERA_ROW(op, ...) \
  case Op::op:               \
    return semantics::result<Op::op>;
    TESSERA_ISA_COMPUTE(TESSERA_ROW)
#undef TESSERA_ROW
#define TESSERA_ROW(op, ...) \
  case Op::op:               \
    return branch_result<Op::op>;
    TESSERA_ISA_BRANCH(TESSERA_ROW)
#undef TESSERA_ROW
    default:
      return nullptr;
  }
}

std::uint32_t compute(const Instruction& instruction, std::uint32_t rs1, std::uint32_t rs2,
                      std::uint32_t rs3, std::uint32_t pc) {
  const InstructionInfo& row = info(instruction.op);
  const ComputeFunction function = compute_function(instruction.op);
  TESSERA_CHECK(function != nullptr && row.instruction_class != InstructionClass::kBranch,
                "{} computes nothing", row.mnemonic);
  const bool has_immediate = operands(row.format).has_immediate;
  return function(rs1, has_immediate ? static_cast<std::uint32_t>(instruction.imm) : rs2, rs3, pc);
}

bool is_branch_taken(const Instruction& instruction, std::uint32_t rs1, std::uint32_t rs2) {
  const InstructionInfo& row = info(instruction.op);
  TESSERA_CHECK(row.instruction_class == InstructionClass::kBranch, "{} is no branch",
                row.mnemonic);
  const bool has_immediate = operands(row.format).has_immediate;
  const std::uint32_t b =
      has_immediate ? static_cast<std::uint32_t>(std::int32_t{instruction.imm5}) : rs2;
  return compute_function(instruction.op)(rs1, b, 0, 0) != 0;
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
