// SPDX-License-Identifier: Apache-2.0
// Random programs in both timing modes: the same registers and memory; and the books of all cycles.
#include <random>

#include <gtest/gtest.h>

#include "models/isa/interpreter.h"
#include "tests/unit/core/hart_bench.h"
#include "tests/unit/isa/random_program.h"

namespace tessera {
namespace {

using isa::test::RandomProgram;
using test::Caches;
using test::FakePort;
using test::HartBench;

constexpr std::uint32_t kNumHarts = 4;
constexpr std::size_t kProgramWords = 900;

std::uint32_t data_of(std::uint32_t hart) {
  // Half of the harts have their data behind the SoC port.
  return (hart % 2 == 0 ? 0 : HartBench::kSoc) + hart / 2 * RandomProgram::kDataBytes;
}

/// Four harts with data of their own, memories that answer out of order and keep requests waiting.
class RandomHarts {
 public:
  explicit RandomHarts(std::uint64_t seed)
      : program_(seed, kProgramWords), bench(kNumHarts, true, Caches::kReal), random_(seed) {
    bench.place(HartBench::kCode, program_.words());
    for (FakePort* port : {&bench.l1, &bench.soc}) {
      port->latency = [this](const HartAccess&) { return Cycles{1} + random_() % 20; };
    }
    for (std::uint32_t hart = 0; hart < kNumHarts; ++hart) {
      set_registers(bench.harts[hart], hart);
    }
    bench.start();
  }
  void set_registers(HartState& state, std::uint32_t hart) {
    RandomProgram same = program_;
    const std::vector<std::uint32_t> values = same.registers(data_of(hart));
    std::copy(values.begin(), values.end(), state.x.begin());
    state.hart_id = hart;
    state.pc = HartBench::kCode;
  }
  void run(Cycles cycles, bool is_synchronised) {
    for (const Cycles end = bench.now + cycles; bench.now < end;) {
      if (random_() % 16 == 0) {
        bench.l1.closed_until = bench.now + random_() % 4;
      }
      if (is_synchronised) {
        bench.cores.synchronise(bench.now);
      }
      bench.step();
    }
  }
  void finish() {
    bench.cores.hold(true);
    while (!bench.cores.is_drained()) {
      bench.step();
    }
    bench.cores.suspend_at(bench.now);
  }

 private:
  RandomProgram program_;

 public:
  HartBench bench;

 private:
  std::mt19937_64 random_;
};

/// The functional interpreter over a memory of its own.
class Reference : public isa::HartEnvironment {
 public:
  Reference(HartBench& bench, const HartState& start, std::uint64_t instructions)
      : hart(start),
        l1(0, HartBench::kL1Bytes / 4, 0, kNumHarts),
        soc(HartBench::kSoc, HartBench::kL1Bytes / 4, 0, kNumHarts) {
    isa::Interpreter interpreter({}, bench.dmi(), *this);
    EXPECT_EQ(interpreter.run(hart, instructions), isa::StopReason::kBudget);
  }
  HartReply access(const HartAccess& access) override {
    FakePort& port = access.address < HartBench::kL1Bytes ? l1 : soc;
    return {AccessStatus::kDone, port.perform(access), 0};
  }
  void dump_csr(const HartState&, std::uint32_t, std::uint32_t) override {}
  void trace_switched(const HartState&) override {}
  void guest_error(const HartState&, GuestErrorKind, std::uint32_t,
                   const std::string& message) override {
    ADD_FAILURE() << message;
  }
  void unsupported(const HartState&, const std::string&) override {}
  void breakpoint(const HartState&) override {}
  bool pc_reached(const HartState&) override { return true; }

  HartState hart;
  FakePort l1;
  FakePort soc;
};

TEST(RandomHarts, ComputeWhatFunctionalTimingDoes) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RandomHarts random(seed);
    random.run(5000, false);
    random.finish();
    for (std::uint32_t hart = 0; hart < kNumHarts; ++hart) {
      const HartState& state = random.bench.harts[hart];
      HartState start;
      random.set_registers(start, hart);
      Reference reference(random.bench, start, state.instructions);
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", hart " << hart);
      EXPECT_GT(state.instructions, 400u);
      EXPECT_EQ(state.pc, reference.hart.pc);
      for (std::size_t i = 0; i < 32; ++i) {
        EXPECT_EQ(state.x[i], reference.hart.x[i]) << "x" << i;
      }
      for (std::uint32_t word = 0; word < RandomProgram::kDataBytes; word += 4) {
        const std::uint32_t address = data_of(hart) + word;
        FakePort& port = hart % 2 == 0 ? random.bench.l1 : random.bench.soc;
        FakePort& expected = hart % 2 == 0 ? reference.l1 : reference.soc;
        ASSERT_EQ(port.word(address), expected.word(address)) << std::hex << address;
      }
    }
  }
}

TEST(RandomHarts, EveryCycleIsBookedOnce) {
  for (std::uint64_t seed = 100; seed < 110; ++seed) {
    RandomHarts random(seed);
    random.run(3000, false);
    random.bench.cores.synchronise(random.bench.now);
    for (const HartState& state : random.bench.harts) {
      Cycles sum = state.instructions + state.asleep_cycles;
      for (const Cycles cycles : state.stalled_cycles) {
        sum += cycles;
      }
      EXPECT_EQ(sum, 3000u);
      EXPECT_EQ(state.cycle, 3000u);
    }
  }
}

TEST(RandomHarts, BooksDoNotDependOnWhenTheyAreRead) {
  RandomHarts once(7);
  RandomHarts often(7);
  once.run(3000, false);
  often.run(3000, true);
  once.finish();
  often.finish();
  for (std::uint32_t hart = 0; hart < kNumHarts; ++hart) {
    EXPECT_EQ(once.bench.harts[hart].stalled_cycles, often.bench.harts[hart].stalled_cycles);
    EXPECT_EQ(once.bench.harts[hart].instructions, often.bench.harts[hart].instructions);
  }
}

}  // namespace
}  // namespace tessera
