// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/round_robin.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace tessera {
namespace {

/// The arbiter as the RTL writes it: a binary tree of nodes, evaluated node by node.
struct TreeArbiter {
  std::uint32_t inputs;
  std::uint32_t favoured = 0;

  bool any(const std::vector<bool>& requests, std::uint32_t first, std::uint32_t size) const {
    for (std::uint32_t i = first; i < first + size && i < inputs; ++i) {
      if (requests[i]) {
        return true;
      }
    }
    return false;
  }
  std::uint32_t winner(const std::vector<bool>& requests) const {
    std::uint32_t size = 1;
    while (size < inputs) {
      size *= 2;
    }
    std::uint32_t first = 0;
    while (size > 1) {
      size /= 2;
      const bool lower = any(requests, first, size);
      const bool upper = any(requests, first + size, size);
      const bool prefers_upper = (favoured & size) != 0;
      if (!lower || (upper && prefers_upper)) {
        first += size;
      }
    }
    return first;
  }
  void handshake(const std::vector<bool>& requests) {
    std::uint32_t lowest = inputs;
    std::uint32_t above = inputs;
    for (std::uint32_t i = inputs; i-- > 0;) {
      if (requests[i]) {
        lowest = i;
        above = i > favoured ? i : above;
      }
    }
    favoured = above < inputs ? above : lowest;
  }
};

TEST(RoundRobin, FollowsTheTreeOfTheRtl) {
  std::mt19937 random(1);
  for (const std::uint32_t inputs : {2u, 4u, 5u, 8u, 15u, 16u, 33u, 64u}) {
    TreeArbiter reference{inputs};
    std::uint32_t favoured = 0;
    for (int cycle = 0; cycle < 5000; ++cycle) {
      std::vector<bool> requests(inputs);
      std::uint64_t mask = 0;
      for (std::uint32_t i = 0; i < inputs; ++i) {
        requests[i] = random() % 4 == 0;
        mask |= std::uint64_t{requests[i]} << i;
      }
      if (mask == 0) {
        continue;
      }
      ASSERT_EQ(round_robin_winner(mask, favoured), reference.winner(requests))
          << inputs << " inputs, cycle " << cycle;
      favoured = round_robin_next(mask, favoured);
      reference.handshake(requests);
      ASSERT_EQ(favoured, reference.favoured) << inputs << " inputs, cycle " << cycle;
    }
  }
}

TEST(RoundRobin, WinnerAndNextFavouredDiffer) {
  // Inputs 1 and 2 request, 3 is favoured: the tree takes the upper half, so 2 wins; the next
  // favoured one is the lowest of all, 1.
  EXPECT_EQ(round_robin_winner(0b0110, 3), 2u);
  EXPECT_EQ(round_robin_next(0b0110, 3), 1u);
}

}  // namespace
}  // namespace tessera
