// SPDX-License-Identifier: Apache-2.0
// What threaded code tells observers.
#include "models/isa/interpreter_impl.h"

namespace tessera::isa {

RetiredInstruction Interpreter::Impl::retired_at(const CodePage& page, std::size_t index,
                                                 std::int64_t remaining) const {
  const Instruction& instruction = page.instructions[index];
  RetiredInstruction retired;
  retired.hart = hart_->hart_id;
  retired.pc = page.address_of(index);
  retired.raw = instruction.raw;
  retired.next_pc = retired.pc + 4;
  retired.cycle = deadline_ - static_cast<Cycles>(remaining + page.lengths[index]);
  retired.result = {instruction.rd, hart_->x[instruction.rd]};
  return retired;
}

void Interpreter::Impl::tell_retired(const CodePage& page, std::size_t index,
                                     std::int64_t remaining, std::uint32_t next_pc) const {
  RetiredInstruction retired = retired_at(page, index, remaining);
  retired.next_pc = next_pc;
  observers_.harts()->retired(retired);
}

void Interpreter::Impl::tell_access(const CodePage& page, std::size_t index, std::int64_t remaining,
                                    const DirectAccess& done) const {
  RetiredInstruction retired = retired_at(page, index, remaining);
  retired.access = done.access;
  retired.increment = done.increment;
  observers_.harts()->retired(retired);
}

}  // namespace tessera::isa
