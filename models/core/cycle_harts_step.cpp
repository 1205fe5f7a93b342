// SPDX-License-Identifier: Apache-2.0
// A cycle of a hart: what issues, or why nothing does, and what is written back. Source: snitch.sv,
// decoder, `stall` and write-back. The hot loop of cycle timing: what is rare is elsewhere.
#include "models/core/cycle_harts.h"
#include "models/isa/hart_effects.h"
#include "models/isa/memory_operation.h"
#include "models/isa/semantics.h"

#define TESSERA_ALWAYS_INLINE [[gnu::always_inline]] inline

namespace tessera {
namespace {

using isa::InstructionClass;
using isa::Op;

std::uint32_t busy_bit(std::uint8_t rd) {
  return (1u << rd) & ~1u;
}

std::uint32_t access_sum(const HartState& state, const TimedInstruction& instruction) {
  return state.x[instruction.rs1] + state.x[instruction.rs3] +
         static_cast<std::uint32_t>(instruction.imm);
}
bool is_misaligned(const HartState& state, const TimedInstruction& instruction) {
  return instruction.bytes != 0 && (access_sum(state, instruction) & (instruction.bytes - 1u)) != 0;
}

}  // namespace

TESSERA_ALWAYS_INLINE void CycleHarts::write(HartState& state, std::uint8_t rd, std::uint32_t value,
                                             Cycles cycle) {
  if (rd == isa::kSp) {
    state.cycle = cycle;  // exact, should the environment look
  }
  isa::write_register(state, services_.environment, rd, value);
}

void CycleHarts::response(std::uint32_t hart, std::uint32_t tag, std::uint32_t data, Cycles cycle) {
  Pipeline& pipeline = pipelines_[hart];
  if (pipeline.is_idle) {
    settle(pipeline);  // what an earlier response brought
  }
  pipeline.response_cycle = cycle;
  pipeline.freed_ids = 1u << AccessTag::id(tag);
  if (!AccessTag::is_store(tag)) {
    const std::uint8_t rd = AccessTag::rd(tag);
    const isa::LoadFormat format{AccessTag::bytes(tag), AccessTag::is_signed(tag),
                                 AccessTag::skew(tag)};
    pipeline.returned = 1u << rd;
    const std::uint32_t value = isa::loaded_value(format, data);
    write(harts_[hart], rd, value, cycle);
    if (HartProbe* probe = services_.observers.harts()) {
      probe->load_returned(hart, AccessTag::number(tag), value, cycle);
    }
  }
  if (pipeline.is_idle) {
    reconsider(hart, cycle);
  }
}

template <Op kOp, InstructionClass kClass>
TESSERA_ALWAYS_INLINE CycleHarts::Issue CycleHarts::complete(const Slot& slot,
                                                             const TimedInstruction& instruction,
                                                             std::uint32_t value) {
  if constexpr (kClass == InstructionClass::kAlu) {
    write(slot.state, instruction.rd, value, slot.cycle);
    retire(slot);
    return instruction.rd == 0 ? Issue::kIssued : Issue::kIssuedToPort0;
  } else {
    if (!slot.can_offload) {
      return stall(slot, StallReason::kOffload);
    }
    OffloadedOperation operation{value, instruction.rd, OffloadedOperation::kPipelined};
    if constexpr (kClass == InstructionClass::kDiv) {
      operation.division_shift =
          division_shift(kOp == Op::kDiv || kOp == Op::kRem, slot.state.x[instruction.rs1],
                         slot.state.x[instruction.rs2]);
    }
    slot.pipeline.offload.take(operation);
    slot.pipeline.busy |= busy_bit(instruction.rd);
    return retire(slot);
  }
}

TESSERA_ALWAYS_INLINE CycleHarts::Issue CycleHarts::jump(const Slot& slot,
                                                         const TimedInstruction& instruction,
                                                         std::uint32_t target) {
  write(slot.state, instruction.rd, slot.state.pc + 4, slot.cycle);
  slot.state.pc = target;
  ++slot.state.instructions;
  return instruction.rd == 0 ? Issue::kIssued : Issue::kIssuedToPort0;
}

TESSERA_ALWAYS_INLINE void CycleHarts::present(MemoryRequest& request, Pipeline& pipeline) {
  request.tag |= static_cast<std::uint32_t>(__builtin_ctz(pipeline.free_ids));
  pipeline.free_ids &= pipeline.free_ids - 1;
  pipeline.port = request.access.address < parameters_.l1_bytes ? &services_.l1 : &services_.soc;
  pipeline.port->request(request);
}

TESSERA_ALWAYS_INLINE bool CycleHarts::is_front_occupied(std::uint32_t hart,
                                                         const Pipeline& pipeline) const {
  return pipeline.is_front_waiting || (pipeline.port != nullptr && pipeline.port->is_pending(hart));
}

TESSERA_ALWAYS_INLINE CycleHarts::Issue CycleHarts::issue_access(
    const Slot& slot, const TimedInstruction& instruction) {
  HartState& state = slot.state;
  Pipeline& pipeline = slot.pipeline;
  const std::uint32_t base = state.x[instruction.rs1];
  const std::uint32_t sum = access_sum(state, instruction);
  const std::uint32_t unaligned = instruction.bytes - 1u;
  if (__builtin_expect((sum & unaligned) != 0, false)) {
    return trap_misaligned(slot, sum);
  }
  if (is_front_occupied(slot.hart, pipeline)) {
    return stall(slot, StallReason::kLoadStore);
  }
  MemoryRequest request;
  request.access.hart = slot.hart;
  request.access.pc = state.pc;
  request.access.address = instruction.increments ? base : sum;
  request.access.data = state.x[instruction.rs2] & (~0u >> (32u - 8u * instruction.bytes));
  request.access.bytes = instruction.bytes;
  request.access.kind = instruction.access;
  request.access.cycle = slot.cycle;
  request.tag = AccessTag::with_number(instruction.request, state.instructions);
  if (__builtin_expect((request.access.address & unaligned) != 0, false)) {
    skew(request, slot);
  }
  if (__builtin_expect(pipeline.free_ids != 0, true)) {
    present(request, pipeline);
  } else {
    pipeline.is_front_waiting = true;
    fronts_[slot.hart] = request;
  }
  if (instruction.access != AccessKind::kStore) {
    pipeline.busy |= busy_bit(instruction.rd);
  }
  retire(slot);
  if (!instruction.increments) {
    return Issue::kIssued;
  }
  write(state, instruction.rs1, sum, slot.cycle);
  return instruction.rs1 == 0 ? Issue::kIssued : Issue::kIssuedToPort0;
}

TESSERA_ALWAYS_INLINE CycleHarts::Issue CycleHarts::issue_fetched(
    const Slot& slot, const TimedInstruction& instruction) {
  HartState& state = slot.state;
  if ((slot.pipeline.busy & instruction.blockers) != 0) {
    const bool is_source = (slot.pipeline.busy & instruction.sources) != 0;
    // A misaligned access traps without regard to its destination.
    if (is_source || !is_misaligned(state, instruction)) {
      return stall(slot, is_source ? StallReason::kOperand : StallReason::kDestination);
    }
  }
  const std::uint32_t a = state.x[instruction.rs1];
  const std::uint32_t b = state.x[instruction.rs2] + static_cast<std::uint32_t>(instruction.imm);
  const std::uint32_t c = state.x[instruction.rs3];
  switch (instruction.action) {
#define TESSERA_ROW(op, mnemonic, bits, format, extension, row_class, ...) \
  case action_of(Op::op):                                                  \
    return complete<Op::op, InstructionClass::row_class>(                  \
        slot, instruction, isa::semantics::result<Op::op>(a, b, c, state.pc));
    TESSERA_ISA_COMPUTE(TESSERA_ROW)
#undef TESSERA_ROW
#define TESSERA_ROW(op, ...)                                         \
  case action_of(Op::op):                                            \
    state.pc += isa::semantics::is_taken<Op::op>(a, b)               \
                    ? static_cast<std::uint32_t>(instruction.offset) \
                    : 4u;                                            \
    ++state.instructions;                                            \
    return Issue::kIssued;
    TESSERA_ISA_BRANCH(TESSERA_ROW)
#undef TESSERA_ROW
#define TESSERA_ROW(op, ...) case action_of(Op::op):
    TESSERA_ISA_LOAD(TESSERA_ROW)
    TESSERA_ISA_STORE(TESSERA_ROW)
    TESSERA_ISA_ATOMIC(TESSERA_ROW)
#undef TESSERA_ROW
    return issue_access(slot, instruction);
    case action_of(Op::kJal):
      return jump(slot, instruction, state.pc + static_cast<std::uint32_t>(instruction.offset));
    case action_of(Op::kJalr):
      return jump(slot, instruction, (a + b) & ~1u);
    default:
      return issue_other(slot, instruction);
  }
}

bool CycleHarts::can_issue(const Slot& slot, const TimedInstruction& instruction) const {
  const Pipeline& pipeline = slot.pipeline;
  if (is_misaligned(slot.state, instruction)) {  // traps
    return (pipeline.busy & instruction.sources) == 0;
  }
  if ((pipeline.busy & instruction.blockers) != 0) {
    return false;
  }
  switch (isa::info(decoded(slot).op).instruction_class) {
    case InstructionClass::kLoad:
    case InstructionClass::kStore:
    case InstructionClass::kAtomic:
      return !is_front_occupied(slot.hart, pipeline);
    case InstructionClass::kMul:
    case InstructionClass::kDiv:
    case InstructionClass::kIpu:
      return slot.can_offload;
    case InstructionClass::kFence:
      return pipeline.free_ids == all_ids_;
    default:
      return true;
  }
}

CycleHarts::Issue CycleHarts::issue_again(Slot slot, const TimedInstruction& instruction) {
  return issue_fetched(slot, instruction);
}

template <bool kIsStepped>
TESSERA_ALWAYS_INLINE CycleHarts::Issue CycleHarts::issue_next(const Slot& slot) {
  Pipeline& pipeline = slot.pipeline;
  std::uint32_t index = TimedPage::index_of(slot.state.pc, pipeline.code_base);
  if (__builtin_expect(index >= TimedPage::kInstructions, false)) {
    if (!find_code(slot)) {
      return trap(slot);
    }
    index = TimedPage::index_of(slot.state.pc, pipeline.code_base);
  }
  if (!pipeline.is_fetched && !services_.caches.fetch(slot.hart, slot.state.pc)) {
    return stall(slot, StallReason::kFetch);
  }
  return kIsStepped ? issue_watched(slot) : issue_fetched(slot, pipeline.code[index]);
}

CycleHarts::Issue CycleHarts::issue_attended(Slot slot) {
  if (is_held_ || held_.contains(slot.hart)) {
    return stall(slot, StallReason::kModeSwitch);
  }
  return stepped_.contains(slot.hart) ? issue_next<true>(slot) : issue_next<false>(slot);
}

TESSERA_ALWAYS_INLINE CycleHarts::Issue CycleHarts::issue(const Slot& slot) {
  if (__builtin_expect(slot.pipeline.is_asleep, false)) {
    ++slot.state.asleep_cycles;
    return Issue::kStalled;
  }
  return __builtin_expect(is_attended_, false) ? issue_attended(slot) : issue_next<false>(slot);
}

TESSERA_ALWAYS_INLINE void CycleHarts::write_back(HartState& state, Pipeline& pipeline,
                                                  Cycles cycle) {
  const OffloadedOperation& done = pipeline.offload.result();
  write(state, done.rd, done.result, cycle);
  pipeline.busy &= ~(1u << done.rd);
  pipeline.offload.pop_result();
}

template <bool kIsObserved>
TESSERA_ALWAYS_INLINE void CycleHarts::step_hart(std::uint32_t hart, Cycles cycle) {
  Pipeline& pipeline = pipelines_[hart];
  HartState& state = harts_[hart];
  const bool can_offload = pipeline.offload.can_take();
  const bool has_result = pipeline.offload.has_result();
  if (!pipeline.offload.is_empty()) {
    pipeline.offload.advance();
  }
  const bool can_present = pipeline.is_front_waiting && pipeline.free_ids != 0;
  const Slot slot{hart, state, pipeline, cycle, can_offload};
  if constexpr (kIsObserved) {
    look(slot);
  }
  const Issue outcome = issue(slot);
  if constexpr (kIsObserved) {
    report(slot, outcome);
  }
  // Write ports: port 0 for the issuing instruction, port 1 for a load, an offloaded result on the
  // free one.
  if (has_result && !(outcome == Issue::kIssuedToPort0 && pipeline.returned != 0)) {
    write_back(state, pipeline, cycle);
  }
  if (can_present) {
    pipeline.is_front_waiting = false;
    present(fronts_[hart], pipeline);
  }
  settle(pipeline);
  pipeline.is_fetched = outcome == Issue::kStalled && pipeline.stall != StallReason::kFetch;
  if (outcome == Issue::kStalled && is_waiting(hart, pipeline)) {
    pipeline.is_idle = true;
    pipeline.idle_since = cycle + 1;
    active_.erase(hart);
  }
}

template <bool kIsObserved>
void CycleHarts::step_harts(Cycles cycle) {
  active_.for_each([ this, cycle ](std::uint32_t hart)
                       __attribute__((always_inline)) { step_hart<kIsObserved>(hart, cycle); });
}

void CycleHarts::step(Cycles cycle) {
  start_harts(cycle);
  wake_fetchers(cycle);
  mark_pulses(cycle);
  if (services_.observers.harts() != nullptr || services_.observers.sync() != nullptr) {
    step_harts<true>(cycle);
  } else {
    step_harts<false>(cycle);
  }
  take_pulses(cycle);
  active_.take_all(activated_);
}

}  // namespace tessera
