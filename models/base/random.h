// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>

namespace tessera {

/// The source of random choices. The C++ standard fixes the numbers of this engine but not those of
/// its distributions, so these are made here: the same seed gives the same run on every host.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}

  /// 32 random bits.
  std::uint32_t bits() { return static_cast<std::uint32_t>(engine_()); }
  /// True with this probability (0..1, in steps of 2^-24). Draws once, whatever it is.
  bool chance(double probability) {
    const float number = static_cast<float>(bits()) * 0x1p-32F;  // rounds up to 1 at times
    return number < probability || probability >= 1;
  }

 private:
  std::mt19937 engine_;
};

}  // namespace tessera
