// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/device_order.h"

#include <algorithm>

namespace tessera {

namespace {

/// Of the attention engine, the second where instructions are pushed; and of ITAs.
constexpr const char* kDescriptor = "descriptor";
constexpr const char* kChain = "chain";
constexpr const char* kJob = "job";

/// Of the DMA.
bool is_transfer(const std::string& kind) {
  return kind == "transfer";
}

}  // namespace

DeviceOrder::DeviceOrder(const Observers& observers, std::uint32_t num_harts)
    : observers_(observers),
      num_harts_(num_harts),
      num_agents_(static_cast<AgentId>(observers.num_agents())) {}

bool DeviceOrder::is_part(AgentId agent, AgentId device) const {
  const std::string whole = observers_.agent_name(device) + ".";
  return observers_.agent_name(agent).compare(0, whole.size(), whole) == 0;
}

AgentId DeviceOrder::device_of(AgentId agent) {
  if (agent == kNobody) {
    return agent;
  }
  if (agent >= wholes_.size()) {
    wholes_.resize(agent + 1, kNobody);
  }
  AgentId& device = wholes_[agent];
  if (device == kNobody) {
    device = agent;
    for (AgentId other = num_harts_; other < num_agents_; ++other) {
      if (is_part(agent, other) && num_launched(agent) == 0) {
        device = other;
      }
    }
  }
  return device;
}

void DeviceOrder::launched(const Launch& launch, const VectorClock& known) {
  const Activity& activity = launch.activity;
  Device& device = devices_[activity.agent];
  device.kind = activity.kind;
  device.num_launched = static_cast<std::uint32_t>(activity.number + 1);
  if (device.ended.num_agents() == 0) {
    device.ended = VectorClock(num_agents_);
  }
  Running& running = device.running[activity.number];
  running = {known, launch.cause.agent, launch.launcher_clock};
  // What is launched waits for what was launched before at a part of the device: a descriptor for
  // instructions. It is not so the other way round.
  for (AgentId part = num_harts_; part < num_agents_; ++part) {
    const std::uint32_t count = num_launched(part);
    if (count > known[part].all && is_part(part, activity.agent)) {
      running.known[part] = Told::of_both(count);
    }
  }
  // Transfers of the DMA overlap: which of two that wait at the same time comes first is open. All
  // other devices do one thing after the other.
  if (!is_transfer(activity.kind)) {
    running.known[activity.agent] = Told::of_both(static_cast<std::uint32_t>(activity.number));
  }
  // Software may take back what has not begun.
  while (!device.launches.empty() && device.launches.back().activity.number >= activity.number) {
    device.launches.pop_back();
  }
  device.launches.push_back(launch);
  if (device.launches.size() > kMaxLaunches) {
    device.launches.pop_front();
  }
}

std::vector<const DeviceOrder::Launch*> DeviceOrder::unknown_ends(const VectorClock& known) const {
  std::vector<const Launch*> unknown;
  for (const auto& [agent, device] : devices_) {
    for (const Launch& launch : device.launches) {
      if (launch.activity.number >= known[agent].all) {
        unknown.push_back(&launch);
      }
    }
  }
  return unknown;
}

std::uint32_t DeviceOrder::num_launched(AgentId agent) const {
  const Device* const device = find(agent);
  return device == nullptr ? 0 : device->num_launched;
}

bool DeviceOrder::shares_work() const {
  const auto has = [this](const char* kind) {
    return std::any_of(devices_.begin(), devices_.end(),
                       [kind](const auto& device) { return device.second.kind == kind; });
  };
  return (has(kDescriptor) || has(kChain)) && has(kJob);
}

bool DeviceOrder::moves_data(AgentId agent) const {
  const Device* const device = find(agent);
  return device != nullptr && is_transfer(device->kind);
}

void DeviceOrder::ends(const Activity& activity) {
  Device* const device = device_that_ran(activity);
  if (device == nullptr) {
    return;
  }
  const auto end = device->running.upper_bound(activity.number);
  for (auto it = device->running.begin(); it != end; it = device->running.erase(it)) {
    const Running& one = it->second;
    device->ended.join(one.known);
    // By now the launcher's stores have arrived, fence or not.
    Told& launcher = device->ended[one.launcher];
    launcher.stores = std::max(launcher.stores, one.launcher_clock);
  }
  device->num_ended = activity.number + 1;
  device->ended[activity.agent] = Told::of_both(static_cast<std::uint32_t>(device->num_ended));
}

const VectorClock* DeviceOrder::known_by(AgentId agent, std::uint64_t number) const {
  const Device* const device = find(agent);
  if (device == nullptr) {
    return nullptr;
  }
  const auto it = device->running.find(number);
  return it == device->running.end() ? nullptr : &it->second.known;
}

void DeviceOrder::meet_running(VectorClock& known) const {
  for (const auto& [agent, device] : devices_) {
    for (const auto& [number, running] : device.running) {
      known.meet(running.known);
    }
  }
}

const VectorClock* DeviceOrder::known_by_ended(AgentId agent) const {
  const Device* const device = find(agent);
  return device == nullptr || device->num_ended == 0 ? nullptr : &device->ended;
}

const DeviceOrder::Launch* DeviceOrder::launch(AgentId agent, std::uint64_t number) const {
  const Device* const device = find(agent);
  if (device == nullptr) {
    return nullptr;
  }
  const auto it = std::lower_bound(
      device->launches.begin(), device->launches.end(), number,
      [](const Launch& launch, std::uint64_t wanted) { return launch.activity.number < wanted; });
  return it != device->launches.end() && it->activity.number == number ? &*it : nullptr;
}

const DeviceOrder::Launch* DeviceOrder::last_launch(AgentId agent) const {
  const Device* const device = find(agent);
  return device == nullptr || device->launches.empty() ? nullptr : &device->launches.back();
}

DeviceOrder::Device* DeviceOrder::device_that_ran(const Activity& activity) {
  const auto it = devices_.find(activity.agent);
  return it == devices_.end() || it->second.kind != activity.kind ? nullptr : &it->second;
}

const DeviceOrder::Device* DeviceOrder::find(AgentId device) const {
  const auto it = devices_.find(device);
  return it == devices_.end() ? nullptr : &it->second;
}

}  // namespace tessera
