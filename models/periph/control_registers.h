// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/base/guest_error.h"
#include "models/base/observers.h"
#include "models/base/read_only_cache_control.h"
#include "models/base/stat.h"
#include "models/base/wake_up.h"
#include "models/tlm/register_device.h"

namespace tessera {

/// Where the registers of one variant of the control block are; offsets from control_regs.h.
struct ControlMap {
  static constexpr std::uint32_t kAbsent = 0xFFFFFFFFu;
  std::uint32_t eoc;
  std::uint32_t wake_up;
  std::uint32_t wake_up_tile;
  std::uint32_t num_wake_up_tile;
  std::uint32_t wake_up_group;
  std::uint32_t wake_up_stride;  ///< or kAbsent, and then no offset register either
  std::uint32_t wake_up_offset;
  std::uint32_t tcdm_start;
  std::uint32_t tcdm_end;
  std::uint32_t num_cores;
  std::uint32_t ro_cache_enable;
  std::uint32_t ro_cache_flush;
  std::uint32_t ro_cache_start;
  std::uint32_t ro_cache_end;
  std::uint32_t ro_cache_stride;  ///< from one region to the next
  std::uint32_t decoded_bits;     ///< address bits that count; higher ones alias
};

extern const ControlMap kControlMapMempool;
extern const ControlMap kControlMapMempoolIta;

struct ControlParameters {
  ControlMap map = kControlMapMempool;
  std::uint32_t harts_per_tile = 4;
  std::uint32_t tiles_per_group = 1;
  std::uint32_t num_groups = 4;
  std::uint32_t tcdm_end = 0;  ///< L1 size as software shall see it
};

/// MemPool's control registers: end of computation, wake-up, machine parameters, read-only cache.
class ControlRegisters : public RegisterDevice {
 public:
  /// Called when a hart writes bit 0 of eoc; `value` is eoc >> 1.
  using EndOfComputation = std::function<void(std::uint32_t hart, std::uint32_t value)>;

  ControlRegisters(const sc_core::sc_module_name& name, const ControlParameters& parameters,
                   const ClockDomain& clock, WakeUpTarget& harts, EndOfComputation on_end,
                   GuestErrorSink& guest_errors, StatGroup& parent_stats,
                   const Observers& observers = Observers::none());

  /// `changed` is called when a register of the read-only caches has been written.
  void on_read_only_cache(std::function<void()> changed) {
    read_only_cache_changed_ = std::move(changed);
  }
  ReadOnlyCacheControl read_only_cache() const;

 private:
  std::uint32_t decode(std::uint64_t address) const override;
  void add_wake_up_registers();
  void add_stride_registers();
  void add_read_only_cache_registers();
  void write_wake_up(std::uint32_t value, const RegisterAccess& access);
  void write_wake_up_tile(std::uint32_t group, std::uint32_t mask, const RegisterAccess& access);
  void write_wake_up_group(std::uint32_t mask, const RegisterAccess& access);
  void update_enables(const RegisterAccess& access);
  void wake_range(std::uint32_t first, std::uint32_t count, const RegisterAccess& access);

  const ControlParameters parameters_;
  WakeUpTarget& harts_;
  const EndOfComputation on_end_;
  GuestErrorSink& guest_errors_;
  const Observers& observers_;
  std::vector<bool> wake_up_enabled_;  ///< per hart; ANDed with every wake-up
  Register* stride_ = nullptr;
  Register* offset_ = nullptr;
  struct ReadOnlyRegion {
    Register* start;
    Register* end;
  };
  Register* read_only_enable_ = nullptr;
  Register* read_only_flush_ = nullptr;
  std::vector<ReadOnlyRegion> read_only_regions_;
  std::function<void()> read_only_cache_changed_;
  std::uint64_t wake_ups_ = 0;
};

}  // namespace tessera
