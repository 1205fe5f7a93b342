// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/attention_engine/cycle/job_program.h"
#include "models/attention_engine/cycle/operator_program.h"
#include "models/attention_engine/engine_parameters.h"
#include "models/attention_engine/tile_map.h"

namespace tessera::attention_engine {

/// Queries and keys of a selection, and where its bits go.
struct SelectionJob {
  MapShape shape;
  std::uint32_t head_dim = 0;
  OperatorRows q;
  OperatorRows k;
  std::uint32_t output = 0;     ///< address of bits, row_bytes per query
  std::uint32_t row_bytes = 0;  ///< of the result
};

/// Top-k selection: dense scores of a tile row, then a pass through the insertion network in the
/// MFUs, which leaves bits. Low-bit products take the lanes of int8 ones.
class SelectionProgram final : public JobProgram {
 public:
  /// `job` outlives the program. REQUIRES: fits(engine, job).
  SelectionProgram(const EngineParameters& engine, const SelectionJob& job);
  /// A block of queries and two tiles of K have a place.
  static bool fits(const EngineParameters& engine, const SelectionJob& job);

 private:
  bool write_more() override;
  void load_queries();
  void load_keys(std::uint32_t column, std::uint32_t entry, bool is_again);
  void write_tile(std::uint32_t column);

  const EngineParameters& engine_;
  const SelectionJob& job_;
  const std::uint32_t parts_;
  const bool keeps_keys_;
  std::uint32_t row_ = 0;
  std::uint32_t next_half_ = 0;
};

}  // namespace tessera::attention_engine
