// SPDX-License-Identifier: Apache-2.0
// Instructions outside threaded code: those that need the environment, and the rare forms.
#include <cstring>

#include "models/base/error.h"
#include "models/isa/hart_effects.h"
#include "models/isa/interpreter_impl.h"
#include "models/isa/observation.h"
#include "models/isa/semantics.h"

namespace tessera::isa {
std::optional<StopReason> Interpreter::Impl::step(const CodePage& page, std::size_t index) {
  const Instruction instruction = page.instructions[index];  // a copy: the page may vanish
  hart_->pc = page.address_of(index);
  remaining_ += page.lengths[index];
  synchronise();
  next_pc_ = hart_->pc + 4;
  extra_cycles_ = 0;
  if (translator_.is_watched(hart_->pc) && !report_pc()) {
    return stop_requested ? std::optional(StopReason::kStopRequested) : std::nullopt;
  }
  // Also of a hart that is not watched: the instruction may be the one that begins a window.
  const bool is_told =
      observers_.harts() != nullptr ||
      (is_observed() && (instruction.op == Op::kWfi || instruction.op == Op::kFence));
  switch (is_told ? perform_observed(instruction) : perform(instruction)) {
    case Outcome::kRetired:
      retire();
      return stop_requested ? std::optional(StopReason::kStopRequested) : std::nullopt;
    case Outcome::kAsleep:
      retire();
      hart_->activity = HartActivity::kAsleep;
      hart_->asleep_since = hart_->cycle + 1;
      return StopReason::kAsleep;
    case Outcome::kBlocked:
      hart_->activity = HartActivity::kBlocked;
      return StopReason::kBlocked;
    case Outcome::kUnsupported:
      return StopReason::kUnsupported;
  }
  return std::nullopt;
}

bool Interpreter::Impl::report_pc() {
  const std::uint32_t pc = hart_->pc;
  const CodePage* const page = code_.page_of(pc);
  const bool may_go = environment_.pc_reached(*hart_);
  look_for_observers();  // one may have come
  return may_go && hart_->pc == pc && code_.page_of(pc) == page;
}

void Interpreter::Impl::retire() {
  remaining_ -= 1 + static_cast<std::int64_t>(extra_cycles_);
  not_retired_ += extra_cycles_;
  hart_->pc = next_pc_;
}

Interpreter::Impl::Outcome Interpreter::Impl::perform_observed(const Instruction& instruction) {
  RetiredInstruction retired = described(instruction, *hart_);
  const std::uint64_t traps = hart_->traps;
  const Outcome outcome = perform(instruction);
  const bool has_ended = outcome == Outcome::kRetired || outcome == Outcome::kAsleep;
  if (HartProbe* probe = observers_.harts(); probe != nullptr && has_ended) {
    if (hart_->traps != traps) {
      probe->trapped(retired.hart, retired.pc, next_pc_, retired.cycle);
    } else {
      add_outcome(retired, instruction, *hart_);
      retired.next_pc = next_pc_;
      if (info(instruction.op).instruction_class == InstructionClass::kAtomic) {
        retired.result.value = loaded_;
      }
      probe->retired(retired);
    }
  }
  if (instruction.op == Op::kWfi) {
    report_wfi(retired, outcome == Outcome::kAsleep);
  } else if (SyncProbe* sync = observers_.sync(); sync != nullptr && instruction.op == Op::kFence) {
    sync->fenced(retired.hart, retired.cycle);
  }
  return outcome;
}

void Interpreter::Impl::report_wfi(const RetiredInstruction& wfi, bool is_asleep) const {
  const Cycles after = wfi.cycle + 1;
  HartProbe* const probe = observers_.harts();
  if (probe != nullptr && (is_asleep || extra_cycles_ > 0)) {
    probe->fell_asleep(wfi.hart, wfi.pc, after);
  }
  if (is_asleep) {
    return;
  }
  if (probe != nullptr && extra_cycles_ > 0) {
    probe->woke_up(wfi.hart, after + extra_cycles_);
  }
  if (SyncProbe* sync = observers_.sync()) {
    sync->wake_up_taken(wfi.hart, after + extra_cycles_);
  }
}

Interpreter::Impl::Outcome Interpreter::Impl::perform(const Instruction& instruction) {
  switch (info(instruction.op).instruction_class) {
    case InstructionClass::kAlu:
    case InstructionClass::kMul:
    case InstructionClass::kDiv:
    case InstructionClass::kIpu:
      write_register(*hart_, environment_, instruction.rd,
                     compute(instruction, hart_->x[instruction.rs1], hart_->x[instruction.rs2],
                             hart_->x[instruction.rs3], hart_->pc));
      return Outcome::kRetired;
    case InstructionClass::kJump: {
      const std::uint32_t base = instruction.op == Op::kJal ? hart_->pc : hart_->x[instruction.rs1];
      const std::uint32_t link = next_pc_;
      next_pc_ = (base + static_cast<std::uint32_t>(instruction.imm)) & ~1u;
      write_register(*hart_, environment_, instruction.rd, link);
      return Outcome::kRetired;
    }
    case InstructionClass::kLoad:
    case InstructionClass::kStore:
    case InstructionClass::kAtomic:
      return perform_access(instruction);
    case InstructionClass::kCsr:
      perform_csr(*hart_, environment_, instruction);
      return Outcome::kRetired;
    case InstructionClass::kSystem:
      return perform_system(instruction);
    case InstructionClass::kIllegal:
      trap_illegal(*hart_, environment_, instruction);
      next_pc_ = config_.trap_address;
      return Outcome::kRetired;
    case InstructionClass::kFloat:
      environment_.unsupported(*hart_, info(instruction.op).mnemonic);
      return Outcome::kUnsupported;
    case InstructionClass::kBranch:
      if (is_branch_taken(instruction, hart_->x[instruction.rs1], hart_->x[instruction.rs2])) {
        next_pc_ = hart_->pc + static_cast<std::uint32_t>(instruction.imm);
      }
      return Outcome::kRetired;
    case InstructionClass::kFence:
      return Outcome::kRetired;
  }
  TESSERA_CHECK(false, "{} has no class", info(instruction.op).mnemonic);
}

Interpreter::Impl::Outcome Interpreter::Impl::perform_access(const Instruction& instruction) {
  const InstructionInfo& row = info(instruction.op);
  const EffectiveAddress address = effective_address(instruction, *hart_);
  if (address.checked % row.access_bytes != 0) {
    trap_misaligned(*hart_, environment_, instruction, address.checked);
    next_pc_ = config_.trap_address;
    return Outcome::kRetired;
  }
  const std::optional<std::uint32_t> data =
      access(memory_operation(row, address.access, hart_->x[instruction.rs2]));
  if (!data) {
    return Outcome::kBlocked;
  }
  const Operands used = operands(row.format);
  if (used.writes_rs1) {
    write_register(*hart_, environment_, instruction.rs1, address.checked);
  }
  loaded_ = loaded_value(load_format(row, address.access), *data);
  if (used.writes_rd) {  // wins over the increment
    write_register(*hart_, environment_, instruction.rd, loaded_);
  }
  return Outcome::kRetired;
}

std::optional<std::uint32_t> Interpreter::Impl::access(const MemoryOperation& operation) {
  const DmiTable::Page& page = dmi_.page_of(operation.address);
  const std::uint32_t offset = operation.address % DmiTable::kPageBytes;
  if (operation.kind == AccessKind::kLoad && page.read != nullptr) {
    std::uint32_t value = 0;
    std::memcpy(&value, page.read + offset, operation.bytes);
    report_direct(operation, value);
    return value;
  }
  if (operation.kind == AccessKind::kStore && page.write != nullptr) {
    std::memcpy(page.write + offset, &operation.data, operation.bytes);
    report_direct(operation, 0);
    return 0;
  }
  const HartReply reply =
      environment_.access({hart_->hart_id, hart_->pc, operation.address, operation.data,
                           operation.bytes, operation.kind, hart_->cycle});
  if (reply.status == AccessStatus::kPending) {
    return std::nullopt;
  }
  extra_cycles_ += reply.extra_cycles;
  return reply.data;
}

void Interpreter::Impl::report_direct(const MemoryOperation& operation,
                                      std::uint32_t result) const {
  if (MemoryProbe* probe = observers_.memory()) {
    probe->accessed(as_observed({hart_->hart_id, hart_->pc, operation.address, operation.data,
                                 operation.bytes, operation.kind, hart_->cycle},
                                result, hart_->cycle));
  }
}

Interpreter::Impl::Outcome Interpreter::Impl::perform_system(const Instruction& instruction) {
  if (instruction.op == Op::kEbreak) {
    environment_.breakpoint(*hart_);
  } else if (instruction.op == Op::kWfi) {
    if (hart_->wake_up_tokens.count == 0) {
      return Outcome::kAsleep;
    }
    const Cycles pulse = hart_->wake_up_tokens.take();
    if (pulse > hart_->cycle) {  // its sender is ahead: asleep until then
      extra_cycles_ = pulse - hart_->cycle;
      hart_->asleep_cycles += extra_cycles_;
    }
  }
  return Outcome::kRetired;
}

}  // namespace tessera::isa
