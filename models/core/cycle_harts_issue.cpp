// SPDX-License-Identifier: Apache-2.0
// How one instruction issues, or why not. Source: snitch.sv, decoder and `stall`.
#include "models/core/cycle_harts.h"
#include "models/isa/hart_effects.h"
#include "models/isa/memory_operation.h"

namespace tessera {
namespace {

/// Index of the instruction at `pc` in the page at `base`; beyond the page's last where it is not
/// on the page, or not on a word.
std::uint32_t index_of(std::uint32_t pc, std::uint32_t base) {
  const std::uint32_t offset = pc - base;
  return offset >> 2 | offset << 30;
}

std::uint32_t busy_bit(std::uint8_t rd) {
  return (1u << rd) & ~1u;
}

void retire(HartState& state) {
  state.pc += 4;
  ++state.instructions;
}

std::uint32_t access_sum(const HartState& state, const TimedInstruction& instruction) {
  return state.x[instruction.rs1] + state.x[instruction.rs3] +
         static_cast<std::uint32_t>(instruction.imm);
}
bool is_misaligned(const HartState& state, const TimedInstruction& instruction) {
  return (access_sum(state, instruction) & (instruction.bytes - 1u)) != 0;
}

std::uint32_t computed(const HartState& state, const TimedInstruction& instruction) {
  return instruction.compute(state.x[instruction.rs1],
                             state.x[instruction.rs2] + static_cast<std::uint32_t>(instruction.imm),
                             state.x[instruction.rs3], state.pc);
}

}  // namespace

CycleHarts::Issue CycleHarts::stall(HartState& state, Pipeline& pipeline, StallReason reason) {
  ++state.stalled(reason);
  pipeline.stall = reason;
  return Issue::kStalled;
}

CycleHarts::Issue CycleHarts::trap(HartState& state) {
  state.pc = parameters_.isa.trap_address;
  ++state.instructions;
  return Issue::kIssued;
}

bool CycleHarts::find_code(HartState& state, Pipeline& pipeline) {
  const TimedPage* page = code_.page_of(state.pc);
  if (page == nullptr || state.pc % 4 != 0) {
    const std::uint8_t* bytes = isa::fetch_page(state, services_.environment, services_.dmi);
    if (bytes == nullptr) {
      return false;
    }
    page = &code_.add(state.pc, bytes);
  }
  pipeline.code = page->instructions();
  pipeline.code_base = page->base();
  return true;
}

CycleHarts::Issue CycleHarts::issue(std::uint32_t hart, Pipeline& pipeline, Cycles cycle,
                                    bool can_offload) {
  HartState& state = harts_[hart];
  std::uint32_t index = index_of(state.pc, pipeline.code_base);
  if (__builtin_expect(index >= TimedPage::kInstructions, false)) {
    state.cycle = cycle;
    if (!find_code(state, pipeline)) {
      return trap(state);
    }
    index = index_of(state.pc, pipeline.code_base);
  }
  if (!pipeline.is_fetched && !services_.caches.fetch(hart, state.pc)) {
    return stall(state, pipeline, StallReason::kFetch);
  }
  return issue_fetched(hart, pipeline, pipeline.code[index], cycle, can_offload);
}

CycleHarts::Issue CycleHarts::issue_fetched(std::uint32_t hart, Pipeline& pipeline,
                                            const TimedInstruction& instruction, Cycles cycle,
                                            bool can_offload) {
  HartState& state = harts_[hart];
  if ((pipeline.busy & instruction.blockers) != 0) {
    const bool is_source = (pipeline.busy & instruction.sources) != 0;
    // A misaligned access traps without regard to its destination.
    if (is_source || instruction.kind != IssueKind::kAccess || !is_misaligned(state, instruction)) {
      return stall(state, pipeline, is_source ? StallReason::kOperand : StallReason::kDestination);
    }
  }
  switch (instruction.kind) {
    case IssueKind::kAlu:
      state.x[instruction.rd] = computed(state, instruction);
      if (instruction.is_special && state.stack_limit != isa::csr::kNoStackLimit) {
        state.cycle = cycle;
        isa::check_stack(state, services_.environment);
      }
      retire(state);
      return instruction.rd == HartState::kSink ? Issue::kIssued : Issue::kIssuedToPort0;
    case IssueKind::kBranch:
      state.pc +=
          computed(state, instruction) != 0 ? static_cast<std::uint32_t>(instruction.offset) : 4u;
      ++state.instructions;
      return Issue::kIssued;
    case IssueKind::kOffload:
    case IssueKind::kDivision:
      return can_offload ? issue_offload(state, pipeline, instruction)
                         : stall(state, pipeline, StallReason::kOffload);
    case IssueKind::kAccess:
      return issue_access(hart, pipeline, instruction, cycle);
    case IssueKind::kJump:
    case IssueKind::kJumpRegister:
      return issue_jump(state, instruction, cycle);
    case IssueKind::kFence:
      if (pipeline.free_ids != all_ids_) {
        return stall(state, pipeline, StallReason::kFence);
      }
      retire(state);
      return Issue::kIssued;
    case IssueKind::kUndecoded:
      code_.page_of(state.pc)->decode(index_of(state.pc, pipeline.code_base), parameters_.isa,
                                      watched_.count(state.pc) != 0);
      return issue_fetched(hart, pipeline, instruction, cycle, can_offload);
    case IssueKind::kWatched:
      return issue_watched(hart, pipeline, cycle, can_offload);
    case IssueKind::kOther:
      break;
  }
  return issue_other(hart, pipeline, cycle);
}

CycleHarts::Issue CycleHarts::issue_watched(std::uint32_t hart, Pipeline& pipeline, Cycles cycle,
                                            bool can_offload) {
  HartState& state = harts_[hart];
  if (!pipeline.is_pc_reported) {
    state.cycle = cycle;
    services_.environment.pc_reached(state);
  }
  const std::uint32_t index = index_of(state.pc, pipeline.code_base);
  const TimedInstruction instruction = timed_form(code_.page_of(state.pc)->decoded(index));
  const Issue outcome = issue_fetched(hart, pipeline, instruction, cycle, can_offload);
  pipeline.is_pc_reported = outcome == Issue::kStalled;
  return outcome;
}

CycleHarts::Issue CycleHarts::issue_jump(HartState& state, const TimedInstruction& instruction,
                                         Cycles cycle) {
  const std::uint32_t link = state.pc + 4;
  const std::uint32_t target =
      instruction.kind == IssueKind::kJump
          ? state.pc + static_cast<std::uint32_t>(instruction.offset)
          : state.x[instruction.rs1] + static_cast<std::uint32_t>(instruction.imm);
  state.cycle = cycle;
  isa::write_register(state, services_.environment, instruction.rd, link);
  state.pc = target & ~1u;
  ++state.instructions;
  return instruction.rd == 0 ? Issue::kIssued : Issue::kIssuedToPort0;
}

CycleHarts::Issue CycleHarts::issue_offload(HartState& state, Pipeline& pipeline,
                                            const TimedInstruction& instruction) {
  OffloadedOperation operation;
  operation.result = computed(state, instruction);
  operation.rd = instruction.rd;
  if (instruction.kind == IssueKind::kDivision) {
    operation.division_shift =
        division_shift(instruction.is_special, state.x[instruction.rs1], state.x[instruction.rs2]);
  }
  pipeline.offload.take(operation);
  pipeline.busy |= busy_bit(instruction.rd);
  retire(state);
  return Issue::kIssued;
}

CycleHarts::Issue CycleHarts::issue_access(std::uint32_t hart, Pipeline& pipeline,
                                           const TimedInstruction& instruction, Cycles cycle) {
  HartState& state = harts_[hart];
  if (is_misaligned(state, instruction)) {
    const std::uint32_t index = index_of(state.pc, pipeline.code_base);
    state.cycle = cycle;
    isa::trap_misaligned(state, services_.environment, code_.page_of(state.pc)->decoded(index),
                         access_sum(state, instruction));
    return trap(state);
  }
  if (pipeline.is_front_waiting || (pipeline.port != nullptr && pipeline.port->is_pending(hart))) {
    return stall(state, pipeline, StallReason::kLoadStore);
  }
  const std::uint32_t sum = access_sum(state, instruction);
  MemoryRequest& request = fronts_[hart];
  request.tag = instruction.request;
  request.access.hart = hart;
  request.access.pc = state.pc;
  request.access.address = instruction.is_special ? state.x[instruction.rs1] : sum;
  request.access.data = state.x[instruction.rs2] & (~0u >> (32u - 8u * instruction.bytes));
  request.access.bytes = instruction.bytes;
  request.access.kind = instruction.access;
  request.access.cycle = cycle;
  if ((request.access.address & (instruction.bytes - 1u)) != 0) {
    skew(request, pipeline, state);
  }
  pipeline.is_front_waiting = true;
  if (pipeline.free_ids != 0) {
    present_front(hart, pipeline);
  }
  if (!AccessTag::is_store(request.tag)) {
    pipeline.busy |= busy_bit(instruction.rd);
  }
  const bool is_port0_used = instruction.is_special && instruction.rs1 != 0;
  if (is_port0_used) {
    state.cycle = cycle;
    isa::write_register(state, services_.environment, instruction.rs1, sum);
  }
  retire(state);
  return is_port0_used ? Issue::kIssuedToPort0 : Issue::kIssued;
}

void CycleHarts::skew(MemoryRequest& request, const Pipeline& pipeline, const HartState& state) {
  const std::uint32_t index = index_of(state.pc, pipeline.code_base);
  const isa::Instruction& instruction = code_.page_of(state.pc)->decoded(index);
  const isa::InstructionInfo& row = isa::info(instruction.op);
  const isa::LoadFormat format = isa::load_format(row, request.access.address);
  const isa::MemoryOperation operation =
      isa::memory_operation(row, request.access.address, state.x[instruction.rs2]);
  request.access.address = operation.address;
  request.access.data = operation.data;
  request.access.bytes = operation.bytes;
  request.tag |= std::uint32_t{format.shift} << AccessTag::kSkewShift;
}

CycleHarts::Issue CycleHarts::issue_other(std::uint32_t hart, Pipeline& pipeline, Cycles cycle) {
  HartState& state = harts_[hart];
  isa::HartEnvironment& environment = services_.environment;
  const std::uint32_t index = index_of(state.pc, pipeline.code_base);
  const isa::Instruction instruction = code_.page_of(state.pc)->decoded(index);
  const isa::InstructionInfo& row = isa::info(instruction.op);
  state.cycle = cycle;
  switch (row.instruction_class) {
    case isa::InstructionClass::kCsr:
      isa::perform_csr(state, environment, instruction);
      retire(state);
      return instruction.rd == 0 ? Issue::kIssued : Issue::kIssuedToPort0;
    case isa::InstructionClass::kIllegal:
      isa::trap_illegal(state, environment, instruction);
      return trap(state);
    case isa::InstructionClass::kFloat:
      environment.unsupported(state, row.mnemonic);
      return stall(state, pipeline, StallReason::kOffload);
    default:
      break;
  }
  if (instruction.op == isa::Op::kWfi) {
    return issue_wfi(hart, pipeline);
  }
  if (instruction.op == isa::Op::kEbreak) {
    environment.breakpoint(state);
  }
  retire(state);
  return Issue::kIssued;
}

CycleHarts::Issue CycleHarts::issue_wfi(std::uint32_t hart, Pipeline& pipeline) {
  HartState& state = harts_[hart];
  retire(state);
  if (pipeline.has_pulse) {
    pipeline.has_pulse = false;  // the counter stays as it is
  } else if (state.wake_up_tokens.count > 0) {
    state.wake_up_tokens.take();
  } else {
    pipeline.is_asleep = true;
    state.activity = HartActivity::kAsleep;
    services_.caches.sleep(hart, state.pc);
  }
  return Issue::kIssued;
}

}  // namespace tessera
