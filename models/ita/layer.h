// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/ita/datapath.h"
#include "models/ita/flavour.h"

/// Whole layers on matrices of any size that the flavour allows: what one run of an ITA computes,
/// with every intermediate result. Plain functions of their operands. All matrices are row-major.
namespace tessera::ita {

/// Along which dimension of the output a bias runs.
enum class BiasDirection : std::uint8_t {
  kPerColumn,  ///< bias[c]
  kPerRow,     ///< bias[r]: V, which is computed transposed
};

/// output[r][c] = activate(requantise(bias + sum over m of streamed[r][m] * stationary[c][m]))
struct LinearOperands {
  ProductShape shape{};
  const std::int8_t* streamed = nullptr;    ///< [rows][depth]
  const std::int8_t* stationary = nullptr;  ///< [columns][depth]
  const std::int32_t* bias = nullptr;       ///< [columns] or [rows]; null: none
  BiasDirection bias_direction = BiasDirection::kPerColumn;
  Requant requant{};
  Activation activation{};
};

/// Returns [rows][columns].
std::vector<std::int8_t> linear(const LinearOperands& operands, const FlavourParameters& flavour);

/// Integer probabilities of `logits` [rows][columns]; columns is a multiple of kSoftmaxGroup.
std::vector<std::uint8_t> softmax(const std::vector<std::int8_t>& logits, std::size_t columns,
                                  const FlavourParameters& flavour);

struct HeadShape {
  std::size_t s;  ///< sequence length
  std::size_t e;  ///< embedding size
  std::size_t p;  ///< projection size
};

/// One attention head. Weights are transposed, as the hardware streams them.
struct HeadOperands {
  HeadShape shape{};
  std::vector<std::int8_t> q;              ///< [S][E]
  std::vector<std::int8_t> k;              ///< [S][E], keys and values
  std::vector<std::int8_t> wq_transposed;  ///< [P][E]
  std::vector<std::int8_t> wk_transposed;  ///< [P][E]
  std::vector<std::int8_t> wv_transposed;  ///< [P][E]
  std::vector<std::int8_t> wo_transposed;  ///< [E][P]
  std::vector<std::int32_t> bq;            ///< [P]
  std::vector<std::int32_t> bk;            ///< [P]
  std::vector<std::int32_t> bv;            ///< [P]
  std::vector<std::int32_t> bo;            ///< [E]
  /// In the flavour's order of constants: FlavourParameters::constant_index.
  std::array<Requant, kNumConstants> requant{};
};

struct HeadResult {
  std::vector<std::int8_t> q;               ///< [S][P]
  std::vector<std::int8_t> k;               ///< [S][P]
  std::vector<std::int8_t> v_transposed;    ///< [P][S]
  std::vector<std::int8_t> logits;          ///< [S][S]
  std::vector<std::uint8_t> probabilities;  ///< [S][S]; never in memory on the hardware
  std::vector<std::int8_t> av;              ///< [S][P]
  std::vector<std::int8_t> output;          ///< [S][E]
};

/// REQUIRES: S is a multiple of kSoftmaxGroup.
HeadResult attention_head(const HeadOperands& operands, const FlavourParameters& flavour);

}  // namespace tessera::ita
