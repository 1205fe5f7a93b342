// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <systemc>

#include "models/base/units.h"

namespace tessera {

/// Models count integer cycles; sc_time appears only where a model meets the kernel.
class ClockDomain {
 public:
  /// `clock_khz` divides 10^9 ps/ms exactly or the period is rounded to whole picoseconds.
  explicit ClockDomain(std::uint64_t clock_khz)
      : period_ps_(1'000'000'000 / clock_khz),
        period_(static_cast<double>(period_ps_), sc_core::SC_PS) {}

  std::uint64_t period_ps() const { return period_ps_; }
  sc_core::sc_time time(Cycles cycles) const {
    return sc_core::sc_time::from_value(cycles * period_.value());
  }
  /// Whole cycles that have begun by `time`.
  Cycles cycles(const sc_core::sc_time& time) const { return time.value() / period_.value(); }
  Cycles now() const { return cycles(sc_core::sc_time_stamp()); }

 private:
  std::uint64_t period_ps_;
  sc_core::sc_time period_;
};

}  // namespace tessera
