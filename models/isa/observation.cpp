// SPDX-License-Identifier: Apache-2.0
#include "models/isa/observation.h"

#include "models/isa/csr.h"
#include "models/isa/hart_effects.h"
#include "models/isa/memory_operation.h"
#include "models/isa/semantics.h"

namespace tessera::isa {
namespace {

void describe_access(RetiredInstruction& retired, const Instruction& instruction,
                     const InstructionInfo& row, const HartState& hart) {
  const EffectiveAddress address = effective_address(instruction, hart);
  const MemoryOperation operation = memory_operation(row, address.access, hart.x[instruction.rs2]);
  const bool has_operand =
      operation.kind != AccessKind::kLoad && operation.kind != AccessKind::kLoadReserved;
  retired.access = {operation.kind, operation.bytes, operation.address,
                    has_operand ? operation.data : 0};
  if (operands(row.format).writes_rs1) {
    retired.increment = {instruction.rs1, address.checked};
  }
}

/// REQUIRES: rd holds the old value.
void describe_csr(RetiredInstruction& retired, const Instruction& instruction,
                  const InstructionInfo& row, const HartState& hart) {
  const bool is_swap = instruction.op == Op::kCsrrw || instruction.op == Op::kCsrrwi;
  const bool has_immediate = row.format == Format::kCsrImmediate;
  retired.csr = static_cast<std::uint16_t>(instruction.imm);
  retired.writes_csr = is_swap || (has_immediate ? instruction.imm5 : instruction.rs1) != 0;
  switch (retired.csr) {
    case csr::kTrace:
      retired.csr_value = hart.trace;
      break;
    case csr::kStackLimit:
      retired.csr_value = hart.stack_limit;
      break;
    default:
      retired.writes_csr = false;  // the hardware has no other that can be written
      break;
  }
}

}  // namespace

RetiredInstruction described(const Instruction& instruction, const HartState& hart) {
  RetiredInstruction retired;
  retired.hart = hart.hart_id;
  retired.pc = hart.pc;
  retired.raw = instruction.raw;
  retired.cycle = hart.cycle;
  const InstructionInfo& row = info(instruction.op);
  if (row.access_bytes != 0) {
    describe_access(retired, instruction, row, hart);
  }
  return retired;
}

void add_outcome(RetiredInstruction& retired, const Instruction& instruction,
                 const HartState& hart) {
  const InstructionInfo& row = info(instruction.op);
  retired.next_pc = hart.pc;
  if (operands(row.format).writes_rd && instruction.rd != 0) {
    retired.result = {instruction.rd, hart.x[instruction.rd]};
  }
  if (row.instruction_class == InstructionClass::kCsr) {
    describe_csr(retired, instruction, row, hart);
  }
}

InstructionForm form_of(const Instruction& instruction) {
  const InstructionInfo& row = info(instruction.op);
  InstructionForm form;
  form.raw = instruction.raw;
  form.rd = instruction.rd;
  form.incremented = operands(row.format).writes_rs1 ? instruction.rs1 : std::uint8_t{0};
  form.bytes = row.access_bytes;
  form.kind = row.access_kind;
  return form;
}

}  // namespace tessera::isa
