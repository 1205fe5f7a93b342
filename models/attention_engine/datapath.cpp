// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/datapath.h"

#include <algorithm>
#include <array>
#include <utility>

#include "models/attention_engine/head_tiles.h"
#include "models/attention_engine/score_layout.h"

namespace tessera::attention_engine {

namespace {

using transformer_math::floor_divide;
using transformer_math::kExactProduct;
using transformer_math::kSoftmaxGroup;
using transformer_math::requantise;
using transformer_math::SoftmaxRow;

/// What the maximum weighs in the sums of the online policy: 8 bits, as the multipliers take.
constexpr std::int32_t kOnlineUnit = 128;

/// `value` / 2^shift, rounded half up.
std::int32_t shift_rounded(std::int32_t value, unsigned shift) {
  return shift == 0
             ? value
             : static_cast<std::int32_t>((std::int64_t{value} + (1LL << (shift - 1))) >> shift);
}

/// Softmax state of a query; the online policy also keeps what it has summed.
struct QueryState {
  SoftmaxRow softmax;
  bool has_keys = false;  ///< an allowed key was seen
};

class Head {
 public:
  Head(const TileMap& map, const HeadOperands& operands, const AttentionNumbers& numbers,
       const Plan& plan)
      : map_(map),
        numbers_(numbers),
        plan_(plan),
        layout_(map, plan),
        depth_(operands.head_dim),
        tiles_(map.shape, operands),
        vrf_(layout_.entries() * map.shape.tile),
        states_(map.shape.queries) {
    result_.out.resize(std::size_t{map.shape.queries} * depth_);
  }

  AttentionResult run() {
    const std::uint32_t rows = map_.shape.rows();
    // How many rows QK runs ahead of AV is all in which these policies differ.
    const std::uint32_t ahead = plan_.policy == Policy::kResident     ? rows
                                : plan_.policy == Policy::kOverlapped ? 1
                                                                      : 0;
    for (std::uint32_t step = 0; step < rows + ahead; ++step) {
      if (plan_.policy == Policy::kOnline) {
        online_row(step);
        continue;
      }
      if (step < rows) {
        score_row(step);
      }
      if (step >= ahead) {
        context_row(step - ahead);
      }
    }
    fill_masked_rows();
    return std::move(result_);
  }

 private:
  [[nodiscard]] QueryState& state(std::uint32_t row, std::uint32_t query) {
    return states_[std::size_t{row} * map_.shape.tile + query];
  }

  /// The `keys` logits of one query of a tile in ScoreVrf.
  [[nodiscard]] std::int8_t* scores(std::uint32_t row, std::uint32_t index, std::uint32_t query) {
    return vrf_.data() + (layout_.entry(row, index) + query) * map_.shape.tile;
  }

  void score_row(std::uint32_t row) {
    const TileRow tiles = map_.row(row);
    for (std::uint32_t index = 0; index < tiles.size(); ++index) {
      const TileEntry& tile = tiles[index];
      const std::uint32_t keys = map_.shape.keys_in(tile.column);
      tiles_.logits(row, tile.column, numbers_.qk, logits_);
      for (std::uint32_t query = 0; query < map_.shape.queries_in(row); ++query) {
        const std::int8_t* line = logits_.data() + std::size_t{query} * keys;
        accumulate(tile, query, line, state(row, query));
        std::copy(line, line + keys, scores(row, index, query));
      }
      spill(row, index);
    }
    for (std::uint32_t query = 0; query < map_.shape.queries_in(row); ++query) {
      softmax_finish(state(row, query).softmax, numbers_.softmax);
    }
  }

