// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/waits.h"

#include <algorithm>
#include <utility>

#include "platform/observe/checker/value_use.h"

namespace tessera {

Waits::Waits(PollLoops loops, bool finds_copies) : loops_(std::move(loops)) {
  for (const GuestCode& code : loops_.code()) {
    marks_.push_back({code.address(), std::vector<std::uint8_t>(code.size())});
    for (std::size_t i = 0; i < code.size(); ++i) {
      if (code[i].opcode() == GuestInstruction::kAtomic && !is_result_used(code, i)) {
        marks_.back().of[i] |= kIgnores;
      }
      if (finds_copies && code[i].opcode() == GuestInstruction::kLoad) {
        mark_copies(code, i);
      }
    }
  }
  for (const std::uint32_t load : loops_.loads()) {
    mark(load, kWait);
  }
}

void Waits::mark_copies(const GuestCode& code, std::size_t load) {
  for (const std::size_t store : copies_of(code, load)) {
    marks_.back().of[load] |= kLoadsCopy;
    marks_.back().of[store] |= kStoresCopy;
  }
}

void Waits::mark(std::uint32_t pc, Mark mark) {
  for (Marks& marks : marks_) {
    const std::uint32_t index = (pc - marks.address) / 4;
    if (index < marks.of.size()) {
      marks.of[index] |= mark;
    }
  }
}

const GuestInstruction& Waits::instruction(std::uint32_t pc) const {
  const auto code = std::find_if(loops_.code().begin(), loops_.code().end(),
                                 [pc](const GuestCode& one) { return one.contains(pc); });
  return (*code)[code->index(pc)];
}

bool Waits::suspect(std::uint32_t hart, std::uint32_t pc, std::uint32_t address) {
  if ((marks(pc) & kWatched) == 0) {
    if (!loops_.decides(pc)) {
      return false;
    }
    mark(pc, kWatched);
  }
  looks_again(hart, pc, address);
  return true;
}

bool Waits::looks_again(std::uint32_t hart, std::uint32_t pc, std::uint32_t address) {
  Looks& looks = looks_[std::uint64_t{hart} << 32 | pc];
  const auto begin = looks.addresses.begin();
  auto place = std::find(begin, begin + looks.num_addresses, address);
  const bool is_there = place != begin + looks.num_addresses;
  if (!is_there) {
    looks.num_addresses = std::min(looks.num_addresses + 1, kFlags);
    place = begin + looks.num_addresses - 1;
    *place = address;
  }
  std::rotate(begin, place, place + 1);
  return is_there;
}

void Waits::learn(std::uint32_t load, std::uint32_t store) {
  mark(load, kWait);
  mark(store, kSignal);
}

}  // namespace tessera
