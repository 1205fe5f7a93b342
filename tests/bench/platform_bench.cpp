// SPDX-License-Identifier: Apache-2.0
// Speed of the simulator on whole programs. A process runs one benchmark (SystemC elaborates once):
//   platform_bench --benchmark_filter='^functional_256_sieve$'
// prints "name,value,unit", per second of host time: million guest instructions in functional
// timing; in cycle timing million cycles in which a hart was at work, over all harts; of the
// attention engine alone BigBird heads of 4,096 tokens in cycle timing.
// scripts/bench.sh runs them all.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <systemc>

#include "models/attention_engine/pattern.h"
#include "models/base/config_tree.h"
#include "models/base/error.h"
#include "platform/elf_loader.h"
#include "platform/soc.h"
#include "tests/support/engine_bench.h"

namespace tessera {
namespace {

/// Parameter block of the guest programs: firmware/runtime/arguments.h.
constexpr std::uint32_t kArgumentsAddress = 0x800F'F000;
constexpr std::uint32_t kArgumentsMagic = 0x5347'5241;

struct Benchmark {
  std::string name;
  const char* machine;
  const char* timing;
  const char* program;
  std::uint32_t harts;        ///< at work; the others sleep
  std::uint32_t repetitions;  ///< about a second or two
};

std::vector<Benchmark> benchmarks() {
  struct Workload {
    const char* program;
    std::uint32_t repetitions_1;
    std::uint32_t repetitions_256;
  };
  std::vector<Benchmark> all;
  for (const Workload& workload : {Workload{"matmul_i32", 80, 80},
                                   {"gemm_i8", 160, 160},
                                   {"sieve", 15000, 60},
                                   {"memcpy", 500000, 2000}}) {
    const std::string program = workload.program;
    all.push_back({"functional_1_" + program, "mempool", "functional", workload.program, 1,
                   workload.repetitions_1});
    all.push_back({"functional_256_" + program, "mempool", "functional", workload.program, 256,
                   workload.repetitions_256});
  }
  all.push_back({"cycle_256_matmul_i32", "mempool", "cycle", "matmul_i32", 256, 4});
  all.push_back({"cycle_256_memcpy", "mempool", "cycle", "memcpy", 256, 20});
  all.push_back({"cycle_1of16", "minpool", "cycle", "sieve", 1, 500});
  all.push_back({"cycle_1of1024", "terapool", "cycle", "sieve", 1, 500});
  return all;
}

struct NoGuestErrors : GuestErrorSink {
  void report(const GuestError& error) override {
    TESSERA_CHECK(false, "guest error in a benchmark: {}", error.message);
  }
};

/// Cycles in which a hart was at work, over all harts.
std::uint64_t hart_cycles(const Soc& soc) {
  std::uint64_t total = 0;
  for (std::uint32_t hart = 0; hart < soc.num_harts(); ++hart) {
    total += soc.hart(hart).cycle - soc.hart(hart).asleep_cycles;
  }
  return total;
}

void run_program(benchmark::State& state, const Benchmark& row) {
  ConfigTree tree;
  tree.load_file(std::string(CONFIGS_DIR "/") + row.machine + ".yaml");
  tree.set(std::string("soc.timing=") + row.timing);
  const SocConfig config = SocConfig::from_config(tree.root());
  tree.check();
  const ElfImage elf = ElfImage::read(std::string(PROGRAMS_DIR "/") + row.program + ".elf");
  NoGuestErrors guest_errors;
  Soc soc(config, {nullptr, guest_errors, [](const char*, std::size_t) {}, {}, {}});
  elf.load(soc.memory());
  const std::array<std::uint32_t, 4> arguments{kArgumentsMagic, row.harts, row.repetitions, 0};
  TESSERA_CHECK(soc.memory().write(kArgumentsAddress, arguments.data(), sizeof arguments),
                "no memory for the arguments");
  RunResult result;
  for (auto _ : state) {
    result = soc.run({});
  }
  TESSERA_CHECK(result.end == RunEnd::kEndOfComputation && result.guest_value == 0,
                "{} failed with {}", row.program, result.guest_value);
  state.counters["work"] = static_cast<double>(
      config.timing == TimingMode::kCycle ? hart_cycles(soc) : result.instructions);
  state.SetLabel(config.timing == TimingMode::kCycle ? "Mhartcycles/s" : "MIPS");
}

constexpr const char* kAttention = "cycle_attention_bigbird_4096";

void run_attention(benchmark::State& state) {
  namespace attention = attention_engine;
  constexpr int kHeads = 20;
  const attention::EngineParameters& engine = attention::engine_preset("soc64");
  attention::Pattern pattern;
  pattern.kind = attention::PatternKind::kBigBird;
  pattern.window = 64, pattern.global_tokens = 64, pattern.random_tiles = 3, pattern.seed = 42;
  for (auto _ : state) {
    for (int head = 0; head < kHeads; ++head) {
      const attention::TileMap map = attention::pattern_map(pattern, {4096, 4096, 64});
      const auto job = test::attention_job(map, test::plan_of(engine, map, {}));
      TESSERA_CHECK(test::run_attention(engine, job).is_finished, "the job did not end");
    }
  }
  state.counters["work"] = kHeads * 1e6;
  state.SetLabel("heads/s");
}

/// "name,value,unit" lines only.
class CsvReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      std::printf("%s,%.1f,%s\n", run.run_name.function_name.c_str(),
                  run.counters.at("work") / run.cpu_accumulated_time / 1e6,
                  run.report_label.c_str());
    }
  }
};

}  // namespace
}  // namespace tessera

int sc_main(int argc, char** argv) {
  for (const tessera::Benchmark& row : tessera::benchmarks()) {
    benchmark::RegisterBenchmark(
        row.name.c_str(), [row](benchmark::State& state) { tessera::run_program(state, row); })
        ->Iterations(1)
        ->Unit(benchmark::kSecond);
  }
  benchmark::RegisterBenchmark(tessera::kAttention, tessera::run_attention)
      ->Iterations(1)
      ->Unit(benchmark::kSecond);
  benchmark::Initialize(&argc, argv);
  tessera::CsvReporter reporter;
  return benchmark::RunSpecifiedBenchmarks(&reporter) == 1 ? 0 : 1;
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
