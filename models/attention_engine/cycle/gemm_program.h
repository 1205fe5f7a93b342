// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/attention_engine/cycle/job_program.h"
#include "models/attention_engine/cycle/operator_program.h"
#include "models/attention_engine/engine_parameters.h"
#include "models/attention_engine/tile_map.h"

namespace tessera::attention_engine {

/// out[r][c] = sum over m of a[r][m] * w[c][m] + bias[c], with the tiles of w that a map keeps.
struct GemmJob {
  const TileMap* weights = nullptr;  ///< its queries are the outputs, its keys the depth
  std::uint32_t rows = 0;
  OperatorRows a;
  OperatorRows w;
  OperatorRows out;
  std::uint32_t bias = 0;  ///< address of int32 [outputs]; 0: none
};

/// GEMM with block-sparse weights: a block of rows of `a` in MvmInitialVrf, the tiles of an output
/// row in the MRF. The MRF keeps all tiles when they fit; otherwise each comes again for each
/// block of rows, in groups of half the MRF whose sums stay in AccVrf.
class GemmProgram final : public JobProgram {
 public:
  /// `job` outlives the program. REQUIRES: block_rows(engine, job) > 0.
  GemmProgram(const EngineParameters& engine, const GemmJob& job,
              std::vector<std::uint32_t>& tile_list);
  static std::uint32_t block_rows(const EngineParameters& engine, const GemmJob& job);

 private:
  bool write_more() override;
  void load_bias();
  void load_rows();
  /// Tiles first .. first+count-1 of the output row, to MRF entries from `entry` on.
  void load_tiles(const TileRow& tiles, std::uint32_t first, std::uint32_t count,
                  std::uint32_t entry);
  void write_output_row();
  void product_chain(const TileRow& tiles, std::uint32_t first, std::uint32_t count,
                     std::uint32_t entry);
  void set_output_rows();
  void end_output(ChainWriter& chain);
  void count_tiles();

  const EngineParameters& engine_;
  const GemmJob& job_;
  const TileMap& map_;
  std::vector<std::uint32_t>& tile_list_;
  std::uint32_t list_end_ = 0;
  const std::uint32_t parts_;  ///< native vectors of a row of a
  const std::uint32_t block_;
  const bool keeps_weights_;
  std::uint32_t first_ = 0;  ///< row of a, of the block under way
  std::uint32_t count_ = 0;
  std::uint32_t entry_ = 0;       ///< where the block is
  std::uint32_t output_row_ = 0;  ///< tile row of the weights
  std::uint32_t next_half_ = 0;   ///< of the MRF
};

}  // namespace tessera::attention_engine
