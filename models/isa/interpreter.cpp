// SPDX-License-Identifier: Apache-2.0
#include "models/isa/interpreter.h"

#include <algorithm>

#include "models/isa/hart_effects.h"
#include "models/isa/interpreter_impl.h"

namespace tessera::isa {

/// Budgets beyond this never end; keeps the arithmetic on cycles free of overflow.
constexpr Cycles kMaxBudget = Cycles{1} << 62;
constexpr std::size_t kMaxNotedInstructions = std::size_t{1} << 20;

Interpreter::Impl::Impl(const IsaConfig& config, DmiTable& dmi, HartEnvironment& environment,
                        const Observers& observers)
    : config_(config),
      dmi_(dmi),
      environment_(environment),
      observers_(observers),
      translator_(config, handlers()),
      code_(dmi, DmiTable::kHoldsCode),
      partial_block_(std::make_unique<CodePage>(0, nullptr)) {}

StopReason Interpreter::Impl::run(HartState& hart, Cycles budget) {
  hart_ = &hart;
  remaining_ = static_cast<std::int64_t>(std::min(budget, kMaxBudget));
  deadline_ = hart.cycle + static_cast<Cycles>(remaining_);
  not_retired_ = hart.cycle - hart.instructions;
  look_for_observers();
  look_for_block_log();
  const StopReason reason = stop_requested ? StopReason::kStopRequested
                            : is_noted()   ? execute<Telling::kNoted>(this, nullptr)
                            : is_told()    ? execute<Telling::kEach>(this, nullptr)
                                           : execute<Telling::kNothing>(this, nullptr);
  synchronise();
  hart_ = nullptr;
  return reason;
}

void Interpreter::Impl::look_for_observers() {
  HartProbe* const probe = observers_.harts();
  is_told_ = probe != nullptr && probe->watches(hart_->hart_id, hart_->cycle, deadline_);
  is_observed_ = is_told_ || observers_.memory() != nullptr || observers_.sync() != nullptr;
  if (observers_.memory() != nullptr && no_pages_ == nullptr) {
    no_pages_ = std::make_unique<DmiTable>();
  }
}

void Interpreter::Impl::look_for_block_log() {
  note_taker_ = observers_.harts();
  // A memory probe wants each access as it happens. Code that changes all the time shall not fill
  // the memory with blocks.
  const bool may_be_noted =
      is_told_ && observers_.memory() == nullptr && num_noted_ < kMaxNotedInstructions;
  block_log_ =
      may_be_noted ? note_taker_->block_log(hart_->hart_id, hart_->cycle, deadline_) : nullptr;
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
  synchronise();
  const std::uint8_t* bytes = fetch_page(*hart_, environment_, dmi_);
  if (bytes == nullptr) {
    if (HartProbe* probe = observers_.harts()) {
      probe->trapped(hart_->hart_id, hart_->pc, config_.trap_address, hart_->cycle);
    }
    next_pc_ = config_.trap_address;
    extra_cycles_ = 0;
    retire();
    return;
  }
  translator_.clear(code_.add(hart_->pc, bytes));
}

void Interpreter::Impl::watch_pc(std::uint32_t address, bool is_watched) {
  translator_.watch_pc(address, is_watched);
  code_.forget(address);
}

Interpreter::Interpreter(const IsaConfig& config, DmiTable& dmi, HartEnvironment& environment,
                         const Observers& observers)
    : impl_(std::make_unique<Impl>(config, dmi, environment, observers)) {}
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
void Interpreter::watch_pc(std::uint32_t address, bool is_watched) {
  impl_->watch_pc(address, is_watched);
}
bool Interpreter::is_watched(std::uint32_t address) const {
  return impl_->is_watched(address);
}
bool Interpreter::has_code(std::uint32_t address) const {
  return impl_->has_code(address);
}

}  // namespace tessera::isa
