// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "models/base/guest_error.h"
#include "models/base/wake_up.h"

namespace tessera::test {

/// Keeps what models report.
struct GuestErrorRecorder : GuestErrorSink {
  void report(const GuestError& error) override { errors.push_back(error); }
  std::vector<GuestError> errors;
};

/// Keeps wake-up pulses.
struct WakeUpRecorder : WakeUpTarget {
  struct Pulse {
    std::uint32_t hart;
    Cycles cycle;
  };
  explicit WakeUpRecorder(std::uint32_t harts) : num_harts_(harts) {}
  std::uint32_t num_harts() const override { return num_harts_; }
  void wake_up(std::uint32_t hart, Cycles cycle) override { pulses.push_back({hart, cycle}); }

  std::vector<Pulse> pulses;

 private:
  std::uint32_t num_harts_;
};

}  // namespace tessera::test
