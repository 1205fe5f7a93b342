// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/late_wake_ups.h"

namespace tessera {

LateWakeUps::LateWakeUps(const std::vector<WakeRegister>& registers) {
  for (const WakeRegister& one : registers) {
    targets_[one.address] = {one.device, std::nullopt};
  }
}

void LateWakeUps::register_accessed(const MemoryAccess& access, const ShadowAccess& shadow,
                                    const VectorClock& known, const DeviceOrder& devices) {
  synchronised(access.agent);
  const auto target = targets_.find(access.address);
  if (target == targets_.end() || !access.writes()) {
    return;
  }
  const bool is_new = target->second.hart != access.data;
  target->second.hart = access.data;
  const AgentId device = target->second.device;
  const DeviceOrder::Launch* const launch = devices.last_launch(device);
  if (is_new && access.data == access.agent && launch != nullptr &&
      launch->cause.agent == access.agent && launch->activity.number >= known[device].all) {
    late_[access.agent] = {launch->activity, shadow, false};
  }
}

void LateWakeUps::sent(AgentId hart, AgentId device, const DeviceOrder& devices) {
  const auto late = late_.find(hart);
  if (late == late_.end() || late->second.activity.agent != device) {
    return;
  }
  const DeviceOrder::Launch* const launch = devices.last_launch(device);
  late->second.is_woken |=
      launch != nullptr && launch->activity.number == late->second.activity.number;
}

std::optional<LateWakeUps::Late> LateWakeUps::taken(AgentId hart) {
  const auto found = late_.find(hart);
  if (found == late_.end()) {
    return std::nullopt;
  }
  const Late late = found->second;
  late_.erase(found);
  return late.is_woken ? std::optional<Late>(late) : std::nullopt;
}

}  // namespace tessera
