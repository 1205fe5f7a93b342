// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "models/ita/datapath.h"
#include "models/ita/flavour.h"
#include "models/ita/timing.h"

namespace tessera::ita {

/// Values are those of the register field CTRL_ENGINE.layer.
enum class Layer : std::uint8_t { kAttention, kFeedForward, kLinear, kSingleAttention };

/// Lower-case name: "attention", ...
const char* to_string(Layer layer);

/// The registers 0x20 .. 0x60 of one context of the job interface.
struct JobContext {
  static constexpr std::size_t kNumWords = 17;
  std::array<std::uint32_t, kNumWords> words{};

  /// Word at a byte offset of job_interface_regs.h. REQUIRES: 0x20 <= offset <= 0x60.
  std::uint32_t& at(std::uint32_t offset);
  std::uint32_t at(std::uint32_t offset) const;
};

/// Sizes of the layer as the register TILES holds them.
TileCounts decode_tiles(std::uint32_t tiles_register);

/// One job, decoded: a tile step of 64 x 64 outputs, 64 deep.
struct TileJob {
  explicit TileJob(const JobContext& context);

  std::uint32_t input;         ///< streamed tile: int8 [64][64]
  std::uint32_t weights;       ///< stationary tile: int8 [64][64]
  std::uint32_t next_weights;  ///< stationary tile of the next job
  std::uint32_t bias;          ///< 64 x 3 bytes
  std::uint32_t output;        ///< int8 [64][64]
  TileCounts tiles;
  Layer layer;
  std::array<Requant, kNumConstants> requant;
  Activation activation;
  bool preloads_weights;    ///< fetches all four blocks of the stationary tile itself
  bool loads_next_weights;  ///< fetches the first block of the next tile ahead
  bool has_bias;
  bool is_bias_per_row;
  bool has_output;

  JobKind kind() const { return {preloads_weights, !loads_next_weights, has_bias, has_output}; }
};

}  // namespace tessera::ita
