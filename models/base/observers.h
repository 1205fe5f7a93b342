// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/base/probe.h"

namespace tessera {

/// False in a build without observation: then nothing can be attached, and the hooks are not there.
#ifdef TESSERA_NO_OBSERVERS
constexpr bool kHasObservers = false;
#else
constexpr bool kHasObservers = true;
#endif

/// What somebody wants to see; null: not this.
struct Probes {
  HartProbe* harts = nullptr;
  MemoryProbe* memory = nullptr;
  ActivityProbe* activities = nullptr;
  SyncProbe* sync = nullptr;
};

/// Who watches one machine, and the names of who acts in it. Models keep a reference to it and
/// ask for a probe when they have something to tell: null means that nobody wants to hear it.
class Observers {
 public:
  Observers();
  ~Observers();
  Observers(const Observers&) = delete;
  Observers& operator=(const Observers&) = delete;

  /// Of a model that nobody watches.
  static const Observers& none();

  /// Calls go to all that are attached, in the order of attaching. Not from inside such a call.
  /// REQUIRES: kHasObservers.
  void attach(const Probes& probes);

  HartProbe* harts() const { return kHasObservers ? probes_.harts : nullptr; }
  MemoryProbe* memory() const { return kHasObservers ? probes_.memory : nullptr; }
  ActivityProbe* activities() const { return kHasObservers ? probes_.activities : nullptr; }
  SyncProbe* sync() const { return kHasObservers ? probes_.sync : nullptr; }

  /// Agents are numbered in the order of these calls: harts first.
  AgentId add_agent(const std::string& name);
  std::uint32_t num_agents() const { return static_cast<std::uint32_t>(names_.size()); }
  /// "soc.cluster.group[0].tile[1].core[2]", "soc.dma", ...; "nobody" for kNobody.
  const std::string& agent_name(AgentId agent) const;

 private:
  struct Fans;

  std::vector<std::string> names_;
  std::unique_ptr<Fans> fans_;
  Probes probes_;
};

/// One device's line to the observers of its machine.
class DeviceProbe {
 public:
  /// Nobody watches.
  DeviceProbe() = default;
  DeviceProbe(const Observers& observers, AgentId agent) : observers_(&observers), agent_(agent) {}

  Activity activity(const char* kind, std::uint64_t number) const { return {agent_, kind, number}; }
  AgentId agent() const { return agent_; }
  ActivityProbe* activities() const { return observers_->activities(); }
  SyncProbe* sync() const { return observers_->sync(); }

 private:
  const Observers* observers_ = &Observers::none();
  AgentId agent_ = kNobody;
};

}  // namespace tessera
