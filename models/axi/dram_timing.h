// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/base/stat.h"
#include "models/base/units.h"

namespace tessera {

/// Timing of a DRAM channel, in its own clock unless stated. Defaults: HBM2E-3600, 16 Gbit, as
/// MemPool simulates it. Source: hardware/include/dram_config of MemPool: memspec
/// ms_hbm2e_16Gb_3600.json, address mapping am_hbm2e_16Gb_pc_brc.json, controller
/// mc_hbm2e_fr_fcfs_grp.json; fractions are rounded up.
struct DramParameters {
  std::uint32_t clock_khz = 1'800'000;
  std::uint32_t burst_bytes = 32;  ///< a burst of 4 on 64 bits: what one column command moves
  std::uint32_t burst_clocks = 2;
  // Bits of the channel's address.
  std::uint32_t pseudo_channel_bits = 0x00000020;
  std::uint32_t bank_group_bits = 0x000020C0;
  std::uint32_t bank_bits = 0x00030000;
  std::uint32_t row_bits = 0x7FFCC000;
  // Row commands.
  std::uint32_t activate_to_read = 16;         ///< RCDRD
  std::uint32_t activate_to_write = 12;        ///< RCDWR
  std::uint32_t activate_to_precharge = 30;    ///< RAS
  std::uint32_t precharge_to_activate = 15;    ///< RP
  std::uint32_t read_to_precharge = 4;         ///< RTP
  std::uint32_t write_data_to_precharge = 41;  ///< WR
  std::uint32_t activates_apart = 3;           ///< RRDL, RRDS
  std::uint32_t four_activates = 9;            ///< FAW: a window with at most four
  // Column commands.
  std::uint32_t same_group_apart = 4;         ///< CCDL
  std::uint32_t other_group_apart = 2;        ///< CCDS
  std::uint32_t read_latency = 43;            ///< RL + DQSCK
  std::uint32_t write_latency = 8;            ///< WL
  std::uint32_t read_to_write = 18;           ///< RTW
  std::uint32_t write_data_to_read_same = 6;  ///< WTRL
  std::uint32_t write_data_to_read = 4;       ///< WTRS
  // Refresh of all banks.
  std::uint32_t refresh_interval = 3900;  ///< REFI
  std::uint32_t refresh_clocks = 260;     ///< RFC
  // Controller and PHY.
  std::uint32_t forward_clocks = 20;   ///< PhyDelayFw + ThinkDelayFw
  std::uint32_t backward_clocks = 21;  ///< PhyDelayBw + ThinkDelayBW
};

/// Row-buffer model of one DRAM channel: when an access is done.
/// Timing: open page; accesses are served in the order in which they come, and their row commands
/// overlap with earlier accesses to other banks as far as the parameters allow. A row hit costs a
/// column command, a miss (no row open) an activate before it, a conflict a precharge before that.
/// A refresh closes all rows every refresh_interval.
/// Limits: no reordering (MemPool's set names FR-FCFS), no postponed refresh, no power down.
class DramTiming {
 public:
  /// `core_khz`: clock of the cycles that access() takes and returns.
  DramTiming(const DramParameters& parameters, std::uint32_t core_khz, StatGroup& stats);

  /// Schedules an access of `bytes` at `address` of the channel that arrives in core cycle
  /// `arrival`; cycles ascend. Returns the core cycle in which its data has been moved.
  Cycles access(std::uint32_t address, std::uint32_t bytes, bool is_write, Cycles arrival);

 private:
  using Clocks = std::uint64_t;  ///< of the DRAM

  struct Bank {
    bool is_open = false;
    std::uint32_t row = 0;
    Clocks activate_from = 0;
    Clocks precharge_from = 0;
    Clocks read_from = 0;
    Clocks write_from = 0;
  };
  struct PseudoChannel {
    std::vector<Bank> banks;
    std::array<Clocks, 4> activates{};  ///< the last four, a ring
    std::uint32_t next_activate = 0;
    Clocks activate_from = 0;
    std::vector<Clocks> group_column_from;  ///< per bank group
    std::vector<Clocks> group_read_from;
    Clocks column_from = 0;
    Clocks read_from = 0;
    Clocks write_from = 0;
  };

  void refresh(Clocks now);
  Clocks open_row(PseudoChannel& channel, Bank& bank, std::uint32_t row, Clocks from);
  Clocks move_burst(std::uint32_t address, bool is_write, Clocks from);

  const DramParameters parameters_;
  const std::uint32_t core_khz_;
  std::vector<PseudoChannel> channels_;
  Clocks next_refresh_;

  std::uint64_t row_hits_ = 0;
  std::uint64_t row_misses_ = 0;
  std::uint64_t row_conflicts_ = 0;
  std::uint64_t refreshes_ = 0;
};

}  // namespace tessera
