// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "models/ita/layer.h"

namespace tessera::test {

/// Random operands whose results spread over int8; the same for the same seed on every host.
class RandomOperands {
 public:
  explicit RandomOperands(std::uint32_t seed) : engine_(seed) {}

  std::vector<std::int8_t> int8(std::size_t count) {
    std::vector<std::int8_t> values(count);
    for (std::int8_t& value : values) {
      value = static_cast<std::int8_t>(engine_());
    }
    return values;
  }
  /// Values in the middle of 24 bits.
  std::vector<std::int32_t> bias(std::size_t count) {
    std::vector<std::int32_t> values(count);
    for (std::int32_t& value : values) {
      value = static_cast<std::int16_t>(engine_());
    }
    return values;
  }
  /// Brings a sum over `depth` products of random int8 values to a standard deviation of about 50.
  ita::Requant requant(std::size_t depth) {
    const auto mult = static_cast<std::uint8_t>(64 + engine_() % 192);
    const double spread = 74.0 * 74.0 * std::sqrt(static_cast<double>(depth)) * mult;
    return {mult, static_cast<std::uint8_t>(std::lround(std::log2(spread / 50))),
            static_cast<std::int32_t>(engine_() % 41) - 20};
  }
  /// A head in the RTL flavours' order of constants.
  ita::HeadOperands head(const ita::HeadShape& shape) {
    const auto [s, e, p] = shape;
    ita::HeadOperands head{shape,       int8(s * e), int8(s * e), int8(p * e),
                           int8(p * e), int8(p * e), int8(e * p), bias(p),
                           bias(p),     bias(p),     bias(e),     {}};
    // AV sums 255 weighted values at most.
    head.requant = {requant(e), requant(e), requant(e), requant(p), {100, 14, 3}, requant(p)};
    return head;
  }

 private:
  std::mt19937 engine_;
};

}  // namespace tessera::test
