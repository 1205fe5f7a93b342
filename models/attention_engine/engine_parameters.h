// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::attention_engine {

/// Memories that chains name. Source: section 1.5 of the engine's specification.
enum class MemoryId : std::uint8_t {
  kL2 = 0,
  kL1 = 1,
  kMvmInitialVrf = 2,  ///< what the MVU multiplies by
  kMfuInitialVrf = 3,  ///< what starts a chain without the MVU
  kAddSubVrf0 = 4,     ///< second operands of additions
  kAddSubVrf1 = 5,
  kMultiplyVrf = 6,  ///< second operands of multiplications
  kAccVrf = 7,       ///< accumulators, int32
  kScoreVrf = 8,     ///< scores, then probabilities
  kMrf = 9,          ///< matrices; an entry is a native tile
  kMaskRam = 10,     ///< element masks; an entry is the mask of a tile
  kTileList = 11,    ///< what indirect instructions read; an entry is a tile
  kSmxRf = 12,       ///< maximum and sum of each row under way
  kInQ = 13,
  kOutQ = 14,
  kReserved = 15,
};
inline constexpr std::uint32_t kNumMemories = 16;

/// How the E engines share a product of a matrix with several vectors.
enum class Split : std::uint8_t {
  kColumns,  ///< one row of native tiles at a time, its columns over the engines; sums are added
  kTiles,    ///< one vector at a time, its native tiles over the engines
  kVectors,  ///< one native tile at a time, the vectors over the engines
};

/// How V reaches the MRF transposed (mechanism A1).
enum class Transposer : std::uint8_t {
  kNone,  ///< an element a cycle through the write port of the MRF
  kRow,   ///< a buffer for one tile: filled, then written out row by row
  kFull,  ///< two buffers: written out while the next tile comes in
};

/// Mechanisms A1 to A6 that may make the context product (probabilities times V) slower than the
/// score product. The defaults are the machine without them.
struct Mechanisms {
  Transposer transposer = Transposer::kFull;  ///< A1
  /// A2: two heads share the native dimension when it holds both; otherwise N - d units idle.
  bool packs_heads = true;
  bool has_indirect = true;    ///< A3: a chain takes any list of tiles, not only neighbours
  bool drains_on_swr = false;  ///< A4: a new matrix shape waits until the pipeline is empty
  bool overlaps_rows = true;   ///< A5: score tiles of the next row while a row is normalised
  Split context_split = Split::kVectors;  ///< A6: kTiles leaves engines idle
};

/// Sizes and speeds of an engine. Every latency is in cycles of the engine's clock, from the cycle
/// in which a unit takes a vector to the one in which the next unit can. Sources of the values: at
/// the presets in engine_parameters.cpp.
struct EngineParameters {
  std::string name;
  std::uint32_t clock_khz = 250'000;  ///< of the published machine, for its figures
  std::uint32_t clock_divider = 1;    ///< in a SoC: its cycles per cycle of the engine
  std::uint32_t l2_word_cycles =
      0;  ///< likewise, functional timing: AxiMemory's shared_word_cycles

  std::uint32_t native_dim = 64;  ///< N: elements of a native vector, rows of a native tile
  std::uint32_t lanes = 16;       ///< L: products of a dot-product unit per cycle
  std::uint32_t engines = 4;      ///< E: tile engines of N dot-product units each
  std::uint32_t batch = 1;        ///< vectors that one read of the matrix serves at once
  std::uint32_t cores = 1;        ///< whole machines in lock-step on different data
  Split mvu_split = Split::kVectors;
  /// Rows of native tiles that are accumulated side by side with Split::kColumns; 0: all.
  std::uint32_t accumulator_rows = 0;

  std::uint32_t mfus = 2;            ///< each: one activation, one addition, one multiplication
  std::uint32_t mfu_lanes = 32;      ///< elements per cycle of an MFU
  std::uint32_t path_lanes = 64;     ///< elements per cycle of vector reads and write-back
  bool is_rigid = false;             ///< every vector passes all MFUs, needed or not
  std::uint32_t softmax_lanes = 64;  ///< W_s, elements per cycle
  std::uint32_t softmax_passes = 2;  ///< p: one for maximum and sum, one to normalise
  std::uint32_t softmax_row_cycles = 80;  ///< t_row: per tile row

  std::uint32_t axi_bytes = 64;         ///< A: one AXI word
  std::uint32_t max_burst_beats = 256;  ///< AXI4
  std::uint32_t max_bursts = 8;         ///< outstanding per direction
  std::uint32_t load_cycles = 8;        ///< last word of a load -> register file readable

  std::uint32_t mvu_cycles = 40;      ///< after the products of a vector
  std::uint32_t read_cycles = 4;      ///< vector read
  std::uint32_t mfu_cycles = 20;      ///< of each MFU that a chain uses
  std::uint32_t softmax_cycles = 60;  ///< after the last element of a tile row
  std::uint32_t write_cycles = 4;     ///< write-back -> readable, chain committed
  std::uint32_t fifo_cycles = 0;      ///< through the FIFO between two units

  std::uint32_t instruction_cycles = 4;  ///< t_i: front end, per instruction
  std::uint32_t chain_cycles = 0;        ///< control processor, per chain
  std::uint32_t start_cycles = 0;        ///< doorbell -> first instruction
  std::uint32_t invocation_cycles = 0;   ///< host and network, per invocation
  std::uint32_t scan_cycles = 1;         ///< rho_s: tile-sparse scheduler, per tile of the map

  std::uint32_t instruction_fifo_depth = 64;
  std::uint32_t operation_fifo_depth = 16;  ///< chains waiting at a unit
  std::uint32_t vector_fifo_depth = 128;    ///< outputs of a unit, with those in its pipeline
  std::uint32_t out_queue_depth = 64;       ///< native vectors on the way to L2

  /// Entries of each memory; 0: the engine does not have it. Units: see MemoryId.
  std::array<std::uint32_t, kNumMemories> entries{};
  Mechanisms mechanisms;

  [[nodiscard]] std::uint32_t entries_of(MemoryId id) const {
    return entries[static_cast<std::size_t>(id)];
  }
  /// First cycle of the engine's clock that begins in cycle `cycle` of the SoC or later.
  [[nodiscard]] std::uint64_t engine_cycle(std::uint64_t cycle) const {
    return (cycle + clock_divider - 1) / clock_divider;
  }
  /// Multiply-accumulates per cycle of the whole machine.
  [[nodiscard]] std::uint64_t macs_per_cycle() const {
    return std::uint64_t{cores} * batch * engines * native_dim * lanes;
  }
};

/// soc64 (the default, first), bw_s5, bw_a10, bw_s10, s10nx, bert_np.
const std::vector<EngineParameters>& engine_presets();
/// Throws ConfigError with the known names when there is none of this name.
const EngineParameters& engine_preset(std::string_view name);

/// "mvm_initial_vrf", "score_vrf", ...: as configuration, statistics and messages write it.
std::string_view to_string(MemoryId id);

}  // namespace tessera::attention_engine
