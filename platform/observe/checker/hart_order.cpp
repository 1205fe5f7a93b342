// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/hart_order.h"

#include <algorithm>
#include <utility>

namespace tessera {

HartOrder::HartOrder(std::uint32_t num_harts, std::size_t num_agents, bool asks_for_fences)
    : asks_for_fences_(asks_for_fences), harts_(num_harts), common_knowledge_(num_agents) {
  for (std::uint32_t hart = 0; hart < num_harts; ++hart) {
    harts_[hart].known = VectorClock(num_agents);
    harts_[hart].known[hart].all = 1;
  }
}

void HartOrder::update_common_knowledge(const DeviceOrder& devices) {
  has_new_epochs_ = false;
  checks_until_update_ = harts_.size() * harts_.size() / 2;  // so it takes part of their time
  common_knowledge_ = harts_[0].known;
  for (const Hart& hart : harts_) {
    common_knowledge_.meet(hart.known);
  }
  devices.meet_running(common_knowledge_);
  // Results of devices are followed until they are read.
  for (auto agent = static_cast<AgentId>(harts_.size()); agent < common_knowledge_.num_agents();
       ++agent) {
    common_knowledge_[agent] = {};
  }
}

std::uint32_t HartOrder::epoch_of(AgentId hart, Cycles issued) const {
  const Hart& own = harts_[hart];
  std::uint32_t clock = own.known[hart].all;
  const std::size_t oldest = own.num_epochs - std::min(own.num_epochs, kMaxEpochs);
  for (std::size_t i = own.num_epochs; i > oldest; --i) {
    const Epoch& epoch = own.epochs[(i - 1) % kMaxEpochs];
    if (issued > epoch.end) {
      break;
    }
    clock = epoch.clock;
  }
  return clock;
}

void HartOrder::end_epoch(AgentId hart, Cycles issued) {
  Hart& own = harts_[hart];
  own.epochs[own.num_epochs++ % kMaxEpochs] = {issued, own.known[hart].all++};
  has_new_epochs_ = true;
}

void HartOrder::fenced(AgentId hart, Cycles issued) {
  Told& own = harts_[hart].known[hart];
  own.stores = own.all;
  end_epoch(hart, issued);
}

void HartOrder::tell(AgentId hart, VectorClock& others) const {
  others.join(harts_[hart].known);
  if (!asks_for_fences_) {
    others[hart].stores = others[hart].all;
  }
}

VectorClock HartOrder::told_with(const ShadowAccess& access) const {
  VectorClock known;
  tell(access.agent, known);
  Told& own = known[access.agent];
  own.all = access.clock;
  // What lies behind a fence is of an earlier epoch than what follows.
  own.stores = std::min(own.stores, asks_for_fences_ ? access.clock - 1 : access.clock);
  return known;
}

void HartOrder::learn_from(AgentId hart, const ShadowAccess& access, Cycles now) {
  learn(hart, told_with(access));
  if (harts_[access.agent].known[access.agent].all == access.clock) {
    end_epoch(access.agent, whole_cycle(access.cycle, now));
  }
}

void HartOrder::acquire(AgentId hart, std::uint32_t address) {
  SyncWord& released = word(address);
  released.acquired.resize(harts_.size());
  std::uint32_t& acquired = released.acquired[hart];
  if (acquired != released.version) {
    learn(hart, released.known);
    acquired = released.version;
  }
}

void HartOrder::release(AgentId hart, std::uint32_t address, Cycles issued) {
  SyncWord& released = word(address);
  tell(hart, released.known);
  ++released.version;
  end_epoch(hart, issued);
}

void HartOrder::release_late(const ShadowAccess& store, std::uint32_t address, Cycles now) {
  SyncWord& released = word(address);
  released.known.join(told_with(store));
  stored(store, address);
  ++released.version;
  end_epoch(store.agent, whole_cycle(store.cycle, now));
}

void HartOrder::stored(const ShadowAccess& store, std::uint32_t address) {
  SyncWord& stored = word(address);
  stored.store = store;
  stored.store.kind = ShadowAccess::Kind::kWrite;
  stored.is_store_seen = false;
}

std::optional<ShadowAccess> HartOrder::sees_store(const ShadowAccess& access,
                                                  std::uint32_t address) {
  SyncWord& stored = word(address);
  const ShadowAccess& store = stored.store;
  if (store.clock == 0 || std::exchange(stored.is_store_seen, true) ||
      store.agent == access.agent) {
    return std::nullopt;
  }
  const Told& told = harts_[access.agent].known[store.agent];
  return store.clock <= told.all && store.clock > told.stores ? std::optional(store) : std::nullopt;
}

bool HartOrder::pulse_sent(AgentId hart, const Cause& cause, const VectorClock* ended) {
  const bool is_another = last_pulse_ == nullptr || cause.agent != last_sender_.agent ||
                          cause.pc != last_sender_.pc || cause.cycle != last_sender_.cycle;
  if (!is_hart(cause.agent)) {
    last_pulse_ = std::make_shared<const VectorClock>(ended != nullptr ? *ended : VectorClock());
  } else if (is_another) {
    auto pulse = std::make_shared<VectorClock>();
    tell(cause.agent, *pulse);
    last_pulse_ = std::move(pulse);
    end_epoch(cause.agent, cause.cycle);
  }
  last_sender_ = cause;
  auto& pulses = harts_[hart].pulses;
  pulses.push_back(last_pulse_);
  if (pulses.size() > kMaxPulses) {
    pulses.clear();
    return false;
  }
  return true;
}

void HartOrder::pulse_taken(AgentId hart) {
  Hart& own = harts_[hart];
  if (!own.pulses.empty()) {
    own.known.join(*own.pulses.front());
    own.taken = std::move(own.pulses.front());
    own.pulses.pop_front();
  }
}

const ShadowAccess* HartOrder::store_behind_pulse(const ShadowAccess& load,
                                                  std::uint32_t address) const {
  const auto found = words_.find(address / kWordBytes);
  const auto& pulse = harts_[load.agent].taken;
  if (found == words_.end() || pulse == nullptr) {
    return nullptr;
  }
  const ShadowAccess& store = found->second.store;
  if (store.clock == 0 || store.agent == load.agent || store.agent >= pulse->num_agents()) {
    return nullptr;
  }
  const Told& told = (*pulse)[store.agent];
  return store.clock <= told.all && store.clock > told.stores ? &store : nullptr;
}

}  // namespace tessera
