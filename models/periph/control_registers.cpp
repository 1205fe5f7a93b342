// SPDX-License-Identifier: Apache-2.0
#include "models/periph/control_registers.h"

#include <algorithm>
#include <string>

#include "models/periph/control_regs.h"

namespace tessera {

// Source: control_registers.hjson of MemPool; arch.ld of its mempool_ita target.
const ControlMap kControlMapMempool = {
    CONTROL_MEMPOOL_EOC,
    CONTROL_MEMPOOL_WAKE_UP,
    CONTROL_MEMPOOL_WAKE_UP_TILE,
    8,
    CONTROL_MEMPOOL_WAKE_UP_GROUP,
    CONTROL_MEMPOOL_WAKE_UP_STRD,
    CONTROL_MEMPOOL_WAKE_UP_OFFST,
    CONTROL_MEMPOOL_TCDM_START,
    CONTROL_MEMPOOL_TCDM_END,
    CONTROL_MEMPOOL_NR_CORES,
    CONTROL_MEMPOOL_RO_CACHE_ENABLE,
    CONTROL_MEMPOOL_RO_CACHE_FLUSH,
    CONTROL_MEMPOOL_RO_CACHE_START,
    CONTROL_MEMPOOL_RO_CACHE_END,
    4,
    CONTROL_MEMPOOL_DECODED_BITS,
};
const ControlMap kControlMapMempoolIta = {
    CONTROL_MEMPOOL_ITA_EOC,
    CONTROL_MEMPOOL_ITA_WAKE_UP,
    CONTROL_MEMPOOL_ITA_WAKE_UP_TILE,
    4,
    CONTROL_MEMPOOL_ITA_WAKE_UP_GROUP,
    ControlMap::kAbsent,
    ControlMap::kAbsent,
    CONTROL_MEMPOOL_ITA_TCDM_START,
    CONTROL_MEMPOOL_ITA_TCDM_END,
    CONTROL_MEMPOOL_ITA_NR_CORES,
    CONTROL_MEMPOOL_ITA_RO_CACHE_ENABLE,
    CONTROL_MEMPOOL_ITA_RO_CACHE_FLUSH,
    CONTROL_MEMPOOL_ITA_RO_CACHE_REGION,
    CONTROL_MEMPOOL_ITA_RO_CACHE_REGION + 4,
    8,
    16,
};

namespace {
constexpr std::uint32_t kUnmappedValue = 0xFFFFFFFFu;  // devmode is off: control_registers.hjson
constexpr std::uint32_t kNumReadOnlyRegions = 4;
// Reset values: ctrl_registers.sv, ro_cache_regions.
constexpr std::uint32_t kReadOnlyStart[kNumReadOnlyRegions] = {0x80000000, 0xA0000000, 0x8, 0xC};
constexpr std::uint32_t kReadOnlyEnd[kNumReadOnlyRegions] = {0x80001000, 0xA0001000, 0xC, 0x10};

std::uint32_t ones(std::uint32_t count) {
  return count >= 32 ? 0xFFFFFFFFu : (1u << count) - 1;
}
}  // namespace

ControlRegisters::ControlRegisters(const sc_core::sc_module_name& name,
                                   const ControlParameters& parameters, const ClockDomain& clock,
                                   WakeUpTarget& harts, EndOfComputation on_end,
                                   GuestErrorSink& guest_errors, StatGroup& parent_stats,
                                   const Observers& observers)
    : RegisterDevice(name, clock, kUnmappedValue),
      parameters_(parameters),
      harts_(harts),
      on_end_(std::move(on_end)),
      guest_errors_(guest_errors),
      observers_(observers),
      wake_up_enabled_(harts.num_harts(), true) {
  const ControlMap& map = parameters_.map;
  registers_.add_word("eoc", map.eoc)
      .on_write([this](std::uint32_t value, const RegisterAccess& access) {
        if ((value & 1) != 0) {
          on_end_(access.hart, value >> 1);
        }
      });
  add_wake_up_registers();
  if (map.wake_up_stride != ControlMap::kAbsent) {
    add_stride_registers();
  }
  registers_.add_word("tcdm_start_address", map.tcdm_start, RegisterMode::kReadOnly, 0);
  registers_.add_word("tcdm_end_address", map.tcdm_end, RegisterMode::kReadOnly,
                      parameters_.tcdm_end);
  registers_.add_word("nr_cores_reg", map.num_cores, RegisterMode::kReadOnly, harts.num_harts());
  add_read_only_cache_registers();
  registers_.check_complete();
  parent_stats.add_group(basename())
      .add("wake_ups", "count", "wake-up pulses sent to harts", &wake_ups_);
}

void ControlRegisters::add_wake_up_registers() {
  const ControlMap& map = parameters_.map;
  registers_.add_word("wake_up", map.wake_up, RegisterMode::kWriteOnly)
      .on_write([this](std::uint32_t value, const RegisterAccess& access) {
        write_wake_up(value, access);
      });
  for (std::uint32_t group = 0; group < map.num_wake_up_tile; ++group) {
    registers_
        .add_word("wake_up_tile[" + std::to_string(group) + "]", map.wake_up_tile + 4 * group,
                  RegisterMode::kWriteOnly)
        .on_write([this, group](std::uint32_t value, const RegisterAccess& access) {
          write_wake_up_tile(group, value, access);
        });
  }
  registers_.add_word("wake_up_group", map.wake_up_group, RegisterMode::kWriteOnly)
      .on_write([this](std::uint32_t value, const RegisterAccess& access) {
        write_wake_up_group(value, access);
      });
}

void ControlRegisters::add_stride_registers() {
  const auto update = [this](std::uint32_t, const RegisterAccess& access) {
    update_enables(access);
  };
  stride_ =
      &registers_.add_word("wake_up_strd", parameters_.map.wake_up_stride, RegisterMode::kWriteOnly)
           .on_write(update);
  offset_ =
      &registers_
           .add_word("wake_up_offst", parameters_.map.wake_up_offset, RegisterMode::kWriteOnly)
           .on_write(update);
}

void ControlRegisters::add_read_only_cache_registers() {
  const ControlMap& map = parameters_.map;
  const auto changed = [this](std::uint32_t, const RegisterAccess&) {
    if (read_only_cache_changed_) {
      read_only_cache_changed_();
    }
  };
  read_only_enable_ =
      &registers_.add("ro_cache_enable", map.ro_cache_enable, RegisterMode::kReadWrite, 1)
           .flag(0, "enable")
           .reserved(1, 31)
           .on_write(changed);
  read_only_flush_ = &registers_.add("ro_cache_flush", map.ro_cache_flush)
                          .flag(0, "flush")
                          .reserved(1, 31)
                          .on_write(changed);
  for (std::uint32_t region = 0; region < kNumReadOnlyRegions; ++region) {
    const std::uint32_t offset = region * map.ro_cache_stride;
    Register& start = registers_.add_word("ro_cache_start[" + std::to_string(region) + "]",
                                          map.ro_cache_start + offset, RegisterMode::kReadWrite,
                                          kReadOnlyStart[region]);
    Register& end = registers_.add_word("ro_cache_end[" + std::to_string(region) + "]",
                                        map.ro_cache_end + offset, RegisterMode::kReadWrite,
                                        kReadOnlyEnd[region]);
    start.on_write(changed);
    end.on_write(changed);
    read_only_regions_.push_back({&start, &end});
  }
}

ReadOnlyCacheControl ControlRegisters::read_only_cache() const {
  ReadOnlyCacheControl control;
  static_assert(control.regions.size() == kNumReadOnlyRegions);
  control.is_enabled = (read_only_enable_->value & 1) != 0;
  control.is_flushing = (read_only_flush_->value & 1) != 0;
  for (std::uint32_t region = 0; region < kNumReadOnlyRegions; ++region) {
    control.regions[region] = {read_only_regions_[region].start->value,
                               read_only_regions_[region].end->value};
  }
  return control;
}

std::uint32_t ControlRegisters::decode(std::uint64_t address) const {
  return static_cast<std::uint32_t>(address) & ones(parameters_.map.decoded_bits);
}

void ControlRegisters::wake_range(std::uint32_t first, std::uint32_t count,
                                  const RegisterAccess& access) {
  const std::uint32_t end = std::min(first + count, harts_.num_harts());
  for (std::uint32_t hart = first; hart < end; ++hart) {
    if (wake_up_enabled_[hart]) {
      if (SyncProbe* probe = observers_.sync()) {
        probe->wake_up_sent(hart, cause_of(access));
      }
      harts_.wake_up(hart, access.cycle);
      ++wake_ups_;
    }
  }
}

void ControlRegisters::write_wake_up(std::uint32_t value, const RegisterAccess& access) {
  if (value < harts_.num_harts()) {
    wake_range(value, 1, access);
  } else {
    wake_range(0, harts_.num_harts(), access);
  }
}

void ControlRegisters::write_wake_up_tile(std::uint32_t group, std::uint32_t mask,
                                          const RegisterAccess& access) {
  // A mask with bits above the last tile is ignored as a whole: ctrl_registers.sv.
  if (group >= parameters_.num_groups || mask > ones(parameters_.tiles_per_group)) {
    return;
  }
  for (std::uint32_t tile = 0; tile < parameters_.tiles_per_group; ++tile) {
    if ((mask >> tile & 1) != 0) {
      wake_range((group * parameters_.tiles_per_group + tile) * parameters_.harts_per_tile,
                 parameters_.harts_per_tile, access);
    }
  }
}

void ControlRegisters::write_wake_up_group(std::uint32_t mask, const RegisterAccess& access) {
  if (mask == CONTROL_WAKE_UP_ALL) {
    wake_range(0, harts_.num_harts(), access);
    return;
  }
  if (mask > ones(parameters_.num_groups)) {
    return;
  }
  const std::uint32_t harts_per_group = parameters_.tiles_per_group * parameters_.harts_per_tile;
  for (std::uint32_t group = 0; group < parameters_.num_groups; ++group) {
    if ((mask >> group & 1) != 0) {
      wake_range(group * harts_per_group, harts_per_group, access);
    }
  }
}

void ControlRegisters::update_enables(const RegisterAccess& access) {
  if (stride_->value == 0) {
    guest_errors_.report({GuestErrorKind::kDeviceMisuse, access.hart, access.pc, 0, name(),
                          "wake_up_strd is 0: the enable mask keeps its value; write a stride >= 1 "
                          "before an offset"});
    return;
  }
  std::fill(wake_up_enabled_.begin(), wake_up_enabled_.end(), false);
  for (std::uint64_t hart = offset_->value; hart < wake_up_enabled_.size();
       hart += stride_->value) {
    wake_up_enabled_[hart] = true;
  }
}

}  // namespace tessera