  /// Feeds the allowed logits of one query of a tile, in groups as the columns lie.
  void accumulate(const TileEntry& tile, std::uint32_t query, const std::int8_t* logits,
                  QueryState& state) {
    const std::uint32_t keys = map_.shape.keys_in(tile.column);
    if (!tile.is_partial()) {
      softmax_accumulate(state.softmax, logits, keys, numbers_.softmax);
      state.has_keys = true;
      return;
    }
    std::array<std::int8_t, kSoftmaxGroup> group{};
    for (std::uint32_t start = 0; start < keys; start += kSoftmaxGroup) {
      std::size_t count = 0;
      for (std::uint32_t key = start; key < std::min(start + kSoftmaxGroup, keys); ++key) {
        if (map_.allows(tile, query, key)) {
          group[count++] = logits[key];
        }
      }
      if (count > 0) {
        softmax_accumulate(state.softmax, group.data(), count, numbers_.softmax);
        state.has_keys = true;
      }
    }
  }

  void context_row(std::uint32_t row) {
    const TileRow tiles = map_.row(row);
    const std::uint32_t queries = map_.shape.queries_in(row);
    sums_.assign(std::size_t{queries} * depth_, 0);
    for (std::uint32_t index = 0; index < tiles.size(); ++index) {
      const TileEntry& tile = tiles[index];
      const std::uint32_t keys = map_.shape.keys_in(tile.column);
      unspill(row, index);
      weights_.assign(std::size_t{queries} * keys, 0);
      for (std::uint32_t query = 0; query < queries; ++query) {
        const std::int8_t* line = scores(row, index, query);
        for (std::uint32_t key = 0; key < keys; ++key) {
          if (map_.allows(tile, query, key)) {
            weights_[std::size_t{query} * keys + key] =
                softmax_probability(state(row, query).softmax, line[key], numbers_.softmax);
          }
        }
      }
      tiles_.add_context(row, tile.column, weights_, sums_);
    }
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      out(row)[i] = requantise(sums_[i], numbers_.av, kExactProduct);
    }
  }

  void online_row(std::uint32_t row) {
    const std::uint32_t queries = map_.shape.queries_in(row);
    sums_.assign(std::size_t{queries} * depth_, 0);
    for (const TileEntry& tile : map_.row(row)) {
      const std::uint32_t keys = map_.shape.keys_in(tile.column);
      tiles_.logits(row, tile.column, numbers_.qk, logits_);
      weights_.assign(std::size_t{queries} * keys, 0);
      for (std::uint32_t query = 0; query < queries; ++query) {
        online_update(tile, query, logits_.data() + std::size_t{query} * keys, state(row, query));
      }
      tiles_.add_context(row, tile.column, weights_, sums_);
    }
    const std::int64_t one = probability_of_one();
    for (std::uint32_t query = 0; query < queries; ++query) {
      const std::int64_t sum = state(row, query).softmax.denominator;
      for (std::size_t m = 0; m < depth_ && sum > 0; ++m) {
        const std::int64_t scaled = sums_[query * depth_ + m] * one;
        out(row)[query * depth_ + m] =
            requantise(floor_divide(2 * scaled + sum, 2 * sum), numbers_.av, kExactProduct);
      }
    }
  }

  /// Moves sum and accumulators of a query to the maximum that this tile brings, and enters the
  /// weights of its logits. A tile without allowed keys for the query changes nothing.
  void online_update(const TileEntry& tile, std::uint32_t query, const std::int8_t* logits,
                     QueryState& state) {
    const std::uint32_t keys = map_.shape.keys_in(tile.column);
    int new_max = state.has_keys ? state.softmax.max : -129;
    for (std::uint32_t key = 0; key < keys; ++key) {
      if (map_.allows(tile, query, key)) {
        new_max = std::max<int>(new_max, logits[key]);
      }
    }
    if (new_max == -129) {
      return;
    }
    SoftmaxRow& row = state.softmax;
    if (state.has_keys) {
      const unsigned growth = distance(new_max - row.max);
      row.denominator >>= growth;
      for (std::size_t m = 0; m < depth_; ++m) {
        sums_[query * depth_ + m] = shift_rounded(sums_[query * depth_ + m], growth);
      }
    }
    state.has_keys = true;
    row.max = static_cast<std::int8_t>(new_max);
    for (std::uint32_t key = 0; key < keys; ++key) {
      if (map_.allows(tile, query, key)) {
        const std::int32_t weight = kOnlineUnit >> distance(new_max - logits[key]);
        weights_[std::size_t{query} * keys + key] = static_cast<std::int16_t>(weight);
        row.denominator += static_cast<std::uint32_t>(weight);
      }
    }
  }

