// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <deque>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/axi/soc_bench.h"

namespace tessera::test {
namespace {

Step load(std::uint32_t address, std::uint8_t rd = 0, std::uint8_t rs = 0) {
  return {Step::kLoad, address, rd, rs};
}
Step store(std::uint32_t address, std::uint8_t rs = 0, std::uint32_t data = 0) {
  return {Step::kStore, address, 0, rs, data};
}
Step amo(std::uint32_t address, std::uint8_t rd = 0, std::uint8_t rs = 0) {
  return {Step::kAmo, address, rd, rs};
}
Step use(std::uint8_t rs) {
  return {Step::kAlu, 0, 0, rs};
}
const Step kFence{Step::kFence};
const Step kWfi{Step::kWfi};

/// Loads of 8 words to 8 registers, `stride` bytes apart.
Steps loads8(std::uint32_t address, std::uint32_t stride) {
  Steps steps;
  for (std::uint8_t i = 0; i < 8; ++i) {
    steps.push_back(load(address + i * stride, static_cast<std::uint8_t>(i + 1)));
  }
  return steps;
}
Steps stores8(std::uint32_t address, std::uint32_t stride) {
  Steps steps;
  for (std::uint32_t i = 0; i < 8; ++i) {
    steps.push_back(store(address + i * stride));
  }
  return steps;
}

struct Row {
  std::string name;
  Cycles cycles;  ///< measured on the RTL: shared/golden/mempool/results.csv
  Steps steps;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.name;
}

class MeasuredRow : public testing::TestWithParam<Row> {};

// The read-only cache has cleared its tags (128 cycles) and holds the first line.
const Steps kWarmUp = repeat(200, {Step{}}) + Steps{load(kL2), kFence};

TEST_P(MeasuredRow, TakesTheCyclesOfTheRtlOnMinpool) {
  SocBench bench(minpool());
  EXPECT_EQ(bench.measure(0, kWarmUp + GetParam().steps), GetParam().cycles);
}

TEST_P(MeasuredRow, TakesTheCyclesOfTheRtlOnMempool) {
  SocBench bench(SocPathParameters{});
  EXPECT_EQ(bench.measure(0, kWarmUp + GetParam().steps), GetParam().cycles);
}

const std::uint32_t kNrCores = kRegisters + 0x3c;
const std::uint32_t kDmaStatus = kRegisters + 0x10010;

INSTANTIATE_TEST_SUITE_P(
    Outstanding, MeasuredRow,
    testing::Values(Row{"ld_x1", 2, once(repeat(1, {load(kUncached)}))},
                    Row{"ld_x2", 3, once(repeat(2, {load(kUncached)}))},
                    Row{"ld_x4", 5, once(repeat(4, {load(kUncached)}))},
                    Row{"ld_x7", 38, once(repeat(7, {load(kUncached)}))},
                    Row{"ld_x8", 49, once(repeat(8, {load(kUncached)}))},
                    Row{"ld_x9", 60, once(repeat(9, {load(kUncached)}))},
                    Row{"ld_x10", 71, once(repeat(10, {load(kUncached)}))},
                    Row{"ld_x12", 93, once(repeat(12, {load(kUncached)}))},
                    Row{"ld_x16", 137, once(repeat(16, {load(kUncached)}))},
                    Row{"st_x1", 2, once(repeat(1, {store(kUncached)}))},
                    Row{"st_x4", 7, once(repeat(4, {store(kUncached)}))},
                    Row{"st_x8", 31, once(repeat(8, {store(kUncached)}))},
                    Row{"st_x9", 35, once(repeat(9, {store(kUncached)}))},
                    Row{"st_x10", 39, once(repeat(10, {store(kUncached)}))},
                    Row{"st_x12", 49, once(repeat(12, {store(kUncached)}))},
                    Row{"st_x16", 67, once(repeat(16, {store(kUncached)}))},
                    Row{"ld_x1_fence", 15, once({load(kUncached), kFence})},
                    Row{"ld_x8_fence", 92, once(repeat(8, {load(kUncached)}) + Steps{kFence})},
                    Row{"st_x1_fence", 16, once({store(kUncached), kFence})},
                    Row{"st_x8_fence", 48, once(repeat(8, {store(kUncached)}) + Steps{kFence})},
                    Row{"amo_x1_fence", 16, once({amo(kUncached), kFence})}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    L2, MeasuredRow,
    testing::Values(Row{"l2_chase4", 1037, loop(20, repeat(4, {load(kUncached, 1, 1)}))},
                    Row{"l2_ld8_sameline", 1729, loop(20, loads8(kUncached, 4))},
                    Row{"l2_ld8_diffL2bank", 1729, loop(20, loads8(kUncached, 64))},
                    Row{"l2_st8", 747, loop(20, stores8(kUncached, 4))},
                    Row{"l2_amoadd_dep4", 1194, loop(20, repeat(4, {amo(kUncached, 1, 1)}))},
                    Row{"l2_st_ld_dep_x4", 2207,
                        loop(20, repeat(4, {store(kUncached, 1), load(kUncached, 1), use(1)}))},
                    Row{"ro_ld_use_x4", 1007, loop(20, repeat(4, {load(kL2, 1), use(1)}))},
                    Row{"ro_ld8_sameline", 1417, loop(20, loads8(kL2, 4))},
                    Row{"x_l2_chase4", 517, loop(10, repeat(4, {load(kUncached, 1, 1)}))},
                    Row{"x_l2_ld8", 409, loop(5, loads8(kUncached, 4))},
                    Row{"x_l2_st8", 187, loop(5, stores8(kUncached, 0))}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Registers, MeasuredRow,
    testing::Values(Row{"ctrl_rd_use_x4", 1487, loop(20, repeat(4, {load(kNrCores, 1), use(1)}))},
                    Row{"ctrl_rd8", 2353, loop(20, loads8(kNrCores, 0))},
                    Row{"ctrl_wr_fence_x4", 1407, loop(20, repeat(4, {store(kRegisters), kFence}))},
                    Row{"ctrl_wr8", 853, loop(20, stores8(kRegisters, 0))},
                    Row{"dma_status_rd_use_x4", 1487,
                        loop(20, repeat(4, {load(kDmaStatus, 1), use(1)}))},
                    Row{"wake_self_then_wfi", 367, loop(20, {store(kWakeUp), kWfi})},
                    Row{"wake_self_fence_wfi", 407, loop(20, {store(kWakeUp), kFence, kWfi})},
                    Row{"uart_sb_fence_x4", 1327, loop(20, repeat(4, {store(kUart), kFence}))},
                    Row{"x_uart_sb8", 199, loop(5, stores8(kUart, 0))}),
    [](const auto& row) { return row.param.name; });

/// Cycles from the first start to the last end when `harts` run `steps(hart)` at the same time.
Cycles elapsed(SocBench& bench, const std::vector<std::uint32_t>& harts,
               const std::function<Steps(std::uint32_t)>& steps) {
  std::vector<const ScriptedHart*> scripted;
  for (const std::uint32_t hart : harts) {
    scripted.push_back(&bench.add_hart(hart, kWarmUp + steps(hart)));
  }
  bench.run();
  Cycles first = ~Cycles{0};
  Cycles last = 0;
  for (const ScriptedHart* hart : scripted) {
    first = std::min(first, hart->marks().at(0));
    last = std::max(last, hart->marks().at(1));
  }
  return last - first;
}

const std::vector<std::uint32_t> kTile0{0, 1, 2, 3};
const std::vector<std::uint32_t> kOnePerTile{0, 4, 8, 12};
const std::vector<std::uint32_t> kAll{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

struct ManyHarts {
  std::string name;
  Cycles cycles;  ///< measured on the RTL: shared/golden/mempool/results.csv, tag 22
  std::vector<std::uint32_t> harts;
  std::uint32_t times;
  bool is_load;
};

std::ostream& operator<<(std::ostream& out, const ManyHarts& row) {
  return out << row.name;
}

class MeasuredTogether : public testing::TestWithParam<ManyHarts> {};

TEST_P(MeasuredTogether, TakesTheCyclesOfTheRtl) {
  SocBench bench(minpool());
  const Cycles cycles = elapsed(bench, GetParam().harts, [](std::uint32_t hart) {
    const std::uint32_t address = kUncached + hart * 64;
    return fenced_loop(GetParam().times,
                       GetParam().is_load ? loads8(address, 0) : stores8(address, 0));
  });
  // There the harts do not start in the same cycle, and the loop is not in their L0 caches yet.
  EXPECT_LE(cycles, GetParam().cycles);
  EXPECT_GE(cycles + 12, GetParam().cycles);
}

INSTANTIATE_TEST_SUITE_P(L2, MeasuredTogether,
                         testing::Values(ManyHarts{"l2_ld_c1", 893, {0}, 10, true},
                                         ManyHarts{"l2_ld_c4_tile", 3553, kTile0, 10, true},
                                         ManyHarts{"l2_ld_c4_1pertile", 894, kOnePerTile, 10, true},
                                         ManyHarts{"l2_ld_call", 1796, kAll, 5, true},
                                         ManyHarts{"l2_st_c4_tile", 1534, kTile0, 10, false},
                                         ManyHarts{"l2_st_call", 797, kAll, 5, false}),
                         [](const auto& row) { return row.param.name; });

/// Asks for `lines` for tile 0, one after another; returns the cycles that each took.
std::vector<Cycles> refill(SocBench& bench, const std::vector<std::uint32_t>& lines) {
  std::vector<Cycles> begins;
  bench.refills.clear();
  bench.refill_step = [&](Cycles now) {
    if (begins.size() < lines.size() && bench.refills.size() == begins.size() &&
        bench.path().can_refill(0)) {
      bench.path().refill(0, lines[begins.size()], 32, static_cast<std::uint32_t>(begins.size()));
      begins.push_back(now);
    }
  };
  while (bench.refills.size() < lines.size()) {
    bench.step();
  }
  bench.refill_step = nullptr;
  std::vector<Cycles> took;
  for (std::size_t line = 0; line < lines.size(); ++line) {
    EXPECT_EQ(bench.refills[line].tag, line);
    took.push_back(bench.refills[line].cycle - begins[line]);
  }
  return took;
}

// Cache's cut, tile mux, group mux; tag, data, response; group mux, cut.
constexpr Cycles kHit = 8;
// After the data stage: cut, bank's register, bank, response register, cut.
constexpr Cycles kMiss = kHit + 5;
// Past the read-only cache.
constexpr Cycles kBypass = kMiss - 3;

TEST(SocPath, RefillsTakeWhatTheRegistersOnTheirWayTake) {
  for (const SocPathParameters& parameters : {minpool(), SocPathParameters{}}) {
    SocBench bench(parameters);
    bench.run_to(200);
    EXPECT_EQ(refill(bench, {kL2 + 0x100, kL2 + 0x100, kUncached}),
              (std::vector<Cycles>{kMiss, kHit, kBypass}));
  }
}

TEST(SocPath, TheVictimWayTogglesWithEveryRefill) {
  SocBench bench(minpool());
  bench.run_to(200);
  // 4 KiB per way. A in way 0, B (another set) in way 1, C of A's set in way 0 again: A is gone.
  const std::uint32_t a = kL2;
  const std::uint32_t b = kL2 + 0x20;
  const std::uint32_t c = kL2 + 0x1000;
  ReadOnlyCacheControl control = reset_control();
  control.regions[0].end = 0x80010000;
  bench.path().set_read_only_cache(control);
  bench.run_to(210);
  EXPECT_EQ(refill(bench, {a, b, c, b, c, a}),
            (std::vector<Cycles>{kMiss, kMiss, kMiss, kHit, kHit, kMiss}));
}

TEST(SocPath, AFlushEmptiesTheReadOnlyCacheAndHoldsItForItsLines) {
  SocBench bench(minpool());
  bench.run_to(200);
  refill(bench, {kL2});
  ReadOnlyCacheControl control = reset_control();
  control.is_flushing = true;
  bench.path().set_read_only_cache(control);
  const Cycles written = bench.now() - 1;
  bench.step();
  control.is_flushing = false;
  bench.path().set_read_only_cache(control);
  // The level is seen 3 cycles after the write; from the cycle after, 128 lines are cleared.
  const Cycles begin = bench.now();
  const Cycles usable = written + 3 + 1 + 128;
  EXPECT_EQ(refill(bench, {kL2}), std::vector<Cycles>{usable - begin - 3 + kMiss});
}

TEST(SocPath, ADisabledReadOnlyCacheIsPassedBy) {
  SocBench bench(minpool());
  bench.run_to(200);
  ReadOnlyCacheControl control = reset_control();
  control.is_enabled = false;
  bench.path().set_read_only_cache(control);
  bench.run_to(210);
  EXPECT_EQ(refill(bench, {kL2, kL2}), (std::vector<Cycles>{kBypass, kBypass}));
}

TEST(SocPath, TilesThatMissTheSameLineShareOneRefill) {
  SocBench bench(SocPathParameters{});
  bench.run_to(200);
  bool is_asked = false;
  bench.refill_step = [&](Cycles) {
    for (std::uint32_t tile = 0; tile < 16 && !is_asked; ++tile) {
      bench.path().refill(tile, kL2 + 0x40, 32, tile);
    }
    is_asked = true;
  };
  bench.step();
  bench.run();
  EXPECT_EQ(bench.refills.size(), 16u);
  EXPECT_EQ(bench.stats().value("group[0].read_only_cache.refills"), 1u);
  // One beat per cycle leaves the group once the line has come; tiles that came later hit.
  EXPECT_EQ(bench.refills.back().cycle - bench.refills.front().cycle, 15u);
}

TEST(SocPath, ReadsOfRegistersByManyTilesTakeTurns) {
  const auto cycles = [](std::uint32_t times) {
    SocBench bench(minpool());
    return elapsed(bench, kOnePerTile, [=](std::uint32_t) {
      return loop(times, {load(kNrCores, 1), use(1)});
    });
  };
  // A read holds the width converter for 6 cycles, and 4 tiles wait for it.
  EXPECT_EQ(cycles(40) - cycles(20), 20 * 4 * 6u);
}

TEST(SocPath, ExternalReadsAndTheBootRomAnswerAsFarAsTheRegistersSay) {
  SocBench bench(minpool());
  const Steps external = once({load(kUart, 1), use(1)});
  EXPECT_EQ(bench.measure(0, kWarmUp + external), 1 + 14 + 1u);
  // Boot ROM outside the cached regions: as far as L2, with one register in the ROM.
  SocBench rom(minpool());
  EXPECT_EQ(rom.measure(0, kWarmUp + once({load(0xA0002000, 1), use(1)})), 1 + 13 + 1u);
}

TEST(SocPath, AccessesTakeEffectInTheCycleInWhichTheHardwarePerformsThem) {
  SocBench bench(minpool());
  const ScriptedHart& hart =
      bench.add_hart(0, kWarmUp + once({store(kRegisters, 0, 5), kFence, load(kRegisters, 1),
                                        use(1), load(kUncached, 1), use(1), store(kUart), kFence}));
  bench.run();
  const Cycles begin = hart.marks().at(0);
  std::vector<Cycles> cycles;
  for (const HartAccess& access : bench.accesses) {
    if (access.cycle > begin) {
      cycles.push_back(access.cycle - begin);
    }
  }
  // Issued at 1, 18, 36 and 50.
  EXPECT_EQ(cycles, (std::vector<Cycles>{1 + 10, 18 + 10, 36 + 7, 50 + 9}));
}

TEST(SocPath, AnAccessThatTheTargetPutsOffIsRepeatedUntilDone) {
  SocBench bench(minpool());
  bench.run_to(200);
  bench.pending_replies = 100;
  EXPECT_EQ(bench.measure(0, once({load(kUart, 1), use(1)})), 100 + 1 + 14 + 1u);
  EXPECT_EQ(bench.accesses.size(), 1u);
}

TEST(SocPath, AResponseWaitsWhileTheHartTakesOthers) {
  SocBench bench(minpool());
  bench.blocked_until = 500;
  const ScriptedHart& hart = bench.add_hart(0, kWarmUp + once({load(kUncached, 1), use(1)}));
  EXPECT_FALSE(hart.is_done());
  bench.run();
  // The warm-up's load and the fence behind it wait too: response at 500, fence, mark, load.
  EXPECT_EQ(hart.marks().at(0), 502u);
}

TEST(SocPath, DataComesBackToTheHartThatAsked) {
  SocBench bench(minpool());
  std::vector<const ScriptedHart*> harts;
  for (std::uint32_t hart = 0; hart < 16; ++hart) {
    harts.push_back(&bench.add_hart(
        hart, {store(kUncached + 4 * hart, 0, hart + 100), kFence, load(kUncached + 4 * hart, 1)}));
  }
  bench.run();
  for (std::uint32_t hart = 0; hart < 16; ++hart) {
    EXPECT_EQ(harts[hart]->last_data(), hart + 100);
  }
}

TEST(SocPath, AtomicsOfAllHartsAddUp) {
  SocBench bench(minpool());
  for (std::uint32_t hart = 0; hart < 16; ++hart) {
    Step step = amo(kUncached, 1, 1);
    step.data = 1;
    bench.add_hart(hart, repeat(10, {step}));
  }
  bench.run();
  EXPECT_EQ(bench.word(kUncached), 160u);
}

/// A master that reads or writes one burst after another, as fast as it is let.
class ScriptedMaster : public AxiClient {
 public:
  ScriptedMaster(SocBench& bench, std::uint32_t group) : port_(bench.path().master_port(group, 0)) {
    bench.path().connect_master(group, 0, *this);
  }
  void step(Cycles now) {
    if (!bursts.empty() && port_.can_issue(bursts.front().is_write)) {
      if (bursts.front().is_write) {
        beats_to_write_.push_back(bursts.front().beats);
      }
      port_.issue(bursts.front());
      issued.push_back(now);
      bursts.pop_front();
      return;
    }
    if (!beats_to_write_.empty() && port_.can_write()) {
      const bool is_last = --beats_to_write_.front() == 0;
      port_.write_beat(is_last);
      if (is_last) {
        beats_to_write_.pop_front();
      }
    }
  }
  bool can_take_beat() const override { return true; }
  void read_beat(std::uint32_t, bool is_last, Cycles cycle) override {
    beats.push_back(cycle);
    lasts += is_last;
  }
  void write_response(std::uint32_t, Cycles cycle) override { responses.push_back(cycle); }

  std::deque<AxiBurst> bursts;
  std::vector<Cycles> issued;
  std::vector<Cycles> beats;
  std::vector<Cycles> responses;
  std::uint32_t lasts = 0;

 private:
  AxiPort& port_;
  std::deque<std::uint32_t> beats_to_write_;
};

TEST(SocPath, AMasterReadsAWordEveryFourCycles) {
  SocBench bench(SocPathParameters{});
  ScriptedMaster master(bench, 0);
  bench.master_step = [&](Cycles now) { master.step(now); };
  bench.run_to(200);
  master.bursts = {{kUncached, 16, false, 0}, {kUncached + 1024, 16, false, 0}};
  bench.step();
  bench.run();
  ASSERT_EQ(master.beats.size(), 32u);
  EXPECT_EQ(master.lasts, 2u);
  EXPECT_EQ(master.beats.front() - master.issued.front(), 7u);
  for (std::size_t beat = 1; beat < master.beats.size(); ++beat) {
    EXPECT_EQ(master.beats[beat] - master.beats[beat - 1], 4u);
  }
  EXPECT_EQ(bench.stats().value("group[0].master[0].read_beats"), 32u);
}

TEST(SocPath, AMasterWritesAWordEveryFourCycles) {
  SocBench bench(SocPathParameters{});
  ScriptedMaster master(bench, 0);
  bench.master_step = [&](Cycles now) { master.step(now); };
  bench.run_to(200);
  master.bursts = {{kUncached, 16, true, 0}, {kUncached + 1024, 16, true, 0}};
  bench.step();
  bench.run();
  ASSERT_EQ(master.responses.size(), 2u);
  EXPECT_EQ(master.responses[1] - master.responses[0], 16 * 4u);
  EXPECT_EQ(bench.stats().value("group[0].master[0].write_beats"), 32u);
}

TEST(SocPath, MastersOfAllGroupsShareTheBanksWithoutLoss) {
  SocBench bench(SocPathParameters{});
  std::deque<ScriptedMaster> masters;
  for (std::uint32_t group = 0; group < 4; ++group) {
    masters.emplace_back(bench, group);
  }
  bench.master_step = [&](Cycles now) {
    for (ScriptedMaster& master : masters) {
      master.step(now);
    }
  };
  bench.run_to(200);
  for (ScriptedMaster& master : masters) {
    master.bursts = {{kUncached, 64, false, 0}};
  }
  bench.step();
  bench.run();
  // All begin at the same bank: the last one waits 3 cycles, then they follow each other.
  EXPECT_EQ(masters[3].beats.back() - masters[0].issued[0], 7 + 63 * 4 + 3u);
  EXPECT_EQ(masters[0].beats.back() - masters[0].issued[0], 7 + 63 * 4u);
  EXPECT_EQ(bench.stats().value("l2.bank[0].conflict_cycles"), 3 + 2 + 1u);
}

TEST(SocPath, DramAnswersLaterThanSramButFasterInBursts) {
  SocPathParameters parameters;
  parameters.l2_type = L2Type::kDram;
  SocBench bench(parameters);
  ScriptedMaster master(bench, 0);
  bench.master_step = [&](Cycles now) { master.step(now); };
  bench.run_to(200);
  master.bursts = {{kUncached, 16, false, 0}, {kUncached + 1024, 16, true, 0}};
  bench.step();
  bench.run();
  ASSERT_EQ(master.beats.size(), 16u);
  EXPECT_EQ(master.responses.size(), 1u);
  // 41 + 16 + 43 + 2 DRAM clocks of 1800 MHz are 29 cycles at 500 MHz; group mux, cut and the
  // crossbar's register on both ways.
  EXPECT_EQ(master.beats.front() - master.issued.front(), 3 + 29 + 3u);
  EXPECT_EQ(master.beats.back() - master.beats.front(), 15u);
  EXPECT_EQ(bench.stats().value("l2.channel[0].row_misses") +
                bench.stats().value("l2.channel[0].row_hits"),
            32u);
}

TEST(SocPath, DramServesHarts) {
  SocPathParameters parameters = minpool();
  parameters.l2_type = L2Type::kDram;
  SocBench bench(parameters);
  for (std::uint32_t hart = 0; hart < 16; ++hart) {
    Step step = amo(kUncached, 1, 1);
    step.data = 1;
    bench.add_hart(hart, repeat(10, {step, store(kUncached + 64 + 4 * hart, 0, hart), kFence}));
  }
  bench.run();
  EXPECT_EQ(bench.word(kUncached), 160u);
  EXPECT_EQ(bench.word(kUncached + 64 + 4 * 7), 7u);
}

TEST(SocPath, NothingUnderWayMeansNoActiveCycle) {
  SocBench bench(SocPathParameters{});
  EXPECT_EQ(bench.path().response_side().next_active_cycle(5), kNever);
  EXPECT_EQ(bench.path().request_side().next_active_cycle(5), kNever);
  bench.add_hart(9, {load(kUncached)});
  bench.step();
  EXPECT_EQ(bench.path().request_side().next_active_cycle(5), 5u);
  bench.run();
  EXPECT_EQ(bench.path().response_side().next_active_cycle(99), kNever);
  EXPECT_EQ(bench.stats().value("tile[2].loads"), 1u);
}

}  // namespace
}  // namespace tessera::test
