// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/attention_engine/datapath.h"

namespace tessera::attention_engine {

/// The operands of a head as the register files hold them: Q and K in rows, V transposed tile by
/// tile, widened for the multipliers.
class HeadTiles {
 public:
  HeadTiles(const MapShape& shape, const HeadOperands& operands);

  /// Logits of tile (row, column): [queries_in(row)][keys_in(column)], row-major, requantised.
  void logits(std::uint32_t row, std::uint32_t column, const transformer_math::Requant& qk,
              std::vector<std::int8_t>& result);
  /// sums[queries_in(row)][head_dim] += weights * V of tile column `column`.
  /// weights: [queries_in(row)][keys_in(column)], row-major.
  void add_context(std::uint32_t row, std::uint32_t column,
                   const std::vector<std::int16_t>& weights, std::vector<std::int32_t>& sums) const;
  /// Sum of V over all keys, [head_dim].
  [[nodiscard]] std::vector<std::int64_t> value_sums() const;

 private:
  const MapShape shape_;
  const std::size_t depth_;
  std::vector<std::int16_t> q_;  ///< [queries][depth]
  std::vector<std::int16_t> k_;  ///< [keys][depth]
  std::vector<std::int16_t> v_;  ///< tile by tile: [depth][keys_in(column)]
  std::vector<std::int32_t> sums_;
};

}  // namespace tessera::attention_engine
