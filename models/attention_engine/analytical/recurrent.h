// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/attention_engine/engine_parameters.h"

/// Closed forms of recurrent kernels on the published machines: a second opinion on the cycle
/// engine's calibration, never an input to it.
namespace tessera::attention_engine::analytical {

/// Cycles that the products of one step take at least: `matrices` of hidden x hidden over all tile
/// engines. No machine with these multipliers is faster.
inline std::uint64_t structural_bound(const EngineParameters& engine, std::uint32_t matrices,
                                      std::uint32_t hidden) {
  const std::uint64_t side = (hidden + engine.native_dim - 1) / engine.native_dim;
  const std::uint64_t tiles = matrices * side * side;
  return (tiles + engine.engines - 1) / engine.engines *
         ((engine.native_dim + engine.lanes - 1) / engine.lanes);
}

/// A step of a GRU (6 matrices) or LSTM (8) on bw_s10. Three constants fitted on Table V of Fowers
/// et al., ISCA 2018: 22 cycles a step and the floors, below which dependent chains, not products,
/// set the pace.
inline std::uint64_t brainwave_step(const EngineParameters& engine, std::uint32_t matrices,
                                    std::uint32_t hidden) {
  const std::uint64_t floor_cycles = matrices == 6 ? 632 : 636;
  return std::max(floor_cycles, structural_bound(engine, matrices, hidden) + 22);
}

/// One product of a hidden x hidden matrix, and one step of a plain RNN, on s10nx. Four constants
/// fitted on the RTL's results in intel/fpga-npu.
inline std::uint64_t npu_gemv(std::uint32_t hidden) {
  const std::uint64_t blocks = (hidden + 39) / 40;
  return blocks * ((blocks + 6) / 7 + 4) + 188;
}
inline std::uint64_t npu_rnn_step(std::uint32_t hidden) {
  const std::uint64_t blocks = (hidden + 39) / 40;
  const std::uint64_t blocks_of_tile = (blocks + 6) / 7;
  return std::max(blocks * (blocks_of_tile + 4) + 180, 2 * blocks * blocks_of_tile + 68);
}

}  // namespace tessera::attention_engine::analytical
