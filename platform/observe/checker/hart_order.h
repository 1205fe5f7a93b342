// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "platform/observe/checker/device_order.h"
#include "platform/observe/checker/shadow_memory.h"
#include "platform/observe/checker/vector_clock.h"

namespace tessera {

/// What each hart knows of all others, harts and devices: a vector clock. A hart learns from words
/// that others release and it acquires, and from wake-up pulses.
class HartOrder {
 public:
  /// Pulses a hart can have waiting: WakeUpTokens::kMax of the cluster.
  static constexpr std::size_t kMaxPulses = 7;

  /// `asks_for_fences`: a hart tells others only of those of its stores that it has fenced.
  HartOrder(std::uint32_t num_harts, std::size_t num_agents, bool asks_for_fences);

  /// Harts are the first agents.
  bool is_hart(AgentId agent) const { return agent < harts_.size(); }
  /// REQUIRES: is_hart(hart); so below.
  const VectorClock& known_by(AgentId hart) const { return harts_[hart].known; }
  /// What all harts and all activities under way know, or knew a while ago; of devices, nothing.
  const VectorClock& common_knowledge(const DeviceOrder& devices) {
    if (has_new_epochs_ && checks_until_update_-- == 0) {
      update_common_knowledge(devices);
    }
    return common_knowledge_;
  }

  /// An epoch of a hart ends where it tells others what it has done: by an instruction issued in
  /// `issued`, maybe some time ago.
  std::uint32_t epoch_of(AgentId hart, Cycles issued) const;
  void end_epoch(AgentId hart, Cycles issued);
  void fenced(AgentId hart, Cycles issued);
  void learn(AgentId hart, const VectorClock& known) { harts_[hart].known.join(known); }
  /// From the hart of `access`: what it knew then, and what it has learnt since.
  void learn_from(AgentId hart, const ShadowAccess& access, Cycles now);

  void acquire(AgentId hart, std::uint32_t address);
  void release(AgentId hart, std::uint32_t address, Cycles issued);
  /// `store` released the word before that was known to be a flag.
  void release_late(const ShadowAccess& store, std::uint32_t address, Cycles now);
  /// The last plain store to a word of synchronisation.
  void stored(const ShadowAccess& store, std::uint32_t address);
  /// The hart of `access`, a load or atomic, sees what was stored to the word last. Returns the
  /// store if it has been told of it elsewhere, but not that it has arrived.
  std::optional<ShadowAccess> sees_store(const ShadowAccess& access, std::uint32_t address);

  /// `ended`: what a sender that is no hart tells; null: nothing. Returns whether the hart can
  /// still count it; else it has lost all it had.
  bool pulse_sent(AgentId hart, const Cause& cause, const VectorClock* ended);
  void pulse_taken(AgentId hart);
  /// The store that `load` may miss: a pulse has told its hart of it, which was not fenced. Null:
  /// none.
  const ShadowAccess* store_behind_pulse(const ShadowAccess& load, std::uint32_t address) const;

 private:
  static constexpr std::size_t kMaxEpochs = 16;
  struct Epoch {
    Cycles end = 0;  ///< when the instruction that ended it was issued
    std::uint32_t clock = 0;
  };
  struct Hart {
    VectorClock known;  ///< of its own stores, until its last fence
    std::deque<std::shared_ptr<const VectorClock>> pulses;
    std::shared_ptr<const VectorClock> taken;  ///< the last pulse; null: none
    /// In cycle timing accesses come late: the last epochs, in a ring.
    std::array<Epoch, kMaxEpochs> epochs;
    std::size_t num_epochs = 0;
  };
  struct SyncWord {
    VectorClock known;           ///< by those who have released it
    ShadowAccess store;          ///< the last
    bool is_store_seen = false;  ///< by a load or atomic: it has arrived
    std::uint32_t version = 0;
    std::vector<std::uint32_t> acquired;  ///< version that each hart has
  };
  SyncWord& word(std::uint32_t address) { return words_[address / kWordBytes]; }
  /// The hart tells what it knows, of its own stores what it must.
  void tell(AgentId hart, VectorClock& others) const;
  /// What the hart of `access` told with it, and what it has learnt since.
  VectorClock told_with(const ShadowAccess& access) const;
  void update_common_knowledge(const DeviceOrder& devices);

  const bool asks_for_fences_;
  std::vector<Hart> harts_;
  std::unordered_map<std::uint32_t, SyncWord> words_;  ///< by address / 4
  /// The pulses of one register write share what they carry.
  std::shared_ptr<const VectorClock> last_pulse_;
  Cause last_sender_;
  VectorClock common_knowledge_;
  bool has_new_epochs_ = false;  ///< since the last update
  std::size_t checks_until_update_ = 0;
};

}  // namespace tessera
