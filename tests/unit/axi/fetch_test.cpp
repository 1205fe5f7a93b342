// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "models/core/instruction_caches.h"
#include "tests/unit/axi/soc_bench.h"

namespace tessera::test {
namespace {

/// A hart that fetches a list of instructions through the tile's caches and the SoC side.
class FetchBench : public SocBench {
 public:
  explicit FetchBench(const SocPathParameters& parameters)
      : SocBench(parameters), code_(kCodeBytes / 4, kNop) {
    memory_.map(kL2, kCodeBytes, reinterpret_cast<std::uint8_t*>(code_.data()), true, false);
    InstructionCachesParameters caches;
    caches.num_tiles = parameters.num_tiles;
    caches_ = std::make_unique<InstructionCaches>(caches, memory_, path(), cache_stats_);
    path().connect(*this, *caches_);
    ReadOnlyCacheControl control = reset_control();
    control.regions[0].end = kL2 + kCodeBytes;
    path().set_read_only_cache(control);
    refill_step = [this](Cycles now) { step_caches(now); };
    run_to(300);
  }

  void place(std::uint32_t index, std::uint32_t word) { code_[index] = word; }
  /// Cycles from the first fetch to the last.
  Cycles walk(const std::vector<std::uint32_t>& instructions) {
    walk_ = instructions;
    position_ = 0;
    while (position_ < walk_.size()) {
      step();
    }
    run_to(now() + 200);
    return last_ - first_;
  }

 private:
  static constexpr std::uint32_t kCodeBytes = 64 * 1024;
  static constexpr std::uint32_t kNop = 0x00000013;

  void step_caches(Cycles now) {
    if (caches_->next_active_cycle(now) == now) {
      caches_->step(now);
      is_waiting_ = is_waiting_ && caches_->harts_ready().empty();
    }
    if (position_ == walk_.size() || is_waiting_) {
      return;
    }
    is_waiting_ = !caches_->fetch(0, kL2 + 4 * walk_[position_]);
    if (!is_waiting_) {
      first_ = position_ == 0 ? now : first_;
      last_ = now;
      ++position_;
    }
  }

  std::vector<std::uint32_t> code_;
  DmiTable memory_;
  StatGroup cache_stats_{"caches"};
  std::unique_ptr<InstructionCaches> caches_;
  std::vector<std::uint32_t> walk_;
  std::size_t position_ = 0;
  bool is_waiting_ = false;
  Cycles first_ = 0;
  Cycles last_ = 0;
};

/// Two instructions in every other line of 32 bytes: auipc, jalr to the next 64 bytes.
std::vector<std::uint32_t> hop(FetchBench& bench, std::uint32_t hops) {
  std::vector<std::uint32_t> walk;
  for (std::uint32_t line = 0; line < hops; ++line) {
    bench.place(16 * line, 0x00000317);
    bench.place(16 * line + 1, 0x04030067);
    walk.push_back(16 * line);
    walk.push_back(16 * line + 1);
  }
  return walk;
}

// Measured: shared/golden/mempool/results.csv, x_jalr_64B_stride_32 (tag 49): 1071 cycles cold and
// 746 warm on minpool, 906 and 746 on mempool, for 32 hops and what is around them.
TEST(FetchThroughTheSocPath, AJumpToALineInTheReadOnlyCacheStalls21Cycles) {
  for (const SocPathParameters& parameters : {minpool(), SocPathParameters{}}) {
    FetchBench bench(parameters);
    const std::vector<std::uint32_t> walk = hop(bench, 32);
    bench.walk(walk);
    EXPECT_EQ(bench.walk(walk), 31 * (21 + 2) + 1u);
  }
}

TEST(FetchThroughTheSocPath, AJumpToALineInL2Stalls31CyclesOrWithWiderLines26) {
  FetchBench small(minpool());
  EXPECT_EQ(small.walk(hop(small, 32)), 31 * (31 + 2) + 1u);
  FetchBench large(SocPathParameters{});
  EXPECT_EQ(large.walk(hop(large, 32)), 31 * (26 + 2) + 1u);
}

// Measured: x_cold_straight_512nop (tag 47), first occurrence, with 3 instructions and the jump
// into the function around: 1089 on minpool, 929 on mempool.
TEST(FetchThroughTheSocPath, StraightCodeFromL2TakesTheCyclesOfTheRtl) {
  std::vector<std::uint32_t> straight(512);
  for (std::uint32_t index = 0; index < straight.size(); ++index) {
    straight[index] = 2048 + index;
  }
  FetchBench small(minpool());
  EXPECT_EQ(small.walk(straight), 1089 - 11u);
  FetchBench large(SocPathParameters{});
  EXPECT_EQ(large.walk(straight), 929 - 11u);
}

}  // namespace
}  // namespace tessera::test
