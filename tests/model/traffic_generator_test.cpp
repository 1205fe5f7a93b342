// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/traffic_generator.h"

#include <deque>
#include <functional>

#include <gtest/gtest.h>

#include "models/base/error.h"

namespace tessera {
namespace {

constexpr std::uint32_t kHarts = 16;
constexpr std::uint32_t kTiles = 4;
const L1Layout kLayout(kTiles, 16, 1024, 2048);

/// Accepts every request in the cycle in which `accepts` says so and answers a fixed time later.
class FixedLatencyPort : public MemoryPort {
 public:
  bool is_pending(std::uint32_t hart) const override { return is_pending_[hart]; }
  void request(const MemoryRequest& request) override {
    EXPECT_FALSE(is_pending_[request.access.hart]);
    is_pending_[request.access.hart] = true;
    pending_.push_back(request);
  }
  /// Part 1 of a cycle.
  void respond(TrafficGenerator& generator, Cycles cycle) {
    while (!answers_.empty() && answers_.front().cycle == cycle) {
      const Answer& answer = answers_.front();
      EXPECT_TRUE(generator.is_response_port_free(answer.hart, cycle));
      generator.response(answer.hart, answer.tag, 0, cycle);
      EXPECT_FALSE(generator.is_response_port_free(answer.hart, cycle));
      answers_.pop_front();
    }
  }
  /// Part 6 of a cycle.
  void accept(Cycles cycle) {
    if (!accepts(cycle)) {
      return;
    }
    for (const MemoryRequest& request : pending_) {
      accepted.push_back({request, cycle});
      answers_.push_back({request.access.hart, request.tag, cycle + latency});
      is_pending_[request.access.hart] = false;
    }
    pending_.clear();
  }

  struct Accepted {
    MemoryRequest request;
    Cycles cycle;
  };
  Cycles latency = 1;
  std::function<bool(Cycles)> accepts = [](Cycles) { return true; };
  std::vector<Accepted> accepted;

 private:
  struct Answer {
    std::uint32_t hart;
    std::uint32_t tag;
    Cycles cycle;
  };
  bool is_pending_[kHarts] = {};
  std::vector<MemoryRequest> pending_;
  std::deque<Answer> answers_;
};

class TrafficGeneratorTest : public ::testing::Test {
 protected:
  const TrafficStatistics& run(Cycles cycles) {
    parameters_.harts_per_tile = kHarts / kTiles;
    generator_.emplace(parameters_, port_, stats_);
    for (Cycles cycle = 0; cycle < cycles; ++cycle) {
      port_.respond(*generator_, cycle);
      generator_->step(cycle);
      port_.accept(cycle);
    }
    return generator_->statistics();
  }
  BankLocation location(std::size_t index) const {
    return kLayout.locate_core(port_.accepted[index].request.access.address);
  }
  std::uint32_t tile_of_source(std::size_t index) const {
    return port_.accepted[index].request.access.hart / (kHarts / kTiles);
  }
  /// Share of the accepted requests for which `predicate(index)` holds.
  double share(const std::function<bool(std::size_t)>& predicate) const {
    double count = 0;
    for (std::size_t i = 0; i < port_.accepted.size(); ++i) {
      count += predicate(i) ? 1 : 0;
    }
    return count / static_cast<double>(port_.accepted.size());
  }
  void trace(const std::string& text) {
    parameters_.trace = parse_traffic_trace(text, "t", kHarts, kLayout.size_bytes());
  }

