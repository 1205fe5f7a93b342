// SPDX-License-Identifier: Apache-2.0
// Speed of the functional interpreter alone: guest kernels in a bare memory, no devices.
//   isa_bench [--benchmark_filter=...]      items per second are guest instructions per second
#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/base/error.h"
#include "models/isa/interpreter.h"

namespace tessera::isa {
namespace {

constexpr std::uint32_t kCode = 0x80000000;
constexpr std::uint32_t kData = 0;
constexpr std::uint32_t kHartBytes = 32u << 10;
constexpr std::uint32_t kMaxHarts = 256;
constexpr Cycles kQuantum = 1000;

/// Nothing in the kernels needs an environment.
class NoEnvironment : public HartEnvironment {
 public:
  HartReply access(const HartAccess& access) override {
    TESSERA_CHECK(false, "access to 0x{:08x} at 0x{:08x}", access.address, access.pc);
  }
  void dump_csr(const HartState&, std::uint32_t csr, std::uint32_t) override {
    TESSERA_CHECK(false, "dump of CSR 0x{:x}", csr);
  }
  void trace_switched(const HartState&) override {}
  void guest_error(const HartState& hart, GuestErrorKind, std::uint32_t,
                   const std::string& message) override {
    TESSERA_CHECK(false, "{} at 0x{:08x}", message, hart.pc);
  }
  void unsupported(const HartState&, const std::string& name) override {
    TESSERA_CHECK(false, "{}", name);
  }
  void breakpoint(const HartState& hart) override {
    TESSERA_CHECK(false, "breakpoint at 0x{:08x}", hart.pc);
  }
  bool pc_reached(const HartState& hart) override {
    TESSERA_CHECK(false, "0x{:08x} is not watched", hart.pc);
  }
};

class Machine {
 public:
  Machine(std::uint32_t kernel, std::uint32_t num_harts)
      : harts(num_harts), code_(1u << 16), data_(std::size_t{kHartBytes} * num_harts) {
    std::ifstream file(KERNELS, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    TESSERA_CHECK(!bytes.empty() && bytes.size() <= code_.size(), "cannot use {}", KERNELS);
    std::copy(bytes.begin(), bytes.end(), code_.begin());
    dmi_.map(kCode, code_.size(), code_.data(), true, false);
    dmi_.map(kData, data_.size(), data_.data(), true, true);
    for (std::uint32_t i = 0; i < num_harts; ++i) {
      harts[i].pc = kCode;
      harts[i].hart_id = i;
      harts[i].x[2] = kData + (i + 1) * kHartBytes;
      harts[i].x[10] = kernel;
      harts[i].x[11] = kData + i * kHartBytes;
    }
  }

  std::vector<HartState> harts;

 private:
  std::vector<std::uint8_t> code_;
  std::vector<std::uint8_t> data_;
  DmiTable dmi_;
  NoEnvironment environment_;

 public:
  Interpreter interpreter{IsaConfig{}, dmi_, environment_};
};

/// Arguments: kernel, number of harts. One iteration is a quantum of every hart.
void run_kernel(benchmark::State& state) {
  Machine machine(static_cast<std::uint32_t>(state.range(0)),
                  static_cast<std::uint32_t>(state.range(1)));
  for (auto _ : state) {
    for (HartState& hart : machine.harts) {
      machine.interpreter.run(hart, kQuantum);
    }
  }
  std::uint64_t instructions = 0;
  for (const HartState& hart : machine.harts) {
    instructions += hart.instructions;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(instructions));
}
BENCHMARK(run_kernel)
    ->ArgNames({"kernel", "harts"})
    ->ArgsProduct({{0, 1, 2, 3, 4}, {1, kMaxHarts}});

/// What entering and leaving run() costs: budgets of one instruction.
void run_one_instruction(benchmark::State& state) {
  Machine machine(0, 1);
  for (auto _ : state) {
    machine.interpreter.run(machine.harts[0], 1);
  }
}
BENCHMARK(run_one_instruction);

}  // namespace
}  // namespace tessera::isa

BENCHMARK_MAIN();
