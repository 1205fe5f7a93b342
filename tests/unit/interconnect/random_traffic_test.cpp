// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>
#include <tuple>

#include <gtest/gtest.h>

#include "models/base/l1_layout.h"
#include "tests/unit/interconnect/l1_network_bench.h"
#include "tests/unit/interconnect/reference_network.h"

namespace tessera {
namespace {

using test::ReferenceNetwork;

struct Mix {
  double load;          ///< probability that a hart without a pending request presents one
  double amos;          ///< of them
  double local;         ///< of them to the own tile
  double ready;         ///< probability that a hart takes a response
  std::uint32_t banks;  ///< that the accesses go to, per tile
};

/// Feeds both networks the same accesses and compares acceptance and responses in every cycle.
class Comparison final : public MemoryClient {
 public:
  Comparison(const L1NetworkParameters& parameters, const Mix& mix, std::uint32_t seed)
      : parameters_(parameters),
        mix_(mix),
        random_(seed),
        network_(parameters, l1_, stats_),
        reference_({parameters.num_groups, parameters.tile_slots_per_group,
                    parameters.cores_per_tile, parameters.banks_per_tile}),
        is_ready_(parameters.num_harts()) {
    network_.set_client(*this);
  }
  bool is_response_port_free(std::uint32_t hart, Cycles /*cycle*/) const override {
    return is_ready_[hart];
  }
  void response(std::uint32_t hart, std::uint32_t tag, std::uint32_t /*data*/,
                Cycles /*cycle*/) override {
    answered_.push_back({hart, tag});
    is_ready_[hart] = false;
  }
  void run(Cycles cycles) {
    for (Cycles cycle = 0; cycle < cycles && !testing::Test::HasFatalFailure(); ++cycle) {
      step(cycle);
    }
  }
  std::size_t answered() const { return total_; }

 private:
  bool draw(double probability) { return std::bernoulli_distribution(probability)(random_); }

  std::uint32_t draw_below(std::uint32_t limit) {
    return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(random_);
  }

  void step(Cycles cycle) {
    for (std::size_t hart = 0; hart < is_ready_.size(); ++hart) {
      is_ready_[hart] = draw(mix_.ready);
    }
    const std::vector<bool> ready = is_ready_;
    answered_.clear();
    network_.response_side().step(cycle);
    for (std::uint32_t hart = 0; hart < ready.size(); ++hart) {
      ASSERT_EQ(network_.is_pending(hart), reference_.presented[hart].has_value())
          << "hart " << hart << " in cycle " << cycle;
      if (!network_.is_pending(hart) && draw(mix_.load)) {
        present(hart);
      }
    }
    network_.request_side().step(cycle);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> expected;
    for (const auto& access : reference_.step([&](std::uint32_t hart) { return ready[hart]; })) {
      expected.emplace_back(access.hart, access.tag);
    }
    std::sort(expected.begin(), expected.end());
    std::sort(answered_.begin(), answered_.end());
    ASSERT_EQ(answered_, expected) << "in cycle " << cycle;
    total_ += expected.size();
  }

  void present(std::uint32_t hart) {
    const std::uint32_t tile =
        draw(mix_.local) ? hart / parameters_.cores_per_tile : draw_below(parameters_.num_tiles());
    const std::uint32_t bank = draw_below(mix_.banks);
    const bool is_amo = draw(mix_.amos);
    MemoryRequest request;
    request.tag = next_tag_++;
    request.access.hart = hart;
    request.access.kind = is_amo ? AccessKind::kAmoAdd : AccessKind::kLoad;
    request.access.address = test::word_of(parameters_, tile, bank);
    network_.request(request);
    reference_.presented[hart] = {hart, tile, bank, request.tag, is_amo};
  }

  const L1NetworkParameters parameters_;
  const Mix mix_;
  std::mt19937 random_;
  test::CountingL1 l1_;
  StatGroup stats_{"test"};
  L1Network network_;
  ReferenceNetwork reference_;
  std::vector<bool> is_ready_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> answered_;
  std::uint32_t next_tag_ = 0;
  std::size_t total_ = 0;
};

class RandomTraffic : public testing::TestWithParam<std::tuple<const char*, Mix>> {};

TEST_P(RandomTraffic, MovesAsInTheRtlsModules) {
  const auto& [machine, mix] = GetParam();
  L1NetworkParameters parameters =
      std::string(machine) == "minpool" ? test::minpool() : test::mempool();
  const bool is_small = std::string(machine) == "four_by_four";
  if (is_small) {
    parameters.core_tiles_per_group = parameters.tile_slots_per_group = 4;
  }
  const bool is_large = parameters.num_harts() > 64;
  for (std::uint32_t seed = 1; seed <= (is_large ? 1 : 3); ++seed) {
    Comparison comparison(parameters, mix, seed);
    comparison.run(is_large ? 60 : 500);
    EXPECT_GT(comparison.answered(), 100u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Machines, RandomTraffic,
    testing::Combine(testing::Values("minpool", "four_by_four", "mempool"),
                     testing::Values(Mix{0.1, 0, 0, 1, 16}, Mix{0.3, 0.1, 0.2, 1, 16},
                                     Mix{1, 0, 0, 1, 16}, Mix{1, 0.3, 0.5, 1, 16},
                                     Mix{1, 0.1, 0.3, 0.6, 16}, Mix{0.8, 0.2, 0.1, 0.9, 2},
                                     Mix{1, 1, 0.5, 1, 1}, Mix{1, 0, 0.9, 0.3, 3})));

}  // namespace
}  // namespace tessera
