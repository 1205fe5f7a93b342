// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "models/base/observers.h"
#include "platform/observe/checker/vector_clock.h"

namespace tessera {

/// The activities of devices that harts launch, each a thread of its own: it knows what its
/// launcher knew, and whoever sees its end knows all it has done. Kinds that nobody launches (the
/// phases of a job) are parts of others and do not count.
class DeviceOrder {
 public:
  struct Launch {
    Activity activity;
    Cause cause;
    std::string text;
    std::uint32_t launcher_clock;        ///< epoch of the launching hart
    std::vector<std::uint32_t> callers;  ///< calls that led to it, innermost first
  };

  /// `observers`: of the machine, whose agents are all known; outlives this. The first `num_harts`
  /// agents are harts.
  DeviceOrder(const Observers& observers, std::uint32_t num_harts);

  /// Parts of a device ("soc.dma.backend[0]") act for it, but those that are launched themselves.
  AgentId device_of(AgentId agent);

  /// `known`: what the launching hart knows.
  void launched(const Launch& launch, const VectorClock& known);
  void ends(const Activity& activity);

  /// What activity `number` of `device` knows; null: it is not under way (an engine that executes
  /// pushed instructions tells the number of its last descriptor).
  const VectorClock* known_by(AgentId device, std::uint64_t number) const;
  /// Reduces `known` to what all activities under way know, too.
  void meet_running(VectorClock& known) const;
  /// What somebody learns who sees that all activities that have ended so far have ended; null:
  /// none has.
  const VectorClock* known_by_ended(AgentId device) const;
  /// Of an activity; null: unknown, or long ago.
  const Launch* launch(AgentId device, std::uint64_t number) const;
  /// The latest launch; null: none.
  const Launch* last_launch(AgentId device) const;
  /// Launches that somebody with this knowledge does not know to have ended.
  std::vector<const Launch*> unknown_ends(const VectorClock& known) const;
  /// Whether both attention engine and ITAs were at work.
  bool shares_work() const;
  /// Whether the activities of `device` are transfers of the DMA.
  bool moves_data(AgentId device) const;

 private:
  /// Launches that reports may name.
  static constexpr std::size_t kMaxLaunches = 1024;

  struct Running {
    VectorClock known;
    AgentId launcher = kNobody;
    std::uint32_t launcher_clock = 0;
  };
  struct Device {
    std::string kind;
    std::deque<Launch> launches;               ///< numbers rise
    std::map<std::uint64_t, Running> running;  ///< by number
    VectorClock ended;
    std::uint32_t num_launched = 0;
    std::uint64_t num_ended = 0;
  };
  std::uint32_t num_launched(AgentId device) const;
  bool is_part(AgentId agent, AgentId device) const;
  Device* device_that_ran(const Activity& activity);
  const Device* find(AgentId device) const;

  const Observers& observers_;
  const AgentId num_harts_;
  const AgentId num_agents_;
  std::vector<AgentId> wholes_;  ///< by agent: device_of() it; kNobody: not looked up
  std::map<AgentId, Device> devices_;
};

}  // namespace tessera
