// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/base/config_node.h"
#include "models/base/units.h"
#include "models/ita/flavour.h"
#include "models/ita/hardware.h"
#include "models/ita/layer.h"

/// Uncontended durations, in cycles of ITA's clock. Plain functions.
/// Sources: measured on the RTL of pulp-platform/ITA in Verilator (246 runs of the core without
/// stalls, residual 0 in all); guarded by the test ita_timing. How long jobs take: JobTimes. What
/// could not be measured is in OperandBlockTiming and marked as assumption.
namespace tessera::ita {

/// Cycles of one tile step: 64 x 64 x 64 products on 1024 multipliers. Source: ita_package.sv.
inline constexpr Cycles kTileStepCycles = 256;
inline constexpr std::uint64_t kTileStepMacs = std::uint64_t{kTileSize} * kTileSize * kTileSize;

/// Sizes of a layer in tiles of 64.
struct TileCounts {
  std::uint32_t s = 1;
  std::uint32_t e = 1;
  std::uint32_t p = 1;
  std::uint32_t f = 1;
};

/// Tile steps of a whole phase; kLinear has s x p outputs of depth e.
std::uint64_t tile_steps(Phase phase, const TileCounts& tiles);
/// Tile steps of the layer "attention": Q, K, V, QK, AV, OW.
std::uint64_t attention_tile_steps(const TileCounts& tiles);

/// Width of the core's weight port; the first 1 KiB of weights is fetched before computing.
enum class WeightPort : std::uint8_t { k16Bytes, k128Bytes };

/// From start to the last output inclusive, operands always available: the core alone.
/// `softmax_blocks` (tiles of S) counts only in the flavour kRtl202408, whose softmax stalls once
/// per block of rows.
Cycles core_cycles(std::uint64_t tile_steps, WeightPort port, Flavour flavour = Flavour::kRtl,
                   std::uint32_t softmax_blocks = 0);

/// What a job of the HWPE wrapper does besides its tile step.
struct JobKind {
  bool is_first = false;  ///< preloads its weights
  bool is_last = false;   ///< loads none for a next job
  bool has_bias = false;
  bool has_output = false;
};

/// Accesses of a job on the wrapper's ports.
struct JobTraffic {
  std::uint32_t reads;
  std::uint32_t writes;
};
JobTraffic job_traffic(const JobKind& kind, const Hardware& hardware);

/// The RTL that joined ITA to MemPool is not public: every field is an assumption.
struct OperandBlockTiming {
  std::uint32_t fetch_bytes_per_cycle = 16;   ///< AXI data width of mempool_ita.cmake: 128 bits
  std::uint32_t output_bytes_per_cycle = 16;  ///< as for fetching
  bool is_fetch_overlapped = false;           ///< fetch hides behind compute or the other way
  Cycles start_latency_cycles = 0;            ///< from the write of START to the first fetch

  /// Throws nothing; errors are recorded in the node's tree.
  static OperandBlockTiming from_config(const ConfigNode& node);
};

/// Of one head, sizes rounded up to whole tiles.
Cycles operand_block_compute_cycles(const HeadShape& shape, Flavour flavour);
/// From START to DONE for one head: fetch, compute, write.
Cycles operand_block_cycles(const HeadShape& shape, const OperandBlockTiming& timing,
                            Flavour flavour);

}  // namespace tessera::ita
