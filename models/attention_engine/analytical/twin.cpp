// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/analytical/twin.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "models/attention_engine/analytical/chain_times.h"
#include "models/attention_engine/analytical/matrix_places.h"

namespace tessera::attention_engine::analytical {

namespace {

/// Instructions of the chains of section 1.7, with the registers that change from one to the next.
constexpr double kLoadInstructions = 3;
constexpr double kScoreInstructions = 7;  ///< one more with masks
constexpr double kSoftmaxInstructions = 6;
constexpr double kContextInstructions = 10;
constexpr double kStoreInstructions = 4;

std::uint32_t ceil_divide(std::uint32_t a, std::uint32_t b) {
  return (a + b - 1) / b;
}

class Twin {
 public:
  Twin(const EngineParameters& engine, const TileMap& map, const Job& job, const Plan& plan)
      : engine_(engine),
        map_(map),
        job_(job),
        plan_(plan),
        tile_(map.shape.tile),
        vectors_(ceil_divide(job.head_dim, engine.native_dim)),
        score_vector_(vectors_ *
                      ceil_divide(std::min(job.head_dim, engine.native_dim), engine.lanes)),
        context_vector_(vectors_ *
                        ceil_divide(ceil_divide(tile_, heads_side_by_side()), engine.lanes)),
        times_(engine, job.axi_latency),
        places_(engine.entries_of(MemoryId::kMrf) / vectors_, map.shape.columns(), plan.keeps_kv) {
    if (job.has_kv && plan.keeps_kv) {
      places_.fill();
    }
  }

  Estimate run(const std::vector<Policy>& policies) {
    for (std::uint32_t head = 0; head < job_.heads; ++head) {
      for (std::uint32_t row = 0; row < map_.shape.rows(); ++row) {
        take({head, row}, policies[row]);
      }
    }
    drain_rows(0);
    finish();
    return result_;
  }

 private:
  struct Row {
    std::uint32_t head = 0;
    std::uint32_t index = 0;
  };
  /// A tile row whose probabilities are on the way, and whose context comes later.
  struct Pending {
    Row row;
    double probabilities = 0;  ///< all of them are there
  };

  /// A2: a native dimension that holds several heads does their context products at once.
  [[nodiscard]] std::uint32_t heads_side_by_side() const {
    return engine_.mechanisms.packs_heads
               ? std::max(1u, std::min(engine_.native_dim / job_.head_dim, job_.heads))
               : 1;
  }

  /// Cycles of `tiles` tiles with `queries` vectors of `vector_cycles` each.
  [[nodiscard]] double product(std::uint32_t tiles, std::uint32_t queries,
                               std::uint32_t vector_cycles, Split split) const {
    if (split == Split::kVectors) {
      return double{1} * tiles * ceil_divide(queries, engine_.engines) * vector_cycles;
    }
    return double{1} * ceil_divide(tiles, engine_.engines) * queries * vector_cycles;
  }
  [[nodiscard]] Split context_split() const {
    return engine_.mvu_split == Split::kVectors ? engine_.mechanisms.context_split
                                                : engine_.mvu_split;
  }
  /// Vectors that a product gives at once for each tile of its result.
  [[nodiscard]] double burst(std::uint32_t queries, Split split) const {
    return split == Split::kVectors ? std::min(queries, engine_.engines) : 1;
  }

  void take(const Row& row, Policy policy) {
    const std::uint32_t tiles = map_.row(row.index).size();
    times_.issue(1, map_.shape.columns());
    const bool is_by_tile = policy == Policy::kOnline || policy == Policy::kSpill;
    const bool has_ahead =
        engine_.mechanisms.overlaps_rows && !is_by_tile && policy != Policy::kRow;
    const std::size_t ahead = has_ahead ? (policy == Policy::kResident ? 2 : 1) : 0;
    if (is_by_tile) {
      drain_rows(0);
    }
    if (tiles > 0) {
      times_.issue(2 * kLoadInstructions);
      const double queries = map_.shape.queries_in(row.index);
      const double ready = times_.load(queries * job_.head_dim, queries * vectors_, 0);
      if (policy == Policy::kOnline) {
        take_online(row, ready);
      } else if (policy == Policy::kSpill) {
        take_spill(row, ready);
      } else {
        const double scores = score_row(row, ready);
        times_.issue(kSoftmaxInstructions);
        pending_.push_back({row, times_.softmax(softmax_of(row, tiles, 1, true), scores)});
      }
    }
    drain_rows(ahead);
  }

