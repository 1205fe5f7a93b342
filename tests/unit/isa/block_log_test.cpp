// SPDX-License-Identifier: Apache-2.0
// What the interpreter notes in a block log is what it tells instruction by instruction.
#include "models/base/block_log.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/isa/machine.h"
#include "tests/unit/isa/random_program.h"

namespace tessera::isa::test {
namespace {

struct Noted {
  std::uint32_t pc;
  std::uint32_t raw;
  std::vector<std::uint32_t> values;

  bool operator==(const Noted& other) const {
    return pc == other.pc && raw == other.raw && values == other.values;
  }
};

/// As a block log has it.
Noted noted(const RetiredInstruction& one) {
  Noted result{one.pc, one.raw, {}};
  std::vector<RegisterWrite> registers;
  if (one.result.index != 0) {
    registers.push_back(one.result);
  }
  if (one.increment.index != 0 && one.increment.index != one.result.index) {
    registers.push_back(one.increment);
  }
  std::sort(registers.begin(), registers.end(),
            [](const RegisterWrite& a, const RegisterWrite& b) { return a.index < b.index; });
  for (const RegisterWrite& written : registers) {
    result.values.push_back(written.value);
  }
  if (one.access.bytes != 0) {
    result.values.push_back(one.access.address);
    if (one.access.kind == AccessKind::kStore) {
      result.values.push_back(one.access.data);
    }
  }
  return result;
}

/// Takes everything as it is told, or notes what can be noted.
class Listener : public HartProbe {
 public:
  explicit Listener(bool takes_notes) : takes_notes_(takes_notes) { log_.clear(); }

  BlockLog* block_log(std::uint32_t /*hart*/, Cycles /*begin*/, Cycles /*end*/) override {
    return takes_notes_ ? &log_ : nullptr;
  }
  void block_log_is_full(std::uint32_t /*hart*/) override {
    read_log();
    ++num_full;
  }
  void retired(const RetiredInstruction& instruction) override {
    read_log();
    all.push_back(noted(instruction));
    ++num_told;
  }
  void read_log() {
    const std::uint8_t* next = log_.values_end();
    for (const BlockLog::Run& run : log_) {
      ASSERT_GT(run.count, 0u);
      ASSERT_LE(run.first + run.count, run.block->instructions.size());
      for (std::uint32_t i = 0; i < run.count; ++i) {
        const std::uint32_t at = run.first + i;
        read(run.block->pc + 4 * at, run.block->instructions[at], next);
      }
    }
    log_.clear();
  }

  std::vector<Noted> all;
  int num_told = 0;
  int num_full = 0;

 private:
  void read(std::uint32_t pc, const InstructionForm& form, const std::uint8_t*& next) {
    const auto value = [&next](std::size_t bytes) {
      std::uint32_t result = 0;
      next -= bytes;
      std::memcpy(&result, next, bytes);
      return result;
    };
    Noted& read = all.emplace_back(Noted{pc, form.raw, {}});
    for (int i = (form.rd != 0 ? 1 : 0) + (form.has_increment() ? 1 : 0); i > 0; --i) {
      read.values.push_back(value(4));
    }
    if (form.bytes != 0) {
      read.values.push_back(value(4));
      if (form.kind == AccessKind::kStore) {
        read.values.push_back(value(form.bytes));
      }
    }
  }

