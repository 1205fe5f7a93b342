// SPDX-License-Identifier: Apache-2.0
// Speed of the simulator on whole programs. A process runs one benchmark (SystemC elaborates once):
//   platform_bench --benchmark_filter='^functional_256_sieve$'
// prints "name,value,unit", the value in million guest instructions per second of host time.
// scripts/bench.sh runs them all.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <benchmark/benchmark.h>
#include <systemc>

#include "models/base/config_tree.h"
#include "models/base/error.h"
#include "platform/elf_loader.h"
#include "platform/soc.h"

namespace tessera {
namespace {

/// Parameter block of the guest programs: firmware/runtime/arguments.h.
constexpr std::uint32_t kArgumentsAddress = 0x800F'F000;
constexpr std::uint32_t kArgumentsMagic = 0x5347'5241;

struct Workload {
  const char* program;
  std::uint32_t repetitions_1;    ///< with one hart at work: about a second
  std::uint32_t repetitions_256;  ///< with 256
  std::uint32_t size;             ///< in the program's unit, 0: its default
};
constexpr std::array<Workload, 4> kWorkloads{{
    {"matmul_i32", 80, 80, 0},
    {"gemm_i8", 160, 160, 0},
    {"sieve", 15000, 60, 0},
    {"memcpy", 500000, 2000, 0},
}};

struct NoGuestErrors : GuestErrorSink {
  void report(const GuestError& error) override {
    TESSERA_CHECK(false, "guest error in a benchmark: {}", error.message);
  }
};

void run_program(benchmark::State& state, const Workload& workload, std::uint32_t harts) {
  ConfigTree tree;
  tree.load_file(CONFIGS_DIR "/mempool.yaml");
  const SocConfig config = SocConfig::from_config(tree.root());
  tree.check();
  const ElfImage elf = ElfImage::read(std::string(PROGRAMS_DIR "/") + workload.program + ".elf");
  NoGuestErrors guest_errors;
  Soc soc(config, {nullptr, guest_errors, [](const char*, std::size_t) {}, {}, {}});
  elf.load(soc.memory());
  const std::array<std::uint32_t, 4> arguments{
      kArgumentsMagic, harts, harts == 1 ? workload.repetitions_1 : workload.repetitions_256,
      workload.size};
  TESSERA_CHECK(soc.memory().write(kArgumentsAddress, arguments.data(), sizeof arguments),
                "no memory for the arguments");
  RunResult result;
  for (auto _ : state) {
    result = soc.run({});
  }
  TESSERA_CHECK(result.end == RunEnd::kEndOfComputation && result.guest_value == 0,
                "{} failed with {}", workload.program, result.guest_value);
  state.counters["instructions"] = static_cast<double>(result.instructions);
}

/// "name,value,unit" lines only.
class CsvReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      const double instructions = run.counters.at("instructions");
      std::printf("%s,%.1f,MIPS\n", run.run_name.function_name.c_str(),
                  instructions / run.cpu_accumulated_time / 1e6);
    }
  }
};

}  // namespace
}  // namespace tessera

int sc_main(int argc, char** argv) {
  using tessera::kWorkloads;
  for (const tessera::Workload& workload : kWorkloads) {
    for (const std::uint32_t harts : {1u, 256u}) {
      const std::string name = "functional_" + std::to_string(harts) + "_" + workload.program;
      benchmark::RegisterBenchmark(name.c_str(),
                                   [&workload, harts](benchmark::State& state) {
                                     tessera::run_program(state, workload, harts);
                                   })
          ->Iterations(1)
          ->Unit(benchmark::kSecond);
    }
  }
  benchmark::Initialize(&argc, argv);
  tessera::CsvReporter reporter;
  return benchmark::RunSpecifiedBenchmarks(&reporter) == 1 ? 0 : 1;
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
