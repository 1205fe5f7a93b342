// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/function_stack.h"

#include <algorithm>
#include <utility>

namespace tessera {

namespace {

constexpr std::uint32_t kOpcodeMask = 0x7f;
constexpr std::uint32_t kJal = 0x6f;
constexpr std::uint32_t kJalr = 0x67;

/// Registers of return addresses: ra, and t0 for the routines that save registers.
bool is_link(std::uint32_t index) {
  return index == 1 || index == 5;
}

}  // namespace

void FunctionStack::arrive(std::uint32_t pc) {
  if (pc >= begin_ && pc < end_) {
    return;
  }
  const CodeRange* const function = symbols_.function_at(pc);
  begin_ = function == nullptr ? pc : function->begin;
  end_ = function == nullptr ? std::uint64_t{pc} + 4 : function->end;
  if (frames_.empty()) {
    frames_.push_back({function, 0, 0, true});
  } else if (frames_.back().function != function) {
    const Frame left = frames_.back();
    keep(frames_.size() - 1);
    frames_.push_back({function, left.call_site, left.return_address, begin_ == pc});
  }
}

void FunctionStack::retired(const RetiredInstruction& instruction) {
  arrive(instruction.pc);
  jump(instruction);
  arrive(instruction.next_pc);
}

void FunctionStack::jump(const RetiredInstruction& instruction) {
  const std::uint32_t opcode = instruction.raw & kOpcodeMask;
  if (opcode != kJal && opcode != kJalr) {
    return;
  }
  if (is_link(instruction.raw >> 7 & 31)) {
    if (frames_.size() < kMaxDepth) {
      frames_.push_back(
          {symbols_.function_at(instruction.next_pc), instruction.pc, instruction.pc + 4, true});
    }
  } else if (opcode == kJalr && is_link(instruction.raw >> 15 & 31)) {
    const auto frame = std::find_if(frames_.rbegin(), frames_.rend(), [&](const Frame& each) {
      return each.return_address == instruction.next_pc;
    });
    if (frame != frames_.rend()) {
      keep(static_cast<std::size_t>(std::prev(frame.base()) - frames_.begin()));
      end_ = 0;  // the caller's code is not known to arrive()
    }
  }
}

void FunctionStack::keep(std::size_t count) {
  frames_.resize(count);
  unchanged_ = std::min(unchanged_, count);
}

void FunctionStack::clear() {
  keep(0);
  begin_ = 1;
  end_ = 0;
}

std::size_t FunctionStack::take_unchanged() {
  return std::exchange(unchanged_, frames_.size());
}

}  // namespace tessera
