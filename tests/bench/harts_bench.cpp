// SPDX-License-Identifier: Apache-2.0
// Speed of the harts in cycle timing alone: guest kernels before an L1 that answers in the next
// cycle and instruction caches that always hit.
//   harts_bench [--benchmark_filter=...]      items per second are hart-cycles per second
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/base/error.h"
#include "models/core/cycle_harts.h"

namespace tessera {
namespace {

constexpr std::uint32_t kCode = 0x80000000;
constexpr std::uint32_t kStackBytes = 512;
constexpr std::uint32_t kMaxHarts = 1024;
constexpr std::uint32_t kData = kMaxHarts * kStackBytes;
constexpr std::uint32_t kL1Bytes = 1u << 20;
constexpr std::int64_t kCyclesPerIteration = 1000;

/// Nothing in the kernels needs an environment.
class NoEnvironment : public isa::HartEnvironment {
 public:
  HartReply access(const HartAccess&) override { TESSERA_CHECK(false, "access"); }
  void dump_csr(const HartState&, std::uint32_t, std::uint32_t) override {}
  void trace_switched(const HartState&) override {}
  void guest_error(const HartState& hart, GuestErrorKind, std::uint32_t,
                   const std::string& message) override {
    TESSERA_CHECK(false, "{} at 0x{:08x}", message, hart.pc);
  }
  void unsupported(const HartState&, const std::string& name) override {
    TESSERA_CHECK(false, "{}", name);
  }
  void breakpoint(const HartState&) override {}
  bool pc_reached(const HartState&) override { return true; }
};

class NoRefills : public RefillPort {
 public:
  bool can_refill(std::uint32_t) const override { return false; }
  void refill(std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t) override {}
};

/// Every access is done at once and answered in the next cycle.
class NearMemory final : public MemoryPort {
 public:
  NearMemory() : bytes_(kL1Bytes) {}
  bool is_pending(std::uint32_t) const override { return false; }
  void request(const MemoryRequest& request) override {
    std::uint32_t data = 0;
    if (request.access.kind == AccessKind::kStore) {
      std::memcpy(&bytes_[request.access.address], &request.access.data, request.access.bytes);
    } else {
      std::memcpy(&data, &bytes_[request.access.address], request.access.bytes);
    }
    next_.push_back({request.access.hart, request.tag, data});
  }
  void respond(CycleHarts& harts, Cycles cycle) {
    due_.swap(next_);
    for (const Response& response : due_) {
      harts.response(response.hart, response.tag, response.data, cycle);
    }
    due_.clear();
  }

 private:
  struct Response {
    std::uint32_t hart;
    std::uint32_t tag;
    std::uint32_t data;
  };
  std::vector<std::uint8_t> bytes_;
  std::vector<Response> due_;
  std::vector<Response> next_;
};

class Machine {
 public:
  /// Hart i starts in cycle `skew` * i, so that harts are at different instructions.
  Machine(std::uint32_t kernel, std::uint32_t num_harts, Cycles skew)
      : states(num_harts), code_(1u << 16) {
    std::ifstream file(KERNELS, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    TESSERA_CHECK(!bytes.empty() && bytes.size() <= code_.size(), "cannot use {}", KERNELS);
    std::copy(bytes.begin(), bytes.end(), code_.begin());
    dmi_.map(kCode, code_.size(), code_.data(), true, false);
    for (std::uint32_t i = 0; i < num_harts; ++i) {
      states[i].pc = kCode;
      states[i].hart_id = i;
      states[i].cycle = static_cast<Cycles>(skew) * i;
      states[i].x[2] = (i + 1) * kStackBytes;
      states[i].x[10] = kernel;
      states[i].x[11] = kData;
    }
    harts.resume_at(0);
    run(skew * num_harts);
  }
  void run(std::int64_t cycles) {
    for (const Cycles end = now_ + static_cast<Cycles>(cycles); now_ < end; ++now_) {
      l1_.respond(harts, now_);
      harts.step(now_);
    }
  }

  std::vector<HartState> states;

 private:
  Cycles now_ = 0;
  std::vector<std::uint8_t> code_;
  DmiTable dmi_;
  NearMemory l1_;
  NearMemory soc_;
  NoEnvironment environment_;
  StatGroup stats_{"harts"};
  NoRefills no_refills_;
  InstructionCaches caches_{
      {kMaxHarts / 4, 4, 32, 4, 11, 2048, 2, 4, true}, dmi_, no_refills_, stats_};

 public:
  CycleHarts harts{{kL1Bytes, 8, {}}, states, {l1_, soc_, caches_, dmi_, environment_}, stats_};
};

std::uint64_t instructions_of(const Machine& machine) {
  std::uint64_t instructions = 0;
  for (const HartState& hart : machine.states) {
    instructions += hart.instructions;
  }
  return instructions;
}

void run(benchmark::State& state, Machine& machine, std::int64_t num_busy) {
  const std::uint64_t before = instructions_of(machine);
  for (auto _ : state) {
    machine.run(kCyclesPerIteration);
  }
  const std::int64_t hart_cycles =
      num_busy * static_cast<std::int64_t>(state.iterations()) * kCyclesPerIteration;
  state.counters["instructions_per_cycle"] =
      static_cast<double>(instructions_of(machine) - before) / static_cast<double>(hart_cycles);
  state.SetItemsProcessed(hart_cycles);
}

/// Arguments: kernel, number of harts, cycles between their starts.
void all_busy(benchmark::State& state) {
  Machine machine(static_cast<std::uint32_t>(state.range(0)),
                  static_cast<std::uint32_t>(state.range(1)), state.range(2));
  run(state, machine, state.range(1));
}
BENCHMARK(all_busy)
    ->ArgNames({"kernel", "harts", "skew"})
    ->ArgsProduct({{0, 1, 2, 3, 4}, {256}, {0, 7}});

/// Argument: number of harts, all asleep but the first.
void one_busy(benchmark::State& state) {
  Machine machine(0, static_cast<std::uint32_t>(state.range(0)), 0);
  for (std::size_t i = 1; i < machine.states.size(); ++i) {
    machine.states[i].activity = HartActivity::kAsleep;
  }
  machine.harts.resume_at(0);
  run(state, machine, 1);
}
BENCHMARK(one_busy)->ArgName("harts")->Arg(1)->Arg(16)->Arg(1024);

}  // namespace
}  // namespace tessera

BENCHMARK_MAIN();
