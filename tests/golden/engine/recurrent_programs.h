// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/attention_engine/engine_parameters.h"

/// Recurrent and dense kernels as chains: what was measured on Brainwave and on Intel's NPU.
namespace tessera::attention_engine::golden {

using Program = std::vector<std::uint64_t>;

/// Dense layers one after the other on the NPU, sizes[0] inputs; `groups` batches of vectors.
Program npu_dense(const EngineParameters& engine, const std::vector<std::uint32_t>& sizes,
                  std::uint32_t groups = 1);
/// `steps` steps of "rnn", "gru" or "lstm" with `hidden` units and as many inputs.
Program npu_recurrent(const EngineParameters& engine, const std::string& cell, std::uint32_t hidden,
                      std::uint32_t steps);
/// The same on Brainwave, "gru" or "lstm", one vector at a time.
Program brainwave_recurrent(const EngineParameters& engine, const std::string& cell,
                            std::uint32_t hidden, std::uint32_t steps);

}  // namespace tessera::attention_engine::golden