  TrafficParameters parameters_{kLayout};
  FixedLatencyPort port_;
  StatGroup stats_{"soc"};
  std::optional<TrafficGenerator> generator_;
};

constexpr Cycles kLong = 20'000;  // 16 harts at 0.3: 96,000 requests, so 1 % is 3 deviations of 0.1

TEST_F(TrafficGeneratorTest, HartsCreateRequestsAtTheLoad) {
  parameters_.load = 0.3;
  const TrafficStatistics& statistics = run(kLong);
  EXPECT_NEAR(static_cast<double>(statistics.generated) / (kHarts * kLong), 0.3, 0.003);
  EXPECT_EQ(stats_.value("traffic.generated_requests"), statistics.generated);
}

TEST_F(TrafficGeneratorTest, LoadOneIsARequestPerHartAndCycle) {
  parameters_.load = 1;
  EXPECT_EQ(run(100).generated, kHarts * 100);
}

TEST_F(TrafficGeneratorTest, EqualSeedsGiveEqualRequestsAndOthersDoNot) {
  const auto addresses = [this](std::uint32_t seed) {
    port_ = {};
    parameters_.seed = seed;
    run(100);
    std::vector<std::uint32_t> list;
    for (const auto& each : port_.accepted) {
      list.push_back(each.request.access.address);
    }
    return list;
  };
  parameters_.load = 0.3;
  const auto first = addresses(1);
  EXPECT_EQ(first, addresses(1));
  EXPECT_NE(first, addresses(2));
}

// Rows minpool16, loads 0.05 and 0.1, seed 1 of golden/mempool/traffic.csv: 0.05011 and 0.09984
// requests per hart and cycle over 4000 cycles after 500, 26.65 % and 25.54 % to the own tile (of
// the responses, here of the requests).
TEST_F(TrafficGeneratorTest, SeedOneGivesTheRequestsOfTheRtlMeasurement) {
  parameters_.seed = 1;
  parameters_.warm_up_cycles = 500;
  parameters_.measured_cycles = 4000;
  for (const auto& [load, generated, local] :
       {std::tuple{0.05, 3207u, 0.2665}, std::tuple{0.10, 6390u, 0.2554}}) {
    port_ = {};
    parameters_.load = load;
    EXPECT_EQ(run(4501).generated, generated);
    std::uint32_t measured = 0;
    std::uint32_t own = 0;
    for (std::size_t i = 0; i < port_.accepted.size(); ++i) {
      const Cycles cycle = port_.accepted[i].cycle;
      if (cycle >= 500 && cycle < 4500) {
        ++measured;
        own += location(i).tile == tile_of_source(i) ? 1 : 0;
      }
    }
    EXPECT_NEAR(static_cast<double>(own) / measured, local, 0.0004);
  }
}

TEST_F(TrafficGeneratorTest, UniformTrafficReachesAllBanksAlike) {
  parameters_.load = 0.3;
  run(kLong);
  for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
    for (std::uint32_t bank = 0; bank < 16; ++bank) {
      EXPECT_NEAR(share([&](std::size_t i) {
                    return location(i).tile == tile && location(i).bank == bank;
                  }),
                  1.0 / 64, 0.002);
    }
  }
}

TEST_F(TrafficGeneratorTest, LocalFractionGoesToTheOwnTile) {
  parameters_.load = 0.3;
  parameters_.pattern.local_fraction = 0.5;
  run(kLong);
  EXPECT_NEAR(share([&](std::size_t i) { return location(i).tile == tile_of_source(i); }),
              0.5 + 0.5 / kTiles, 0.01);
}

TEST_F(TrafficGeneratorTest, GroupFractionGoesToTheOwnGroup) {
  parameters_.load = 0.3;
  parameters_.tiles_per_group = 2;
  parameters_.pattern.group_fraction = 1;
  const TrafficStatistics& statistics = run(kLong);
  EXPECT_EQ(share([&](std::size_t i) { return location(i).tile / 2 == tile_of_source(i) / 2; }), 1);
  const auto count = [&](TrafficDistance distance) {
    return static_cast<double>(
        statistics.latencies[static_cast<std::size_t>(distance)].total.count());
  };
  EXPECT_EQ(count(TrafficDistance::kRemote), 0);
  EXPECT_NEAR(count(TrafficDistance::kTile) / count(TrafficDistance::kGroup), 1, 0.03);
}

TEST_F(TrafficGeneratorTest, HotSpotTakesItsShareOnTopOfTheUniformOne) {
  parameters_.load = 0.3;
  parameters_.pattern.hot_spot_fraction = 0.25;
  parameters_.pattern.hot_spot_tile = 2;
  parameters_.pattern.hot_spot_bank = 5;
  run(kLong);
  EXPECT_NEAR(share([&](std::size_t i) { return location(i).tile == 2 && location(i).bank == 5; }),
              0.25 + 0.75 / 64, 0.01);
}

TEST_F(TrafficGeneratorTest, StrideWalksFromTheHartsOwnWordAndWraps) {
  parameters_.load = 1;
  parameters_.pattern.stride_bytes = kLayout.size_bytes() / 2 + 64;
  run(4);
  std::vector<std::uint32_t> of_hart_3;
  for (const auto& each : port_.accepted) {
    if (each.request.access.hart == 3) {
      of_hart_3.push_back(kLayout.core_to_raw(each.request.access.address));
    }
  }
  const std::uint32_t half = kLayout.size_bytes() / 2;
  EXPECT_EQ(of_hart_3, (std::vector<std::uint32_t>{12, half + 76, 140, half + 204}));
}

TEST_F(TrafficGeneratorTest, WriteFractionMakesStores) {
  parameters_.load = 0.3;
  parameters_.pattern.write_fraction = 0.4;
  run(kLong);
  EXPECT_NEAR(share([&](std::size_t i) {
                return port_.accepted[i].request.access.kind == AccessKind::kStore;
              }),
              0.4, 0.01);
}

TEST_F(TrafficGeneratorTest, LatencyRunsFromCreationAndNetLatencyFromTheHeadOfTheQueue) {
  trace("10 0 0x0 r\n10 0 0x4 w\n11 0 0x8\n");
  port_.latency = 3;
  port_.accepts = [](Cycles cycle) { return cycle >= 14; };
  const TrafficStatistics& statistics = run(30);
  // Created in 10, 11 and 12 (one per cycle), accepted in 14, 15 and 16.
  ASSERT_EQ(port_.accepted.size(), 3u);
  EXPECT_EQ(port_.accepted[2].cycle, 16u);
  EXPECT_EQ(port_.accepted[1].request.access.kind, AccessKind::kStore);
  const TrafficLatencies all = statistics.all();
  EXPECT_EQ(all.total.sum(), 7u + 7u + 7u);
  EXPECT_EQ(all.net.sum(), 7u + 3u + 3u);
  EXPECT_EQ(all.source_wait.sum(), 4u + 4u + 4u);
  EXPECT_EQ(statistics.outstanding_cycles, 3u * 8u);  // both ends count
  EXPECT_TRUE(generator_->is_trace_done());
}

TEST_F(TrafficGeneratorTest, AnIdIsFreeInTheCycleAfterItsResponse) {
  parameters_.load = 1;
  parameters_.max_outstanding = 1;
  port_.latency = 3;
  const TrafficStatistics& statistics = run(12);  // created in 0, 4, 8
  EXPECT_EQ(statistics.generated, kHarts * 3);
  EXPECT_EQ(statistics.blocked_cycles, kHarts * 9);
  EXPECT_EQ(statistics.outstanding_cycles, kHarts * 12);
}

// What reset does to the measurements of the RTL, see TrafficParameters::rtl_start.
TEST_F(TrafficGeneratorTest, StartOfTheRtlLosesTheFirstRequestOfTheLastHartOfATile) {
  parameters_.load = 1;
  parameters_.max_outstanding = 2;
  parameters_.rtl_start = true;
  run(6);
  std::vector<Cycles> first(kHarts, kNever);
  std::vector<int> count(kHarts, 0);
  for (const auto& each : port_.accepted) {
    const std::uint32_t hart = each.request.access.hart;
    first[hart] = std::min(first[hart], each.cycle);
    ++count[hart];
  }
  for (std::uint32_t hart = 0; hart < kHarts; ++hart) {
    const bool has_lost = hart == 7 || hart == 11 || hart == 15;
    EXPECT_EQ(first[hart], 1u) << hart;
    // In cycles 1..5; with one id left of two: created in 1, 3 and 5.
    EXPECT_EQ(count[hart], has_lost ? 3 : 5) << hart;
  }
}

TEST_F(TrafficGeneratorTest, OnlyTheWindowIsMeasured) {
  trace("5 0 0x0\n9 1 0x40\n14 2 0x80\n");
  port_.latency = 5;
  parameters_.warm_up_cycles = 10;
  parameters_.measured_cycles = 9;  // up to 18
  const TrafficStatistics& statistics = run(40);
  EXPECT_EQ(statistics.generated, 1u);    // in 14
  EXPECT_EQ(statistics.accepted, 1u);     // in 14
  EXPECT_EQ(statistics.responses(), 2u);  // in 10 and 14, not in 19
}

TEST_F(TrafficGeneratorTest, ATraceSleepsUntilItsNextRequest) {
  trace("7 3 0x0\n90 1 0x40\n");
  run(0);
  EXPECT_EQ(generator_->next_active_cycle(0), 7u);
  generator_->step(7);
  EXPECT_EQ(generator_->next_active_cycle(8), 8u);  // to see it accepted
  port_.accept(8);
  generator_->step(9);
  EXPECT_EQ(generator_->next_active_cycle(10), 90u);
  EXPECT_FALSE(generator_->is_trace_done());
}

TEST(LatencyHistogram, PercentilesAreNearestRanks) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.percentile(50), 0u);
  for (const Cycles latency : {1, 1, 3, 9}) {
    histogram.add(latency);
  }
  EXPECT_EQ(histogram.percentile(50), 1u);
  EXPECT_EQ(histogram.percentile(51), 3u);
  EXPECT_EQ(histogram.percentile(75), 3u);
  EXPECT_EQ(histogram.percentile(95), 9u);
  EXPECT_EQ(histogram.max(), 9u);
  EXPECT_DOUBLE_EQ(histogram.mean(), 3.5);
}

