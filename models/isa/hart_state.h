// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/base/units.h"

namespace tessera {

enum class HartActivity : std::uint8_t {
  kRunning,
  kAsleep,   ///< in wfi, waiting for a wake-up pulse
  kBlocked,  ///< waiting for an access whose answer is pending
};

/// Architectural state of one hart: a plain struct that both timing modes, the debugger and a
/// checkpoint share. No pointers.
struct HartState {
  /// x[0] is always 0; x[kSink] takes what instructions write to x0.
  static constexpr unsigned kSink = 32;
  std::array<std::uint32_t, 33> x{};
  std::uint32_t pc = 0;
  std::uint32_t hart_id = 0;
  std::uint32_t trace = 0;                     ///< CSR 0x7D0
  std::uint32_t stack_limit = 0xFFFFFFFFu;     ///< CSR 0x7D1
  HartActivity activity = HartActivity::kRunning;
  std::uint8_t wake_up_tokens = 0;             ///< pulses received while awake, 3 bits
  Cycles cycle = 0;                            ///< local time, also CSR mcycle
  std::uint64_t instructions = 0;              ///< retired, also CSR minstret
  Cycles asleep_cycles = 0;                    ///< total spent in wfi
  std::uint64_t traps = 0;                     ///< jumps to the boot address
};

}  // namespace tessera
