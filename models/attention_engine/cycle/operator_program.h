// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/attention_engine/cycle/job_program.h"
#include "models/attention_engine/engine_parameters.h"

namespace tessera::attention_engine {

constexpr std::uint32_t divide_up(std::uint32_t a, std::uint32_t b) {
  return (a + b - 1) / b;
}
/// Of a bias in memory.
inline constexpr std::uint32_t kBytesOfSum = 4;

/// Rows of bytes in L2.
struct OperatorRows {
  std::uint32_t address = 0;
  std::uint32_t row_bytes = 0;
  std::uint32_t stride = 0;  ///< bytes from row to row
};

/// A job that takes rows in and gives rows out.
struct OperatorJob {
  enum class Kind : std::uint8_t { kCopy, kGelu, kSoftmax, kLayerNorm };
  Kind kind = Kind::kCopy;
  std::uint32_t rows = 0;
  OperatorRows in;
  OperatorRows out;
  std::uint32_t weight = 0;  ///< layer normalisation: address of int8 [columns]
  std::uint32_t bias = 0;    ///< address of int32 [columns]
};

/// Rows that a chain of a job takes: as many as `entries` of the register file hold twice, a
/// multiple of what begins at a whole AXI word, at most a tile. 0: not even those fit.
/// `fixed`: entries that something else takes; `entries_per_row`: of one row.
std::uint32_t rows_per_block(const EngineParameters& engine, std::uint32_t entries,
                             std::uint32_t fixed, std::uint32_t entries_per_row,
                             std::uint32_t stride);

/// Operators on rows: a block of rows comes in, passes the units, and goes out while the next one
/// comes in.
///   copy, GELU   MfuInitialVrf -> [MFU] -> L2
///   softmax      ScoreVrf -> softmax unit -> ScoreVrf -> L2
///   layer norm   four passes over MfuInitialVrf: means; differences, also to MultiplyVrf; their
///                squares to inverse deviations; difference times that plus bias times weight
/// A pass that reduces a row takes as many cycles as one that does not.
class OperatorProgram final : public JobProgram {
 public:
  /// `job` outlives the program. REQUIRES: block_rows(engine, job) > 0.
  OperatorProgram(const EngineParameters& engine, const OperatorJob& job);

  /// Rows of a block; 0: a row does not fit the register files.
  static std::uint32_t block_rows(const EngineParameters& engine, const OperatorJob& job);

 private:
  bool write_more() override;
  void load_parameters();
  void load_block();
  void store_from(MemoryId memory, Opcode operation);
  void write_softmax();
  void write_layer_norm();
  void set_rows(const OperatorRows& rows);

  const EngineParameters& engine_;
  const OperatorJob& job_;
  const std::uint32_t parts_;  ///< native vectors of a row
  const std::uint32_t block_;  ///< rows of a block
  const MemoryId source_;      ///< register file that blocks come to
  std::uint32_t first_ = 0;    ///< row of the block under way
  std::uint32_t count_ = 0;    ///< its rows
  std::uint32_t entry_ = 0;    ///< where it is
};

}  // namespace tessera::attention_engine
