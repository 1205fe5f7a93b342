// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/base/observers.h"
#include "platform/observe/checker/arenas.h"
#include "platform/observe/checker/checker_setup.h"
#include "platform/observe/checker/device_order.h"
#include "platform/observe/checker/findings.h"
#include "platform/observe/checker/hart_order.h"
#include "platform/observe/checker/launch_registers.h"
#include "platform/observe/checker/shadow_memory.h"

namespace tessera {

/// What the offload checker says: makes a finding of each kind of mistake, with both accesses and
/// what is missing between them. Reports that nobody wants cost little.
class CheckReports {
 public:
  /// All outlive this.
  CheckReports(const ProgramNames& names, const Observers& observers, const HartOrder& harts,
               const DeviceOrder& devices, Findings& findings);

  /// What findings are folded by: the instruction of a hart, the launch of a device's activity.
  std::uint64_t place_of(const ShadowAccess& access) const;

  struct Where {
    std::uint32_t address;  ///< 0 if it is about none
    Cycles cycle;           ///< when it was noticed
  };
  void conflict(const Where& where, const ShadowAccess& earlier, const ShadowAccess& later);
  void uninitialised(const Where& where, const ShadowAccess& reader);
  /// `what`: of the state of a device.
  void uninitialised_state(const std::string& what, const Activity& activity, Cycles cycle);
  /// `block`: the last one in front of the address.
  void out_of_bounds(const Where& where, const ShadowAccess& access,
                     const std::optional<Arenas::Range>& block);
  /// `block`: where the transfer began.
  void leaves_block(const Where& where, const ShadowAccess& access, const Arenas::Range& block);
  void on_stacks(const Where& where, const ShadowAccess& access);
  void stale_registers(const DeviceOrder::Launch& launch, const LaunchRegisters::Stale& stale);
  void unfinished(const DeviceOrder::Launch& launch, const ShadowAccess& end, Cycles cycle);
  void unordered_end(const Where& where, const ShadowAccess& write, const ShadowAccess& end);
  /// One activity reads and writes the same bytes.
  void own_operand(const Where& where, const ShadowAccess& read, const ShadowAccess& write);
  void unused_result(const Where& where, const ShadowAccess& write, const ShadowAccess& end);
  void unread_input(const Where& where, std::uint32_t words, const ShadowAccess& end);
  void lost_pulse(AgentId hart, const Cause& cause);
  void late_wake_up(const LateWakeUps::Late& late, Cycles cycle);
  void early_pulse(const Where& where, const ShadowAccess& store, const ShadowAccess& load);

 private:
  template <typename Details>
  void add(FindingKind kind, const Where& where, const ShadowAccess* earlier,
           const ShadowAccess& later, const Details& details, const char* title = nullptr);
  FindingKind kind_of(const ShadowAccess& earlier, const ShadowAccess& later) const;
  bool is_before_launch(const ShadowAccess& one, const ShadowAccess& device) const;
  const DeviceOrder::Launch* launch_of(const ShadowAccess& access) const;
  std::string name_of(const Activity& activity) const;
  Party party(const ShadowAccess& access) const;
  /// `is_now`: the hart is just executing it, so that its callers are known.
  std::string describe(const ShadowAccess& access, Cycles now, bool is_now = false) const;
  bool lacks_fence(const ShadowAccess& store, const ShadowAccess& other) const;
  std::string missing_order(const ShadowAccess& earlier, const ShadowAccess& later) const;
  std::string code(std::uint32_t pc, const std::vector<std::uint32_t>& callers = {}) const;
  /// Of the instruction that `hart` executes.
  std::string code_now(AgentId hart, std::uint32_t pc) const;
  std::string launch_place(const DeviceOrder::Launch& launch) const;
  std::string data(std::uint32_t address) const;
  std::string end_of_run(const ShadowAccess& end, Cycles cycle) const;

  const ProgramNames& names_;
  const Observers& observers_;
  const HartOrder& harts_;
  const DeviceOrder& devices_;
  Findings& findings_;
};

}  // namespace tessera
