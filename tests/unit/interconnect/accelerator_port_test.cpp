// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/interconnect/l1_network_bench.h"

namespace tessera {
namespace {

using test::NetworkBench;

/// Four groups of one core tile and two slots, which make one region of 32 banks (or two of 16).
L1NetworkParameters with_accelerators(BankArbitration rule, std::uint32_t per_group = 1) {
  L1NetworkParameters parameters;
  parameters.core_tiles_per_group = 2;
  parameters.tile_slots_per_group = 4;
  parameters.accelerators_per_group = per_group;
  parameters.bank_arbitration = rule;
  return parameters;
}

class AcceleratorPort : public testing::Test {
 protected:
  static constexpr std::uint32_t kPortBytes = 64;

  explicit AcceleratorPort(BankArbitration rule = BankArbitration::kRoundRobin)
      : bench_(with_accelerators(rule)), port_(bench_.network.bank_port(0)) {
    bench_.step();  // whoever announces does so in a cycle
  }

  /// First word of the region, `row` rows of its 32 banks further on, and a bank of it.
  static std::uint32_t word(std::uint32_t row, std::uint32_t bank) {
    return 8 * 16 * 1024 + row * 128 + bank * 4;
  }
  /// A cycle at whose end the access to `address` is asked for; true: granted.
  bool ask(const std::function<void()>& harts = [] {}) {
    bench_.step(harts);
    return port_->ask();
  }
  /// Cycles with the port asking for `address` all the time; who got what, 'P' or '.', by cycle.
  std::string pattern(std::uint32_t address, const std::vector<std::function<void()>>& harts) {
    std::string result;
    for (const auto& present : harts) {
      port_->announce(address, kPortBytes);
      result += ask(present) ? 'P' : '.';
    }
    return result;
  }
  std::function<void()> load(std::uint32_t hart, std::uint32_t address) {
    return [this, hart, address] { bench_.present(hart, address); };
  }

