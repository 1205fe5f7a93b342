// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/function_stack.h"

namespace tessera {

FunctionStack::Jump FunctionStack::jump_of(std::uint32_t raw) {
  constexpr std::uint32_t kJal = 0x6f;
  constexpr std::uint32_t kJalr = 0x67;
  const auto is_link = [](std::uint32_t index) { return index == 1 || index == 5; };
  const std::uint32_t opcode = raw & 0x7f;
  if (opcode != kJal && opcode != kJalr) {
    return Jump::kOther;
  }
  if (is_link(raw >> 7 & 31)) {
    return Jump::kCall;
  }
  return opcode == kJalr && is_link(raw >> 15 & 31) ? Jump::kReturn : Jump::kOther;
}

std::size_t FunctionStack::frames_below(const CodeRange* function) const {
  for (std::size_t count = frames_.size() - 1; count > 0; --count) {
    if (frames_[count - 1].function == function) {
      return count;
    }
  }
  return frames_.size() - 1;
}

bool FunctionStack::retired(const RetiredInstruction& instruction, const SymbolTable& symbols,
                            std::vector<Frame>& closed) {
  const Jump before = last_;
  last_ = jump_of(instruction.raw);
  if (is_inside(instruction.pc) && before != Jump::kCall && before != Jump::kReturn) {
    return false;
  }
  const CodeRange* const function = symbols.function_at(instruction.pc);
  if (before != Jump::kCall && !frames_.empty()) {
    const std::size_t keep = before == Jump::kReturn ? frames_below(function) : frames_.size() - 1;
    for (; frames_.size() > keep; frames_.pop_back()) {
      closed.push_back(frames_.back());
    }
  }
  const bool is_back = before == Jump::kReturn && !frames_.empty();
  if (!is_back || frames_.back().function != function) {
    frames_.push_back({function, instruction.cycle});
  }
  begin_ = function == nullptr ? instruction.pc : function->begin;
  end_ = function == nullptr ? std::uint64_t{instruction.pc} + 4 : function->end;
  return true;
}

}  // namespace tessera
