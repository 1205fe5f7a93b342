// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <deque>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/axi/scripts.h"

namespace tessera::test {
namespace {

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
    return elapsed(bench, {0, 4, 8, 12}, [=](std::uint32_t) {
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

TEST(SocPath, MoreMastersAndBanksDoNotMakeTheWayLonger) {
  SocPathParameters terapool;
  terapool.harts_per_tile = 8;
  terapool.num_tiles = 128;
  terapool.tiles_per_group = 8;
  terapool.l2_banks = 16;
  SocBench bench(terapool);
  EXPECT_EQ(bench.measure(1023, kWarmUp + loop(20, repeat(4, {load(kUncached, 1, 1)}))), 1037u);
  EXPECT_EQ(bench.stats().value("tile[127].loads"), 1 + 80u);
}

TEST(SocPath, LinesWiderThanTheBusTakeABeatPerWord) {
  SocPathParameters narrow = minpool();
  narrow.axi_bytes = 16;
  SocBench bench(narrow);
  bench.run_to(600);
  // The second beat is a lookup of its own, and a miss waits for the one before.
  EXPECT_EQ(refill(bench, {kL2 + 0x100, kL2 + 0x100}), (std::vector<Cycles>{kMiss + 6, kHit + 1}));
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