  NetworkBench bench_;
  std::unique_ptr<BankPort> port_;
};

TEST_F(AcceleratorPort, TakesItsBanksInEveryCycleWhenNobodyElseWantsThem) {
  EXPECT_EQ(pattern(word(3, 0), {{[] {}}, {[] {}}, {[] {}}, {[] {}}}), "PPPP");
  EXPECT_EQ(bench_.stats.value("l1_network.tile[2].bank[0].wide_accesses"), 4u);
  EXPECT_EQ(bench_.stats.value("l1_network.tile[2].bank[15].wide_accesses"), 4u);
  EXPECT_EQ(bench_.stats.value("l1_network.tile[3].bank[0].wide_accesses"), 0u);
}

TEST_F(AcceleratorPort, AnAccessMayBeginAtAnyWordAndGoesRoundTheBanks) {
  EXPECT_EQ(pattern(word(0, 24), {{[] {}}}), "P");
  for (std::uint32_t bank = 0; bank < 32; ++bank) {
    const std::string path = "l1_network.tile[" + std::to_string(2 + bank / 16) + "].bank[" +
                             std::to_string(bank % 16) + "].wide_accesses";
    EXPECT_EQ(bench_.stats.value(path), bank < 8 || bank >= 24 ? 1u : 0u) << bank;
  }
}

TEST_F(AcceleratorPort, OthersAndThePortTakeTurns) {
  std::vector<std::function<void()>> harts;
  for (std::uint32_t i = 0; i < 8; ++i) {
    harts.push_back(i % 2 == 0 ? load(i / 2, word(0, 5)) : [] {});
  }
  const std::string seen = pattern(word(9, 0), harts);
  EXPECT_EQ(seen.find(".."), std::string::npos) << seen;  // never refused twice
  EXPECT_NE(seen.find('.'), std::string::npos) << seen;
  for (int i = 0; i < 20; ++i) {
    bench_.step();
  }
  EXPECT_EQ(bench_.responses.size(), 4u);
  EXPECT_TRUE(bench_.network.is_drained());
}

TEST_F(AcceleratorPort, NeverWaitsForBanksThatItDoesNotNeed) {
  std::vector<std::function<void()>> harts;
  for (std::uint32_t i = 0; i < 8; ++i) {
    harts.push_back(i < 4 ? load(i, word(0, 20)) : [] {});
  }
  EXPECT_EQ(pattern(word(9, 0), harts), "PPPPPPPP");
}

class AcceleratorFirst : public AcceleratorPort {
 protected:
  AcceleratorFirst() : AcceleratorPort(BankArbitration::kAccelerator) {}
};

TEST_F(AcceleratorFirst, KeepsTheOthersOut) {
  std::vector<std::function<void()>> harts(10, [] {});
  harts[0] = load(0, word(0, 5));
  EXPECT_EQ(pattern(word(9, 0), harts), "PPPPPPPPPP");
  EXPECT_TRUE(bench_.responses.empty());
  for (int i = 0; i < 10; ++i) {
    bench_.step();
  }
  EXPECT_EQ(bench_.responses.size(), 1u);
}

class OthersFirst : public AcceleratorPort {
 protected:
  OthersFirst() : AcceleratorPort(BankArbitration::kOthers) {}
};

TEST_F(OthersFirst, GoBeforeThePortAsLongAsTheyCome) {
  std::vector<std::function<void()>> harts;
  for (std::uint32_t i = 0; i < 8; ++i) {
    harts.push_back(load(i, word(0, 5)));  // all in one tile or its neighbour: one by one
  }
  harts.resize(14, [] {});
  const std::string seen = pattern(word(9, 0), harts);
  EXPECT_NE(seen.find("...."), std::string::npos) << seen;
  EXPECT_EQ(seen.substr(seen.size() - 2), "PP") << seen;
}

TEST_F(AcceleratorPort, TheDmaCountsAsOneOfTheOthers) {
  port_->announce(word(9, 0), kPortBytes);
  bench_.network.response_side().step(bench_.cycle);
  WideL1Port& dma = bench_.network.wide_port(0);
  EXPECT_TRUE(dma.access(word(0, 0), kPortBytes, true));
  bench_.network.request_side().step(bench_.cycle);
  EXPECT_FALSE(port_->ask());
  port_->announce(word(9, 0), kPortBytes);  // now it is the port's turn
  ++bench_.cycle;
  bench_.network.response_side().step(bench_.cycle);
  ASSERT_TRUE(dma.has_answer(word(0, 0), kPortBytes));
  dma.take_answer(word(0, 0), kPortBytes);
  EXPECT_FALSE(dma.access(word(0, 0), kPortBytes, true));
  bench_.network.request_side().step(bench_.cycle);
  EXPECT_TRUE(port_->ask());
}

TEST(AcceleratorRegions, TwoOfAGroupHaveBanksOfTheirOwn) {
  NetworkBench bench(with_accelerators(BankArbitration::kRoundRobin, 2));
  const std::uint32_t core_l1 = 8 * 16 * 1024;
  const std::uint32_t region = 16 * 1024;
  const auto first = bench.network.bank_port(0);
  const auto second = bench.network.bank_port(1);
  first->announce(core_l1 + 64, 64);
  second->announce(core_l1 + region + 64, 64);
  bench.step();
  EXPECT_TRUE(first->ask());
  EXPECT_TRUE(second->ask());
  EXPECT_EQ(bench.stats.value("l1_network.tile[2].bank[3].wide_accesses"), 1u);
  EXPECT_EQ(bench.stats.value("l1_network.tile[3].bank[3].wide_accesses"), 1u);
}

/// Two ports on the same banks: one access each.
TEST_F(AcceleratorPort, TwoPortsNeverGetTheSameBankAtOnce) {
  const auto other = bench_.network.whole_port();
  int granted = 0;
  for (int i = 0; i < 20; ++i) {
    port_->announce(word(1, 0), kPortBytes);
    other->announce(word(0, 8), 16);
    bench_.step();
    const bool is_first = port_->ask();
    const bool is_second = other->ask();
    EXPECT_FALSE(is_first && is_second);
    granted += is_first + is_second;
  }
  EXPECT_GE(granted, 19);
}

}  // namespace
}  // namespace tessera
