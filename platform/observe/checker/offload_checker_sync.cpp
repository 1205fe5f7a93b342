// SPDX-License-Identifier: Apache-2.0
// What the offload checker takes for synchronisation of harts.
#include <algorithm>
#include <optional>

#include "platform/observe/checker/offload_checker.h"

namespace tessera {

using Kind = ShadowAccess::Kind;

namespace {

/// Whether it may be lost that comes before a store. Who takes a lock finds it taken, and comes
/// again.
bool may_count(AccessKind kind) {
  return is_amo(kind) && kind != AccessKind::kAmoSwap;
}

}  // namespace

void OffloadChecker::synchronise(const MemoryAccess& access, const ShadowAccess& shadow,
                                 bool acquires) {
  const AgentId hart = access.agent;
  late_wake_ups_.synchronised(hart);
  if (access.reads()) {
    const std::optional<ShadowAccess> store = harts_.sees_store(shadow, access.address);
    if (store && may_count(access.kind)) {
      reports_.conflict({access.address, access.cycle}, *store, shadow);
    }
  }
  if (access.kind == AccessKind::kLoad) {
    // Who wakes others must have fenced what they are to see: they look, and may sleep on.
    if (const auto* const store = harts_.store_behind_pulse(shadow, access.address)) {
      reports_.early_pulse({access.address, access.cycle}, *store, shadow);
    }
  } else if (access.kind == AccessKind::kStore) {
    harts_.stored(shadow, access.address);
  }
  if (acquires) {
    harts_.acquire(hart, access.address);
  }
  if (access.writes()) {
    harts_.release(hart, access.address, access.issued);
  }
}

/// Who stored to the word before it was known to be a flag has told others what he knew then; what
/// he has learnt since is taken for known, too.
bool OffloadChecker::make_flag(const CheckReports::Where& where, const ShadowMemory::Place& place) {
  const auto& accesses = place.word.places;
  const auto is_by_device = [this](const ShadowAccess& one) {
    return one.clock != 0 && !harts_.is_hart(one.agent);
  };
  if ((place.state & ShadowMemory::kAtomicWord) == 0 &&
      std::any_of(accesses.begin(), accesses.end(), is_by_device)) {
    return false;  // an operand or result of a device: to look at it orders nothing
  }
  place.state |= ShadowMemory::kFlag;
  for (const ShadowAccess& one : accesses) {
    if (one.clock != 0 && one.kind != Kind::kRead && !is_by_device(one)) {
      harts_.release_late(one, where.address, where.cycle);
    }
  }
  findings_.forget(where.address);
  return true;
}

/// Of two accesses of harts in no order, the load may be one that waits.
void OffloadChecker::learn_from_race(const ShadowAccess& earlier, const ShadowAccess& later,
                                     std::uint32_t address, const ShadowMemory::Place& place) {
  if (!harts_.is_hart(earlier.agent) || !harts_.is_hart(later.agent)) {
    return;
  }
  place.state |= ShadowMemory::kRaced;
  if (earlier.kind == Kind::kRead) {
    waits_.suspect(earlier.agent, earlier.pc, address);
  }
}

/// Whoever decides by a value that another hart has stored has learnt from it. If that order was
/// meant, the load waits, which shows when it comes back; else its race remains a finding.
void OffloadChecker::look_at_race(const ShadowAccess& load, const CheckReports::Where& where,
                                  const ShadowMemory::Place& place, bool has_looked_before) {
  const Knowledge known{harts_.known_by(load.agent), load.agent};
  for (const ShadowAccess& one : place.word.places) {
    if (one.clock == 0 || one.kind == Kind::kRead || one.agent == load.agent ||
        !harts_.is_hart(one.agent) || known.includes(one)) {
      continue;
    }
    if (!waits_.suspect(load.agent, load.pc, where.address)) {
      return;
    }
    if (has_looked_before && make_flag(where, place)) {
      waits_.learn(load.pc, one.pc);
      findings_.forget_place(reports_.place_of(one));
      findings_.forget_place(reports_.place_of(load));
    }
    harts_.learn_from(load.agent, one, where.cycle);
    harts_.acquire(load.agent, where.address);
  }
}

}  // namespace tessera
