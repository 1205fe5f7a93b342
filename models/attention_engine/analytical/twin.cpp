// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/analytical/twin.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tessera::attention_engine::analytical {

namespace {

/// Instructions of the chains of section 1.7; a masked tile takes one more.
constexpr double kScoreInstructions = 5;    ///< v_rd, mv_mul, v_rq, v_wr, end_chain
constexpr double kContextInstructions = 8;  ///< 3 s_wr, v_rd, mv_mul, v_rq, v_wr, end_chain

std::uint32_t ceil_divide(std::uint32_t a, std::uint32_t b) {
  return (a + b - 1) / b;
}

/// Cycles of the stages of one tile row.
struct RowTimes {
  double score = 0;
  double softmax = 0;
  double context = 0;
  double load = 0;  ///< K, V and spilled scores over AXI
};

class Twin {
 public:
  Twin(const EngineParameters& engine, const TileMap& map, const Job& job, const Plan& plan)
      : engine_(engine),
        map_(map),
        job_(job),
        plan_(plan),
        tile_(map.shape.tile),
        vectors_(ceil_divide(job.head_dim, engine.native_dim)),
        score_vector_(ceil_divide(job.head_dim, engine.lanes)),
        context_vector_(ceil_divide(tile_, engine.lanes) * vectors_) {}

  Estimate run(const std::vector<Policy>& policies) {
    const std::uint32_t rows = map_.shape.rows();
    for (std::uint32_t row = 0; row < rows; ++row) {
      const RowTimes times = times_of(row, policies[row]);
      advance(times, policies[row], map_.row(row).size());
      count(times);
    }
    finish();
    return result_;
  }

 private:
  /// Cycles of the products of `tiles` tiles, each of tile_ vectors of `vector_cycles`.
  [[nodiscard]] double product(std::uint32_t tiles, std::uint32_t vector_cycles,
                               Split split) const {
    if (split == Split::kVectors) {
      return double{1} * tiles * ceil_divide(tile_, engine_.engines) * vector_cycles;
    }
    return double{1} * ceil_divide(tiles, engine_.engines) * tile_ * vector_cycles;
  }

  [[nodiscard]] RowTimes times_of(std::uint32_t row, Policy policy) {
    const TileRow tiles = map_.row(row);
    const double count = tiles.size();
    RowTimes times;
    times.score = product(tiles.size(), score_vector_, engine_.mvu_split);
    times.softmax = count * tile_ * tile_ * engine_.softmax_passes / engine_.softmax_lanes +
                    (tiles.size() > 0 ? engine_.softmax_row_cycles : 0);
    times.context = product(tiles.size(), context_vector_, engine_.mechanisms.context_split) /
                    heads_side_by_side();
    times.context += context_overhead(tiles);
    times.load = load_cycles(tiles.size());
    if (policy == Policy::kOnline) {
      times.context += count * tile_ * job_.head_dim / engine_.softmax_lanes;  // rescaling
    }
    if (policy == Policy::kSpill) {
      const double bytes = 2 * count * tile_ * tile_;
      times.load += bytes / engine_.axi_bytes;
      result_.spill_bytes += static_cast<std::uint64_t>(bytes) * job_.heads;
    }
    return times;
  }

  /// A2: a native dimension that holds several heads does their context products at once.
  [[nodiscard]] double heads_side_by_side() const {
    return engine_.mechanisms.packs_heads ? std::max(1u, engine_.native_dim / job_.head_dim) : 1;
  }

  /// A3: every further run of columns is a chain of its own; A4: a new shape drains the pipeline.
  [[nodiscard]] double context_overhead(const TileRow& tiles) const {
    const Mechanisms& mechanisms = engine_.mechanisms;
    double cycles = 0;
    if (!mechanisms.has_indirect && tiles.size() > 0) {
      cycles += (column_runs(tiles) - 1) *
                (engine_.mvu_cycles + kContextInstructions * engine_.instruction_cycles);
    }
    if (mechanisms.drains_on_swr && tiles.size() > 0) {
      cycles += engine_.mvu_cycles;
    }
    return cycles;
  }

