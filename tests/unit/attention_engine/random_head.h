// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "models/attention_engine/datapath.h"

namespace tessera::attention_engine::test {

/// Random operands of a head, with rows further apart than they are long.
struct RandomHead {
  RandomHead(std::uint32_t queries, std::uint32_t keys, std::uint32_t depth, std::uint32_t seed)
      : stride(depth + 3), head_dim(depth) {
    std::mt19937 random(seed);
    for (auto [matrix, rows] : {std::pair{&q, queries}, {&k, keys}, {&v, keys}}) {
      matrix->resize(rows * stride);
      for (std::int8_t& value : *matrix) {
        value = static_cast<std::int8_t>(random());
      }
    }
  }

  [[nodiscard]] HeadOperands operands() const {
    return {{q.data(), stride}, {k.data(), stride}, {v.data(), stride}, head_dim};
  }
  /// Constants that use the whole int8 range of logits and outputs.
  [[nodiscard]] AttentionNumbers numbers() const {
    AttentionNumbers numbers;
    unsigned shift = 8;
    for (std::uint32_t depth = 1; depth < head_dim; depth *= 4) {
      ++shift;  // random sums grow with the root of the depth
    }
    numbers.qk = {3, static_cast<std::uint8_t>(shift), 2};
    numbers.av = {2, 9, -1};
    return numbers;
  }

  std::size_t stride;
  std::uint32_t head_dim;
  std::vector<std::int8_t> q;
  std::vector<std::int8_t> k;
  std::vector<std::int8_t> v;
};

}  // namespace tessera::attention_engine::test
