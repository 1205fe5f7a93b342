// SPDX-License-Identifier: Apache-2.0
// The contract of run(): budgets, stops, and code that changes.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/isa/machine.h"

namespace tessera::isa::test {
namespace {

TEST(Run, CountsALoop) {
  Machine machine;
  machine.load({
      addi(a0, zero, 10),
      addi(a1, a1, 3),
      addi(a0, a0, -1),
      bne(a0, zero, -8),
      wfi(),
  });
  EXPECT_EQ(machine.run(1000), StopReason::kAsleep);
  EXPECT_EQ(machine.x(a1), 30u);
  EXPECT_EQ(machine.hart.cycle, 32u);
  EXPECT_EQ(machine.hart.instructions, 32u);
  EXPECT_EQ(machine.hart.pc, Machine::kMemory + 20);
}

/// Told of what retires in cycles 10 to 19.
class WindowProbe : public HartProbe {
 public:
  bool watches(std::uint32_t /*hart*/, Cycles begin, Cycles end) override {
    return begin < 20 && end > 10;
  }
  void retired(const RetiredInstruction& instruction) override {
    cycles.push_back(instruction.cycle);
  }
  std::vector<Cycles> cycles;
};

TEST(Run, AProbeIsToldOfTheTurnsThatItWatches) {
  if (!kHasObservers) {
    GTEST_SKIP();
  }
  Machine free;
  Machine observed;
  WindowProbe probe;
  observed.observers.attach({&probe, nullptr, nullptr, nullptr});
  for (Machine* machine : {&free, &observed}) {
    machine->load({addi(a0, a0, 1), add(a1, a1, a0), jal(zero, -8)});
    for (int turn = 0; turn < 4; ++turn) {
      EXPECT_EQ(machine->run(10), StopReason::kBudget);
    }
  }
  EXPECT_EQ(probe.cycles, (std::vector<Cycles>{10, 11, 12, 13, 14, 15, 16, 17, 18, 19}));
  EXPECT_EQ(observed.hart.pc, free.hart.pc);
  EXPECT_EQ(observed.x(a1), free.x(a1));
}

TEST(Run, EndsExactlyAtEveryBudget) {
  Machine machine;
  machine.load({
      addi(a0, zero, 10),
      addi(a1, a1, 3),
      addi(a0, a0, -1),
      bne(a0, zero, -8),
      addi(a2, zero, 7),
      jal(zero, 0),
  });
  for (Cycles budget = 0; budget <= 40; ++budget) {
    machine.restart();
    EXPECT_EQ(machine.run(budget), StopReason::kBudget);
    EXPECT_EQ(machine.hart.cycle, budget);
    EXPECT_EQ(machine.hart.instructions, budget);
    EXPECT_EQ(machine.x(a1), budget < 2 ? 0 : std::min<Cycles>(10, (budget + 1) / 3) * 3);
    EXPECT_EQ(machine.x(a2), budget < 32 ? 0u : 7u);
  }
}

TEST(Run, SlicesOfOneGiveTheSameAsOneRun) {
  const std::initializer_list<Word> program = {
      addi(a0, zero, 30),      // 0
      sw(a0, 0, a1),           // 4
      p_lw(a2, 4, a1),         // 8
      add(a3, a3, a2),         // 12
      lw(a4, 0, a5),           // 16 a device
      csrrs(t0, 0xb02, zero),  // 20
      add(t1, t1, t0),         // 24
      amo(0, t2, a0, a1),      // 28
      addi(a0, a0, -1),        // 32
      bne(a0, zero, -32),      // 36
      wfi(),                   // 40
  };
  Machine whole;
  Machine sliced;
  for (Machine* machine : {&whole, &sliced}) {
    machine->load(program);
    machine->x(a1) = Machine::kData;
    machine->x(a5) = Machine::kDevice;
    machine->device_extra_cycles = 3;
  }
  EXPECT_EQ(whole.run(100000), StopReason::kAsleep);
  while (sliced.run(1) == StopReason::kBudget) {
  }
  EXPECT_EQ(whole.hart.x, sliced.hart.x);
  EXPECT_EQ(whole.hart.cycle, sliced.hart.cycle);
  EXPECT_EQ(whole.hart.instructions, 272u);
  EXPECT_EQ(sliced.hart.instructions, 272u);
  EXPECT_EQ(whole.hart.cycle, 272u + 30 * 3);
  ASSERT_EQ(whole.accesses.size(), sliced.accesses.size());
  for (std::size_t i = 0; i < whole.accesses.size(); ++i) {
    EXPECT_EQ(whole.accesses[i].cycle, sliced.accesses[i].cycle);
    EXPECT_EQ(whole.accesses[i].pc, sliced.accesses[i].pc);
  }
  EXPECT_EQ(whole.memory, sliced.memory);
}

TEST(Run, CallsAndReturnsAcrossPages) {
  Machine machine;
  machine.load({
      lui(a0, (Machine::kMemory >> 12) + 1),
      jalr(ra, 0, a0),
      addi(a2, a1, 1),
      wfi(),
  });
  machine.load({addi(a1, zero, 5), jalr(zero, 0, ra)}, Machine::kMemory + 0x1000);
  EXPECT_EQ(machine.run(100), StopReason::kAsleep);
  EXPECT_EQ(machine.x(a2), 6u);
  EXPECT_EQ(machine.x(ra), Machine::kMemory + 8);
  EXPECT_EQ(machine.hart.instructions, 6u);
}

TEST(Run, StraightCodeAndBranchesCrossPages) {
  for (Cycles budget = 1; budget <= 8; ++budget) {
    Machine machine;
    const std::uint32_t end_of_page = Machine::kMemory + 0xff8;
    machine.hart.pc = end_of_page;
    machine.load(
        {
            addi(a0, a0, 1),  // ..ff8
            addi(a0, a0, 1),  // ..ffc
            addi(a0, a0, 1),  // .1000
            beq(zero, zero, -12),
        },
        end_of_page);
    EXPECT_EQ(machine.run(budget), StopReason::kBudget);
    EXPECT_EQ(machine.hart.instructions, budget);
    EXPECT_EQ(machine.x(a0), budget - budget / 4);
    EXPECT_EQ(machine.hart.pc, end_of_page + budget % 4 * 4);
  }
}

TEST(Run, StopRequestEndsAfterTheInstruction) {
  Machine machine;
  machine.load({sw(a0, 0, a1), addi(a0, a0, 1), addi(a0, a0, 1)});
  machine.x(a1) = Machine::kDevice;
  machine.stop_at_access = true;
  EXPECT_EQ(machine.run(100), StopReason::kStopRequested);
  EXPECT_EQ(machine.hart.pc, Machine::kMemory + 4);
  EXPECT_EQ(machine.hart.instructions, 1u);
  EXPECT_EQ(machine.run(100), StopReason::kStopRequested);
  EXPECT_EQ(machine.hart.instructions, 1u);
  machine.interpreter.clear_stop_request();
  EXPECT_EQ(machine.run(2), StopReason::kBudget);
  EXPECT_EQ(machine.x(a0), 2u);
}

TEST(Run, StopRequestInAGuestErrorEndsAtTheTrapAddress) {
  Machine machine;
  machine.load({0});
  machine.stop_at_error = true;
  EXPECT_EQ(machine.run(100), StopReason::kStopRequested);
  EXPECT_EQ(machine.hart.pc, Machine::kTrapAddress);
  EXPECT_EQ(machine.hart.instructions, 1u);
  machine.interpreter.clear_stop_request();
  machine.hart.pc = 0;
  EXPECT_EQ(machine.run(100), StopReason::kStopRequested);  // fetch from no memory
  EXPECT_EQ(machine.hart.traps, 2u);
}

TEST(Run, LimitShortensTheRun) {
  for (const Cycles limit : {Cycles{0}, Cycles{1001}, Cycles{1005}, Cycles{5000}}) {
    Machine machine;
    machine.hart.cycle = 1000;
    machine.load(
        {lw(a0, 0, a1), addi(a2, a2, 1), addi(a2, a2, 1), addi(a2, a2, 1), jal(zero, -12)});
    machine.x(a1) = Machine::kDevice;
    machine.limit_at_access = limit;
    EXPECT_EQ(machine.run(100), StopReason::kBudget);
    EXPECT_EQ(machine.hart.cycle, std::clamp<Cycles>(limit, 1001, 1100));
    EXPECT_EQ(machine.hart.instructions, machine.hart.cycle - 1000);
  }
}

TEST(Run, LimitBetweenRunsDoesNothing) {
  Machine machine;
  machine.interpreter.limit_run_to(0);
  machine.load({nop(), nop(), nop()});
  EXPECT_EQ(machine.run(3), StopReason::kBudget);
  EXPECT_EQ(machine.hart.cycle, 3u);
}

TEST(Run, AnUnlimitedBudgetIsAllowed) {
  Machine machine;
  machine.load({nop(), wfi()});
  EXPECT_EQ(machine.run(~Cycles{0}), StopReason::kAsleep);
  EXPECT_EQ(machine.hart.cycle, 2u);
}

TEST(Code, AStoreToTheNextInstructionIsFetched) {
  for (const Cycles slice : {Cycles{1}, Cycles{2}, Cycles{100}}) {
    Machine machine;
    machine.load({
        lw(a0, 0x40, a1),   // 0
        sw(a0, 8, a1),      // 4
        addi(a2, zero, 1),  // 8 becomes addi(a2, zero, 2)
        wfi(),
    });
    machine.load({addi(a2, zero, 2)}, Machine::kMemory + 0x40);
    machine.x(a1) = Machine::kMemory;
    while (machine.run(slice) == StopReason::kBudget) {
    }
    EXPECT_EQ(machine.x(a2), 2u);
    EXPECT_EQ(machine.hart.instructions, 4u);
  }
}

TEST(Code, AStoreToARunningLoopIsFetched) {
  Machine machine;
  machine.load({
      addi(a0, zero, 4),   // 0
      addi(a2, a2, 1),     // 4 becomes addi(a2, a2, 16) in the third round
      addi(a0, a0, -1),    // 8
      addi(a4, a0, -2),    // 12
      bne(a4, zero, 8),    // 16
      sw(a3, 4, a1),       // 20
      bne(a0, zero, -20),  // 24
      wfi(),
  });
  machine.x(a1) = Machine::kMemory;
  machine.x(a3) = addi(a2, a2, 16);
  EXPECT_EQ(machine.run(1000), StopReason::kAsleep);
  EXPECT_EQ(machine.x(a2), 2u + 32u);
}

TEST(Code, AStoreThatMakesAnInstructionABranchIsFetched) {
  Machine machine;
  machine.load({
      sw(a0, 8, a1),  // 0
      nop(),          // 4
      nop(),          // 8 becomes a jump over the next
      addi(a2, zero, 1),
      wfi(),
  });
  machine.x(a0) = jal(zero, 8);
  machine.x(a1) = Machine::kMemory;
  EXPECT_EQ(machine.run(1000), StopReason::kAsleep);
  EXPECT_EQ(machine.x(a2), 0u);
  EXPECT_EQ(machine.hart.instructions, 4u);
}

TEST(Code, APageWithCodeHasNoWriteDmiUntilItsCodeChanges) {
  Machine machine;
  machine.load({nop(), nop(), jal(zero, 0), 0, 0, nop()});
  EXPECT_FALSE(machine.interpreter.has_code(Machine::kMemory));
  EXPECT_NE(machine.dmi.page_of(Machine::kMemory).write, nullptr);
  machine.run(2);
  EXPECT_TRUE(machine.interpreter.has_code(Machine::kMemory + 0xffc));
  EXPECT_FALSE(machine.interpreter.has_code(Machine::kMemory + 0x1000));
  EXPECT_EQ(machine.dmi.page_of(Machine::kMemory).write, nullptr);
  EXPECT_NE(machine.dmi.page_of(Machine::kMemory).read, nullptr);

  // Data beside the code: nothing to forget.
  machine.interpreter.invalidate_code(Machine::kMemory + 12, 8);
  EXPECT_TRUE(machine.interpreter.has_code(Machine::kMemory));
  // A range that only touches the last instruction's last byte.
  machine.interpreter.invalidate_code(Machine::kMemory + 11, 1);
  EXPECT_FALSE(machine.interpreter.has_code(Machine::kMemory));
  EXPECT_NE(machine.dmi.page_of(Machine::kMemory).write, nullptr);
}

TEST(Code, InvalidationCoversRangesOfManyPages) {
  Machine machine;
  for (const std::uint32_t address :
       {Machine::kMemory, Machine::kMemory + 0x5000, Machine::kMemory + 0x7ffc}) {
    machine.load({nop()}, address);
    machine.hart.pc = address;
    machine.run(1);
    EXPECT_TRUE(machine.interpreter.has_code(address));
  }
  machine.interpreter.invalidate_code(Machine::kMemory + 8, 0x5000);
  EXPECT_TRUE(machine.interpreter.has_code(Machine::kMemory));
  EXPECT_FALSE(machine.interpreter.has_code(Machine::kMemory + 0x5000));
  machine.interpreter.invalidate_code(0, 0xffffffff);
  EXPECT_FALSE(machine.interpreter.has_code(Machine::kMemory));
  EXPECT_FALSE(machine.interpreter.has_code(Machine::kMemory + 0x7ffc));
  machine.interpreter.invalidate_code(0xfffffff0, 16);
  machine.interpreter.invalidate_code(Machine::kMemory, 0);
}

TEST(Code, HartsShareCodeNotState) {
  Machine machine;
  machine.load({addi(a0, a0, 1), jal(zero, -4)});
  HartState other;
  other.pc = Machine::kMemory;
  machine.run(10);
  EXPECT_EQ(machine.interpreter.run(other, 4), StopReason::kBudget);
  EXPECT_EQ(machine.x(a0), 5u);
  EXPECT_EQ(other.x[a0], 2u);
}

// --- what a debugger asks for ---

TEST(Watch, InstructionsAreReportedBeforeTheyExecuteUntilWatchedNoMore) {
  Machine machine;
  machine.load({addi(a0, a0, 1), addi(a0, a0, 1), jal(zero, -8)});
  machine.interpreter.watch_pc(Machine::kMemory + 4, true);
  EXPECT_TRUE(machine.interpreter.is_watched(Machine::kMemory + 4));
  std::vector<std::uint32_t> values;
  machine.at_pc = [&](const HartState& hart) {
    values.push_back(hart.x[a0]);
    return true;
  };
  machine.run(6);
  EXPECT_EQ(values, (std::vector<std::uint32_t>{1, 3}));
  machine.interpreter.watch_pc(Machine::kMemory + 4, false);
  machine.run(6);
  EXPECT_EQ(values.size(), 2u);
  EXPECT_EQ(machine.hart.cycle, 12u);
}

TEST(Watch, AHartThatMustNotExecuteEndsItsRunInPlace) {
  Machine machine;
  machine.load({addi(a0, a0, 1), addi(a0, a0, 2), addi(a0, a0, 4), jal(zero, 0)});
  machine.interpreter.watch_pc(Machine::kMemory + 4, true);
  bool may_go = false;
  machine.at_pc = [&](const HartState& hart) {
    if (!may_go) {
      machine.interpreter.limit_run_to(hart.cycle);
    }
    return may_go;
  };
  EXPECT_EQ(machine.run(3), StopReason::kBudget);
  EXPECT_EQ(machine.hart.pc, Machine::kMemory + 4);
  EXPECT_EQ(machine.hart.cycle, 1u);
  EXPECT_EQ(machine.hart.instructions, 1u);
  may_go = true;
  machine.run(2);
  EXPECT_EQ(machine.x(a0), 7u);
  EXPECT_EQ(machine.hart.cycle, 3u);
}

TEST(Watch, AHartThatIsMovedOrGetsOtherCodeExecutesThat) {
  Machine machine;
  machine.load({addi(a0, a0, 1), addi(a0, a0, 2), addi(a0, a0, 4), addi(a0, a0, 8)});
  machine.interpreter.watch_pc(Machine::kMemory + 4, true);
  machine.interpreter.watch_pc(Machine::kMemory + 12, true);
  machine.at_pc = [&](const HartState& hart) {
    if (hart.pc == Machine::kMemory + 4) {
      machine.hart.pc = Machine::kMemory + 12;
    } else if (machine.reached_pcs.size() == 2) {
      machine.poke(Machine::kMemory + 12, addi(a0, a0, 32));
    }
    return true;
  };
  machine.run(2);
  EXPECT_EQ(machine.x(a0), 33u);
  EXPECT_EQ(machine.hart.cycle, 2u);
}

}  // namespace
}  // namespace tessera::isa::test
