// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/attention_engine/cycle/job_program.h"
#include "models/attention_engine/cycle/matrix_store.h"
#include "models/attention_engine/engine_parameters.h"
#include "models/attention_engine/planner.h"
#include "models/attention_engine/score_layout.h"
#include "models/attention_engine/tile_map.h"

namespace tessera::attention_engine {

/// Where Q, K, V, the result and spilled scores of an attention job are, and how it is planned.
struct AttentionJob {
  const TileMap* map = nullptr;  ///< of every head
  Plan plan;
  std::uint32_t head_dim = 64;  ///< d
  std::uint32_t heads = 1;
  std::uint32_t q = 0;  ///< addresses, multiples of 64
  std::uint32_t k = 0;
  std::uint32_t v = 0;
  std::uint32_t output = 0;
  std::uint32_t scratch = 0;      ///< of spilled scores: longest tile row, T * T bytes a tile
  std::uint32_t row_stride = 64;  ///< bytes from token to token
  std::uint32_t head_stride = 0;  ///< bytes from head to head
  bool has_kv = false;            ///< K and V are in the MRF from the job before (K_stationary)
};

/// The tile-sparse scheduler: walks the map of an attention job row by row and writes the chains
/// of each row, those that firmware could push by hand.
///   row I:  Q block and missing K tiles in; scores of its tiles, E tiles a chain; softmax;
///           missing V tiles in; context of the row
/// Policies resident and overlapped bring the scores of the next two rows (of the next one) between
/// the softmax and the context of a row; row does one after the other; online and spill go tile by
/// tile.
class AttentionProgram final : public JobProgram {
 public:
  using Counters = TileCounters;

  /// `tile_list` is what indirect instructions read. `job` and its map outlive the program.
  AttentionProgram(const EngineParameters& engine, const AttentionJob& job,
                   std::vector<std::uint32_t>& tile_list);

 private:
  /// A tile row of a head, counted through all heads.
  struct Row {
    std::uint32_t head = 0;
    std::uint32_t index = 0;
    std::uint32_t number = 0;
  };

  bool write_more() override;
  /// Tile rows whose scores are computed before the context of a row.
  [[nodiscard]] std::uint32_t rows_ahead() const;
  [[nodiscard]] Row row_at(std::uint32_t number) const;
  void write_scores(const Row& row);
  void write_softmax(const Row& row);
  void write_context(const Row& row);
  void write_online(const Row& row);
  void write_spill(const Row& row);

  void count(const Row& row);
  void load_queries(const Row& row);
  /// Scores of tiles first .. first+count-1 of a row.
  void score_chain(const Row& row, std::uint32_t first, std::uint32_t count);
  void softmax_chain(const Row& row, std::uint32_t tile, bool finds_sums, bool normalises,
                     bool is_last);
  void rescale_chain(const Row& row);
  /// Probabilities of tiles first .. first+count-1 times V; the sum goes on from the chain before
  /// and on to the next one, as is_first and is_last say.
  void context_chain(const Row& row, std::uint32_t first, std::uint32_t count, bool is_first,
                     bool is_last);
  void accumulator_chain(const Row& row);
  void scores_to_l2(const Row& row, std::uint32_t tile);
  void scores_from_l2(const Row& row, std::uint32_t tile);
  void load_matrices(MatrixKind kind, const Row& row, std::uint32_t first, std::uint32_t count);
  /// Puts `entry` at the end of the tile list.
  void list(std::uint32_t entry);
  void set_output_rows();

  [[nodiscard]] std::uint32_t address_of(std::uint32_t base, const Row& row,
                                         std::uint32_t token) const {
    return base + row.head * job_.head_stride + token * job_.row_stride;
  }
  [[nodiscard]] std::uint32_t queries(const Row& row) const {
    return map_.shape.queries_in(row.index);
  }
  [[nodiscard]] std::uint32_t query_entry(const Row& row) const;
  [[nodiscard]] std::uint32_t score_entry(const Row& row, std::uint32_t tile) const;

  const EngineParameters& engine_;
  const AttentionJob& job_;
  const TileMap& map_;
  const ScoreLayout layout_;
  const std::uint32_t parts_;  ///< native vectors of a row of Q, K, V
  const std::uint32_t rows_;   ///< of all heads
  const MemoryId scores_;      ///< register file of the scores
  std::vector<std::uint32_t>& tile_list_;
  std::uint32_t list_end_ = 0;
  MatrixStore matrices_;
  std::uint32_t next_row_ = 0;
};

}  // namespace tessera::attention_engine
