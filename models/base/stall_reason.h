// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace tessera {

/// Why an awake hart did not issue in a cycle; one reason per cycle. Cycle timing only.
/// Source: snitch.sv, `stall` and what it is made of.
enum class StallReason : std::uint8_t {
  kFetch,        ///< the instruction is not in the L0 cache
  kOperand,      ///< a source register waits for a load or an offloaded result
  kDestination,  ///< the destination does, and no source
  kLoadStore,    ///< the load/store unit's front register is occupied
  kOffload,      ///< the offload unit's request register is full
  kFence,        ///< a fence waits for outstanding accesses
  kModeSwitch,   ///< none of the hardware's: issue is withheld until the pipeline is empty
  kCount
};
constexpr std::size_t kNumStallReasons = static_cast<std::size_t>(StallReason::kCount);
/// Lower-case name, as in statistics: "fetch", "operand", ...
const char* to_string(StallReason reason);

}  // namespace tessera
