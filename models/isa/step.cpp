// SPDX-License-Identifier: Apache-2.0
// Instructions outside threaded code: those that need the environment, and the rare forms.
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/isa/csr.h"
#include "models/isa/interpreter_impl.h"
#include "models/isa/semantics.h"

namespace tessera::isa {
namespace {

constexpr std::uint8_t kSp = 2;

constexpr std::uint32_t low_bytes(std::uint32_t value, unsigned bytes) {
  return bytes == 4 ? value : value & ((1u << (8 * bytes)) - 1);
}

std::uint32_t extend_loaded(std::uint32_t value, const InstructionInfo& row) {
  const unsigned unused_bits = 32 - 8 * row.access_bytes;
  const std::uint32_t aligned = value << unused_bits;
  return row.access_is_signed
             ? static_cast<std::uint32_t>(static_cast<std::int32_t>(aligned) >> unused_bits)
             : aligned >> unused_bits;
}

}  // namespace

std::optional<StopReason> Interpreter::Impl::step(const CodePage& page, std::size_t index) {
  const Instruction instruction = page.instructions[index];  // a copy: the page may vanish
  hart_->pc = page.address_of(index);
  remaining_ += page.lengths[index];
  synchronise();
  next_pc_ = hart_->pc + 4;
  extra_cycles_ = 0;
  if (translator_.is_watched(hart_->pc)) {
    environment_.pc_reached(*hart_);
  }
  switch (perform(instruction)) {
    case Outcome::kRetired:
      retire();
      return stop_requested ? std::optional(StopReason::kStopRequested) : std::nullopt;
    case Outcome::kAsleep:
      retire();
      hart_->activity = HartActivity::kAsleep;
      return StopReason::kAsleep;
    case Outcome::kBlocked:
      hart_->activity = HartActivity::kBlocked;
      return StopReason::kBlocked;
    case Outcome::kUnsupported:
      return StopReason::kUnsupported;
  }
  return std::nullopt;
}

void Interpreter::Impl::retire() {
  remaining_ -= 1 + static_cast<std::int64_t>(extra_cycles_);
  not_retired_ += extra_cycles_;
  hart_->pc = next_pc_;
}

Interpreter::Impl::Outcome Interpreter::Impl::perform(const Instruction& instruction) {
  switch (info(instruction.op).instruction_class) {
    case InstructionClass::kAlu:
    case InstructionClass::kMul:
    case InstructionClass::kDiv:
    case InstructionClass::kIpu:
      write_register(instruction.rd,
                     compute(instruction, hart_->x[instruction.rs1], hart_->x[instruction.rs2],
                             hart_->x[instruction.rs3], hart_->pc));
      return Outcome::kRetired;
    case InstructionClass::kJump: {
      const std::uint32_t base = instruction.op == Op::kJal ? hart_->pc : hart_->x[instruction.rs1];
      const std::uint32_t link = next_pc_;
      next_pc_ = (base + static_cast<std::uint32_t>(instruction.imm)) & ~1u;
      write_register(instruction.rd, link);
      return Outcome::kRetired;
    }
    case InstructionClass::kLoad:
      return perform_load(instruction);
    case InstructionClass::kStore:
      return perform_store(instruction);
    case InstructionClass::kAtomic:
      return perform_atomic(instruction);
    case InstructionClass::kCsr:
      return perform_csr(instruction);
    case InstructionClass::kSystem:
      return perform_system(instruction);
    case InstructionClass::kIllegal:
      return trap(GuestErrorKind::kIllegalInstruction, 0,
                  fmt::format("illegal instruction 0x{:08x}", instruction.raw));
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

Interpreter::Impl::EffectiveAddress Interpreter::Impl::effective_address(
    const Instruction& instruction) const {
  const InstructionInfo& row = info(instruction.op);
  const Operands used = operands(row.format);
  const std::uint32_t base = hart_->x[instruction.rs1];
  std::uint32_t offset = static_cast<std::uint32_t>(instruction.imm);
  if (!used.has_immediate) {
    offset = hart_->x[used.reads_rs3 ? instruction.rs3 : instruction.rs2];
  }
  const std::uint32_t sum = base + offset;
  return {used.writes_rs1 ? base : sum, sum};
}

Interpreter::Impl::Outcome Interpreter::Impl::perform_load(const Instruction& instruction) {
  const InstructionInfo& row = info(instruction.op);
  const EffectiveAddress address = effective_address(instruction);
  if (address.checked % row.access_bytes != 0) {
    return trap_misaligned(instruction, address.checked);
  }
  // A misaligned post-increment access with an aligned sum reads the word around the address and
  // shifts zeros in from above (spec section 14.A).
  const bool is_aligned = address.access % row.access_bytes == 0;
  const std::optional<std::uint32_t> data =
      is_aligned ? access(AccessKind::kLoad, address.access, row.access_bytes, 0)
                 : access(AccessKind::kLoad, address.access & ~3u, 4, 0);
  if (!data) {
    return Outcome::kBlocked;
  }
  if (operands(row.format).writes_rs1) {
    write_register(instruction.rs1, address.checked);
  }
  const unsigned shift = is_aligned ? 0 : 8 * (address.access & 3);
  write_register(instruction.rd, extend_loaded(*data >> shift, row));  // wins over the increment
  return Outcome::kRetired;
}

Interpreter::Impl::Outcome Interpreter::Impl::perform_store(const Instruction& instruction) {
  const InstructionInfo& row = info(instruction.op);
  const EffectiveAddress address = effective_address(instruction);
  if (address.checked % row.access_bytes != 0) {
    return trap_misaligned(instruction, address.checked);
  }
  const std::uint32_t data = hart_->x[instruction.rs2];
  const bool is_done =
      address.access % row.access_bytes == 0
          ? access(AccessKind::kStore, address.access, row.access_bytes, data).has_value()
          : store_misaligned(address.access, row.access_bytes, data);
  if (!is_done) {
    return Outcome::kBlocked;
  }
  if (operands(row.format).writes_rs1) {
    write_register(instruction.rs1, address.checked);
  }
  return Outcome::kRetired;
}

/// What the load/store unit does with a misaligned post-increment store whose sum is aligned: a
/// word is rotated within its memory word; the bytes of a half word that leave the memory word are
/// lost.
bool Interpreter::Impl::store_misaligned(std::uint32_t address, unsigned bytes,
                                         std::uint32_t data) {
  const unsigned offset = address & 3;
  if (bytes == 4) {
    const std::uint32_t rotated = data << (8 * offset) | data >> (32 - 8 * offset);
    return access(AccessKind::kStore, address - offset, 4, rotated).has_value();
  }
  return access(AccessKind::kStore, address, std::min(bytes, 4 - offset), data).has_value();
}

Interpreter::Impl::Outcome Interpreter::Impl::perform_atomic(const Instruction& instruction) {
  const std::uint32_t address = hart_->x[instruction.rs1];
  if (address % 4 != 0) {
    return trap_misaligned(instruction, address);
  }
  const std::optional<std::uint32_t> data =
      access(info(instruction.op).access_kind, address, 4, hart_->x[instruction.rs2]);
  if (!data) {
    return Outcome::kBlocked;
  }
  write_register(instruction.rd, *data);
  return Outcome::kRetired;
}

std::optional<std::uint32_t> Interpreter::Impl::access(AccessKind kind, std::uint32_t address,
                                                       unsigned bytes, std::uint32_t data) {
  const DmiTable::Page& page = dmi_.page_of(address);
  const std::uint32_t offset = address % DmiTable::kPageBytes;
  if (kind == AccessKind::kLoad && page.read != nullptr) {
    std::uint32_t value = 0;
    std::memcpy(&value, page.read + offset, bytes);
    return value;
  }
  if (kind == AccessKind::kStore && page.write != nullptr) {
    std::memcpy(page.write + offset, &data, bytes);
    return 0;
  }
  const HartReply reply =
      environment_.access({hart_->hart_id, hart_->pc, address, low_bytes(data, bytes),
                           static_cast<std::uint8_t>(bytes), kind, hart_->cycle});
  if (reply.status == AccessStatus::kPending) {
    return std::nullopt;
  }
  extra_cycles_ += reply.extra_cycles;
  return reply.data;
}

Interpreter::Impl::Outcome Interpreter::Impl::perform_csr(const Instruction& instruction) {
  const auto number = static_cast<std::uint32_t>(instruction.imm);
  if (number == csr::kSsr && (instruction.op == Op::kCsrrsi || instruction.op == Op::kCsrrci)) {
    return Outcome::kRetired;
  }
  const bool has_immediate = info(instruction.op).format == Format::kCsrImmediate;
  const std::uint32_t operand =
      has_immediate ? static_cast<std::uint32_t>(instruction.imm5) : hart_->x[instruction.rs1];
  const std::optional<std::uint32_t> old = read_csr(number);
  const std::uint32_t value = csr_result(instruction.op, old.value_or(0), operand);
  if (!old) {
    environment_.dump_csr(*hart_, number, value);
  } else if (number == csr::kTrace) {
    hart_->trace = value;
  } else if (number == csr::kStackLimit) {
    hart_->stack_limit = value;
  }
  write_register(instruction.rd, old.value_or(0));
  return Outcome::kRetired;
}

std::optional<std::uint32_t> Interpreter::Impl::read_csr(std::uint32_t number) const {
  switch (number) {
    case csr::kMcycle:
      return static_cast<std::uint32_t>(hart_->cycle);
    case csr::kMcycleh:
      return static_cast<std::uint32_t>(hart_->cycle >> 32);
    case csr::kMinstret:
      return static_cast<std::uint32_t>(hart_->instructions);
    case csr::kMinstreth:
      return static_cast<std::uint32_t>(hart_->instructions >> 32);
    case csr::kMhartid:
      return hart_->hart_id;
    case csr::kTrace:
      return hart_->trace;
    case csr::kStackLimit:
      return hart_->stack_limit;
    case csr::kMhpmcounter3:  // nothing stalls in functional mode
    case csr::kMhpmcounter4:
    case csr::kMhpmcounter5:
    case csr::kFflags:
    case csr::kFrm:
    case csr::kFcsr:
      return 0;
    default:
      return std::nullopt;
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

Interpreter::Impl::Outcome Interpreter::Impl::trap(GuestErrorKind kind, std::uint32_t address,
                                                   const std::string& message) {
  environment_.guest_error(*hart_, kind, address, message);
  ++hart_->traps;
  next_pc_ = config_.trap_address;
  return Outcome::kRetired;
}

Interpreter::Impl::Outcome Interpreter::Impl::trap_misaligned(const Instruction& instruction,
                                                              std::uint32_t address) {
  const InstructionInfo& row = info(instruction.op);
  return trap(GuestErrorKind::kMisalignedAccess, address,
              fmt::format("{} at 0x{:08x}, which is not a multiple of {}", row.mnemonic, address,
                          row.access_bytes));
}

void Interpreter::Impl::write_register(std::uint8_t index, std::uint32_t value) {
  hart_->x[index == 0 ? HartState::kSink : index] = value;
  const auto limit = static_cast<std::int32_t>(hart_->stack_limit);
  if (index == kSp && hart_->stack_limit != csr::kNoStackLimit &&
      static_cast<std::int32_t>(value) < limit) {
    environment_.guest_error(*hart_, GuestErrorKind::kStackOverflow, value,
                             fmt::format("sp set to 0x{:08x}, below the stack limit 0x{:08x}",
                                         value, hart_->stack_limit));
  }
}

}  // namespace tessera::isa
