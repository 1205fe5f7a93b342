// SPDX-License-Identifier: Apache-2.0
// Instructions outside the hot loop. Source: snitch.sv.
#include "models/core/cycle_harts.h"
#include "models/isa/hart_effects.h"
#include "models/isa/memory_operation.h"

namespace tessera {

using isa::InstructionClass;
using isa::Op;

const isa::Instruction& CycleHarts::decoded(const Slot& slot) const {
  return code_.page_of(slot.state.pc)
      ->decoded(TimedPage::index_of(slot.state.pc, slot.pipeline.code_base));
}

void CycleHarts::decode(const Slot& slot) {
  const std::uint32_t index = TimedPage::index_of(slot.state.pc, slot.pipeline.code_base);
  code_.page_of(slot.state.pc)->decode(index, parameters_.isa, watched_.count(slot.state.pc) != 0);
}

CycleHarts::Issue CycleHarts::trap(Slot slot) {
  slot.state.pc = parameters_.isa.trap_address;
  ++slot.state.instructions;
  return Issue::kIssued;
}

bool CycleHarts::find_code(Slot slot) {
  HartState& state = slot.state;
  const TimedPage* page = code_.page_of(state.pc);
  if (page == nullptr || state.pc % 4 != 0) {
    state.cycle = slot.cycle;
    const std::uint8_t* bytes = isa::fetch_page(state, services_.environment, services_.dmi);
    if (bytes == nullptr) {
      return false;
    }
    page = &code_.add(state.pc, bytes);
  }
  slot.pipeline.code = page->instructions();
  slot.pipeline.code_base = page->base();
  return true;
}

CycleHarts::Issue CycleHarts::trap_misaligned(Slot slot, std::uint32_t address) {
  slot.state.cycle = slot.cycle;
  isa::trap_misaligned(slot.state, services_.environment, decoded(slot), address);
  return trap(slot);
}

void CycleHarts::skew(MemoryRequest& request, Slot slot) {
  const isa::Instruction& instruction = decoded(slot);
  const isa::InstructionInfo& row = isa::info(instruction.op);
  const isa::LoadFormat format = isa::load_format(row, request.access.address);
  const isa::MemoryOperation operation =
      isa::memory_operation(row, request.access.address, slot.state.x[instruction.rs2]);
  request.access.address = operation.address;
  request.access.data = operation.data;
  request.access.bytes = operation.bytes;
  request.tag |= std::uint32_t{format.shift} << AccessTag::kSkewShift;
}

CycleHarts::Issue CycleHarts::issue_other(Slot slot, const TimedInstruction& instruction) {
  slot.state.cycle = slot.cycle;  // the environment may look
  switch (instruction.action) {
    case kUndecoded:
      decode(slot);
      return issue_again(slot, instruction);
    case kWatched:
      return issue_watched(slot);
    case action_of(Op::kIllegal):
      isa::trap_illegal(slot.state, services_.environment, decoded(slot));
      return trap(slot);
    case action_of(Op::kFence):
    case action_of(Op::kFenceI):
      return issue_fence(slot);
    case action_of(Op::kWfi):
      return issue_wfi(slot);
    case action_of(Op::kEbreak):
      services_.environment.breakpoint(slot.state);
      return retire(slot);
    case action_of(Op::kEcall):
      return retire(slot);
    default:
      break;
  }
  const isa::Instruction& known = decoded(slot);
  const isa::InstructionInfo& row = isa::info(known.op);
  if (row.instruction_class == InstructionClass::kCsr) {
    isa::perform_csr(slot.state, services_.environment, known);
    retire(slot);
    return instruction.rd == 0 ? Issue::kIssued : Issue::kIssuedToPort0;
  }
  services_.environment.unsupported(slot.state, row.mnemonic);
  return stall(slot, StallReason::kOffload);  // nothing takes it
}

CycleHarts::Issue CycleHarts::issue_watched(Slot slot) {
  Pipeline& pipeline = slot.pipeline;
  const std::uint32_t pc = slot.state.pc;
  if (pipeline.code[TimedPage::index_of(pc, pipeline.code_base)].action == kUndecoded) {
    decode(slot);
  }
  const TimedInstruction instruction = timed_form(decoded(slot));
  if (pipeline.reported_at == slot.state.instructions || !can_issue(slot, instruction)) {
    return issue_again(slot, instruction);
  }
  slot.state.cycle = slot.cycle;  // the environment may look
  if (!services_.environment.pc_reached(slot.state)) {
    return stall(slot, StallReason::kModeSwitch);
  }
  if (slot.state.pc != pc) {  // moved elsewhere
    pipeline.is_fetched = false;
    return issue_attended(slot);
  }
  pipeline.reported_at = slot.state.instructions;
  if (pipeline.code == nullptr) {  // other code, or watched no more
    pipeline.is_fetched = true;
    return issue_attended(slot);
  }
  return issue_again(slot, instruction);
}

CycleHarts::Issue CycleHarts::issue_fence(Slot slot) {
  if (slot.pipeline.free_ids != all_ids_) {
    return stall(slot, StallReason::kFence);
  }
  return retire(slot);
}

CycleHarts::Issue CycleHarts::issue_wfi(Slot slot) {
  retire(slot);
  if (slot.pipeline.has_pulse) {
    slot.pipeline.has_pulse = false;  // the counter stays as it is
    report_wake_up_taken(slot.hart, slot.cycle + 1);
  } else if (slot.state.wake_up_tokens.count > 0) {
    slot.state.wake_up_tokens.take();
    report_wake_up_taken(slot.hart, slot.cycle + 1);
  } else {
    slot.pipeline.is_asleep = true;
    slot.state.activity = HartActivity::kAsleep;
    slot.state.asleep_since = slot.cycle + 1;
    services_.caches.sleep(slot.hart, slot.state.pc);
  }
  return Issue::kIssued;
}

}  // namespace tessera
