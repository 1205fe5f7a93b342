// SPDX-License-Identifier: Apache-2.0
#include <deque>

#include <gtest/gtest.h>

#include "tests/unit/interconnect/l1_network_bench.h"

namespace tessera {
namespace {

using test::NetworkBench;
using test::word_of;

class WideAccess : public testing::Test {
 protected:
  /// A cycle in which the DMA takes the answer to its oldest access if it can, and claims the word
  /// at `raw_address` before the harts present.
  bool claim(
      std::uint32_t raw_address, const std::function<void()>& harts = [] {}) {
    bench_.network.response_side().step(bench_.cycle);
    take_answer();
    const bool is_granted = port().access(raw_address, parameters_.wide_bytes, true);
    if (is_granted) {
      claimed_.push_back(raw_address);
    }
    harts();
    bench_.network.request_side().step(bench_.cycle);
    ++bench_.cycle;
    return is_granted;
  }
  bool take_answer() {
    const bool has_answer =
        !claimed_.empty() && port().has_answer(claimed_.front(), parameters_.wide_bytes);
    if (has_answer) {
      port().take_answer(claimed_.front(), parameters_.wide_bytes);
      claimed_.pop_front();
    }
    return has_answer;
  }
  /// A cycle without a claim.
  void step(
      bool takes_answer, const std::function<void()>& harts = [] {}) {
    bench_.network.response_side().step(bench_.cycle);
    if (takes_answer) {
      EXPECT_TRUE(take_answer()) << bench_.cycle;
    }
    harts();
    bench_.network.request_side().step(bench_.cycle);
    ++bench_.cycle;
  }
  WideL1Port& port() { return bench_.network.wide_port(0); }
  Cycles answered(std::size_t response) const { return bench_.responses.at(response).cycle; }
  void drain() {
    for (int i = 0; i < 20; ++i) {
      bench_.network.response_side().step(bench_.cycle);
      take_answer();
      bench_.network.request_side().step(bench_.cycle);
      ++bench_.cycle;
    }
    EXPECT_TRUE(bench_.network.is_drained());
  }

