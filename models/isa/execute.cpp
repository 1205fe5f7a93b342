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
  execute<false>(nullptr, &handlers);
  return handlers;
}

#define TESSERA_INDEX() static_cast<std::size_t>(op - page->ops.data())
/// Runs the handler of `op`. The addresses in ops are of the loop that tells nobody.
// NOLINTNEXTLINE(bugprone-macro-parentheses): a statement
#define TESSERA_DISPATCH() goto*(is_told ? labels[page->handlers[TESSERA_INDEX()]] : op->handler)
#define TESSERA_TELL_RETIRED(next_pc)                                 \
  do {                                                                \
    if constexpr (is_told) {                                          \
      impl->tell_retired(*page, TESSERA_INDEX(), remaining, next_pc); \
    }                                                                 \
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
#define TESSERA_ENTER_BLOCK(block_length)       \
  do {                                          \
    remaining -= (block_length);                \
    if (__builtin_expect(remaining < 0, false)) \
      goto out_of_budget;                       \
    TESSERA_DISPATCH();                         \
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
/// A load or store. Where threaded code cannot do it without telling the memory probe, or at all:
/// with help.
#define TESSERA_ACCESS(access, format, type)                        \
  do {                                                              \
    DirectAccess done;                                              \
    if (access##_fast<format, type>(op, x, pages, done)) {          \
      if constexpr (is_told) {                                      \
        impl->tell_access(*page, TESSERA_INDEX(), remaining, done); \
      }                                                             \
      TESSERA_NEXT_OP();                                            \
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

template <bool is_told>
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
  std::int64_t remaining = impl->remaining_;
  std::uint32_t pc = hart->pc;
  const CodePage* page = nullptr;
  const ThreadedOp* op = nullptr;

enter:  // at pc, with `remaining` exact
  page = code[CodeCache<CodePage>::page_number(pc)];
  if (__builtin_expect(page == nullptr || pc % 4 != 0 || remaining <= 0, false)) {
    goto enter_slowly;
  }
  op = &page->ops[pc / 4 % CodePage::kInstructions];
  TESSERA_ENTER_BLOCK(page->lengths[pc / 4 % CodePage::kInstructions]);

enter_slowly:
  hart->pc = pc;
  impl->remaining_ = remaining;
  if (remaining <= 0) {
    return StopReason::kBudget;
  }
  impl->prepare_fetch();
  if (impl->stop_requested) {
    return StopReason::kStopRequested;
  }
  remaining = impl->remaining_;
  pc = hart->pc;
  goto enter;

out_of_budget : {  // inside the block at `op`, which has been charged
  const std::int64_t available = remaining + page->lengths[TESSERA_INDEX()];
  if (available <= 0) {
    hart->pc = page->address_of(TESSERA_INDEX());
    impl->remaining_ = available;
    return StopReason::kBudget;
  }
  const std::size_t index = TESSERA_INDEX();
  impl->translator_.make_partial_block(*page, index, static_cast<std::size_t>(available),
                                       *impl->partial_block_);
  page = impl->partial_block_.get();
  op = &page->ops[index];
  remaining = 0;
  TESSERA_DISPATCH();
}

stop:
  hart->pc = page->address_of(TESSERA_INDEX());
  impl->remaining_ = remaining;
  return StopReason::kBudget;

translate : {
  const std::size_t index = TESSERA_INDEX();
  impl->translator_.translate(*code[CodeCache<CodePage>::page_number(page->base)], index);
  TESSERA_ENTER_BLOCK(page->lengths[index]);
}

slow : {
  impl->remaining_ = remaining;
  const std::optional<StopReason> reason = impl->step(*page, TESSERA_INDEX());
  if (reason) {
    return *reason;
  }
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
  TESSERA_NEXT();

add_to_sp : {
  const std::uint32_t value = x[op->rs1] + static_cast<std::uint32_t>(op->imm);
  if (static_cast<std::int32_t>(value) < static_cast<std::int32_t>(hart->stack_limit) &&
      hart->stack_limit != csr::kNoStackLimit) {
    goto slow;
  }
  x[kSp] = value;
  TESSERA_NEXT();
}

jump : {
  const BranchTarget target = op->target;
  TESSERA_BRANCH(target.delta, target.length);
}

handle_kJal : {
  const BranchTarget target = op->target;
  x[op->rd] = page->base + op->link;
  TESSERA_BRANCH(target.delta, target.length);
}

handle_kJalr:
  pc = (x[op->rs1] + static_cast<std::uint32_t>(op->imm)) & ~1u;
  x[op->rd] = page->base + op->link;
  TESSERA_TELL_RETIRED(pc);
  goto enter;

#define TESSERA_ROW(op_name, mnemonic, bits, format, ...)              \
  handle_##op_name : compute_fast<Op::op_name, Format::format>(op, x); \
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
  handle_##op_name : TESSERA_ACCESS(load, Format::format, type);
  TESSERA_ISA_LOAD(TESSERA_ROW)
#undef TESSERA_ROW

#define TESSERA_ROW(op_name, mnemonic, bits, format, extension, type) \
  handle_##op_name : TESSERA_ACCESS(store, Format::format, type);
  TESSERA_ISA_STORE(TESSERA_ROW)
#undef TESSERA_ROW
}

template StopReason Interpreter::Impl::execute<false>(Impl* impl, const void* const** handlers);
template StopReason Interpreter::Impl::execute<true>(Impl* impl, const void* const** handlers);

}  // namespace tessera::isa
