// SPDX-License-Identifier: Apache-2.0
#include "models/ita/tile_engine.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/base/error.h"

namespace tessera::ita {

namespace {

constexpr std::uint32_t kPointerAlignment = 4;  ///< width of a bank of L1

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

}  // namespace

std::array<std::int32_t, kTileSize> unpack_bias(const std::array<std::uint8_t, kBiasBytes>& bytes) {
  std::array<std::int32_t, kTileSize> bias{};
  for (std::size_t i = 0; i < bias.size(); ++i) {
    const std::uint32_t value =
        bytes[3 * i] | std::uint32_t{bytes[3 * i + 1]} << 8 | std::uint32_t{bytes[3 * i + 2]} << 16;
    bias[i] = static_cast<std::int32_t>(wrap_signed(value, 24));
  }
  return bias;
}

TileEngine::TileEngine(Flavour flavour, const Hardware& hardware, std::uint32_t region_base,
                       std::uint32_t region_bytes)
    : flavour_(parameters_of(flavour)),
      columns_(hardware.processing_elements),
      block_bytes_(hardware.weight_block_bytes()),
      region_base_(region_base),
      region_bytes_(region_bytes) {
  flavour_.softmax.group = columns_;
}

Phase TileEngine::phase_of(const TileJob& job) const {
  return state_.is_in_layer ? state_.phase : first_phase(job.layer);
}

std::optional<JobMisuse> TileEngine::refusal(const TileJob& job) const {
  const Phase phase = phase_of(job);
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

std::string TileEngine::constants_fault(const TileJob& job) const {
  const Phase phase = phase_of(job);
  const std::size_t index = constants_of(phase);
  const Requant& requant = job.requant[index];
  if (!job.has_output || !is_degenerate(requant, flavour_)) {
    return "";
  }
  return fmt::format(
      "EPS_MULT[{0}] = {1}, RIGHT_SHIFT[{0}] = {2} for phase {3}: every result is {4}", index,
      requant.mult, requant.shift, to_string(phase), requant.add);
}

std::string TileEngine::weights_fault(const TileJob& job) const {
  if (job.preloads_weights || job.weights == state_.next_weights_address) {
    return "";
  }
  return fmt::format(
      "WEIGHT_PTR0 = {:#x} in phase {}, but the job before loaded weights ahead from {:#x}, its "
      "WEIGHT_PTR1: the first {} bytes of the tile are from there; allowed: the same address",
      job.weights, to_string(phase_of(job)), state_.next_weights_address, block_bytes_);
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
        Pointer{"WEIGHT_PTR1", job.next_weights, block_bytes_, job.loads_next_weights},
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
  const std::size_t held = job.preloads_weights ? 0 : block_bytes_;
  bool is_answered = memory.read(job.input, operands.input.data(), kTileBytes) &&
                     memory.read(job.weights + static_cast<std::uint32_t>(held),
                                 operands.weights.data() + held, kTileBytes - held);
  if (job.loads_next_weights) {
    is_answered &= memory.read(job.next_weights, operands.next_weights.data(), block_bytes_);
  }
  std::array<std::uint8_t, kBiasBytes> bias{};
  if (job.has_bias) {
    is_answered &= memory.read(job.bias, bias.data(), kBiasBytes);
  }
  operands.bias = unpack_bias(bias);
  return is_answered;
}

std::optional<TileBytes> TileEngine::compute(const TileJob& job, const TileOperands& operands) {
  TileOperands complete = operands;
  begin(job, complete);
  TileBytes output{};
  for (std::uint32_t row = 0; row < kTileBytes / columns_; ++row) {
    compute_row(job, complete, row, output);
  }
  end(job, complete);
  return job.has_output ? std::optional<TileBytes>(output) : std::nullopt;
}

StepTraits TileEngine::begin(const TileJob& job, TileOperands& operands) {
  if (!state_.is_in_layer) {
    state_.is_in_layer = true;
    state_.phase = first_phase(job.layer);
  }
  if (!job.preloads_weights) {
    std::copy_n(state_.next_weights.begin(), block_bytes_, operands.weights.begin());
  }
  if (state_.inner_tile == 0) {
    state_.sums.fill(0);
  }
  StepTraits traits;
  traits.has_output = job.has_output;
  traits.feeds_softmax =
      state_.phase == Phase::kQK && job.has_output && state_.tile + 1 == job.tiles.s;
  traits.reads_softmax = state_.phase == Phase::kAV && state_.tile == 0 && state_.inner_tile == 0;
  return traits;
}

std::uint32_t TileEngine::compute_row(const TileJob& job, const TileOperands& operands,
                                      std::uint32_t step_row, TileBytes& output) {
  const std::uint32_t row = step_row % kTileSize;
  const std::uint32_t first_column = step_row / kTileSize * columns_;
  if (row == 0) {
    const std::int8_t* block = &operands.weights[first_column * kTileSize];
    std::copy(block, block + block_bytes_, stationary_.begin());
  }
  const std::int8_t* input = &operands.input[row * kTileSize];
  std::array<std::int16_t, kTileSize> streamed;
  SoftmaxRow& softmax = state_.softmax[row];
  if (state_.phase == Phase::kAV) {  // logits become probabilities on their way in
    for (std::size_t i = 0; i < kTileSize; ++i) {
      streamed[i] = softmax_probability(softmax, input[i], flavour_);
    }
  } else {
    std::copy(input, input + kTileSize, streamed.begin());
  }
  const std::size_t place = row * kTileSize + first_column;
  multiply_accumulate(streamed.data(), stationary_.data(), &state_.sums[place],
                      {1, columns_, kTileSize});
  if (job.has_output) {
    finish_row(job, operands, row, first_column, &output[place]);
  }
  return softmax.denominator;
}

void TileEngine::finish_row(const TileJob& job, const TileOperands& operands, std::uint32_t row,
                            std::uint32_t first_column, std::int8_t* output) {
  const Requant& requant = job.requant[constants_of(state_.phase)];
  const std::int32_t* sums = &state_.sums[row * kTileSize + first_column];
  for (std::uint32_t i = 0; i < columns_; ++i) {
    const std::int64_t bias = operands.bias[job.is_bias_per_row ? row : first_column + i];
    output[i] =
        requantise(wrap_signed(sums[i] + bias, flavour_.accumulator_bits), requant, flavour_);
  }
  if (state_.phase == Phase::kQK) {
    SoftmaxRow& softmax = state_.softmax[row];
    if (state_.tile == 0 && first_column == 0) {
      softmax = SoftmaxRow{};
    }
    softmax_accumulate(softmax, output, columns_, flavour_);
    if (state_.tile + 1 == job.tiles.s && first_column + columns_ == kTileSize) {
      softmax_finish(softmax, flavour_);
    }
  }
  for (std::uint32_t i = 0; i < columns_; ++i) {
    output[i] = activate(output[i], job.activation, flavour_);
  }
}

void TileEngine::end(const TileJob& job, const TileOperands& operands) {
  state_.has_next_weights = job.loads_next_weights;
  state_.next_weights_address = job.next_weights;
  std::copy_n(operands.next_weights.begin(), block_bytes_, state_.next_weights.begin());
  if (job.has_output) {
    end_output_tile(job.tiles, job.layer);
  } else {
    ++state_.inner_tile;
  }
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