  std::deque<std::uint32_t> claimed_;  ///< accesses whose answers have not been taken
  L1NetworkParameters parameters_ = test::minpool();  // 16 banks, 8 to a superbank
  NetworkBench bench_{parameters_};
};

TEST_F(WideAccess, GoesBeforeHartsInItsSuperbankOnly) {
  EXPECT_TRUE(claim(word_of(parameters_, 0, 0), [&] {
    bench_.present(0, word_of(parameters_, 0, 7));  // same superbank
    bench_.present(1, word_of(parameters_, 0, 8));  // the other one
    bench_.present(2, word_of(parameters_, 0, 0));
  }));
  drain();
  ASSERT_EQ(bench_.responses.size(), 3u);
  EXPECT_EQ(bench_.responses[0].hart, 1u);
  EXPECT_EQ(answered(0), 1u);
  EXPECT_EQ(answered(1), 2u);  // one cycle later
  EXPECT_EQ(answered(2), 2u);
  EXPECT_EQ(bench_.stats.value("l1_network.tile[0].bank[7].wide_accesses"), 1u);
  EXPECT_EQ(bench_.stats.value("l1_network.tile[0].bank[8].wide_accesses"), 0u);
}

TEST_F(WideAccess, AStreamKeepsHartsOut) {
  bench_.present(0, word_of(parameters_, 0, 3));
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(claim(word_of(parameters_, 0, 0)));
  }
  EXPECT_TRUE(bench_.network.is_pending(0));
  drain();
  EXPECT_EQ(answered(0), 11u);
}

TEST_F(WideAccess, WaitsForTheBankThatWritesAnAmo) {
  bench_.step([&] { bench_.present(0, word_of(parameters_, 0, 2), AccessKind::kAmoAdd); });
  // Bank 2 writes back: the other seven are granted now and take a hart's access in the next cycle.
  EXPECT_FALSE(claim(word_of(parameters_, 0, 0)));
  EXPECT_TRUE(claim(word_of(parameters_, 0, 0), [&] {
    bench_.present(1, word_of(parameters_, 0, 2));  // has to wait for the claim
    bench_.present(2, word_of(parameters_, 0, 4));  // has been granted before
  }));
  drain();
  ASSERT_EQ(bench_.responses.size(), 3u);
  // The answers of the wide access leave together in cycle 3; the one behind that of bank 4 too
  // late for cycle 3, bank 2 takes the hart's access in cycle 3.
  EXPECT_EQ(bench_.responses[1].cycle, 4u);
  EXPECT_EQ(bench_.responses[2].cycle, 4u);
  for (int bank = 0; bank < 8; ++bank) {
    EXPECT_EQ(
        bench_.stats.value("l1_network.tile[0].bank[" + std::to_string(bank) + "].wide_accesses"),
        1u);
  }
}

TEST_F(WideAccess, AnAnswerThatIsNotTakenStopsTheBanksAfterOneMoreRequest) {
  const std::uint32_t word = word_of(parameters_, 0, 0);
  EXPECT_TRUE(claim(word));                                             // cycle 0
  step(false, [&] { bench_.present(0, word_of(parameters_, 0, 1)); });  // accepted in 1
  step(false, [&] {
    EXPECT_FALSE(port().access(word, parameters_.wide_bytes, false));
    bench_.present(1, word_of(parameters_, 0, 2));
    bench_.present(2, word_of(parameters_, 0, 9));  // the other superbank
  });
  step(true);  // in 3
  drain();
  ASSERT_EQ(bench_.responses.size(), 3u);
  EXPECT_EQ(bench_.responses[0].hart, 2u);
  EXPECT_EQ(answered(0), 3u);
  // Bank 2 is empty at the start of 4; in bank 1 the answer to hart 0 is the next.
  EXPECT_EQ(bench_.responses[1].hart, 0u);
  EXPECT_EQ(answered(1), 4u);
  EXPECT_EQ(bench_.responses[2].hart, 1u);
  EXPECT_EQ(answered(2), 5u);
}

TEST_F(WideAccess, TheAnswerComesWhenNoOtherStandsBeforeIt) {
  // Harts 0 and 1 load from bank 0 and from other tiles; what comes from there goes first, so the
  // answer of bank 0 waits, and that to the DMA behind it.
  const std::uint32_t word = word_of(parameters_, 0, 0);
  const auto from_elsewhere = word_of(parameters_, 1, 5);
  step(false, [&] { bench_.present(0, from_elsewhere); });
  step(false);
  step(false, [&] { bench_.present(0, word); });  // both answers are there in 3
  EXPECT_TRUE(claim(word));                       // in 3: bank 0 keeps the answer to hart 0
  bench_.network.response_side().step(bench_.cycle);
  EXPECT_FALSE(port().has_answer(word, parameters_.wide_bytes)) << "in 4";
  bench_.network.request_side().step(bench_.cycle++);
  step(true);
  drain();
  ASSERT_EQ(bench_.responses.size(), 2u);
  EXPECT_EQ(answered(0), 3u);
  EXPECT_EQ(answered(1), 4u);
}

TEST_F(WideAccess, RawAddressesAreNotScrambled) {
  // In the sequential region the DMA's address of bank 0, row 1 of tile 0 is one row of all tiles
  // further; the harts' is the next row of the tile.
  EXPECT_TRUE(claim(256, [&] {
    bench_.present(0, 64);   // tile 0, bank 0
    bench_.present(4, 512);  // tile 0 at 512: row 8
  }));
  drain();
  EXPECT_EQ(answered(0), 2u);
}

TEST(WideAccessToAccelerators, ReachesTheRegionOfTheGroup) {
  L1NetworkParameters parameters = test::mempool();
  parameters.core_tiles_per_group = 12;
  NetworkBench bench(parameters);
  const std::uint32_t region = 48 * 16 * 1024 + 2 * 64 * 1024;
  bench.network.response_side().step(0);
  EXPECT_TRUE(bench.network.wide_port(2).access(region + 64, 64, true));
  EXPECT_EQ(bench.stats.value("l1_network.tile[45].bank[0].wide_accesses"), 1u);
}

}  // namespace
}  // namespace tessera
