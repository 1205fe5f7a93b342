// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/ita/layer.h"
#include "tests/golden/ita/array_file.h"

namespace tessera::test {

/// Differing bytes by array.
class Tally {
 public:
  /// Compares `actual` with `expected`, byte by byte; a different size counts every byte.
  template <typename Element>
  void compare(const std::string& name, const std::vector<Element>& actual,
               const std::vector<Element>& expected) {
    std::size_t differing = expected.size();
    if (actual.size() == expected.size()) {
      differing = 0;
      for (std::size_t i = 0; i < actual.size(); ++i) {
        differing += actual[i] != expected[i] ? 1 : 0;
      }
    }
    compared_ += expected.size();
    differing_[name] += differing;
  }
  std::size_t compared() const { return compared_; }
  std::size_t differing() const;
  /// "A 3, Out 12": the arrays that differ.
  std::string details() const;

 private:
  std::size_t compared_ = 0;
  std::map<std::string, std::size_t> differing_;
};

/// Columns become rows. `matrix` is [rows][columns].
template <typename Element>
std::vector<Element> transposed(const std::vector<Element>& matrix, std::size_t rows,
                                std::size_t columns) {
  std::vector<Element> result(matrix.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      result[c * rows + r] = matrix[r * columns + c];
    }
  }
  return result;
}

/// Expected results of one head.
struct HeadExpectation {
  std::vector<std::int8_t> q, k, v, logits, av, output;
  std::vector<std::uint8_t> probabilities;
};

/// A feed-forward pair: F1 with activation, then F2.
struct FeedForwardData {
  std::size_t s = 0, e = 0, f = 0;
  std::vector<std::int8_t> input, w1_transposed, w2_transposed;
  std::vector<std::int32_t> b1, b2;
  ita::Requant requant1{}, requant2{};
  std::vector<std::int8_t> expected1, expected2;
};

/// A file of the flavours `rtl` and `rtl_2024_08`.
struct RtlCase {
  ita::Flavour flavour = ita::Flavour::kRtl;
  std::vector<ita::HeadOperands> heads;
  std::vector<HeadExpectation> expected;
  ita::Activation activation{};  ///< of F1
  FeedForwardData feed_forward;
  /// Sum of the heads; empty expectation: not in the file.
  ita::Requant sum_requant{};
  std::vector<std::int8_t> expected_sum;

  /// Throws std::runtime_error when an array is missing or of another shape.
  static RtlCase from_file(const ArrayFile& file);
};

/// A file of the flavour `mempool`: per head an operand block as it lies in memory.
struct MempoolCase {
  struct Head {
    std::vector<std::uint8_t> block;
    std::array<ita::Requant, ita::kNumConstants> requant{};
    HeadExpectation expected;
  };
  ita::HeadShape shape{};
  std::vector<Head> heads;

  /// Throws std::runtime_error when an array is missing or of another shape.
  static MempoolCase from_file(const ArrayFile& file);
};

}  // namespace tessera::test
