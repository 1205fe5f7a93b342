// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/launch_registers.h"

#include <algorithm>
#include <utility>

namespace tessera {

LaunchRegisters::LaunchRegisters(std::vector<LaunchRules> rules) {
  for (LaunchRules& one : rules) {
    devices_.push_back({std::move(one), {}, 0});
  }
}

bool LaunchRegisters::accessed(const MemoryAccess& access) {
  for (Device& device : devices_) {
    if (!device.rules.registers.contains(access.address)) {
      continue;
    }
    const std::uint32_t offset = access.address - device.rules.registers.base;
    if (!access.writes()) {
      // What refuses a set gives a negative number.
      if (device.rules.set_register == offset && access.result >> 31 == 0) {
        device.current = access.result;
      }
    } else if (device.rules.clear_register == offset) {
      device.sets.clear();
    } else {
      Set& set = device.sets[device.current];
      set.written[offset] = true;
      set.mode = device.rules.mode_register == offset ? access.data : set.mode;
      const auto& needed = device.rules.needed;
      return std::any_of(needed.begin(), needed.end(),
                         [offset](const auto& one) { return one.offset == offset; });
    }
  }
  return false;
}

std::vector<AddressRange> LaunchRegisters::ranges() const {
  std::vector<AddressRange> ranges;
  for (const Device& device : devices_) {
    ranges.push_back(device.rules.registers);
  }
  return ranges;
}

std::optional<LaunchRegisters::Stale> LaunchRegisters::launched(AgentId agent,
                                                                std::uint64_t number) {
  std::optional<Stale> stale;
  for (Device& device : devices_) {
    if (device.rules.device != agent) {
      continue;
    }
    Set& set = device.sets[device.current];
    for (const LaunchRules::Register& one : device.rules.needed) {
      const auto written = set.written.find(one.offset);
      const bool is_known = written != set.written.end();
      if (!stale && (set.mode & one.not_with) == 0 &&
          (!is_known || (one.is_of_launch && !written->second))) {
        stale = Stale{one.name, is_known ? set.former : std::nullopt};
      }
    }
    for (auto& [offset, is_new] : set.written) {
      is_new = false;
    }
    set.former = number;
  }
  return stale;
}

}  // namespace tessera
