// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "models/base/probe.h"
#include "platform/observe/checker/device_order.h"
#include "platform/observe/checker/shadow_memory.h"
#include "platform/observe/checker/vector_clock.h"

namespace tessera {

/// A register of a device that says which hart it wakes.
struct WakeRegister {
  AgentId device;
  std::uint32_t address;
};

/// Finds harts that sleep until a device is done which they have told too late to wake them: had
/// the device been faster, nobody would have got its pulse. Only what a hart does all by itself is
/// looked at, so that the pulse must be what it waits for: it launches, then writes its number, and
/// sleeps before it looks at any register or synchronises.
class LateWakeUps {
 public:
  explicit LateWakeUps(const std::vector<WakeRegister>& registers);

  struct Late {
    Activity activity;   ///< the last that the hart had launched
    ShadowAccess write;  ///< of the register
    bool is_woken = false;
  };
  /// A hart accesses a register of any device. `known`: by the hart.
  void register_accessed(const MemoryAccess& access, const ShadowAccess& shadow,
                         const VectorClock& known, const DeviceOrder& devices);
  void synchronised(AgentId hart) {
    if (!late_.empty()) {
      late_.erase(hart);
    }
  }
  /// A pulse of `device`.
  void sent(AgentId hart, AgentId device, const DeviceOrder& devices);
  /// The hart has slept, or needs not. Returns what it waited for in vain but for luck.
  std::optional<Late> taken(AgentId hart);

 private:
  struct Target {
    AgentId device;
    std::optional<std::uint32_t> hart;  ///< as it was written last
  };
  std::map<std::uint32_t, Target> targets_;  ///< by address of the register
  std::map<AgentId, Late> late_;             ///< by hart
};

}  // namespace tessera