  [[nodiscard]] unsigned distance(int difference) const {
    return softmax_distance(static_cast<unsigned>(difference), numbers_.softmax);
  }

  /// What probability 1 is as an integer: 255, or 127 in the flavour `mempool`.
  [[nodiscard]] std::int64_t probability_of_one() const {
    return numbers_.softmax.inverse_numerator / numbers_.softmax.exp_unit;
  }

  void fill_masked_rows() {
    std::vector<std::int8_t> row(depth_, numbers_.masked_rows == MaskedRows::kNan ? kNanMarker : 0);
    if (numbers_.masked_rows == MaskedRows::kUniform) {
      const std::vector<std::int64_t> totals = tiles_.value_sums();
      const std::int64_t keys = map_.shape.keys;
      for (std::size_t m = 0; m < depth_; ++m) {
        const std::int64_t mean =
            floor_divide(2 * probability_of_one() * totals[m] + keys, 2 * keys);
        row[m] = requantise(mean, numbers_.av, kExactProduct);
      }
    }
    for (std::size_t query = 0; query < states_.size(); ++query) {
      if (!states_[query].has_keys) {
        std::copy(row.begin(), row.end(), result_.out.data() + query * depth_);
        ++result_.masked_rows;
      }
    }
  }

  [[nodiscard]] std::int8_t* out(std::uint32_t row) {
    return result_.out.data() + std::size_t{row} * map_.shape.tile * depth_;
  }

  /// ScoreVrf buffer -> L2, where there is room for one tile row.
  void spill(std::uint32_t row, std::uint32_t index) {
    if (plan_.policy == Policy::kSpill) {
      const std::size_t place = index * tile_bytes();
      const std::size_t bytes = std::size_t{map_.shape.queries_in(row)} * map_.shape.tile;
      result_.scratch.resize(std::max(result_.scratch.size(), place + bytes));
      std::copy_n(scores(row, index, 0), bytes, result_.scratch.data() + place);
      result_.spilled_bytes += tile_bytes();
    }
  }
  void unspill(std::uint32_t row, std::uint32_t index) {
    if (plan_.policy == Policy::kSpill) {
      const std::size_t bytes = std::size_t{map_.shape.queries_in(row)} * map_.shape.tile;
      std::copy_n(result_.scratch.data() + index * tile_bytes(), bytes, scores(row, index, 0));
    }
  }
  [[nodiscard]] std::size_t tile_bytes() const {
    return std::size_t{map_.shape.tile} * map_.shape.tile;
  }

  const TileMap& map_;
  const AttentionNumbers& numbers_;
  const Plan& plan_;
  const ScoreLayout layout_;
  const std::size_t depth_;
  HeadTiles tiles_;
  std::vector<std::int8_t> vrf_;  ///< ScoreVrf, [entries][T]
  std::vector<QueryState> states_;
  std::vector<std::int8_t> logits_;    ///< of one tile
  std::vector<std::int16_t> weights_;  ///< of one tile: probabilities, or online weights
  std::vector<std::int32_t> sums_;     ///< of one tile row, [queries][depth]
  AttentionResult result_;
};

}  // namespace

AttentionResult attend(const TileMap& map, const HeadOperands& operands,
                       const AttentionNumbers& numbers, const Plan& plan) {
  return Head(map, operands, numbers, plan).run();
}

}  // namespace tessera::attention_engine
