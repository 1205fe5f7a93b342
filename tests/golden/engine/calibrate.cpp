// SPDX-License-Identifier: Apache-2.0
// Runs the published workloads as chains on the cycle engine and compares. Usage:
//   engine_calibration ISCA18.csv S10NX.csv [PARAMETER=VALUE ...]
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "models/attention_engine/cycle/axi_memory.h"
#include "models/attention_engine/cycle/chain_writer.h"
#include "models/attention_engine/cycle/cycle_engine.h"
#include "tests/golden/engine/recurrent_programs.h"

namespace tessera::attention_engine::golden {

namespace {

std::vector<std::vector<std::string>> read_csv(const char* path) {
  std::ifstream file(path);
  if (!file) {
    std::fprintf(stderr, "engine_calibration: cannot read %s\n", path);
    std::exit(2);
  }
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(file, line);  // names
  while (std::getline(file, line)) {
    std::vector<std::string> row;
    std::stringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) {
      row.push_back(cell);
    }
    rows.push_back(row);
  }
  return rows;
}

struct Result {
  Cycles cycles = 0;
  std::uint64_t macs = 0;
};

Result run(const EngineParameters& parameters, const Program& program) {
  AxiMemory axi;
  CycleEngine engine(parameters, axi);
  axi.connect(engine.axi_client());
  InstructionList source(program);
  engine.run(source, 0);
  for (Cycles cycle = engine.next_active_cycle(0); cycle != kNever;
       cycle = engine.next_active_cycle(cycle + 1)) {
    engine.step(cycle);
  }
  if (!engine.is_idle() || engine.has_failed()) {
    std::fprintf(stderr, "engine_calibration: error %u at index %u, limit %u\n",
                 static_cast<unsigned>(engine.error().code), engine.error().index,
                 engine.error().limit);
    std::exit(1);
  }
  return {engine.last_commit(), engine.counters().issued_macs};
}

/// Fails when the engine is faster than its multipliers.
void check_bound(const std::string& name, const EngineParameters& engine, const Result& result,
                 double useful_macs) {
  const double bound = useful_macs / static_cast<double>(engine.macs_per_cycle());
  if (static_cast<double>(result.cycles) < bound) {
    std::fprintf(stderr, "engine_calibration: %s: %llu cycles are below the MAC bound %.0f\n",
                 name.c_str(), static_cast<unsigned long long>(result.cycles), bound);
    std::exit(1);
  }
}

double report(const std::string& name, Cycles cycles, double measured, double model,
              const char* unit) {
  const double error = 100 * (model - measured) / measured;
  std::printf("%-34s %9llu cycles  published %9.4g %s  model %9.4g %s  %+6.1f %%\n", name.c_str(),
              static_cast<unsigned long long>(cycles), measured, unit, model, unit, error);
  return error;
}

double run_isca18(const EngineParameters& engine, const char* path) {
  double worst = 0;
  for (const auto& row : read_csv(path)) {
    const std::string cell = row[0] == "GRU" ? "gru" : "lstm";
    const auto hidden = static_cast<std::uint32_t>(std::stoul(row[1]));
    const auto steps = static_cast<std::uint32_t>(std::stoul(row[2]));
    const Result result = run(engine, brainwave_recurrent(engine, cell, hidden, steps));
    const double matrices = cell == "gru" ? 6 : 8;
    check_bound(row[0] + " " + row[1], engine, result, matrices * hidden * hidden * steps);
    const double ms = static_cast<double>(result.cycles) / engine.clock_khz;
    const double error = report("bw_s10 " + row[0] + " " + row[1] + " x " + row[2], result.cycles,
                                std::stod(row[3]), ms, "ms");
    worst = std::max(worst, std::abs(error));
  }
  return worst;
}

struct NpuWorkload {
  Program program;
  double macs = 0;  ///< useful ones, of one vector
};

std::vector<std::uint32_t> numbers_in(const std::string& text) {
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) {
      ++end;
    }
    if (end > i) {
      numbers.push_back(static_cast<std::uint32_t>(std::stoul(text.substr(i, end - i))));
    }
    i = end + 1;
  }
  return numbers;
}

/// "gemv_512x512", "gru_1024_8", "mlp5_512", "mlp3_1024_512_256_256[_batched]". The files of
/// scripts/workloads behind the two mlp5 rows have three layers.
NpuWorkload npu_workload(const EngineParameters& engine, const std::string& name) {
  const std::string kind = name.substr(0, name.find('_'));
  const auto numbers = numbers_in(name.substr(name.find('_')));
  NpuWorkload work;
  if (kind == "gemv" || kind.rfind("mlp", 0) == 0) {
    std::vector<std::uint32_t> sizes = numbers;
    if (kind == "mlp5") {
      sizes.assign(4, numbers[0]);
    }
    const std::uint32_t groups = name.find("batched") == std::string::npos ? 1 : 3;
    work.program = npu_dense(engine, sizes, groups);
    for (std::size_t i = 1; i < sizes.size(); ++i) {
      work.macs += double{1} * groups * sizes[i] * sizes[i - 1];
    }
    return work;
  }
  const double matrices = kind == "rnn" ? 2 : kind == "gru" ? 6 : 8;
  work.program = npu_recurrent(engine, kind, numbers[0], numbers[1]);
  work.macs = matrices * numbers[0] * numbers[0] * numbers[1];
  return work;
}

double run_s10nx(const EngineParameters& engine, const char* path) {
  double sum = 0;
  std::uint32_t count = 0;
  for (const auto& row : read_csv(path)) {
    const NpuWorkload work = npu_workload(engine, row[0]);
    const Result result = run(engine, work.program);
    const double vectors = engine.batch * engine.cores;
    check_bound(row[0], engine, result, work.macs * vectors);
    const double tops = 2 * work.macs * vectors * engine.clock_khz * 1e3 /
                        static_cast<double>(result.cycles) / 1e12;
    sum += std::abs(report("s10nx " + row[0], result.cycles, std::stod(row[1]), tops, "TOPS"));
    ++count;
  }
  return sum / count;
}

void override_parameter(std::vector<EngineParameters*> engines, const char* argument) {
  const char* const equals = std::strchr(argument, '=');
  const std::string name(argument, equals == nullptr ? argument : equals);
  const auto value = static_cast<std::uint32_t>(std::atoi(equals == nullptr ? "0" : equals + 1));
  for (EngineParameters* engine : engines) {
    if (name == engine->name + ".fifo_cycles") {
      engine->fifo_cycles = value;
    } else if (name == engine->name + ".chain_cycles") {
      engine->chain_cycles = value;
    } else if (name == engine->name + ".invocation_cycles") {
      engine->invocation_cycles = value;
    }
  }
}

}  // namespace

int calibrate(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr,
                 "usage: engine_calibration ISCA18.csv S10NX.csv [PRESET.NAME=VALUE ...]\n");
    return 2;
  }
  EngineParameters brainwave = engine_preset("bw_s10");
  EngineParameters npu = engine_preset("s10nx");
  for (int i = 3; i < argc; ++i) {
    override_parameter({&brainwave, &npu}, argv[i]);
  }
  const double worst = run_isca18(brainwave, argv[1]);
  const double mean = run_s10nx(npu, argv[2]);
  std::printf("calibration: isca18 worst %.1f %%, s10nx mean %.1f %%\n", worst, mean);
  return worst <= 10 && mean <= 10 ? 0 : 1;
}

}  // namespace tessera::attention_engine::golden

int main(int argc, char** argv) {
  return tessera::attention_engine::golden::calibrate(argc, argv);
}
