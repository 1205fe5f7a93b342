// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera {

/// The two rules of the round-robin arbiter. Source: rr_arb_tree.sv, common_cells (FairArb = 1).

/// Index of the only or lowest bit of `mask`. REQUIRES: mask != 0.
inline std::uint32_t lowest_bit(std::uint64_t mask) {
  return static_cast<std::uint32_t>(__builtin_ctzll(mask));
}

/// Who wins among `requests` when input `favoured` has the highest priority. The RTL walks a binary
/// tree from the top and takes at every node the half that the bit of `favoured` names, if anyone
/// requests there: the winner is the requester whose index differs from `favoured` in the lowest
/// bits. REQUIRES: requests != 0, favoured < 64.
inline std::uint32_t round_robin_winner(std::uint64_t requests, std::uint32_t favoured) {
  std::uint32_t smallest = 64;
  for (; requests != 0; requests &= requests - 1) {
    const std::uint32_t difference = lowest_bit(requests) ^ favoured;
    smallest = difference < smallest ? difference : smallest;
  }
  return smallest ^ favoured;
}

/// The favoured input after a handshake: the lowest requester above the old one, or the lowest of
/// all. It looks at who requested, not at who won. REQUIRES: requests != 0, favoured < 64.
inline std::uint32_t round_robin_next(std::uint64_t requests, std::uint32_t favoured) {
  const std::uint64_t above = requests & (~std::uint64_t{1} << favoured);
  return lowest_bit(above != 0 ? above : requests);
}

}  // namespace tessera
