// SPDX-License-Identifier: Apache-2.0
#include "models/base/observers.h"

#include <algorithm>

#include "models/base/error.h"

namespace tessera {
namespace {

class HartFan final : public HartProbe {
 public:
  std::vector<HartProbe*> probes;

  bool watches(std::uint32_t hart, Cycles begin, Cycles end) override {
    return std::any_of(probes.begin(), probes.end(),
                       [&](HartProbe* probe) { return probe->watches(hart, begin, end); });
  }
  void retired(const RetiredInstruction& instruction) override {
    for (HartProbe* probe : probes) {
      probe->retired(instruction);
    }
  }
  void load_returned(std::uint32_t hart, std::uint16_t access_id, std::uint32_t value,
                     Cycles cycle) override {
    for (HartProbe* probe : probes) {
      probe->load_returned(hart, access_id, value, cycle);
    }
  }
  void stalled(std::uint32_t hart, std::uint32_t pc, StallReason reason, Cycles cycle,
               Cycles cycles) override {
    for (HartProbe* probe : probes) {
      probe->stalled(hart, pc, reason, cycle, cycles);
    }
  }
  void fell_asleep(std::uint32_t hart, std::uint32_t pc, Cycles cycle) override {
    for (HartProbe* probe : probes) {
      probe->fell_asleep(hart, pc, cycle);
    }
  }
  void woke_up(std::uint32_t hart, Cycles cycle) override {
    for (HartProbe* probe : probes) {
      probe->woke_up(hart, cycle);
    }
  }
  void trapped(std::uint32_t hart, std::uint32_t pc, std::uint32_t next_pc, Cycles cycle) override {
    for (HartProbe* probe : probes) {
      probe->trapped(hart, pc, next_pc, cycle);
    }
  }
};

class MemoryFan final : public MemoryProbe {
 public:
  std::vector<MemoryProbe*> probes;

  void accessed(const MemoryAccess& access) override {
    for (MemoryProbe* probe : probes) {
      probe->accessed(access);
    }
  }
};

class ActivityFan final : public ActivityProbe {
 public:
  std::vector<ActivityProbe*> probes;

  void launched(const Activity& activity, const Cause& cause, const std::string& text) override {
    for (ActivityProbe* probe : probes) {
      probe->launched(activity, cause, text);
    }
  }
  void begins(const Activity& activity, const std::string& text, Cycles cycle) override {
    for (ActivityProbe* probe : probes) {
      probe->begins(activity, text, cycle);
    }
  }
  void ends(const Activity& activity, Cycles cycle) override {
    for (ActivityProbe* probe : probes) {
      probe->ends(activity, cycle);
    }
  }
  void completion_seen(const Activity& activity, const Cause& reader) override {
    for (ActivityProbe* probe : probes) {
      probe->completion_seen(activity, reader);
    }
  }
  void used_unwritten(const Activity& activity, const std::string& what, Cycles cycle) override {
    for (ActivityProbe* probe : probes) {
      probe->used_unwritten(activity, what, cycle);
    }
  }
  void counted(AgentId agent, const char* counter, std::uint64_t value, Cycles cycle) override {
    for (ActivityProbe* probe : probes) {
      probe->counted(agent, counter, value, cycle);
    }
  }
};

class SyncFan final : public SyncProbe {
 public:
  std::vector<SyncProbe*> probes;

  void wake_up_sent(std::uint32_t hart, const Cause& cause) override {
    for (SyncProbe* probe : probes) {
      probe->wake_up_sent(hart, cause);
    }
  }
  void wake_up_taken(std::uint32_t hart, Cycles cycle) override {
    for (SyncProbe* probe : probes) {
      probe->wake_up_taken(hart, cycle);
    }
  }
  void fenced(std::uint32_t hart, Cycles cycle) override {
    for (SyncProbe* probe : probes) {
      probe->fenced(hart, cycle);
    }
  }
};

/// The only probe of a kind is called directly, several through `fan`.
template <typename Probe, typename Fan>
void add(Probe* probe, Fan& fan, Probe*& used) {
  if (probe != nullptr) {
    fan.probes.push_back(probe);
    used = fan.probes.size() == 1 ? probe : &fan;
  }
}

}  // namespace

struct Observers::Fans {
  HartFan harts;
  MemoryFan memory;
  ActivityFan activities;
  SyncFan sync;
};

Observers::Observers() : fans_(std::make_unique<Fans>()) {}
Observers::~Observers() = default;

const Observers& Observers::none() {
  static const Observers unobserved;
  return unobserved;
}

void Observers::attach(const Probes& probes) {
  TESSERA_CHECK(kHasObservers, "this build has no observers");
  add(probes.harts, fans_->harts, probes_.harts);
  add(probes.memory, fans_->memory, probes_.memory);
  add(probes.activities, fans_->activities, probes_.activities);
  add(probes.sync, fans_->sync, probes_.sync);
}

AgentId Observers::add_agent(const std::string& name) {
  names_.push_back(name);
  return static_cast<AgentId>(names_.size() - 1);
}

const std::string& Observers::agent_name(AgentId agent) const {
  static const std::string nobody = "nobody";
  return agent < names_.size() ? names_[agent] : nobody;
}

}  // namespace tessera
