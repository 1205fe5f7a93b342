// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera {

/// The round-robin arbiter of the RTL, for up to 64 inputs: rr_arb_tree.sv of common_cells with
/// FairArb. Every node of its binary tree prefers the half that a bit of the pointer names, so the
/// winner is the input whose index differs least from the pointer, most significant bit first. A
/// grant moves the pointer to the next requesting input behind it, which need not be the next one
/// behind the winner.
class RoundRobinTree {
 public:
  /// The input that wins among the bits of `requests`, with or without a grant.
  /// REQUIRES: requests != 0.
  std::uint32_t winner(std::uint64_t requests) const {
    if ((requests & (requests - 1)) == 0) {
      return static_cast<std::uint32_t>(__builtin_ctzll(requests));
    }
    std::uint32_t first = 0;
    for (std::uint32_t half = 32; half != 0; half /= 2) {
      const std::uint64_t lower = requests & ((std::uint64_t{1} << half) - 1);
      const std::uint64_t upper = requests >> half;
      const bool is_upper = upper != 0 && (lower == 0 || (pointer_ & half) != 0);
      requests = is_upper ? upper : lower;
      first += is_upper ? half : 0;
    }
    return first;
  }
  /// The winner of this cycle was granted. REQUIRES: requests != 0.
  void grant(std::uint64_t requests) {
    const std::uint64_t above = requests & (~std::uint64_t{1} << pointer_);
    pointer_ = static_cast<std::uint32_t>(__builtin_ctzll(above != 0 ? above : requests));
  }

 private:
  std::uint32_t pointer_ = 0;
};

}  // namespace tessera
