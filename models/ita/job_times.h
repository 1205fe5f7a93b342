// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "models/base/units.h"
#include "models/ita/hardware.h"
#include "models/ita/timing.h"

namespace tessera::ita {

/// How long jobs take when nobody contends for the banks: functional timing. Measured with a
/// JobEngine of that hardware, so both timing modes agree.
/// With the default hardware: 307 cycles with output and bias, 306 without bias, 272 and 265
/// without output; 9 less for the last of a chain, 10 more for the first, 14 if it has no output.
/// Source: rtl_hwpe_cycles.csv, residual 0 in 16 runs; test ita_cycles.
class JobTimes {
 public:
  explicit JobTimes(const Hardware& hardware);
  /// One job, from the end of the one before it (or from its trigger, when the wrapper was idle) to
  /// its event.
  Cycles cycles(const JobKind& kind) const { return cycles_[index(kind)]; }

 private:
  static std::size_t index(const JobKind& kind) {
    return (kind.is_first ? 1u : 0u) | (kind.is_last ? 2u : 0u) | (kind.has_bias ? 4u : 0u) |
           (kind.has_output ? 8u : 0u);
  }
  std::array<Cycles, 16> cycles_{};
};

}  // namespace tessera::ita
