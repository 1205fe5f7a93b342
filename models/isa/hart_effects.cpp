// SPDX-License-Identifier: Apache-2.0
#include "models/isa/hart_effects.h"

#include <optional>
#include <string>

#include <fmt/format.h>

#include "models/isa/semantics.h"

namespace tessera::isa {
namespace {

void trap(HartState& hart, HartEnvironment& environment, GuestErrorKind kind, std::uint32_t address,
          const std::string& message) {
  environment.guest_error(hart, kind, address, message);
  ++hart.traps;
}

}  // namespace

std::optional<std::uint32_t> read_csr(const HartState& hart, std::uint32_t number) {
  switch (number) {
    case csr::kMcycle:
      return static_cast<std::uint32_t>(hart.cycle);
    case csr::kMcycleh:
      return static_cast<std::uint32_t>(hart.cycle >> 32);
    case csr::kMinstret:
      return static_cast<std::uint32_t>(hart.instructions);
    case csr::kMinstreth:
      return static_cast<std::uint32_t>(hart.instructions >> 32);
    case csr::kMhpmcounter3:
      return static_cast<std::uint32_t>(hart.stalled(StallReason::kFetch));
    case csr::kMhpmcounter4:
      return static_cast<std::uint32_t>(hart.stalled(StallReason::kLoadStore));
    case csr::kMhpmcounter5:
      return static_cast<std::uint32_t>(hart.stalled(StallReason::kOperand) +
                                        hart.stalled(StallReason::kDestination));
    case csr::kMhartid:
      return hart.hart_id;
    case csr::kTrace:
      return hart.trace;
    case csr::kStackLimit:
      return hart.stack_limit;
    case csr::kFflags:
    case csr::kFrm:
    case csr::kFcsr:
      return 0;
    default:
      return std::nullopt;
  }
}

bool write_csr(HartState& hart, HartEnvironment& environment, std::uint32_t number,
               std::uint32_t value) {
  if (number == csr::kTrace) {
    const bool was_on = hart.trace != 0;
    hart.trace = value;
    if (was_on != (value != 0)) {
      environment.trace_switched(hart);
    }
    return true;
  }
  if (number == csr::kStackLimit) {
    hart.stack_limit = value;
    return true;
  }
  return false;
}

void check_stack(HartState& hart, HartEnvironment& environment) {
  const std::uint32_t value = hart.x[kSp];
  if (static_cast<std::int32_t>(value) < static_cast<std::int32_t>(hart.stack_limit)) {
    environment.guest_error(
        hart, GuestErrorKind::kStackOverflow, value,
        fmt::format("sp set to 0x{:08x}, below the stack limit 0x{:08x}", value, hart.stack_limit));
  }
}

void trap_illegal(HartState& hart, HartEnvironment& environment, const Instruction& instruction) {
  trap(hart, environment, GuestErrorKind::kIllegalInstruction, 0,
       fmt::format("illegal instruction 0x{:08x}", instruction.raw));
}

void trap_misaligned(HartState& hart, HartEnvironment& environment, const Instruction& instruction,
                     std::uint32_t address) {
  const InstructionInfo& row = info(instruction.op);
  trap(hart, environment, GuestErrorKind::kMisalignedAccess, address,
       fmt::format("{} at 0x{:08x}, which is not a multiple of {}", row.mnemonic, address,
                   row.access_bytes));
}

const std::uint8_t* fetch_page(HartState& hart, HartEnvironment& environment, const DmiTable& dmi) {
  if (hart.pc % 4 != 0) {
    trap(hart, environment, GuestErrorKind::kMisalignedAccess, hart.pc,
         fmt::format("jump to misaligned 0x{:08x}", hart.pc));
    return nullptr;
  }
  const std::uint8_t* bytes = dmi.page_of(hart.pc).read;
  if (bytes == nullptr) {
    trap(hart, environment, GuestErrorKind::kUnmappedAccess, hart.pc,
         fmt::format("instruction fetch from 0x{:08x}, which is no memory", hart.pc));
  }
  return bytes;
}

void perform_csr(HartState& hart, HartEnvironment& environment, const Instruction& instruction) {
  const auto number = static_cast<std::uint32_t>(instruction.imm);
  if (number == csr::kSsr && (instruction.op == Op::kCsrrsi || instruction.op == Op::kCsrrci)) {
    return;
  }
  const bool has_immediate = info(instruction.op).format == Format::kCsrImmediate;
  const std::uint32_t operand =
      has_immediate ? static_cast<std::uint32_t>(instruction.imm5) : hart.x[instruction.rs1];
  const std::optional<std::uint32_t> old = read_csr(hart, number);
  const std::uint32_t value = csr_result(instruction.op, old.value_or(0), operand);
  if (!old) {
    environment.dump_csr(hart, number, value);
  } else {
    write_csr(hart, environment, number, value);
  }
  write_register(hart, environment, instruction.rd, old.value_or(0));
}

}  // namespace tessera::isa
