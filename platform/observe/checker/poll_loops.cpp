// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/poll_loops.h"

#include <algorithm>
#include <utility>

#include "platform/observe/checker/loop.h"
#include "platform/observe/checker/value_numbers.h"
#include "platform/observe/checker/value_use.h"

namespace tessera {

namespace {

using Opcode = GuestInstruction::Opcode;

void pass(ValueNumbers& values, const GuestCode& code, const Loop::Places& way) {
  for (const Loop::Place& place : way) {
    values.pass(code[place.index], code.pc(place.index));
  }
}

/// Whether the load at `place` reads the same address whenever it comes round. If what a round
/// changes counts, say, looks, the loop must not be part of one that works.
bool looks_again(const GuestCode& code, const Loop& loop, const Loop::Place& place) {
  Loop::Places round = loop.way(place, place);
  round.insert(round.begin(), place);
  ValueNumbers values;
  pass(values, code, round);
  const std::uint32_t second = values.address(code[place.index]);
  const auto registers = values.registers();
  pass(values, code, round);
  return values.address(code[place.index]) == second &&
         (values.registers() == registers || !loop.is_part_of_work());
}

/// Compilers put a function's saving of registers behind its first look.
bool saves_on_stack(const GuestInstruction& instruction) {
  constexpr std::uint32_t kSp = 2;
  return instruction.opcode() == Opcode::kStore && instruction.rs1() == kSp;
}

/// The instructions up to `end` in which nothing comes in from aside, and that only look, the
/// stack aside.
std::vector<std::size_t> straight_way_to(const GuestCode& code, std::size_t end) {
  std::vector<std::size_t> way;
  for (std::size_t at = end; (Loop::only_looks(code[at]) || saves_on_stack(code[at])) &&
                             way.size() < PollLoops::kMaxInstructions;) {
    way.push_back(at);
    const std::vector<std::size_t> before = code.predecessors(at);
    if (before.size() != 1) {
      break;
    }
    at = before[0];
  }
  std::reverse(way.begin(), way.end());
  return way;
}

}  // namespace

void PollLoops::add_code(std::uint32_t address, const std::vector<std::uint32_t>& words) {
  const GuestCode& code = code_.emplace_back(address, words);
  std::size_t last_head = code.size();
  for (const auto& jump : code.jumps()) {
    const std::size_t head = jump.first;
    if (head == last_head) {
      continue;
    }
    last_head = head;
    for (const std::size_t tail : code.predecessors(head)) {
      add_loop(code, Loop(code, head, tail, kMaxInstructions));
    }
  }
}

void PollLoops::add_loop(const GuestCode& code, const Loop& loop) {
  for (const Loop::Place& place : loop.places()) {
    if (decides(code, place.index) && looks_again(code, loop, place)) {
      loads_.insert(code.pc(place.index));
      if (loop.holds(place.index)) {
        add_first_looks(code, loop, place.index);
      }
    }
  }
}

/// Loads on a way into the loop from the address that `load` will have.
void PollLoops::add_first_looks(const GuestCode& code, const Loop& loop, std::size_t load) {
  const std::size_t head = loop.places()[0].index;
  for (const std::size_t entry : code.predecessors(head)) {
    if (loop.holds(entry)) {
      continue;
    }
    ValueNumbers values;
    std::vector<std::pair<std::size_t, std::uint32_t>> looks;  // with the address
    for (const std::size_t index : straight_way_to(code, entry)) {
      if (decides(code, index)) {
        looks.emplace_back(index, values.address(code[index]));
      }
      values.pass(code[index], code.pc(index));
    }
    if (load != head) {
      values.pass(code[head], code.pc(head));
      pass(values, code, loop.way({head}, {load}));
    }
    const std::uint32_t address = values.address(code[load]);
    for (const auto& look : looks) {
      if (look.second == address) {
        loads_.insert(code.pc(look.first));
      }
    }
  }
}

bool PollLoops::decides(std::uint32_t pc) const {
  const auto code = std::find_if(code_.begin(), code_.end(),
                                 [pc](const GuestCode& one) { return one.contains(pc); });
  return code != code_.end() && decides(*code, code->index(pc));
}

bool PollLoops::decides(const GuestCode& code, std::size_t index) const {
  return code[index].opcode() == Opcode::kLoad && code[index].rd() != 0 &&
         tessera::decides(code, index, kMaxInstructions);
}

}  // namespace tessera
