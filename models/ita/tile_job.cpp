// SPDX-License-Identifier: Apache-2.0
#include "models/ita/tile_job.h"

#include <algorithm>

#include "models/base/error.h"
#include "models/ita/job_interface_regs.h"

namespace tessera::ita {

namespace {

constexpr std::size_t kConstantsPerWord = 4;

/// Byte `index` of the two words from `offset` on.
std::uint8_t constant(const JobContext& context, std::uint32_t offset, std::size_t index) {
  const auto word = context.at(offset + 4 * static_cast<std::uint32_t>(index / kConstantsPerWord));
  return static_cast<std::uint8_t>(word >> (8 * (index % kConstantsPerWord)));
}

Activation decode_activation(const JobContext& context) {
  Activation activation;
  const std::uint32_t kind = context.at(ITA_JOB_CTRL_ENGINE) >> ITA_JOB_ACTIVATION_SHIFT & 0x3u;
  // The code that is left over selects identity in the RTL too.
  activation.kind = kind == ITA_JOB_ACTIVATION_GELU   ? ActivationKind::kGelu
                    : kind == ITA_JOB_ACTIVATION_RELU ? ActivationKind::kRelu
                                                      : ActivationKind::kIdentity;
  const std::uint32_t gelu = context.at(ITA_JOB_GELU_B_C);
  activation.gelu_b = static_cast<std::int16_t>(gelu);
  activation.gelu_c = static_cast<std::int16_t>(gelu >> 16);
  const std::uint32_t requant = context.at(ITA_JOB_ACTIVATION_REQUANT);
  activation.requant = {static_cast<std::uint8_t>(requant), static_cast<std::uint8_t>(requant >> 8),
                        static_cast<std::int8_t>(requant >> 16)};
  return activation;
}

}  // namespace

std::uint32_t& JobContext::at(std::uint32_t offset) {
  const std::size_t index = (offset - ITA_JOB_INPUT_PTR) / sizeof(std::uint32_t);
  TESSERA_CHECK(offset >= ITA_JOB_INPUT_PTR && index < kNumWords, "job register {:#x}", offset);
  return words[index];
}

std::uint32_t JobContext::at(std::uint32_t offset) const {
  return const_cast<JobContext*>(this)->at(offset);
}

const char* to_string(Layer layer) {
  switch (layer) {
    case Layer::kAttention:
      return "attention";
    case Layer::kFeedForward:
      return "feed_forward";
    case Layer::kLinear:
      return "linear";
    case Layer::kSingleAttention:
      return "single_attention";
  }
  TESSERA_CHECK(false, "no layer: {}", static_cast<int>(layer));
}

TileCounts decode_tiles(std::uint32_t tiles_register) {
  const auto size = [&](unsigned shift) {
    return std::max(tiles_register >> shift & ITA_JOB_TILES_MAX, 1u);
  };
  return {size(ITA_JOB_TILES_S_SHIFT), size(ITA_JOB_TILES_E_SHIFT), size(ITA_JOB_TILES_P_SHIFT),
          size(ITA_JOB_TILES_F_SHIFT)};
}

TileJob::TileJob(const JobContext& context)
    : input(context.at(ITA_JOB_INPUT_PTR)),
      weights(context.at(ITA_JOB_WEIGHT_PTR0)),
      next_weights(context.at(ITA_JOB_WEIGHT_PTR1)),
      bias(context.at(ITA_JOB_BIAS_PTR)),
      output(context.at(ITA_JOB_OUTPUT_PTR)),
      tiles(decode_tiles(context.at(ITA_JOB_TILES))),
      layer(static_cast<Layer>(context.at(ITA_JOB_CTRL_ENGINE) & 0x3u)),
      activation(decode_activation(context)) {
  for (std::size_t i = 0; i < kNumConstants; ++i) {
    requant[i] = {constant(context, ITA_JOB_EPS_MULT0, i),
                  constant(context, ITA_JOB_RIGHT_SHIFT0, i),
                  static_cast<std::int8_t>(constant(context, ITA_JOB_ADD0, i))};
  }
  const std::uint32_t stream = context.at(ITA_JOB_CTRL_STREAM);
  preloads_weights = (stream & ITA_JOB_WEIGHT_PRELOAD) != 0;
  loads_next_weights = (stream & ITA_JOB_WEIGHT_NEXTLOAD) != 0;
  has_bias = (stream & ITA_JOB_BIAS_DISABLE) == 0;
  is_bias_per_row = (stream & ITA_JOB_BIAS_PER_ROW) != 0;
  has_output = (stream & ITA_JOB_OUTPUT_DISABLE) == 0;
}

}  // namespace tessera::ita
