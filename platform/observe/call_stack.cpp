// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/call_stack.h"

#include <cstdlib>
#include <optional>

#include <dwarf.h>

#include "platform/observe/dwarf_file.h"

namespace tessera {

namespace {

constexpr unsigned kRa = 1;
constexpr unsigned kSp = 2;
constexpr unsigned kNumRegisters = 32;

struct Freer {
  void operator()(Dwarf_Frame* frame) const { std::free(frame); }
};
using Frame = std::unique_ptr<Dwarf_Frame, Freer>;

/// The few operations that compilers use in frame tables: a register or the frame's address, plus a
/// constant. Nothing for others.
std::optional<std::uint32_t> evaluate(const Dwarf_Op* operations, std::size_t count,
                                      const StackedHart& hart, std::uint32_t frame_address) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned atom = operations[i].atom;
    const auto operand = static_cast<std::uint32_t>(operations[i].number);
    if (atom == DW_OP_bregx && operand < kNumRegisters) {
      value = hart.x[operand] + static_cast<std::uint32_t>(operations[i].number2);
    } else if (atom == DW_OP_call_frame_cfa) {
      value = frame_address;
    } else if (atom == DW_OP_plus_uconst) {
      value += operand;
    } else {
      return std::nullopt;
    }
  }
  return value;
}

}  // namespace

class CallStack::Reader {
 public:
  explicit Reader(std::vector<std::uint8_t> bytes)
      : file_(std::move(bytes)),
        frames_(file_.dwarf() == nullptr ? nullptr : dwarf_getcfi(file_.dwarf())) {}

  /// Turns `hart` into its caller, in front of the return; false: nobody knows. `look_up` is an
  /// address within the function, which pc, behind a call that does not return, may not be.
  bool leave(StackedHart& hart, std::uint32_t look_up, const ReadWord& read, bool is_innermost) {
    const Frame frame = frame_at(look_up);
    if (frame == nullptr) {
      hart.pc = hart.x[kRa];
      return is_innermost;
    }
    Dwarf_Op* operations = nullptr;
    std::size_t count = 0;
    if (dwarf_frame_cfa(frame.get(), &operations, &count) != 0 || count == 0) {
      return false;
    }
    const auto frame_address = evaluate(operations, count, hart, 0);
    if (!frame_address) {
      return false;
    }
    StackedHart caller = hart;
    for (unsigned index = 1; index < kNumRegisters; ++index) {
      if (!restore(*frame, index, hart, *frame_address, read, caller)) {
        return false;
      }
    }
    caller.x[kSp] = *frame_address;
    caller.pc = caller.x[kRa];
    hart = caller;
    return true;
  }

 private:
  Frame frame_at(std::uint32_t pc) {
    Dwarf_Frame* frame = nullptr;
    const bool is_known = frames_ != nullptr && dwarf_cfi_addrframe(frames_, pc, &frame) == 0;
    return Frame(is_known ? frame : nullptr);
  }

  /// Register `index` as it was in the caller, if the table says where it is; false: in a place
  /// that cannot be read.
  static bool restore(Dwarf_Frame& frame, unsigned index, const StackedHart& hart,
                      std::uint32_t frame_address, const ReadWord& read, StackedHart& caller) {
    Dwarf_Op memory[3];
    Dwarf_Op* operations = nullptr;
    std::size_t count = 0;
    if (dwarf_frame_register(&frame, static_cast<int>(index), memory, &operations, &count) != 0) {
      return false;
    }
    if (count == 0 || operations[count - 1].atom == DW_OP_stack_value) {
      return true;  // not changed; or lost, and then no caller needs it; or sp
    }
    const auto address = evaluate(operations, count, hart, frame_address);
    return address && read(*address, caller.x[index]);
  }

  DwarfFile file_;
  Dwarf_CFI* frames_;  ///< belongs to the Dwarf
};

CallStack::CallStack() = default;
CallStack::CallStack(std::vector<std::uint8_t> elf) : elf_(std::move(elf)) {}
CallStack::CallStack(CallStack&&) noexcept = default;
CallStack& CallStack::operator=(CallStack&&) noexcept = default;
CallStack::~CallStack() = default;

CallStack::Reader& CallStack::reader() const {
  if (reader_ == nullptr) {
    reader_ = std::make_unique<Reader>(std::move(elf_));
  }
  return *reader_;
}

std::vector<std::uint32_t> CallStack::callers(const StackedHart& hart, const ReadWord& read) const {
  std::vector<std::uint32_t> callers;
  StackedHart frame = hart;
  std::uint32_t here = hart.pc;
  while (callers.size() < kMaxFrames && reader().leave(frame, here, read, callers.empty()) &&
         frame.pc != 0) {
    here = frame.pc - 4;  // the call
    callers.push_back(here);
  }
  return callers;
}

}  // namespace tessera
