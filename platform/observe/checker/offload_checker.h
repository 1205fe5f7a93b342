// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "models/base/observers.h"
#include "platform/observe/checker/arenas.h"
#include "platform/observe/checker/check_reports.h"
#include "platform/observe/checker/checker_setup.h"
#include "platform/observe/checker/data_use.h"
#include "platform/observe/checker/device_order.h"
#include "platform/observe/checker/findings.h"
#include "platform/observe/checker/hart_order.h"
#include "platform/observe/checker/late_wake_ups.h"
#include "platform/observe/checker/launch_registers.h"
#include "platform/observe/checker/shadow_memory.h"
#include "platform/observe/checker/waits.h"

namespace tessera {

/// Finds accesses of harts, DMA, ITAs and engine to the same bytes whose order the program leaves
/// open (a happens-before race detector with vector clocks), and all else that FindingKind names.
/// What makes order: a hart's program order, atomics on one word, a word that somebody polls, a
/// wake-up pulse sent and taken, the launch of an activity, its end seen in a register or by the
/// device's pulse.
class OffloadChecker final : public MemoryProbe, public ActivityProbe, public SyncProbe {
 public:
  /// `observers`: of the machine, whose agents are all known; outlives this.
  OffloadChecker(CheckerSetup setup, const Observers& observers);
  OffloadChecker(const OffloadChecker&) = delete;
  OffloadChecker& operator=(const OffloadChecker&) = delete;

  Probes probes() { return {nullptr, this, this, this}; }
  Findings& findings() { return findings_; }
  const Findings& findings() const { return findings_; }

  void accessed(const MemoryAccess& access) override;
  void launched(const Activity& activity, const Cause& cause, const std::string& text) override;
  void begins(const Activity& activity, const std::string& text, Cycles cycle) override;
  void ends(const Activity& activity, Cycles cycle) override;
  void completion_seen(const Activity& activity, const Cause& reader) override;
  void used_unwritten(const Activity& activity, const std::string& what, Cycles cycle) override;
  void wake_up_sent(std::uint32_t hart, const Cause& cause) override;
  void wake_up_taken(std::uint32_t hart, Cycles cycle) override;
  void fenced(std::uint32_t hart, Cycles cycle) override;

 private:
  /// Who accesses, as shadow memory keeps it, and what he knows.
  struct Accessor {
    ShadowAccess shadow;
    const VectorClock* known = nullptr;
  };

  Accessor accessor_of_hart(const MemoryAccess& access) const;
  void hart_accessed(const MemoryAccess& access);
  /// What data is used for.
  void hart_uses(const MemoryAccess& access, const ShadowMemory::Place& place, std::uint8_t bytes,
                 std::uint8_t marks);
  void device_register_accessed(const MemoryAccess& access);
  void device_accessed(const MemoryAccess& access);
  void arena_changes(const MemoryAccess& access);

  void synchronise(const MemoryAccess& access, const ShadowAccess& shadow, bool acquires);
  /// Returns whether the word is one now.
  bool make_flag(const CheckReports::Where& where, const ShadowMemory::Place& place);
  void learn_from_race(const ShadowAccess& earlier, const ShadowAccess& later,
                       std::uint32_t address, const ShadowMemory::Place& place);
  void look_at_race(const ShadowAccess& load, const CheckReports::Where& where,
                    const ShadowMemory::Place& place, bool has_looked_before);

  void check(const ShadowMemory::Place& place, std::uint32_t address, const Accessor& accessor,
             Cycles cycle);
  bool should_be_written(std::uint32_t address, bool by_device) const;
  void check_bounds_of_transfer(const MemoryAccess& access, const ShadowAccess& shadow);
  void check_stacks(const MemoryAccess& access, const ShadowAccess& shadow);
  bool ends_run(const MemoryAccess& access) const;
  void check_end(const MemoryAccess& access);

  const CheckerSetup setup_;
  DeviceOrder devices_;
  HartOrder harts_;
  ShadowMemory shadow_;
  Waits waits_;
  LaunchRegisters launch_registers_;
  LateWakeUps late_wake_ups_;
  ShadowMemory shadow_registers_;
  Arenas arenas_;
  /// Of each transfer under way, the blocks it reads and writes: by its number times 2, plus 1.
  std::map<std::uint64_t, std::optional<Arenas::Range>> transfer_blocks_;
  Findings findings_;
  CheckReports reports_;
  DataUse use_;
};

}  // namespace tessera
