// SPDX-License-Identifier: Apache-2.0
// What observers are told of harts in cycle timing.
#include "models/core/cycle_harts.h"
#include "models/isa/observation.h"
#include "models/isa/semantics.h"

namespace tessera {

using isa::InstructionClass;

void CycleHarts::look(const Slot& slot) {
  before_.x = slot.state.x;
  before_.pc = slot.state.pc;
  before_.hart_id = slot.hart;
  before_.cycle = slot.cycle;
  before_.traps = slot.state.traps;
  before_.instructions = slot.state.instructions;
}

void CycleHarts::report(const Slot& slot, Issue outcome) const {
  HartProbe* const probe = services_.observers.harts();
  if (outcome == Issue::kStalled) {
    if (!slot.pipeline.is_asleep) {
      report_stall(slot.hart, slot.pipeline.stall, slot.cycle, 1);
    }
  } else if (slot.state.traps == before_.traps) {
    report_retired(slot);
    if (probe != nullptr && slot.pipeline.is_asleep) {
      probe->fell_asleep(slot.hart, before_.pc, slot.cycle + 1);
    }
  } else if (probe != nullptr) {
    probe->trapped(slot.hart, before_.pc, slot.state.pc, slot.cycle);
  }
}

void CycleHarts::report_retired(const Slot& slot) const {
  const TimedPage* const page = code_.page_of(before_.pc);
  if (page == nullptr) {
    return;  // a callback has dropped the code, which nobody can describe any more
  }
  const isa::Instruction& instruction =
      page->decoded(TimedPage::index_of(before_.pc, page->base()));
  if (HartProbe* probe = services_.observers.harts()) {
    RetiredInstruction retired = isa::described(instruction, before_);
    isa::add_outcome(retired, instruction, slot.state);
    switch (isa::info(instruction.op).instruction_class) {
      case InstructionClass::kLoad:
      case InstructionClass::kAtomic:
        retired.is_result_pending = true;
        retired.access.id = AccessTag::number(AccessTag::with_number(0, before_.instructions));
        break;
      case InstructionClass::kMul:
      case InstructionClass::kDiv:
      case InstructionClass::kIpu:
        retired.result.value =
            isa::compute(instruction, before_.x[instruction.rs1], before_.x[instruction.rs2],
                         before_.x[instruction.rs3], before_.pc);
        break;
      default:
        break;
    }
    probe->retired(retired);
  }
  if (SyncProbe* sync = services_.observers.sync();
      sync != nullptr && instruction.op == isa::Op::kFence) {
    sync->fenced(slot.hart, slot.cycle);
  }
}

void CycleHarts::report_wake_up_taken(std::uint32_t hart, Cycles cycle) const {
  if (SyncProbe* sync = services_.observers.sync()) {
    sync->wake_up_taken(hart, cycle);
  }
}

void CycleHarts::report_stall(std::uint32_t hart, StallReason reason, Cycles cycle,
                              Cycles cycles) const {
  if (HartProbe* probe = services_.observers.harts()) {
    probe->stalled(hart, harts_[hart].pc, reason, cycle, cycles);
  }
}

}  // namespace tessera
