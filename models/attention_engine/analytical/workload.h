// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera::attention_engine::analytical {

/// A transformer encoder, BERT-base unless said otherwise.
struct Encoder {
  std::uint64_t hidden = 768;
  std::uint64_t feed_forward = 3072;
  std::uint64_t layers = 12;

  /// Operations (two per multiply-accumulate) of QK and AV over `tokens` tokens, dense.
  [[nodiscard]] std::uint64_t attention_operations(std::uint64_t tokens) const {
    return layers * 4 * tokens * tokens * hidden;
  }
  /// Operations of all matrix products.
  [[nodiscard]] std::uint64_t operations(std::uint64_t tokens) const {
    return layers * 2 * tokens * (4 * hidden * hidden + 2 * hidden * feed_forward) +
           attention_operations(tokens);
  }
  /// Part of the operations that attention is, 0..1.
  [[nodiscard]] double attention_share(std::uint64_t tokens) const {
    return static_cast<double>(attention_operations(tokens)) /
           static_cast<double>(operations(tokens));
  }
};

/// Amdahl: what the whole model gains when the part `share` (0..1) of its time becomes `speed_up`
/// times faster. 1 / (1 - share) is the bound for free attention.
inline double whole_model_gain(double share, double speed_up) {
  return 1 / (1 - share + share / speed_up);
}

}  // namespace tessera::attention_engine::analytical