  double score_row(const Row& row, double operands) {
    const std::uint32_t tiles = map_.row(row.index).size();
    std::uint32_t group = engine_.mechanisms.has_indirect ? engine_.engines : 1;
    if (!plan_.keeps_kv) {
      group = std::clamp(static_cast<std::uint32_t>(places_.size() / 2), 1u, group);
    }
    double scores = 0;
    for (std::uint32_t first = 0; first < tiles; first += group) {
      scores = score_chain(row, first, std::min(group, tiles - first), operands);
    }
    return scores;
  }

  /// Scores of `count` tiles of a row; returns when they can be read.
  double score_chain(const Row& row, std::uint32_t first, std::uint32_t count, double operands) {
    const TileRow tiles = map_.row(row.index);
    bool has_masks = false;
    for (std::uint32_t i = first; i < first + count; ++i) {
      operands = std::max(operands, matrix(row.head, false, tiles[i].column));
      has_masks = has_masks || tiles[i].is_partial();
    }
    times_.issue(kScoreInstructions + (has_masks ? 1 : 0));
    enter_shape(count, vectors_);
    const std::uint32_t queries = map_.shape.queries_in(row.index);
    const Split split = engine_.mvu_split;
    const double cycles = product(count, queries, score_vector_, split);
    score_ += cycles;
    count_macs(count, queries, score_vector_);
    const double end = times_.product(cycles, double{1} * count * queries,
                                      count * burst(queries, split), operands);
    release();
    return end;
  }

  void count_macs(std::uint32_t tiles, std::uint32_t queries, std::uint32_t vector_cycles) {
    result_.issued_macs +=
        std::uint64_t{tiles} * queries * vector_cycles * engine_.native_dim * engine_.lanes;
  }

  /// Cycles of the softmax unit for `tiles` tiles of a row and `part` of its passes.
  double softmax_of(const Row& row, std::uint32_t tiles, double part, bool ends_row) {
    const double cycles = part * tiles * map_.shape.queries_in(row.index) * engine_.native_dim *
                              engine_.softmax_passes / engine_.softmax_lanes +
                          (ends_row ? engine_.softmax_row_cycles : 0);
    softmax_ += cycles;
    return cycles;
  }

  /// Contexts of all but the youngest `left` rows whose scores were computed.
  void drain_rows(std::size_t left) {
    for (; pending_.size() > left; pending_.pop_front()) {
      const Pending& oldest = pending_.front();
      const TileRow tiles = map_.row(oldest.row.index);
      double partial = 0;
      for (std::uint32_t first = 0, count = 0; first < tiles.size(); first += count) {
        count = context_tiles(tiles, first);
        partial = context_chain(oldest.row, first, count, oldest.probabilities, partial,
                                first + count == tiles.size());
      }
    }
  }

  /// Tiles of one context chain: the row; A3: neighbours; with few places in the MRF one.
  [[nodiscard]] std::uint32_t context_tiles(const TileRow& tiles, std::uint32_t first) const {
    if (!plan_.keeps_kv) {
      return 1;
    }
    if (engine_.mechanisms.has_indirect) {
      return tiles.size();
    }
    std::uint32_t count = 1;
    while (first + count < tiles.size() &&
           tiles[first + count].column == tiles[first + count - 1].column + 1) {
      ++count;
    }
    return count;
  }

