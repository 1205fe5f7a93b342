// SPDX-License-Identifier: Apache-2.0
// What probes are told of instructions: the same by threaded code, by step() and beside a memory
// probe, in turns of any length.
#include <algorithm>
#include <tuple>

#include <gtest/gtest.h>

#include "tests/unit/isa/machine.h"
#include "tests/unit/isa/random_program.h"

namespace tessera::isa::test {
namespace {

using Line = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, Cycles>;
using Writes = std::tuple<unsigned, std::uint32_t, unsigned, std::uint32_t, bool, std::uint32_t>;
using Access = std::tuple<AccessKind, unsigned, std::uint32_t, std::uint32_t>;
using Told = std::tuple<Line, Writes, Access>;

class Listener : public HartProbe {
 public:
  void retired(const RetiredInstruction& one) override {
    told.push_back({{one.pc, one.raw, one.next_pc, one.cycle},
                    {one.result.index, one.result.value, one.increment.index, one.increment.value,
                     one.writes_csr, one.csr_value},
                    {one.access.kind, one.access.bytes, one.access.address, one.access.data}});
  }
  std::vector<Told> told;
};

class MemoryListener : public MemoryProbe {
 public:
  void accessed(const MemoryAccess& /*access*/) override { ++count; }
  int count = 0;
};

enum class Way { kThreaded, kStepped, kWithMemoryProbe };

struct Result {
  std::vector<Told> told;
  std::array<std::uint32_t, 33> x;
  Cycles cycle;
};

/// Runs `words` for `cycles`, in turns of random length below `max_turn`.
Result run(const std::vector<Word>& words, const std::vector<std::uint32_t>& registers, Way way,
           Cycles cycles, Cycles max_turn) {
  Machine machine;
  Listener listener;
  MemoryListener memory_listener;
  machine.observers.attach(
      {&listener, way == Way::kWithMemoryProbe ? &memory_listener : nullptr, nullptr, nullptr});
  std::memcpy(machine.memory.data(), words.data(), words.size() * 4);
  if (way == Way::kStepped) {
    for (std::uint32_t i = 0; i < words.size(); ++i) {
      machine.interpreter.watch_pc(Machine::kMemory + 4 * i, true);
    }
  }
  std::copy(registers.begin(), registers.end(), machine.hart.x.begin());
  std::mt19937_64 random(cycles);
  while (machine.hart.cycle < cycles) {
    machine.run(std::min<Cycles>(cycles - machine.hart.cycle, 1 + random() % max_turn));
  }
  EXPECT_EQ(listener.told.size(), machine.hart.instructions);
  EXPECT_EQ(memory_listener.count > 0, way == Way::kWithMemoryProbe);
  return {listener.told, machine.hart.x, machine.hart.cycle};
}

void expect_the_same_in_all_ways(const std::vector<Word>& words,
                                 const std::vector<std::uint32_t>& registers) {
  constexpr Cycles kCycles = 3000;
  const Result expected = run(words, registers, Way::kStepped, kCycles, kCycles);
  for (const Way way : {Way::kThreaded, Way::kWithMemoryProbe}) {
    for (const Cycles max_turn : {Cycles{1}, Cycles{7}, kCycles}) {
      const Result result = run(words, registers, way, kCycles, max_turn);
      ASSERT_EQ(result.told.size(), expected.told.size());
      for (std::size_t i = 0; i < result.told.size(); ++i) {
        ASSERT_EQ(result.told[i], expected.told[i])
            << "instruction " << i << ", word 0x" << std::hex
            << std::get<1>(std::get<0>(expected.told[i]));
      }
      // The sink differs: threaded code does not execute what has no effect.
      EXPECT_TRUE(std::equal(result.x.begin(), result.x.begin() + 32, expected.x.begin()));
      EXPECT_EQ(result.cycle, expected.cycle);
    }
  }
}

TEST(Observation, RandomProgramsAreToldTheSameInAllWays) {
  if (!kHasObservers) {
    GTEST_SKIP();
  }
  for (std::uint64_t seed = 1; seed <= 20 && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram program(seed, 3000);  // three pages
    expect_the_same_in_all_ways(program.words(), program.registers(Machine::kData));
  }
}

TEST(Observation, PostIncrementsAreToldTheSameInAllWays) {
  if (!kHasObservers) {
    GTEST_SKIP();
  }
  std::vector<std::uint32_t> registers(32);
  registers[sp] = Machine::kData + 0x8000;
  registers[a1] = Machine::kData;
  registers[a2] = 8;
  const std::vector<Word> words = {
      addi(sp, sp, -16),  // 0
      sw(ra, 4, sp),      // 4
      p_sw(a0, 4, a1),    // 8
      p_sh(a0, 2, a1),    // 12
      p_lb(a3, 2, a1),    // 16
      p_lw(a1, 4, a1),    // 20: rd wins
      lui(a1, Machine::kData >> 12),
      p_lw_register(a4, a2, a1),  // 28
      p_sw_register(a4, a2, a1),  // 32
      p_lw_indexed(a5, a2, a1),   // 36
      p_sw_indexed(a5, a2, a1),   // 40
      p_lh(zero, 2, a1),          // 44: misaligned next time
      addi(a1, a1, 2),            // 48
      p_mac(a0, a4, a2),          // 52
      p_bneimm(a0, 3, 8),         // 56
      nop(),                      // 60
      fence(),                    // 64
      csrrw(t0, 0x7d0, a2),       // 68
      addi(sp, sp, 16),           // 72
      amo(0, t1, a2, a1),         // 76
      add(zero, a0, a1),          // 80
      jal(t0, 8),                 // 84
      nop(),                      // 88
      jal(zero, -92),             // 92
  };
  expect_the_same_in_all_ways(words, registers);
}

}  // namespace
}  // namespace tessera::isa::test
