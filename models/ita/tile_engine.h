// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "models/base/byte_memory.h"
#include "models/ita/core_pipeline.h"
#include "models/ita/tile_job.h"

/// What the jobs of the job interface read, compute and write. Plain C++: the registers and the
/// timing are elsewhere. Source: pulp-platform/ITA src/ita_controller.sv, ita_accumulator.sv,
/// ita_softmax.sv, src/hwpe/ita_hwpe_ctrl.sv.
namespace tessera::ita {

inline constexpr std::size_t kTileBytes = std::size_t{kTileSize} * kTileSize;
inline constexpr std::size_t kBiasBytes = std::size_t{3} * kTileSize;

using TileBytes = std::array<std::int8_t, kTileBytes>;

/// Everything that outlasts a job; copying it saves and restores the engine.
struct EngineState {
  // Where the layer has got to; meaningful while is_in_layer.
  bool is_in_layer = false;
  Phase phase = Phase::kQ;
  std::uint32_t tile = 0;        ///< output tile of the phase (of the block row in QK and AV)
  std::uint32_t inner_tile = 0;  ///< along the depth of the output tile
  std::uint32_t block_row = 0;   ///< of 64 rows, in QK and AV

  std::array<std::int32_t, kTileBytes> sums{};  ///< [64][64], partial over the inner tiles
  std::array<SoftmaxRow, kTileSize> softmax{};  ///< of the block row
  bool has_next_weights = false;
  std::uint32_t next_weights_address = 0;  ///< where they came from: WEIGHT_PTR1
  TileBytes next_weights{};                ///< first block of the next job's tile, fetched ahead
};

/// What a job takes from memory.
struct TileOperands {
  TileBytes input{};    ///< [64][64]
  TileBytes weights{};  ///< [64][64], with what was fetched ahead
  std::array<std::int32_t, kTileSize> bias{};
  TileBytes next_weights{};  ///< the first block only
};

/// A job that breaks the rules.
struct JobMisuse {
  std::string message;
  std::uint32_t address = 0;  ///< 0: none
};

class TileEngine {
 public:
  /// Jobs may touch [region_base, region_base + region_bytes) only.
  TileEngine(Flavour flavour, const Hardware& hardware, std::uint32_t region_base,
             std::uint32_t region_bytes);

  /// What `job` belongs to, if it comes next.
  Phase phase_of(const TileJob& job) const;
  /// Why `job` cannot run now: the hardware would wait for ever, use the wrong weights or leave the
  /// region. Nothing: it can.
  std::optional<JobMisuse> refusal(const TileJob& job) const;
  /// What is wrong with the requantisation constants of `job`, if it comes next; empty: nothing.
  std::string constants_fault(const TileJob& job) const;
  /// What is wrong with where `job` says its weights are: the first block is that of another tile,
  /// as the job before fetched it ahead; empty: nothing. REQUIRES: !refusal(job).
  std::string weights_fault(const TileJob& job) const;
  /// Gives the layer up: idle, no weights fetched ahead. What a refused job leaves behind.
  void abandon() { state_ = EngineState{}; }

  /// Reads the operands of `job`; false when memory does not answer. REQUIRES: !refusal(job).
  bool fetch(const TileJob& job, ByteMemory& memory, TileOperands& operands) const;
  /// One tile step. Returns the output tile where the job has one. REQUIRES: !refusal(job).
  std::optional<TileBytes> compute(const TileJob& job, const TileOperands& operands);

  // The same in steps, for whoever brings the operands bit by bit: begin(), compute_row() for all
  // rows of a step in their order, end().
  /// Weights that came ahead are put in their place in `operands`. REQUIRES: !refusal(job).
  StepTraits begin(const TileJob& job, TileOperands& operands);
  /// Row `step_row` % 64 of the input times the weights of column group `step_row` / 64, which must
  /// be in `operands`; the results go to their place in `output` where the job has one.
  /// Returns the denominator of the row's softmax.
  std::uint32_t compute_row(const TileJob& job, const TileOperands& operands,
                            std::uint32_t step_row, TileBytes& output);
  void end(const TileJob& job, const TileOperands& operands);
  /// Bytes of weights that come ahead, or in one go.
  std::size_t weight_block_bytes() const { return block_bytes_; }

  /// Sizes of the context that runs next become visible to the tile counters. Returns true when
  /// they upset them: an inner tile waits and `tiles` says that it was the last. The hardware then
  /// begins the next output tile.
  bool see_next_context(const TileCounts& tiles, Layer layer);

  const EngineState& state() const { return state_; }
  void restore(const EngineState& state) { state_ = state; }

 private:
  std::optional<JobMisuse> pointer_refusal(const TileJob& job) const;
  std::size_t constants_of(Phase phase) const {
    return flavour_.constant_index[static_cast<std::size_t>(phase)];
  }
  void finish_row(const TileJob& job, const TileOperands& operands, std::uint32_t row,
                  std::uint32_t first_column, std::int8_t* output);
  void end_output_tile(const TileCounts& tiles, Layer layer);

  FlavourParameters flavour_;
  const std::uint32_t columns_;    ///< of a column group: the processing elements
  const std::size_t block_bytes_;  ///< weights of a column group
  std::uint32_t region_base_;
  std::uint32_t region_bytes_;
  EngineState state_;
  std::array<std::int16_t, kTileBytes> stationary_{};  ///< the column group's weights, widened
};

/// 24-bit little-endian values.
std::array<std::int32_t, kTileSize> unpack_bias(const std::array<std::uint8_t, kBiasBytes>& bytes);

}  // namespace tessera::ita