  /// Probabilities of `count` tiles times V, written after `write_after`; to L2 when `is_last`.
  double context_chain(const Row& row, std::uint32_t first, std::uint32_t count,
                       double probabilities, double write_after, bool is_last) {
    const TileRow tiles = map_.row(row.index);
    for (std::uint32_t i = first; i < first + count; ++i) {
      probabilities = std::max(probabilities, matrix(row.head, true, tiles[i].column));
    }
    times_.issue(kContextInstructions);
    enter_shape(vectors_, count);
    const std::uint32_t queries = map_.shape.queries_in(row.index);
    const double cycles = product(count, queries, context_vector_, context_split());
    context_ += cycles;
    count_macs(count, queries, context_vector_);
    const double end =
        times_.product(cycles, double{1} * queries * vectors_,
                       vectors_ * burst(queries, context_split()), probabilities, write_after);
    release();
    if (is_last) {
      times_.store_product(double{1} * queries * job_.head_dim);
    }
    return end;
  }

  /// A tile at a time; the sums of all tiles before are rescaled on the softmax unit.
  void take_online(const Row& row, double operands) {
    const std::uint32_t tiles = map_.row(row.index).size();
    const std::uint32_t ahead = plan_.overlaps_tiles ? 1 : 0;
    const double rescaling = double{1} * map_.shape.queries_in(row.index) * vectors_ *
                             engine_.native_dim * engine_.softmax_passes /
                             (2.0 * engine_.softmax_lanes);
    std::vector<double> probabilities(tiles);
    double sums = 0;
    for (std::uint32_t step = 0; step < tiles + ahead; ++step) {
      if (step < tiles) {
        const double scores = score_chain(row, step, 1, operands);
        times_.issue(kSoftmaxInstructions);
        probabilities[step] = times_.softmax(softmax_of(row, 1, 1, step + 1 == tiles), scores);
      }
      if (step >= ahead) {
        const std::uint32_t tile = step - ahead;
        if (tile > 0) {
          times_.issue(kSoftmaxInstructions);
          sums = times_.softmax(rescaling, sums);
          context_ += rescaling;
        }
        sums = context_chain(row, tile, 1, probabilities[tile], sums, false);
      }
    }
    store_sums(row, sums);
  }

  void store_sums(const Row& row, double sums) {
    times_.issue(kStoreInstructions);
    const double queries = map_.shape.queries_in(row.index);
    times_.store(queries * vectors_, queries * job_.head_dim, sums);
  }

  /// Scores go to L2 with the maxima and sums known so far, and come back to be normalised.
  void take_spill(const Row& row, double operands) {
    const std::uint32_t tiles = map_.row(row.index).size();
    const double queries = map_.shape.queries_in(row.index);
    std::vector<double> is_free(plan_.overlaps_tiles ? 2 : 1);
    for (std::uint32_t tile = 0; tile < tiles; ++tile) {
      const double scores = score_chain(row, tile, 1, operands);
      times_.issue(kSoftmaxInstructions + kStoreInstructions);
      const double sums = times_.softmax(softmax_of(row, 1, 0.5, tile + 1 == tiles), scores);
      is_free[tile % is_free.size()] = times_.store(queries, queries * tile_, sums);
    }
    for (std::uint32_t tile = 0; tile < tiles; ++tile) {
      times_.issue(kLoadInstructions + kSoftmaxInstructions);
      double& buffer = is_free[tile % is_free.size()];
      const double scores = times_.load(queries * tile_, queries, buffer);
      const double probabilities = times_.softmax(softmax_of(row, 1, 0.5, false), scores);
      context_chain(row, tile, 1, probabilities, 0, tile + 1 == tiles);
      buffer = times_.mvu_free();
    }
    result_.spill_bytes += static_cast<std::uint64_t>(2 * tiles * queries * tile_);
  }

  /// A K or V tile: when it is in the MRF.
  double matrix(std::uint32_t head, bool is_value, std::uint32_t column) {
    const MatrixTile tile{head, is_value, column};
    MatrixPlaces::Place& place = places_.find(tile);
    used_.push_back(&place);
    if (!(place.tile == tile)) {
      place.tile = tile;
      const double keys = map_.shape.keys_in(column);
      times_.issue(kLoadInstructions);
      place.ready = is_value ? times_.load_transposed(keys, job_.head_dim, place.is_free)
                             : times_.load(keys * job_.head_dim, keys, place.is_free);
      result_.kv_bytes += static_cast<std::uint64_t>(keys) * job_.head_dim;
    }
    return place.ready;
  }
  /// The product entered last is done with the tiles that were named for it.
  void release() {
    for (MatrixPlaces::Place* const place : used_) {
      place->is_free = times_.mvu_free();
    }
    used_.clear();
  }

