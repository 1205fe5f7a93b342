// SPDX-License-Identifier: Apache-2.0
#include "models/isa/interpreter.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/isa/interpreter_impl.h"

namespace tessera::isa {

/// Budgets beyond this never end; keeps the arithmetic on cycles free of overflow.
constexpr Cycles kMaxBudget = Cycles{1} << 62;

Interpreter::Impl::Impl(const IsaConfig& config, DmiTable& dmi, HartEnvironment& environment)
    : config_(config),
      dmi_(dmi),
      environment_(environment),
      translator_(config, handlers()),
      code_(static_cast<CodePage**>(std::calloc(DmiTable::kNumPages, sizeof(void*)))),
      partial_block_(std::make_unique<CodePage>(0, nullptr)) {}

Interpreter::Impl::~Impl() {
  while (!pages_.empty()) {
    forget_page(pages_.begin()->first);
  }
}

StopReason Interpreter::Impl::run(HartState& hart, Cycles budget) {
  hart_ = &hart;
  remaining_ = static_cast<std::int64_t>(std::min(budget, kMaxBudget));
  deadline_ = hart.cycle + static_cast<Cycles>(remaining_);
  not_retired_ = hart.cycle - hart.instructions;
  const StopReason reason = stop_requested ? StopReason::kStopRequested : execute(this, nullptr);
  synchronise();
  hart_ = nullptr;
  return reason;
}

void Interpreter::Impl::synchronise() {
  hart_->cycle = deadline_ - static_cast<Cycles>(remaining_);
  hart_->instructions = hart_->cycle - not_retired_;
}

void Interpreter::Impl::limit_run_to(Cycles cycle) {
  if (hart_ == nullptr) {
    return;
  }
  const Cycles deadline = std::max(cycle, deadline_ - static_cast<Cycles>(remaining_));
  if (deadline < deadline_) {
    remaining_ -= static_cast<std::int64_t>(deadline_ - deadline);
    deadline_ = deadline;
  }
}

void Interpreter::Impl::prepare_fetch() {
  const std::uint32_t pc = hart_->pc;
  synchronise();
  extra_cycles_ = 0;
  if (pc % 4 != 0) {
    trap(GuestErrorKind::kMisalignedAccess, pc, fmt::format("jump to misaligned 0x{:08x}", pc));
    retire();
    return;
  }
  const std::uint8_t* bytes = dmi_.page_of(pc).read;
  if (bytes == nullptr) {
    trap(GuestErrorKind::kUnmappedAccess, pc,
         fmt::format("instruction fetch from 0x{:08x}, which is no memory", pc));
    retire();
    return;
  }
  const std::uint32_t number = page_number(pc);
  auto page = std::make_unique<CodePage>(number << DmiTable::kPageBits, bytes);
  translator_.clear(*page);
  code_.get()[number] = page.get();
  pages_[number] = std::move(page);
  dmi_.revoke_write(pc, DmiTable::kHoldsCode);
}

void Interpreter::Impl::invalidate_code(std::uint32_t address, std::uint32_t bytes) {
  const std::uint64_t end = std::uint64_t{address} + bytes;
  std::uint64_t next = address;
  for (std::uint64_t start = address; start < end; start = next) {
    next = (start | (DmiTable::kPageBytes - 1)) + 1;
    const std::uint32_t number = page_number(static_cast<std::uint32_t>(start));
    const CodePage* page = code_.get()[number];
    if (page == nullptr) {
      continue;
    }
    const auto first = page->lengths.begin() + (start - page->base) / 4;
    const auto last = page->lengths.begin() + (std::min(end, next) - page->base + 3) / 4;
    if (std::any_of(first, last, [](std::uint16_t length) { return length != 0; })) {
      forget_page(number);
    }
  }
}

void Interpreter::Impl::watch_pc(std::uint32_t address) {
  translator_.watch_pc(address);
  if (has_code(address)) {
    forget_page(page_number(address));
  }
}

void Interpreter::Impl::forget_page(std::uint32_t number) {
  code_.get()[number] = nullptr;
  pages_.erase(number);
  dmi_.restore_write(number << DmiTable::kPageBits, DmiTable::kHoldsCode);
}

Interpreter::Interpreter(const IsaConfig& config, DmiTable& dmi, HartEnvironment& environment)
    : impl_(std::make_unique<Impl>(config, dmi, environment)) {}
Interpreter::~Interpreter() = default;

StopReason Interpreter::run(HartState& hart, Cycles budget) {
  return impl_->run(hart, budget);
}
void Interpreter::request_stop() {
  impl_->stop_requested = true;
}
void Interpreter::clear_stop_request() {
  impl_->stop_requested = false;
}
void Interpreter::limit_run_to(Cycles cycle) {
  impl_->limit_run_to(cycle);
}
void Interpreter::invalidate_code(std::uint32_t address, std::uint32_t bytes) {
  impl_->invalidate_code(address, bytes);
}
void Interpreter::watch_pc(std::uint32_t address) {
  impl_->watch_pc(address);
}
bool Interpreter::has_code(std::uint32_t address) const {
  return impl_->has_code(address);
}

}  // namespace tessera::isa
