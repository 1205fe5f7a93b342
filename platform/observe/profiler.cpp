// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/profiler.h"

#include <algorithm>

namespace tessera {

Profiler::Profiler(const SymbolTable& symbols, std::uint32_t num_harts)
    : symbols_(symbols), harts_(num_harts, Hart{FunctionStack(symbols)}) {}

std::uint32_t Profiler::number_of(const CodeRange* function) const {
  return function == nullptr
             ? kUnknownFunction
             : static_cast<std::uint32_t>(function - symbols_.functions().data()) + 1;
}

const std::string& Profiler::function_name(std::uint32_t function) const {
  static const std::string unknown = "unknown";
  return function == kUnknownFunction ? unknown : symbols_.functions()[function - 1].name;
}

std::uint32_t Profiler::function_begin(std::uint32_t function) const {
  return function == kUnknownFunction ? 0 : symbols_.functions()[function - 1].begin;
}

std::uint32_t Profiler::num_functions() const {
  return static_cast<std::uint32_t>(symbols_.functions().size()) + 1;
}

Profiler::Page& Profiler::page_at(std::uint32_t base) {
  std::unique_ptr<Page>& page = pages_[base];
  if (page == nullptr) {
    page = std::make_unique<Page>();
    page->base = base;
    for (std::uint32_t i = 0; i < page->places.size(); ++i) {
      page->places[i].function = number_of(symbols_.function_at(base + 4 * i));
    }
  }
  return *page;
}

Profiler::Place& Profiler::place(Hart& hart, std::uint32_t pc) {
  const std::uint32_t base = pc & ~(kPageBytes - 1);
  if (hart.page == nullptr || hart.page->base != base) {
    hart.page = &page_at(base);
  }
  return hart.page->places[(pc - base) / 4];
}

void Profiler::add(Hart& hart, std::uint32_t pc, std::size_t event, Cycles cycles) {
  place(hart, pc).counts.events[event] += cycles;
  hart.stack.arrive(pc);
  hart.tree.follow(hart.stack).self.events[event] += cycles;
}

void Profiler::book(Hart& hart, std::uint32_t pc, std::size_t event, Cycles begin, Cycles end) {
  if (begin > hart.booked) {
    add(hart, hart.pc, ProfileCounts::kAnswer, begin - hart.booked);
  }
  add(hart, pc, event, end - begin);
  hart.pc = pc;
  hart.booked = end;
}

void Profiler::retired(const RetiredInstruction& instruction) {
  Hart& hart = harts_[instruction.hart];
  book(hart, instruction.pc, ProfileCounts::kInstructions, instruction.cycle,
       instruction.cycle + 1);
  hart.stack.retired(instruction);
  if (instruction.next_pc != instruction.pc + 4) {
    // An answer that is waited for is the jump's no more: nothing waits for jumps.
    hart.pc = instruction.next_pc;
  }
}

void Profiler::stalled(std::uint32_t hart, std::uint32_t pc, StallReason reason, Cycles cycle,
                       Cycles cycles) {
  book(harts_[hart], pc, ProfileCounts::kFirstStall + static_cast<std::size_t>(reason), cycle,
       cycle + cycles);
}

void Profiler::fell_asleep(std::uint32_t hart, std::uint32_t pc, Cycles cycle) {
  Hart& sleeper = harts_[hart];
  book(sleeper, pc, ProfileCounts::kAsleep, cycle, cycle);
  sleeper.is_asleep = true;
}

void Profiler::woke_up(std::uint32_t hart, Cycles cycle) {
  Hart& sleeper = harts_[hart];
  if (cycle > sleeper.booked) {
    book(sleeper, sleeper.pc, ProfileCounts::kAsleep, sleeper.booked, cycle);
  }
  sleeper.is_asleep = false;
}

void Profiler::trapped(std::uint32_t hart, std::uint32_t pc, std::uint32_t next_pc, Cycles cycle) {
  Hart& victim = harts_[hart];
  book(victim, pc, ProfileCounts::kInstructions, cycle, cycle + 1);
  victim.stack.clear();
  victim.pc = next_pc;
}

void Profiler::finish(std::uint32_t hart, Cycles cycle) {
  Hart& last = harts_[hart];
  if (cycle > last.booked) {
    const std::size_t event = last.is_asleep ? ProfileCounts::kAsleep : ProfileCounts::kAnswer;
    book(last, last.pc, event, last.booked, cycle);
  }
}

std::map<std::uint32_t, const Profiler::Place*> Profiler::places() const {
  std::map<std::uint32_t, const Place*> places;
  for (const auto& [base, page] : pages_) {
    for (std::uint32_t i = 0; i < page->places.size(); ++i) {
      if (page->places[i].counts.cycles() > 0) {
        places.emplace(base + 4 * i, &page->places[i]);
      }
    }
  }
  return places;
}

}  // namespace tessera
