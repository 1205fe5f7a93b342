// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/guest_code.h"

#include <algorithm>

namespace tessera {

namespace {

/// Of a jal.
std::int32_t far_distance(const GuestInstruction& jump) {
  return (jump.word >> 31 == 0 ? 0 : -0x10'0000) +
         static_cast<std::int32_t>(jump.bits(19, 12) << 12 | jump.bits(20, 20) << 11 |
                                   jump.bits(30, 21) << 1);
}

}  // namespace

bool GuestInstruction::reads(std::uint32_t index) const {
  const std::uint32_t select = bits(31, 25);
  switch (opcode()) {
    case kLui:
    case kAuipc:
    case kJal:
    case kFence:
      return false;
    case kLoad:
    case kImmediate:
    case kJalr:
      return rs1() == index;
    case kStore:
    case kBranch:
    case kAtomic:
      return rs1() == index || rs2() == index;
    case kRegister:  // those of extensions may read rd, too
      return rs1() == index || rs2() == index || (select != 0 && select != 1 && select != 0x20);
    case kSystem:
      return function() == 0 ? word != kWfi : (function() & 4) == 0 && rs1() == index;
    default:
      return true;
  }
}

std::optional<std::int32_t> GuestInstruction::jump() const {
  if (opcode() == kBranch) {
    return (word >> 31 == 0 ? 0 : -0x1000) +
           static_cast<std::int32_t>(bits(7, 7) << 11 | bits(30, 25) << 5 | bits(11, 8) << 1);
  }
  return opcode() == kJal && rd() == 0 ? std::optional(far_distance(*this)) : std::nullopt;
}

std::optional<std::int32_t> GuestInstruction::call() const {
  return opcode() == kJal && rd() != 0 ? std::optional(far_distance(*this)) : std::nullopt;
}

GuestCode::GuestCode(std::uint32_t address, const std::vector<std::uint32_t>& words)
    : address_(address) {
  instructions_.reserve(words.size());
  for (const std::uint32_t word : words) {
    instructions_.push_back({word});
  }
  for (std::size_t index = 0; index < size(); ++index) {
    if (const auto to = target(index, instructions_[index].jump())) {
      jumps_.emplace_back(*to, index);
    }
    if (const auto to = callee(index)) {
      called_.push_back(*to);
    }
  }
  std::sort(jumps_.begin(), jumps_.end());
  std::sort(called_.begin(), called_.end());
}

std::optional<std::size_t> GuestCode::callee(std::size_t index) const {
  return target(index, instructions_[index].call());
}

bool GuestCode::is_called(std::size_t index) const {
  return std::binary_search(called_.begin(), called_.end(), index);
}

std::optional<std::size_t> GuestCode::target(std::size_t index,
                                             std::optional<std::int32_t> bytes) const {
  if (!bytes || *bytes % 4 != 0) {
    return std::nullopt;
  }
  const std::int64_t to = static_cast<std::int64_t>(index) + *bytes / 4;
  if (to < 0 || to >= static_cast<std::int64_t>(size())) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(to);
}

std::vector<std::size_t> GuestCode::successors(std::size_t index) const {
  std::vector<std::size_t> found;
  if (instructions_[index].falls_through() && index + 1 < size()) {
    found.push_back(index + 1);
  }
  if (const auto to = target(index, instructions_[index].jump())) {
    found.push_back(*to);
  }
  return found;
}

std::vector<std::size_t> GuestCode::predecessors(std::size_t index) const {
  std::vector<std::size_t> found;
  if (index > 0 && instructions_[index - 1].falls_through()) {
    found.push_back(index - 1);
  }
  auto jump = std::lower_bound(jumps_.begin(), jumps_.end(), std::make_pair(index, std::size_t{0}));
  for (; jump != jumps_.end() && jump->first == index; ++jump) {
    found.push_back(jump->second);
  }
  return found;
}

}  // namespace tessera
