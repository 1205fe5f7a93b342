// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace tessera {

/// How an arbiter chooses among the inputs that want its output.
enum class Arbitration {
  kRoundRobin,     ///< as the RTL: rr_arb_tree.sv, common_cells
  kFixedPriority,  ///< the lowest input, always: for comparison
};

/// Who goes first when an accelerator and others (harts, DMA) want the same of its banks.
enum class BankArbitration {
  kRoundRobin,  ///< in turns: others, then the accelerator with its whole access
  kAccelerator,
  kOthers,
};

/// Size and shape of an L1 network. The defaults are mempool's (config/mempool.mk).
/// num_groups and sub_groups_per_group are powers of two; the tiles of a group need not be.
struct L1NetworkParameters {
  std::string topology = "toph";  ///< a name of topology_names()
  std::uint32_t num_groups = 4;
  std::uint32_t sub_groups_per_group = 1;  ///< more than one: `terapool`
  std::uint32_t core_tiles_per_group = 16;
  /// The slots behind the core tiles have banks but no harts; those of one accelerator hold one
  /// region above the core tiles' L1, interleaved by words over all its banks.
  std::uint32_t tile_slots_per_group = 16;
  std::uint32_t cores_per_tile = 4;
  std::uint32_t banks_per_tile = 16;  ///< of every slot: banking factor x cores_per_tile
  std::uint32_t bank_bytes = 1024;
  /// The slots of a group behind its core tiles make this many regions.
  std::uint32_t accelerators_per_group = 1;
  BankArbitration bank_arbitration = BankArbitration::kRoundRobin;
  /// Of the address scrambler; 0: no scrambler.
  std::uint32_t sequential_bytes_per_tile = 2048;
  /// One AXI word: the banks that a wide access claims together (a superbank).
  std::uint32_t wide_bytes = 64;

  Arbitration arbitration = Arbitration::kRoundRobin;
  /// Spill registers added on every way between two tiles, in each direction.
  std::uint32_t extra_registers = 0;
  /// `terapool`: cycles to a bank of another group, 7, 9 or 11 (config/terapool.mk).
  std::uint32_t remote_group_latency = 7;

  /// Throws ConfigError when the numbers do not fit together.
  void check() const;
  std::uint32_t num_tiles() const { return num_groups * tile_slots_per_group; }
  std::uint32_t num_harts() const { return num_groups * core_tiles_per_group * cores_per_tile; }
  std::uint32_t slots_per_accelerator() const {
    return (tile_slots_per_group - core_tiles_per_group) / accelerators_per_group;
  }
  std::uint32_t num_banks() const { return num_tiles() * banks_per_tile; }
};

}  // namespace tessera