  /// K and V of a tile row: all tiles where they are used, or an even share of loading each once.
  [[nodiscard]] double load_cycles(std::uint32_t tiles) const {
    const double loads =
        plan_.keeps_kv ? double{1} * map_.shape.columns() / map_.shape.rows() : double{1} * tiles;
    const double key = double{1} * tile_ * job_.head_dim / engine_.axi_bytes;
    double value = key;
    if (engine_.mechanisms.transposer == Transposer::kNone) {  // A1
      value = double{1} * tile_ * job_.head_dim;
    } else if (engine_.mechanisms.transposer == Transposer::kRow) {
      value = 2 * key;
    }
    return loads * (key + value);
  }

  /// Enters a row into the pipeline of the three stages.
  void advance(const RowTimes& row, Policy policy, std::uint32_t tiles) {
    if ((policy == Policy::kOverlapped || policy == Policy::kResident) &&
        engine_.mechanisms.overlaps_rows) {
      end_[0] += std::max(row.score, row.load);
      end_[1] = std::max(end_[1], end_[0]) + row.softmax;
      end_[2] = std::max(end_[2], end_[1]) + row.context;
      return;
    }
    const double sum = row.score + row.softmax + row.context;
    double busy = sum;
    if (policy == Policy::kOnline && plan_.overlaps_tiles && tiles > 0) {
      // The longest stage of all tiles, and the others of one.
      const double longest = std::max({row.score, row.softmax, row.context});
      busy = longest + (sum - longest) / tiles;
    }
    if (!engine_.mechanisms.overlaps_rows) {
      busy += fills();  // A5: nothing is in the pipeline when the next row begins
      ++exposed_fills_;
    }
    const double end = std::max({end_[0], end_[1], end_[2]}) + std::max(busy, row.load);
    end_ = {end, end, end};
  }

  [[nodiscard]] double fills() const { return 2 * engine_.mvu_cycles + engine_.softmax_cycles; }

  void count(const RowTimes& row) {
    score_ += row.score;
    softmax_ += row.softmax;
    context_ += row.context;
  }

  void finish() {
    const std::uint64_t all = std::uint64_t{map_.shape.rows()} * map_.shape.columns();
    const std::uint64_t computed = map_.tiles.size();
    const MapSummary summary = summarise(map_);
    result_.scan_cycles = all * engine_.scan_cycles;
    const double context_chains = static_cast<double>(
        engine_.mechanisms.has_indirect ? map_.shape.rows() - summary.empty_tile_rows
                                        : summary.column_runs);
    const double front_end =
        engine_.instruction_cycles *
        (kScoreInstructions * static_cast<double>(computed) +
         static_cast<double>(summary.partial_tiles) + kContextInstructions * context_chains);
    const double last = std::max({end_[0], end_[1], end_[2]});
    // Heads follow each other without a gap; a head's map is scanned in front of it.
    const double fill = exposed_fills_ == 0 ? fills() : 0;
    const double head = std::max(last, front_end) + static_cast<double>(result_.scan_cycles);
    result_.cycles = static_cast<std::uint64_t>(std::llround(head * job_.heads + fill));
    result_.score_cycles = static_cast<std::uint64_t>(std::llround(score_));
    result_.softmax_cycles = static_cast<std::uint64_t>(std::llround(softmax_));
    result_.context_cycles = static_cast<std::uint64_t>(std::llround(context_));
    result_.front_end_cycles = static_cast<std::uint64_t>(std::llround(front_end));
    count_traffic(computed, summary.pairs);
  }

  void count_traffic(std::uint64_t computed, std::uint64_t pairs) {
    const std::uint64_t loads = plan_.keeps_kv ? map_.shape.columns() : computed;
    result_.kv_bytes = 2 * loads * tile_ * job_.head_dim * job_.heads;
    result_.operand_bytes = std::uint64_t{2} * map_.shape.queries * job_.head_dim * job_.heads;
    const std::uint64_t per_cycle = std::uint64_t{engine_.native_dim} * engine_.lanes;
    result_.issued_macs =
        job_.heads * computed * tile_ * per_cycle * (score_vector_ + context_vector_);
    result_.useful_macs = job_.heads * 2 * pairs * job_.head_dim;
  }

  const EngineParameters& engine_;
  const TileMap& map_;
  const Job& job_;
  const Plan& plan_;
  const std::uint32_t tile_;
  const std::uint32_t vectors_;
  const std::uint32_t score_vector_;    ///< cycles of a vector of a tile in QK
  const std::uint32_t context_vector_;  ///< and in AV
  std::array<double, 3> end_{};         ///< of QK, softmax and AV so far
  std::uint32_t exposed_fills_ = 0;
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
