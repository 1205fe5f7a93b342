// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "models/base/stall_reason.h"
#include "models/base/units.h"

namespace tessera {

enum class HartActivity : std::uint8_t {
  kRunning,
  kAsleep,   ///< in wfi, waiting for a wake-up pulse
  kBlocked,  ///< waiting for an access whose answer is pending
  kEnded,    ///< has ended its program; nothing wakes it
};
constexpr const char* to_string(HartActivity activity) {
  switch (activity) {
    case HartActivity::kRunning:
      return "running";
    case HartActivity::kAsleep:
      return "asleep";
    case HartActivity::kBlocked:
      return "blocked";
    case HartActivity::kEnded:
      return "ended";
  }
  return "";
}

/// Wake-up pulses that a hart received while awake: the 3-bit counter of snitch.sv, and when each
/// pulse left its source. A hart that runs behind the sender must not leave wfi before that.
struct WakeUpTokens {
  static constexpr std::uint8_t kMax = 7;
  std::uint8_t count = 0;
  std::array<Cycles, kMax> cycles{};  ///< of the first `count` pulses, earliest first

  /// REQUIRES: count < kMax.
  void add(Cycles cycle) {
    std::uint8_t place = count++;
    for (; place > 0 && cycles[place - 1u] > cycle; --place) {
      cycles[place] = cycles[place - 1u];
    }
    cycles[place] = cycle;
  }
  /// Takes the earliest. REQUIRES: count > 0.
  Cycles take() {
    const Cycles earliest = cycles[0];
    --count;
    for (std::uint8_t place = 0; place < count; ++place) {
      cycles[place] = cycles[place + 1u];
    }
    return earliest;
  }
};

/// Architectural state of one hart: a plain struct that both timing modes, the debugger and a
/// checkpoint share. No pointers.
struct HartState {
  /// x[0] is always 0; x[kSink] takes what instructions write to x0.
  static constexpr unsigned kSink = 32;
  std::array<std::uint32_t, 33> x{};
  std::uint32_t pc = 0;
  std::uint64_t instructions = 0;  ///< retired, also CSR minstret
  Cycles cycle = 0;                ///< local time, also CSR mcycle
  std::uint32_t hart_id = 0;
  std::uint32_t trace = 0;                  ///< CSR 0x7D0
  std::uint32_t stack_limit = 0xFFFFFFFFu;  ///< CSR 0x7D1
  HartActivity activity = HartActivity::kRunning;
  WakeUpTokens wake_up_tokens{};
  Cycles asleep_cycles = 0;                               ///< total spent in wfi
  Cycles asleep_since = 0;                                ///< kAsleep: first cycle of this sleep
  std::uint64_t traps = 0;                                ///< jumps to the boot address
  std::array<Cycles, kNumStallReasons> stalled_cycles{};  ///< by StallReason

  Cycles& stalled(StallReason reason) { return stalled_cycles[static_cast<std::size_t>(reason)]; }
  Cycles stalled(StallReason reason) const {
    return stalled_cycles[static_cast<std::size_t>(reason)];
  }
};

}  // namespace tessera