  /// A4: the pipeline runs empty when the matrix shape changes.
  void enter_shape(std::uint32_t rows, std::uint32_t columns) {
    if (engine_.mechanisms.drains_on_swr && (rows != shape_rows_ || columns != shape_columns_)) {
      times_.drain();
    }
    shape_rows_ = rows;
    shape_columns_ = columns;
  }

  void finish() {
    const std::uint64_t all = std::uint64_t{map_.shape.rows()} * map_.shape.columns();
    result_.scan_cycles = all * engine_.scan_cycles;
    result_.cycles = static_cast<std::uint64_t>(std::llround(times_.end()));
    const auto of_one_head = [&](double cycles) {
      return static_cast<std::uint64_t>(std::llround(cycles / job_.heads));
    };
    result_.score_cycles = of_one_head(score_);
    result_.softmax_cycles = of_one_head(softmax_);
    result_.context_cycles = of_one_head(context_);
    result_.front_end_cycles = of_one_head(times_.front_end());
    const MapSummary summary = summarise(map_);
    result_.operand_bytes = std::uint64_t{2} * map_.shape.queries * job_.head_dim * job_.heads;
    result_.useful_macs = job_.heads * 2 * summary.pairs * job_.head_dim;
  }

  const EngineParameters& engine_;
  const TileMap& map_;
  const Job& job_;
  const Plan& plan_;
  const std::uint32_t tile_;
  const std::uint32_t vectors_;
  const std::uint32_t score_vector_;    ///< cycles of a vector of a tile in QK
  const std::uint32_t context_vector_;  ///< and in AV
  ChainTimes times_;
  std::deque<Pending> pending_;
  MatrixPlaces places_;
  std::vector<MatrixPlaces::Place*> used_;  ///< by the product that is being entered
  std::uint32_t shape_rows_ = 0;            ///< of the last product
  std::uint32_t shape_columns_ = 0;
  double score_ = 0;
  double softmax_ = 0;
  double context_ = 0;
  Estimate result_;
};

}  // namespace

Estimate estimate(const EngineParameters& engine, const TileMap& map, const Job& job,
                  const Plan& plan) {
  return estimate_rows(engine, map, job, plan, std::vector<Policy>(map.shape.rows(), plan.policy));
}

Estimate estimate_rows(const EngineParameters& engine, const TileMap& map, const Job& job,
                       const Plan& plan, const std::vector<Policy>& rows) {
  return Twin(engine, map, job, plan).run(rows);
}

std::vector<Policy> policies_by_row(const TileMap& map, std::uint64_t entries, bool is_packed,
                                    bool may_use_online) {
  const std::uint64_t tile = map.shape.tile;
  const auto entries_of = [&](std::uint32_t row) {
    return row >= map.shape.rows() ? 0
                                   : tile * (is_packed ? map.row(row).size() : map.shape.columns());
  };
  std::vector<Policy> policies;
  for (std::uint32_t row = 0; row < map.shape.rows(); ++row) {
    if (entries >= entries_of(row) + entries_of(row + 1)) {
      policies.push_back(Policy::kOverlapped);
    } else if (entries >= entries_of(row)) {
      policies.push_back(Policy::kRow);
    } else {
      policies.push_back(may_use_online && entries >= 2 * tile ? Policy::kOnline : Policy::kSpill);
    }
  }
  return policies;
}

std::uint64_t preselection_cycles(const EngineParameters& engine, const MapShape& shape,
                                  std::uint32_t head_dim, std::uint32_t products_per_mac) {
  const std::uint64_t vectors = std::uint64_t{shape.rows()} * shape.columns() * shape.tile;
  return vectors * ceil_divide(head_dim, products_per_mac * engine.lanes) / engine.engines;
}

}  // namespace tessera::attention_engine::analytical
