// SPDX-License-Identifier: Apache-2.0
// What a debugger sees and does.
#include "models/core/cluster.h"
#include "models/isa/csr.h"
#include "models/isa/hart_effects.h"

namespace tessera {

void Cluster::watch_pc(std::uint32_t address, bool is_watched) {
  if (is_watched) {
    watched_by_watcher_.insert(address);
  } else {
    watched_by_watcher_.erase(address);
  }
  const bool is_wanted = is_watched || watched_pcs_.count(address) != 0;
  for_each_engine([&](HartEngine& engine) { engine.watch_pc(address, is_wanted); });
}

void Cluster::step_hart(std::uint32_t hart, bool is_stepped) {
  if (is_stepped) {
    stepped_.insert(hart);
  } else {
    stepped_.erase(hart);
  }
  for_each_engine([&](HartEngine& engine) { engine.step_hart(hart, is_stepped); });
}

void Cluster::hold_hart(std::uint32_t hart, bool is_held) {
  if (is_held) {
    held_.insert(hart);
  } else {
    held_.erase(hart);
  }
  for_each_engine([&](HartEngine& engine) { engine.hold_hart(hart, is_held, now()); });
}

std::string Cluster::hart_activity(std::uint32_t hart) const {
  return to_string(harts_[hart].activity);
}

std::optional<std::uint32_t> Cluster::register_value(std::uint32_t hart,
                                                     std::uint32_t index) const {
  return engine_->register_value(hart, index);
}

bool Cluster::set_register(std::uint32_t hart, std::uint32_t index, std::uint32_t value) {
  const bool can_change = index != 0 && !engine_->is_register_busy(hart, index);
  if (can_change) {
    harts_[hart].x[index] = value;
  }
  return can_change;
}

const std::vector<CsrDescription>& Cluster::csrs() const {
  static const std::vector<CsrDescription> all{
      {isa::csr::kFflags, "fflags"},
      {isa::csr::kFrm, "frm"},
      {isa::csr::kFcsr, "fcsr"},
      {isa::csr::kTrace, "trace"},
      {isa::csr::kStackLimit, "stacklimit"},
      {isa::csr::kMcycle, "mcycle"},
      {isa::csr::kMinstret, "minstret"},
      {isa::csr::kMhpmcounter3, "mhpmcounter3"},
      {isa::csr::kMhpmcounter4, "mhpmcounter4"},
      {isa::csr::kMhpmcounter5, "mhpmcounter5"},
      {isa::csr::kMcycleh, "mcycleh"},
      {isa::csr::kMinstreth, "minstreth"},
      {isa::csr::kMhartid, "mhartid"},
  };
  return all;
}

std::optional<std::uint32_t> Cluster::csr(std::uint32_t hart, std::uint32_t number) {
  sync();
  return isa::read_csr(harts_[hart], number);
}

bool Cluster::set_csr(std::uint32_t hart, std::uint32_t number, std::uint32_t value) {
  return isa::write_csr(harts_[hart], *this, number, value);
}

}  // namespace tessera