TEST(TrafficTrace, MistakesNameTheLine) {
  const auto problem_of = [](const std::string& text) -> std::string {
    try {
      parse_traffic_trace("# comment\n0 0 0x0\n" + text, "t.txt", kHarts, 65536);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "none";
  };
  const std::string form = "; a line is: cycle hart address [r|w]";
  EXPECT_EQ(problem_of("\n 5 1 0x10 w # to bank 4\n"), "none");
  EXPECT_EQ(problem_of("1 2\n"), "t.txt:3: 2 words" + form);
  EXPECT_EQ(problem_of("1 2 3 r 4\n"), "t.txt:3: 5 words" + form);
  EXPECT_EQ(problem_of("x 0 0\n"),
            "t.txt:3: cycle: 'x' is not a whole number (decimal, 0x, '_', KiB, MiB, GiB)" + form);
  EXPECT_EQ(problem_of("1 16 0\n"), "t.txt:3: hart 16 is not below 16" + form);
  EXPECT_EQ(problem_of("1 0 64KiB\n"), "t.txt:3: address 64KiB is not below 65536" + form);
  EXPECT_EQ(problem_of("1 0 0x12\n"), "t.txt:3: address 0x12 is not that of a word" + form);
  EXPECT_EQ(problem_of("1 0 0 x\n"), "t.txt:3: expected r or w, got 'x'" + form);
  EXPECT_EQ(problem_of("5 1 0\n4 1 0\n"),
            "t.txt:4: hart 1 has a request in cycle 5 before this line" + form);
}

}  // namespace
}  // namespace tessera
