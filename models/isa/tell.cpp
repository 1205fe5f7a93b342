// SPDX-License-Identifier: Apache-2.0
// What threaded code tells observers.
#include "models/base/error.h"
#include "models/isa/interpreter_impl.h"
#include "models/isa/observation.h"

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

void Interpreter::Impl::begin_noted_run(CodePage& page, std::size_t index, std::uint32_t count) {
  if (count == 0) {  // not translated yet, or a jump to another page
    return;
  }
  if (page.blocks[index] == nullptr) {
    make_code_block(page, index);
  }
  if (!block_log_->cursor.has_room(count)) {
    note_taker_->block_log_is_full(hart_->hart_id);
    TESSERA_CHECK(block_log_->cursor.has_room(count), "no room for {} instructions", count);
  }
  block_log_->cursor.begin_run(*page.blocks[index], page.address_of(index), count);
}

void Interpreter::Impl::make_code_block(CodePage& page, std::size_t index) {
  CodeBlock& block = blocks_.emplace_back();
  block.pc = page.address_of(index);
  const std::size_t end = index + page.lengths[index];
  for (std::size_t i = index; i < end; ++i) {
    block.instructions.push_back(form_of(page.instructions[i]));
    if (page.blocks[i] == nullptr) {  // also who comes to the middle of it is in this block
      page.blocks[i] = &block;
    }
  }
  num_noted_ += block.instructions.size();
}

}  // namespace tessera::isa
