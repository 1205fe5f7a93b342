// SPDX-License-Identifier: Apache-2.0
#include "models/isa/threaded_code.h"

#include <cstring>

#include "models/base/observers.h"
#include "models/isa/hart_effects.h"
#include "models/isa/semantics.h"

namespace tessera::isa {
namespace {

bool ends_block(Op op) {
  switch (info(op).instruction_class) {
    case InstructionClass::kBranch:
    case InstructionClass::kJump:
    case InstructionClass::kIllegal:
    case InstructionClass::kFloat:
      return true;
    default:
      return false;
  }
}

bool writes_sp(const Instruction& instruction) {
  return instruction.rd == kSp ||
         (instruction.rs1 == kSp && operands(info(instruction.op).format).writes_rs1);
}

/// Index of the target of a direct branch or jump if it is an instruction of this page.
/// Returns kInstructions or more if it is not.
std::size_t index_of_target(const CodePage& page, std::size_t index) {
  const std::uint32_t target =
      page.address_of(index) + static_cast<std::uint32_t>(page.instructions[index].imm);
  const std::uint32_t offset = target - page.base;
  return offset % 4 == 0 ? offset / 4 : CodePage::kInstructions;
}

}  // namespace

void Translator::clear(CodePage& page) const {
  page.num_stubs = 0;
  page.lengths.fill(0);
  for (std::size_t i = 0; i < CodePage::kInstructions; ++i) {
    set_handler(page, i, SpecialHandler::kTranslate);
  }
  set_handler(page, CodePage::kPageEnd, SpecialHandler::kFarJump);
  page.ops[CodePage::kPageEnd].imm =
      static_cast<std::int32_t>(page.address_of(CodePage::kInstructions));
}

void Translator::translate(CodePage& page, std::size_t index) {
  decoded_.clear();
  pending_.assign(1, index);
  while (!pending_.empty()) {
    const std::size_t start = pending_.back();
    pending_.pop_back();
    if (page.lengths[start] == 0) {
      decode_block(page, start);
    }
  }
  // Operands of a branch hold the lengths of the blocks it leads to, so all lengths come first.
  for (const std::size_t decoded : decoded_) {
    emit(page, decoded);
  }
}

void Translator::decode_block(CodePage& page, std::size_t index) {
  std::size_t end = index;
  bool is_end = false;
  for (; end < CodePage::kInstructions && page.lengths[end] == 0 && !is_end; ++end) {
    std::uint32_t raw = 0;
    std::memcpy(&raw, page.bytes + end * 4, 4);
    page.instructions[end] = decode(raw, config_);
    decoded_.push_back(end);
    is_end = ends_block(page.instructions[end].op);
  }
  std::uint16_t length = is_end ? std::uint16_t{0} : page.lengths[end];
  for (std::size_t i = end; i-- > index;) {
    page.lengths[i] = ++length;
  }
  if (is_end) {
    push_successors(page, end - 1);
  }
}

void Translator::push_successors(const CodePage& page, std::size_t index) {
  const Instruction& instruction = page.instructions[index];
  const bool is_branch = info(instruction.op).instruction_class == InstructionClass::kBranch;
  if (is_branch && index + 1 < CodePage::kInstructions) {
    pending_.push_back(index + 1);
  }
  if (is_branch || instruction.op == Op::kJal) {
    const std::size_t target = index_of_target(page, index);
    if (target < CodePage::kInstructions) {
      pending_.push_back(target);
    }
  }
}

void Translator::emit(CodePage& page, std::size_t index) const {
  const Instruction& instruction = page.instructions[index];
  ThreadedOp& op = page.ops[index];
  set_handler(page, index, handler_of(instruction));
  op.rd = destination(instruction.rd);
  op.rs1 = instruction.rs1;
  switch (info(instruction.op).instruction_class) {
    case InstructionClass::kBranch:
      emit_branch(page, index, op);
      break;
    case InstructionClass::kJump:
      if (instruction.op == Op::kJal) {
        op.target = target_of(page, index);
      } else {
        op.imm = instruction.imm;
      }
      op.link = static_cast<std::uint16_t>((index + 1) * 4);
      break;
    default:
      emit_operands(instruction, op);
      break;
  }
  if (is_watched(page.address_of(index))) {
    set_handler(page, index, SpecialHandler::kSlow);
  }
  if (instruction.op == Op::kLui || instruction.op == Op::kAuipc) {
    op.imm = static_cast<std::int32_t>(compute(instruction, 0, 0, 0, page.address_of(index)));
  }
}

void Translator::emit_operands(const Instruction& instruction, ThreadedOp& op) const {
  const Operands used = operands(info(instruction.op).format);
  op.imm = instruction.imm;
  op.registers = {instruction.rs2, instruction.rs3};
  if (!used.writes_rs1) {
    return;
  }
  // The register that receives the incremented rs1 goes where the format leaves a field free.
  const std::uint8_t incremented = destination(instruction.rs1);
  if (!used.writes_rd) {
    op.rd = incremented;
  } else if (used.reads_rs2) {
    op.registers.rs3 = incremented;
  } else {
    op.registers.rs2 = incremented;
  }
}

void Translator::emit_branch(CodePage& page, std::size_t index, ThreadedOp& op) const {
  const Instruction& instruction = page.instructions[index];
  const bool has_immediate = operands(info(instruction.op).format).has_immediate;
  op.rd = has_immediate ? static_cast<std::uint8_t>(instruction.imm5) : instruction.rs2;
  op.target = target_of(page, index);
  op.fall_length = page.lengths[index + 1];
}

BranchTarget Translator::target_of(CodePage& page, std::size_t index) const {
  std::size_t target = index_of_target(page, index);
  std::uint16_t length = 0;
  if (target < CodePage::kInstructions) {
    length = page.lengths[target];
  } else {
    target = CodePage::kFirstStub + page.num_stubs++;
    set_handler(page, target, SpecialHandler::kFarJump);
    // Addresses wrap at the end of the address space.
    page.ops[target].imm = static_cast<std::int32_t>(
        page.address_of(index) + static_cast<std::uint32_t>(page.instructions[index].imm));
  }
  const auto delta = static_cast<std::ptrdiff_t>(target) - static_cast<std::ptrdiff_t>(index);
  return {static_cast<std::int16_t>(delta), length};
}

std::size_t Translator::handler_of(const Instruction& instruction) const {
  const auto number = [](SpecialHandler handler) { return static_cast<std::size_t>(handler); };
  if (writes_sp(instruction)) {
    return number(instruction.op == Op::kAddi ? SpecialHandler::kAddToSp : SpecialHandler::kSlow);
  }
  switch (info(instruction.op).instruction_class) {
    case InstructionClass::kFence:
      // Observers hear of fences.
      return number(kHasObservers ? SpecialHandler::kSlow : SpecialHandler::kNop);
    case InstructionClass::kAlu:
    case InstructionClass::kMul:
    case InstructionClass::kDiv:
    case InstructionClass::kIpu:
      if (instruction.rd == 0) {
        return number(SpecialHandler::kNop);
      }
      break;
    default:
      break;
  }
  switch (instruction.op) {
    case Op::kLui:
    case Op::kAuipc:
      return number(SpecialHandler::kLoadImmediate);
    case Op::kAddi:
      if (instruction.rs1 == 0) {
        return number(SpecialHandler::kLoadImmediate);
      }
      break;
    case Op::kJal:
      if (instruction.rd == 0) {
        return number(SpecialHandler::kJump);
      }
      break;
    default:
      break;
  }
  return static_cast<std::size_t>(instruction.op);
}

void Translator::make_partial_block(const CodePage& page, std::size_t index, std::size_t count,
                                    CodePage& partial) const {
  partial.base = page.base;
  for (std::size_t i = 0; i < count; ++i) {
    partial.ops[index + i] = page.ops[index + i];
    partial.handlers[index + i] = page.handlers[index + i];
    partial.instructions[index + i] = page.instructions[index + i];
    partial.lengths[index + i] = static_cast<std::uint16_t>(count - i);
  }
  set_handler(partial, index + count, SpecialHandler::kStop);
}

}  // namespace tessera::isa
