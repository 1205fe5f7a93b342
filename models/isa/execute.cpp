// SPDX-License-Identifier: Apache-2.0
// The threaded loop. Every handler ends by jumping to the next instruction's handler.
#include <cstring>
#include <type_traits>

#include "models/isa/hart_effects.h"
#include "models/isa/interpreter_impl.h"
#include "models/isa/semantics.h"

// Labels as values are a GNU extension: one indirect jump per handler, which the host's branch
// predictor tells apart, instead of one for all.
#pragma GCC diagnostic ignored "-Wpedantic"

#define TESSERA_ALWAYS_INLINE [[gnu::always_inline]] inline

namespace tessera::isa {
namespace {

/// Second operand of a computing instruction; offset of an access.
template <Format format>
TESSERA_ALWAYS_INLINE std::uint32_t operand_b(const ThreadedOp* op, const std::uint32_t* x) {
  constexpr Operands kUsed = operands(format);
  if constexpr (kUsed.has_immediate) {
    return static_cast<std::uint32_t>(op->imm);
  } else if constexpr (kUsed.reads_rs2) {
    return x[op->registers.rs2];
  } else {
    return 0;
  }
}

template <Op kOp, Format format>
TESSERA_ALWAYS_INLINE void compute_fast(const ThreadedOp* op, std::uint32_t* x) {
  std::uint32_t c = 0;
  if constexpr (operands(format).reads_rs3) {
    c = x[op->registers.rs3];
  }
  x[op->rd] = semantics::result<kOp>(x[op->rs1], operand_b<format>(op, x), c, 0);
}

template <Op kOp, Format format>
TESSERA_ALWAYS_INLINE bool is_taken_fast(const ThreadedOp* op, const std::uint32_t* x) {
  if constexpr (operands(format).has_immediate) {
    return semantics::is_taken<kOp>(x[op->rs1], semantics::extend<std::int8_t>(op->rd));
  } else {
    return semantics::is_taken<kOp>(x[op->rs1], x[op->rd]);
  }
}

}  // namespace

/// False, and nothing done, when the access is misaligned or not to DMI memory.
template <Format format, typename Cell>
TESSERA_ALWAYS_INLINE bool Interpreter::Impl::load_fast(const ThreadedOp* op, std::uint32_t* x,
                                                        const DmiTable::Page* pages,
                                                        DirectAccess& done) {
  constexpr Operands kUsed = operands(format);
  const std::uint32_t base = x[op->rs1];
  const std::uint32_t sum = base + operand_b<format>(op, x);
  const std::uint32_t address = kUsed.writes_rs1 ? base : sum;
  const std::uint8_t* page = pages[address >> DmiTable::kPageBits].read;
  if (__builtin_expect(page == nullptr || (address | sum) % sizeof(Cell) != 0, false)) {
    return false;
  }
  Cell value;
  std::memcpy(&value, page + address % DmiTable::kPageBytes, sizeof value);
  done.access = {AccessKind::kLoad, sizeof(Cell), address, 0};
  if constexpr (kUsed.writes_rs1) {
    done.increment = {op->rs1, sum};
    x[kUsed.reads_rs2 ? op->registers.rs3 : op->registers.rs2] = sum;
  }
  x[op->rd] = static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
  return true;
}

/// As load_fast.
template <Format format, typename Cell>
TESSERA_ALWAYS_INLINE bool Interpreter::Impl::store_fast(const ThreadedOp* op, std::uint32_t* x,
                                                         const DmiTable::Page* pages,
                                                         DirectAccess& done) {
  constexpr Operands kUsed = operands(format);
  const std::uint32_t base = x[op->rs1];
  const std::uint32_t sum =
      base + (kUsed.has_immediate ? static_cast<std::uint32_t>(op->imm) : x[op->registers.rs3]);
  const std::uint32_t address = kUsed.writes_rs1 ? base : sum;
  std::uint8_t* page = pages[address >> DmiTable::kPageBits].write;
  if (__builtin_expect(page == nullptr || (address | sum) % sizeof(Cell) != 0, false)) {
    return false;
  }
  const auto value = static_cast<Cell>(x[op->registers.rs2]);
  std::memcpy(page + address % DmiTable::kPageBytes, &value, sizeof value);
  done.access = {AccessKind::kStore, sizeof(Cell), address,
                 static_cast<std::make_unsigned_t<Cell>>(value)};
  if constexpr (kUsed.writes_rs1) {
    done.increment = {op->rs1, sum};
    x[op->rd] = sum;
  }
  return true;
}

Interpreter::Impl::Told Interpreter::Impl::tell(const DirectAccess& done, std::uint32_t result,
                                                const CodePage& page, std::size_t index) {
  const std::int64_t charged = remaining_;
  hart_->pc = page.address_of(index);
  remaining_ += page.lengths[index];
  synchronise();
  const std::int64_t remaining = remaining_;
  report_direct({done.access.kind, done.access.bytes, done.access.address, done.access.data},
                result);
  if (is_told()) {
    tell_access(page, index, charged, done);
  }
  if (!stop_requested && remaining_ == remaining) {
    return Told::kGoesOn;
  }
  next_pc_ = hart_->pc + 4;
  extra_cycles_ = 0;
  retire();
  return Told::kInterrupted;
}

template <Format format, typename Cell>
Interpreter::Impl::Told Interpreter::Impl::load_told(const ThreadedOp* op, const CodePage& page) {
  std::uint32_t* const x = hart_->x.data();
  DirectAccess done;
  if (!is_observed() || !load_fast<format, Cell>(op, x, &dmi_.page_of(0), done)) {
    return Told::kNotDirect;
  }
  return tell(done, static_cast<std::make_unsigned_t<Cell>>(x[op->rd]), page,
              static_cast<std::size_t>(op - page.ops.data()));
}

template <Format format, typename Cell>
Interpreter::Impl::Told Interpreter::Impl::store_told(const ThreadedOp* op, const CodePage& page) {
  DirectAccess done;
  if (!is_observed() || !store_fast<format, Cell>(op, hart_->x.data(), &dmi_.page_of(0), done)) {
    return Told::kNotDirect;
  }
  return tell(done, 0, page, static_cast<std::size_t>(op - page.ops.data()));
}

const void* const* Interpreter::Impl::handlers() {
  const void* const* handlers = nullptr;
  execute<Telling::kNothing>(nullptr, &handlers);
  return handlers;
}

/// In the order that BlockLog asks for.
template <Format format>
TESSERA_ALWAYS_INLINE void Interpreter::Impl::note_load(BlockLog::Cursor& notes,
                                                        const ThreadedOp* op,
                                                        const std::uint32_t* x,
                                                        const DirectAccess& done) {
  const bool has_result = op->rd != HartState::kSink;
  if constexpr (operands(format).writes_rs1) {
    const bool has_increment = op->rs1 != 0 && op->rs1 != op->rd;
    const bool is_increment_first = has_increment && op->rs1 < op->rd;
    if (is_increment_first) {
      notes.put(done.increment.value);
    }
    if (has_result) {
      notes.put(x[op->rd]);
    }
    if (has_increment && !is_increment_first) {
      notes.put(done.increment.value);
    }
  } else if (has_result) {
    notes.put(x[op->rd]);
  }
  notes.put(done.access.address);
}

/// As note_load.
template <Format format, typename Cell>
TESSERA_ALWAYS_INLINE void Interpreter::Impl::note_store(BlockLog::Cursor& notes,
                                                         const ThreadedOp* op,
                                                         const DirectAccess& done) {
  if (operands(format).writes_rs1 && op->rs1 != 0) {
    notes.put(done.increment.value);
  }
  notes.put(done.access.address);
  notes.put(static_cast<std::make_unsigned_t<Cell>>(done.access.data));
}

#define TESSERA_INDEX() static_cast<std::size_t>(op - page->ops.data())
/// Runs the handler of `op`. The addresses in ops are of the loop that tells nobody.
// NOLINTBEGIN(bugprone-macro-parentheses): a statement
#define TESSERA_DISPATCH() \
  goto*(telling == Telling::kNothing ? op->handler : labels[page->handlers[TESSERA_INDEX()]])
// NOLINTEND(bugprone-macro-parentheses)
/// Notes a value of the instruction at `op`.
#define TESSERA_NOTE(value)                     \
  do {                                          \
    if constexpr (telling == Telling::kNoted) { \
      notes.put(value);                         \
    }                                           \
  } while (false)
/// Between these, somebody else may write to the log.
#define TESSERA_SAVE_NOTES()                    \
  do {                                          \
    if constexpr (telling == Telling::kNoted) { \
      log->cursor = notes;                      \
    }                                           \
  } while (false)
#define TESSERA_RESTORE_NOTES()                 \
  do {                                          \
    if constexpr (telling == Telling::kNoted) { \
      notes = log->cursor;                      \
    }                                           \
  } while (false)
#define TESSERA_TELL_RETIRED(next_pc)                                 \
  do {                                                                \
    if constexpr (telling == Telling::kEach) {                        \
      impl->tell_retired(*page, TESSERA_INDEX(), remaining, next_pc); \
    }                                                                 \
  } while (false)
/// Begins a run at `op`, where that needs help.
#define TESSERA_BEGIN_NOTED_RUN(count)                      \
  do {                                                      \
    if constexpr (telling == Telling::kNoted) {             \
      TESSERA_SAVE_NOTES();                                 \
      impl->begin_noted_run(*page, TESSERA_INDEX(), count); \
      TESSERA_RESTORE_NOTES();                              \
    }                                                       \
  } while (false)
/// Goes on behind an instruction that has been told.
#define TESSERA_NEXT_OP() \
  do {                    \
    ++op;                 \
    TESSERA_DISPATCH();   \
  } while (false)
#define TESSERA_NEXT()                                           \
  do {                                                           \
    TESSERA_TELL_RETIRED(page->address_of(TESSERA_INDEX() + 1)); \
    TESSERA_NEXT_OP();                                           \
  } while (false)
/// Charges the budget for the block at `op` and runs it, if the budget covers all of it.
#define TESSERA_ENTER_BLOCK(block_length)                                             \
  do {                                                                                \
    remaining -= (block_length);                                                      \
    if (__builtin_expect(remaining < 0, false))                                       \
      goto out_of_budget;                                                             \
    if constexpr (telling == Telling::kNoted) {                                       \
      const CodeBlock* const block = page->blocks[TESSERA_INDEX()];                   \
      if (__builtin_expect(block != nullptr && notes.has_room(block_length), true)) { \
        notes.begin_run(*block, page->address_of(TESSERA_INDEX()), block_length);     \
      } else {                                                                        \
        TESSERA_BEGIN_NOTED_RUN(block_length);                                        \
      }                                                                               \
    }                                                                                 \
    TESSERA_DISPATCH();                                                               \
  } while (false)
/// Goes on at the branch target that is `delta` ops from here.
#define TESSERA_BRANCH(delta, block_length)                                              \
  do {                                                                                   \
    const std::ptrdiff_t branch_delta = (delta);                                         \
    TESSERA_TELL_RETIRED(                                                                \
        page->target_address(TESSERA_INDEX() + static_cast<std::size_t>(branch_delta))); \
    op += branch_delta;                                                                  \
    TESSERA_ENTER_BLOCK(block_length);                                                   \
  } while (false)
/// A load or store. Where threaded code cannot do it without telling the memory probe, of which
/// there is none where instructions are noted, or at all: with help.
#define TESSERA_ACCESS(access, format, type, note)                  \
  do {                                                              \
    DirectAccess done;                                              \
    if (access##_fast<format, type>(op, x, pages, done)) {          \
      if constexpr (telling == Telling::kNoted) {                   \
        note;                                                       \
      } else if constexpr (telling == Telling::kEach) {             \
        impl->tell_access(*page, TESSERA_INDEX(), remaining, done); \
      }                                                             \
      TESSERA_NEXT_OP();                                            \
    }                                                               \
    if constexpr (telling == Telling::kNoted) {                     \
      goto slow;                                                    \
    }                                                               \
    impl->remaining_ = remaining;                                   \
    switch (impl->access##_told<format, type>(op, *page)) {         \
      case Told::kNotDirect:                                        \
        goto slow;                                                  \
      case Told::kGoesOn:                                           \
        break;                                                      \
      case Told::kInterrupted:                                      \
        goto interrupted;                                           \
    }                                                               \
    TESSERA_NEXT_OP();                                              \
  } while (false)

template <Interpreter::Impl::Telling telling>
StopReason Interpreter::Impl::execute(Impl* impl, const void* const** handlers) {
// clang-format off
#define TESSERA_ROW(op_name, ...) &&handle_##op_name,
#define TESSERA_SLOW_ROW(...) &&slow,
  static const void* const labels[kNumHandlers] = {
      &&slow,
      TESSERA_ISA_COMPUTE(TESSERA_ROW)
      TESSERA_ISA_BRANCH(TESSERA_ROW)
      TESSERA_ISA_LOAD(TESSERA_ROW)
      TESSERA_ISA_STORE(TESSERA_ROW)
      TESSERA_ISA_ATOMIC(TESSERA_SLOW_ROW)
      TESSERA_ISA_JUMP(TESSERA_ROW)
      TESSERA_ISA_OTHER(TESSERA_SLOW_ROW)
      TESSERA_ISA_FLOAT(TESSERA_SLOW_ROW)
      &&slow, &&nop, &&load_immediate, &&jump, &&add_to_sp, &&far_jump, &&stop, &&translate};
// clang-format on
#undef TESSERA_ROW
#undef TESSERA_SLOW_ROW
  if (impl == nullptr) {
    *handlers = labels;
    return StopReason::kBudget;
  }

  HartState* const hart = impl->hart_;
  std::uint32_t* const x = hart->x.data();
  const DmiTable::Page* const pages = &impl->direct_pages().page_of(0);
  CodePage* const* const code = impl->code_.pages();
  BlockLog* const log = impl->block_log_;
  BlockLog::Cursor notes;
  TESSERA_RESTORE_NOTES();
  std::int64_t remaining = impl->remaining_;
  std::uint32_t pc = hart->pc;
  CodePage* page = nullptr;
  const ThreadedOp* op = nullptr;

enter:  // at pc, with `remaining` exact
  page = code[CodeCache<CodePage>::page_number(pc)];
  if (__builtin_expect(page == nullptr || pc % 4 != 0 || remaining <= 0, false)) {
    goto enter_slowly;
  }
  op = &page->ops[pc / 4 % CodePage::kInstructions];
  TESSERA_ENTER_BLOCK(page->lengths[pc / 4 % CodePage::kInstructions]);

enter_slowly:
  TESSERA_SAVE_NOTES();
  hart->pc = pc;
  impl->remaining_ = remaining;
  if (remaining <= 0) {
    return StopReason::kBudget;
  }
  impl->prepare_fetch();
  TESSERA_RESTORE_NOTES();
  if (impl->stop_requested) {
    return StopReason::kStopRequested;
  }
  remaining = impl->remaining_;
  pc = hart->pc;
  goto enter;

out_of_budget : {  // inside the block at `op`, which has been charged
  const std::int64_t available = remaining + page->lengths[TESSERA_INDEX()];
  if (available <= 0) {
    TESSERA_SAVE_NOTES();
    hart->pc = page->address_of(TESSERA_INDEX());
    impl->remaining_ = available;
    return StopReason::kBudget;
  }
  const std::size_t index = TESSERA_INDEX();
  TESSERA_BEGIN_NOTED_RUN(static_cast<std::uint32_t>(available));
  impl->translator_.make_partial_block(*page, index, static_cast<std::size_t>(available),
                                       *impl->partial_block_);
  page = impl->partial_block_.get();
  op = &page->ops[index];
  remaining = 0;
  TESSERA_DISPATCH();
}

stop:
  TESSERA_SAVE_NOTES();
  hart->pc = page->address_of(TESSERA_INDEX());
  impl->remaining_ = remaining;
  return StopReason::kBudget;

translate : {
  const std::size_t index = TESSERA_INDEX();
  impl->translator_.translate(*code[CodeCache<CodePage>::page_number(page->base)], index);
  TESSERA_ENTER_BLOCK(page->lengths[index]);
}

slow : {
  if constexpr (telling == Telling::kNoted) {
    notes.shorten_run(page->lengths[TESSERA_INDEX()]);
  }
  TESSERA_SAVE_NOTES();
  impl->remaining_ = remaining;
  const std::optional<StopReason> reason = impl->step(*page, TESSERA_INDEX());
  if (reason) {
    return *reason;
  }
  TESSERA_RESTORE_NOTES();
  remaining = impl->remaining_;
  pc = hart->pc;
  goto enter;
}

interrupted:
  if (impl->stop_requested) {
    return StopReason::kStopRequested;
  }
  remaining = impl->remaining_;
  pc = hart->pc;
  goto enter;

far_jump:
  pc = static_cast<std::uint32_t>(op->imm);
  goto enter;

nop:
  TESSERA_NEXT();

load_immediate:
  x[op->rd] = static_cast<std::uint32_t>(op->imm);
  TESSERA_NOTE(x[op->rd]);
  TESSERA_NEXT();

add_to_sp : {
  const std::uint32_t value = x[op->rs1] + static_cast<std::uint32_t>(op->imm);
  if (static_cast<std::int32_t>(value) < static_cast<std::int32_t>(hart->stack_limit) &&
      hart->stack_limit != csr::kNoStackLimit) {
    goto slow;
  }
  x[kSp] = value;
  TESSERA_NOTE(value);
  TESSERA_NEXT();
}

jump : {
  const BranchTarget target = op->target;
  TESSERA_BRANCH(target.delta, target.length);
}

handle_kJal : {
  const BranchTarget target = op->target;
  x[op->rd] = page->base + op->link;
  TESSERA_NOTE(x[op->rd]);
  TESSERA_BRANCH(target.delta, target.length);
}

handle_kJalr:
  pc = (x[op->rs1] + static_cast<std::uint32_t>(op->imm)) & ~1u;
  x[op->rd] = page->base + op->link;
  if (op->rd != HartState::kSink) {
    TESSERA_NOTE(x[op->rd]);
  }
  TESSERA_TELL_RETIRED(pc);
  goto enter;

#define TESSERA_ROW(op_name, mnemonic, bits, format, ...)              \
  handle_##op_name : compute_fast<Op::op_name, Format::format>(op, x); \
  TESSERA_NOTE(x[op->rd]);                                             \
  TESSERA_NEXT();
  TESSERA_ISA_COMPUTE(TESSERA_ROW)
#undef TESSERA_ROW

#define TESSERA_ROW(op_name, mnemonic, bits, format, ...)    \
  handle_##op_name : {                                       \
    if (is_taken_fast<Op::op_name, Format::format>(op, x)) { \
      const BranchTarget target = op->target;                \
      TESSERA_BRANCH(target.delta, target.length);           \
    }                                                        \
    const std::uint16_t length = op->fall_length;            \
    TESSERA_BRANCH(1, length);                               \
  }
  TESSERA_ISA_BRANCH(TESSERA_ROW)
#undef TESSERA_ROW

#define TESSERA_ROW(op_name, mnemonic, bits, format, extension, type) \
  handle_##op_name                                                    \
      : TESSERA_ACCESS(load, Format::format, type, note_load<Format::format>(notes, op, x, done));
  TESSERA_ISA_LOAD(TESSERA_ROW)
#undef TESSERA_ROW

#define TESSERA_ROW(op_name, mnemonic, bits, format, extension, type) \
  handle_##op_name : TESSERA_ACCESS(store, Format::format, type,      \
                                    (note_store<Format::format, type>(notes, op, done)));
  TESSERA_ISA_STORE(TESSERA_ROW)
#undef TESSERA_ROW
}

template StopReason Interpreter::Impl::execute<Interpreter::Impl::Telling::kNothing>(
    Impl* impl, const void* const** handlers);
template StopReason Interpreter::Impl::execute<Interpreter::Impl::Telling::kNoted>(
    Impl* impl, const void* const** handlers);
template StopReason Interpreter::Impl::execute<Interpreter::Impl::Telling::kEach>(
    Impl* impl, const void* const** handlers);

}  // namespace tessera::isa