  const bool takes_notes_;
  BlockLog log_;
};

/// Runs `words` for `cycles`, in turns of random length below `max_turn`.
void run(Listener& listener, const std::vector<Word>& words,
         const std::vector<std::uint32_t>& registers, Cycles cycles, Cycles max_turn) {
  Machine machine;
  machine.observers.attach({&listener, nullptr, nullptr, nullptr});
  std::memcpy(machine.memory.data(), words.data(), words.size() * 4);
  std::copy(registers.begin(), registers.end(), machine.hart.x.begin());
  std::mt19937_64 random(cycles);
  while (machine.hart.cycle < cycles) {
    machine.run(std::min<Cycles>(cycles - machine.hart.cycle, 1 + random() % max_turn));
  }
  listener.read_log();
  EXPECT_EQ(listener.all.size(), machine.hart.instructions);
}

void expect_notes_to_be_true(const std::vector<Word>& words,
                             const std::vector<std::uint32_t>& registers) {
  constexpr Cycles kCycles = 3000;
  Listener told(false);
  run(told, words, registers, kCycles, kCycles);
  for (const Cycles max_turn : {Cycles{1}, Cycles{7}, kCycles}) {
    Listener taking_notes(true);
    run(taking_notes, words, registers, kCycles, max_turn);
    EXPECT_LT(taking_notes.num_told, told.num_told / 2);
    ASSERT_EQ(taking_notes.all.size(), told.all.size());
    for (std::size_t i = 0; i < told.all.size(); ++i) {
      ASSERT_TRUE(taking_notes.all[i] == told.all[i])
          << "instruction " << i << ", word 0x" << std::hex << told.all[i].raw;
    }
  }
}

TEST(BlockLog, HoldsWhatRandomProgramsDo) {
  if (!kHasObservers) {
    GTEST_SKIP();
  }
  for (std::uint64_t seed = 1; seed <= 20 && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram program(seed, 3000);  // three pages
    expect_notes_to_be_true(program.words(), program.registers(Machine::kData));
  }
}

TEST(BlockLog, HoldsAccessesOfAllForms) {
  if (!kHasObservers) {
    GTEST_SKIP();
  }
  std::vector<std::uint32_t> registers(32);
  registers[a1] = Machine::kData;
  registers[a2] = 8;
  const std::vector<Word> words = {
      p_sw(a2, 4, a1),    // 0
      p_sh(a2, 2, a1),    // 4
      p_sh(a2, 2, a1),    // 8
      p_lw(a5, 4, a1),    // 12: rd behind the increment
      p_lw(t0, 4, a1),    // 16: before it
      p_lw(zero, 4, a1),  // 20
      p_lw(a1, 4, a1),    // 24: rd wins
      lui(a1, Machine::kData >> 12),
      lw(zero, 4, a1),            // 32
      lb(a3, 4, a1),              // 36
      sb(a3, 1, a1),              // 40
      sh(a3, 2, a1),              // 44
      p_lw_register(a4, a2, a1),  // 48
      p_sw_register(a4, a2, a1),  // 52
      p_lw_indexed(a5, a2, a1),   // 56
      p_sw_indexed(a5, a2, a1),   // 60
      auipc(ra, 0),               // 64
      jalr(ra, 12, ra),           // 68: to 76
      nop(),                      // 72
      jalr(zero, 8, ra),          // 76: to 80
      addi(sp, sp, 16),           // 80
      jal(t0, 8),                 // 84
      nop(),                      // 88
      jal(zero, -92),             // 92
  };
  expect_notes_to_be_true(words, registers);
}

TEST(BlockLog, IsEmptiedWhenItIsFull) {
  if (!kHasObservers) {
    GTEST_SKIP();
  }
  Listener listener(true);
  const Cycles cycles = 4 * BlockLog::kMaxRuns;
  run(listener, {addi(a0, a0, 1), jal(zero, 0)}, std::vector<std::uint32_t>(32), cycles, cycles);
  EXPECT_GE(listener.num_full, 3);
  listener.num_full = 0;
  std::vector<Word> words(1000, addi(a0, a0, 1));
  words.push_back(jal(zero, -4000));
  listener.all.clear();
  run(listener, words, std::vector<std::uint32_t>(32), BlockLog::kValueBytes, 1u << 20);
  EXPECT_GE(listener.num_full, 3);
}

TEST(BlockLog, KnowsCodeThatChanges) {
  if (!kHasObservers) {
    GTEST_SKIP();
  }
  Machine machine;
  Listener listener(true);
  machine.observers.attach({&listener, nullptr, nullptr, nullptr});
  machine.load({addi(a0, a0, 1), jal(zero, -4)});
  machine.run(2);
  machine.poke(Machine::kMemory, addi(a1, a0, 5));
  machine.run(2);
  listener.read_log();
  ASSERT_EQ(listener.all.size(), 4u);
  EXPECT_TRUE(listener.all[0] == (Noted{Machine::kMemory, addi(a0, a0, 1), {1}}));
  EXPECT_TRUE(listener.all[2] == (Noted{Machine::kMemory, addi(a1, a0, 5), {6}}));
}

TEST(BlockLog, BelongsToWhoeverOfferedItUntilTheTurnEnds) {
  if (!kHasObservers) {
    GTEST_SKIP();
  }
  Machine machine;
  Listener first(true);
  Listener second(true);
  machine.observers.attach({&first, nullptr, nullptr, nullptr});
  machine.load({addi(a0, a0, 1), jal(zero, 0)});
  machine.interpreter.watch_pc(Machine::kMemory, true);
  machine.at_pc = [&](const HartState& /*hart*/) {
    machine.observers.attach({&second, nullptr, nullptr, nullptr});
    machine.interpreter.watch_pc(Machine::kMemory, false);
    return true;
  };
  machine.run(4 * BlockLog::kMaxRuns);
  first.read_log();
  EXPECT_EQ(first.all.size(), machine.hart.instructions);
  EXPECT_GE(first.num_full, 3);
  machine.run(100);
  EXPECT_EQ(first.all.size(), machine.hart.instructions);
  EXPECT_EQ(second.num_told, 100);
}

}  // namespace
}  // namespace tessera::isa::test
