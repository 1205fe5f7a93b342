// SPDX-License-Identifier: Apache-2.0
#include "models/ita/tile_engine.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/base/error.h"

namespace tessera::ita {

namespace {

constexpr std::uint32_t kPointerAlignment = 4;  ///< width of a bank of L1
constexpr ProductShape kTileShape{kTileSize, kTileSize, kTileSize};

Phase first_phase(Layer layer) {
  switch (layer) {
    case Layer::kAttention:
      return Phase::kQ;
    case Layer::kFeedForward:
      return Phase::kF1;
    case Layer::kLinear:
      return Phase::kLinear;
    case Layer::kSingleAttention:
      return Phase::kQK;
  }
  TESSERA_CHECK(false, "layer {}", static_cast<int>(layer));
}

/// Inner tiles of an output tile.
std::uint32_t depth_of(Phase phase, const TileCounts& tiles) {
  switch (phase) {
    case Phase::kQK:
    case Phase::kOW:
      return tiles.p;
    case Phase::kAV:
      return tiles.s;
    case Phase::kF2:
      return tiles.f;
    default:
      return tiles.e;
  }
}

/// Output tiles of the phase; of one block row in QK and AV.
std::uint32_t outputs_of(Phase phase, const TileCounts& tiles) {
  switch (phase) {
    case Phase::kQK:
      return tiles.s;
    case Phase::kAV:
      return tiles.p;
    case Phase::kOW:
    case Phase::kF2:
      return tiles.s * tiles.e;
    case Phase::kF1:
      return tiles.s * tiles.f;
    default:
      return tiles.s * tiles.p;
  }
}

/// 24-bit little-endian values.
std::array<std::int32_t, kTileSize> unpack_bias(const std::array<std::uint8_t, kBiasBytes>& bytes) {
  std::array<std::int32_t, kTileSize> bias{};
  for (std::size_t i = 0; i < bias.size(); ++i) {
    const std::uint32_t value =
        bytes[3 * i] | std::uint32_t{bytes[3 * i + 1]} << 8 | std::uint32_t{bytes[3 * i + 2]} << 16;
    bias[i] = static_cast<std::int32_t>(wrap_signed(value, 24));
  }
  return bias;
}

}  // namespace

TileEngine::TileEngine(Flavour flavour, std::uint32_t region_base, std::uint32_t region_bytes)
    : flavour_(parameters_of(flavour)), region_base_(region_base), region_bytes_(region_bytes) {}

std::optional<JobMisuse> TileEngine::refusal(const TileJob& job) const {
  const Phase phase = state_.is_in_layer ? state_.phase : first_phase(job.layer);
  const std::uint32_t depth = depth_of(phase, job.tiles);
  const bool is_last_inner_tile = state_.inner_tile + 1 == depth;
  if (job.has_output != is_last_inner_tile) {
    return JobMisuse{fmt::format("output is {} for inner tile {} of {} in phase {}",
                                 job.has_output ? "enabled" : "disabled", state_.inner_tile + 1,
                                 depth, to_string(phase))};
  }
  if (job.preloads_weights == state_.has_next_weights) {
    return JobMisuse{job.preloads_weights
                         ? "WEIGHT_PRELOAD although the job before loaded weights ahead"
                         : "neither WEIGHT_PRELOAD nor weights loaded ahead by the job before"};
  }
  return pointer_refusal(job);
}

std::optional<JobMisuse> TileEngine::pointer_refusal(const TileJob& job) const {
  struct Pointer {
    const char* name;
    std::uint32_t address;
    std::size_t bytes;
    bool is_used;
  };
  for (const Pointer& pointer :
       {Pointer{"INPUT_PTR", job.input, kTileBytes, true},
        Pointer{"WEIGHT_PTR0", job.weights, kTileBytes, true},
        Pointer{"WEIGHT_PTR1", job.next_weights, kWeightBlockBytes, job.loads_next_weights},
        Pointer{"BIAS_PTR", job.bias, kBiasBytes, job.has_bias},
        Pointer{"OUTPUT_PTR", job.output, kTileBytes, job.has_output}}) {
    const bool is_inside = pointer.address >= region_base_ && pointer.bytes <= region_bytes_ &&
                           pointer.address - region_base_ <= region_bytes_ - pointer.bytes;
    if (pointer.is_used && (!is_inside || pointer.address % kPointerAlignment != 0)) {
      return JobMisuse{fmt::format("{} = {:#x}, {} bytes; allowed: word-aligned in {:#x} .. {:#x}",
                                   pointer.name, pointer.address, pointer.bytes, region_base_,
                                   region_base_ + (region_bytes_ - 1)),
                       pointer.address};
    }
  }
  return std::nullopt;
}

bool TileEngine::fetch(const TileJob& job, ByteMemory& memory, TileOperands& operands) const {
  const std::size_t held = job.preloads_weights ? 0 : kWeightBlockBytes;
  std::copy_n(state_.next_weights.begin(), held, operands.weights.begin());
  bool is_answered = memory.read(job.input, operands.input.data(), kTileBytes) &&
                     memory.read(job.weights + static_cast<std::uint32_t>(held),
                                 operands.weights.data() + held, kTileBytes - held);
  if (job.loads_next_weights) {
    is_answered &= memory.read(job.next_weights, operands.next_weights.data(), kWeightBlockBytes);
  }
  std::array<std::uint8_t, kBiasBytes> bias{};
  if (job.has_bias) {
    is_answered &= memory.read(job.bias, bias.data(), kBiasBytes);
  }
  operands.bias = unpack_bias(bias);
  return is_answered;
}

std::optional<TileBytes> TileEngine::compute(const TileJob& job, const TileOperands& operands) {
  if (!state_.is_in_layer) {
    state_.is_in_layer = true;
    state_.phase = first_phase(job.layer);
  }
  multiply(operands);
  state_.has_next_weights = job.loads_next_weights;
  state_.next_weights = operands.next_weights;
  if (!job.has_output) {
    ++state_.inner_tile;
    return std::nullopt;
  }
  const TileBytes output = finish(job, operands);
  end_output_tile(job.tiles, job.layer);
  return output;
}

void TileEngine::multiply(const TileOperands& operands) {
  std::array<std::int16_t, kTileBytes> streamed{};
  std::array<std::int16_t, kTileBytes> stationary{};
  if (state_.phase == Phase::kAV) {  // logits become probabilities on their way in
    for (std::size_t i = 0; i < kTileBytes; ++i) {
      streamed[i] = softmax_probability(state_.softmax[i / kTileSize], operands.input[i], flavour_);
    }
  } else {
    std::copy(operands.input.begin(), operands.input.end(), streamed.begin());
  }
  std::copy(operands.weights.begin(), operands.weights.end(), stationary.begin());
  if (state_.inner_tile == 0) {
    state_.sums.fill(0);
  }
  multiply_accumulate(streamed.data(), stationary.data(), state_.sums.data(), kTileShape);
}

TileBytes TileEngine::finish(const TileJob& job, const TileOperands& operands) {
  const Requant& requant = job.requant[flavour_.constant_index[static_cast<int>(state_.phase)]];
  TileBytes output{};
  for (std::size_t i = 0; i < kTileBytes; ++i) {
    const std::int64_t bias = operands.bias[job.is_bias_per_row ? i / kTileSize : i % kTileSize];
    output[i] = requantise(wrap_signed(state_.sums[i] + bias, flavour_.accumulator_bits), requant,
                           flavour_);
  }
  if (state_.phase == Phase::kQK) {
    for (std::size_t r = 0; r < kTileSize; ++r) {
      SoftmaxRow& row = state_.softmax[r];
      row = state_.tile == 0 ? SoftmaxRow{} : row;
      softmax_accumulate(row, &output[r * kTileSize], kTileSize, flavour_);
      if (state_.tile + 1 == job.tiles.s) {
        softmax_finish(row, flavour_);
      }
    }
  }
  for (std::int8_t& value : output) {
    value = activate(value, job.activation, flavour_);
  }
  return output;
}

void TileEngine::end_output_tile(const TileCounts& tiles, Layer layer) {
  state_.inner_tile = 0;
  ++state_.tile;
  if (state_.tile != outputs_of(state_.phase, tiles)) {
    return;
  }
  state_.tile = 0;
  switch (state_.phase) {
    case Phase::kQ:
      state_.phase = Phase::kK;
      return;
    case Phase::kK:
      state_.phase = Phase::kV;
      return;
    case Phase::kV:
      state_.phase = Phase::kQK;
      return;
    case Phase::kQK:
      state_.phase = Phase::kAV;
      return;
    case Phase::kF1:
      state_.phase = Phase::kF2;
      return;
    case Phase::kAV:
      if (++state_.block_row != tiles.s) {
        state_.phase = Phase::kQK;
        return;
      }
      state_.block_row = 0;
      if (layer == Layer::kAttention) {
        state_.phase = Phase::kOW;
        return;
      }
      break;
    case Phase::kOW:
    case Phase::kF2:
    case Phase::kLinear:
      break;
  }
  state_.is_in_layer = false;
}

bool TileEngine::see_next_context(const TileCounts& tiles, Layer layer) {
  const bool is_upset = state_.is_in_layer && state_.inner_tile != 0 &&
                        state_.inner_tile == depth_of(state_.phase, tiles);
  if (is_upset) {
    end_output_tile(tiles, layer);
  }
  return is_upset;
}

}  // namespace tessera::ita
