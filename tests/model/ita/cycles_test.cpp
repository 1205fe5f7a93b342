// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "models/base/random.h"
#include "models/ita/job_engine.h"
#include "models/ita/job_times.h"
#include "tests/golden/ita/job_chain.h"
#include "tests/model/ita/measured_runs.h"
#include "tests/model/ita/random_operands.h"

// The structural model against cycles that were measured on the RTL of pulp-platform/ITA.
namespace tessera::ita {
namespace {

/// Tile steps of a run of the core alone, in order.
std::vector<StepTraits> steps_of(const std::string& layer, const TileCounts& tiles) {
  std::vector<StepTraits> steps;
  const auto add = [&](std::uint32_t outputs, std::uint32_t depth, bool is_qk, bool is_av) {
    for (std::uint32_t output = 0; output < outputs; ++output) {
      for (std::uint32_t inner = 0; inner < depth; ++inner) {
        const bool is_last = inner + 1 == depth;
        steps.push_back({is_last, is_qk && is_last && output + 1 == outputs,
                         is_av && output == 0 && inner == 0});
      }
    }
  };
  const auto add_block_rows = [&] {
    for (std::uint32_t row = 0; row < tiles.s; ++row) {
      add(tiles.s, tiles.p, true, false);
      add(tiles.p, tiles.s, false, true);
    }
  };
  if (layer == "att") {
    add(3 * tiles.s * tiles.p, tiles.e, false, false);
    add_block_rows();
    add(tiles.s * tiles.e, tiles.p, false, false);
  } else if (layer == "satt") {
    add_block_rows();
  } else {  // their rows have no softmax: only the number of steps and their depth matter
    const bool is_f1 = layer == "ffn" || layer == "f1";
    const bool is_f2 = layer == "ffn" || layer == "lin:F2";
    if (is_f1) {
      add(tiles.s * tiles.f, tiles.e, false, false);
    }
    if (is_f2) {
      add(tiles.s * tiles.e, tiles.f, false, false);
    }
    if (!is_f1 && !is_f2) {
      const bool is_ow = layer == "lin:OW";
      add(tiles.s * (is_ow ? tiles.e : tiles.p), is_ow ? tiles.p : tiles.e, false, false);
    }
  }
  return steps;
}

/// In how many cycles of a hundred each side of the core is not ready.
struct CoreStalls {
  double input = 0;
  double weights = 0;
  double output = 0;
};

/// From the first beat of weights to the last output beat.
Cycles run_core(const Hardware& hardware, const std::vector<StepTraits>& steps,
                const CoreStalls& stalls, std::uint32_t seed) {
  constexpr std::uint32_t kDenominator = 5000;
  Random random(seed);
  CorePipeline core(hardware);
  std::size_t begun = 0;
  std::uint64_t beats = steps.size() * kTileSize * kTileSize / hardware.weight_port_bytes;
  Cycles cycle = 0;
  while (begun < steps.size() || !core.is_step_complete() || !core.is_settled()) {
    if (core.is_step_complete() && begun < steps.size()) {
      core.begin_step(steps[begun++]);
    }
    CorePipeline::Offer offer;
    const bool is_input_there = !random.chance(stalls.input);
    offer.row = is_input_there && !core.is_step_complete() && core.is_ready();
    offer.weights = beats > 0 && !random.chance(stalls.weights);
    offer.takes_output = !random.chance(stalls.output);
    offer.division_cycles = CorePipeline::division_cycles(kDenominator);
    beats -= core.step(offer, cycle).weights ? 1 : 0;
    ++cycle;
  }
  return cycle;
}

TEST(ItaCoreCycles, EqualEveryMeasuredRunWithoutStalls) {
  auto rows = test::measured_runs("rtl_core_cycles.csv");
  if (rows.empty()) {
    GTEST_SKIP() << "no measurements";
  }
  int compared = 0;
  for (auto& row : rows) {
    if (row["stall_in"] != "0" || row["stall_w"] != "0" || row["stall_out"] != "0") {
      continue;
    }
    Hardware hardware;
    hardware.weight_port_bytes = row["weight_port"] == "16" ? 16 : 128;
    EXPECT_EQ(
        std::to_string(run_core(hardware, steps_of(row["layer"], test::tiles_of(row)), {}, 0)),
        row["total_cycles"])
        << row["case"] << " " << row["layer"];
    ++compared;
  }
  EXPECT_EQ(compared, 246);
}

/// 8 runs of the RTL at 40564cf, with 105 stall cycles per block of 64 rows.
TEST(ItaCoreCycles, OldSoftmaxStallsWhileItDivides) {
  const auto cycles = [](const TileCounts& tiles) {
    return run_core(Hardware::of(Flavour::kRtl202408), steps_of("att", tiles), {}, 0);
  };
  EXPECT_EQ(cycles({1, 1, 1, 1}), 1660u);
  EXPECT_EQ(cycles({2, 1, 1, 1}), 4325u);
  EXPECT_EQ(cycles({4, 2, 1, 1}), 16823u);
  EXPECT_EQ(cycles({1, 2, 3, 1}), 7699u + 105);
}

/// Each side stalls at random, with the RTL bench's probabilities but other random numbers.
TEST(ItaCoreCycles, WithRandomStallsAreNearTheMeasured) {
  auto rows = test::measured_runs("rtl_core_cycles.csv");
  if (rows.empty()) {
    GTEST_SKIP() << "no measurements";
  }
  double sum = 0;
  int compared = 0;
  for (auto& row : rows) {
    const CoreStalls stalls{std::stod(row["stall_in"]), std::stod(row["stall_w"]),
                            std::stod(row["stall_out"])};
    if (stalls.input == 0) {
      continue;
    }
    Hardware hardware;
    hardware.weight_port_bytes = row["weight_port"] == "16" ? 16 : 128;
    const auto steps = steps_of(row["layer"], test::tiles_of(row));
    const auto measured = std::stod(row["total_cycles"]);
    const auto cycles = static_cast<double>(run_core(hardware, steps, stalls, 1));
    const double error = cycles / measured - 1;
    // One tile step has 256 rows: a few per cent of noise; the longer, the nearer.
    EXPECT_LT(std::abs(error), 0.20 / std::sqrt(static_cast<double>(steps.size())) + 0.005)
        << row["case"] << " " << row["layer"] << " " << row["weight_port"] << ": " << cycles
        << " instead of " << measured;
    sum += error;
    ++compared;
  }
  EXPECT_EQ(compared, 230);
  EXPECT_LT(std::abs(sum / compared), 0.01) << "mean error";
  RecordProperty("mean_error_percent", std::to_string(100 * sum / compared));
}

/// Refuses an access now and then.
class RandomBanks : public BankPort {
 public:
  RandomBanks(double refusals, std::uint32_t seed) : refusals_(refusals), random_(seed) {}
  void announce(std::uint32_t /*address*/, std::uint32_t /*bytes*/) override {}
  bool ask() override { return !random_.chance(refusals_); }

 private:
  double refusals_;
  Random random_;
};

/// Jobs that are all there from cycle 0 on.
class JobList : public JobQueue {
 public:
  explicit JobList(const std::vector<JobContext>& jobs) : jobs_(jobs) {}
  bool has_job() const override { return begun_ < jobs_.size(); }
  Job begin_job() override { return {TileJob(jobs_[begun_++]), false}; }
  void end_job(Cycles cycle) override { ends_.push_back(cycle + JobEngine::kEventCycles); }
  bool is_complete() const { return ends_.size() == jobs_.size(); }
  const std::vector<Cycles>& ends() const { return ends_; }

 private:
  const std::vector<JobContext>& jobs_;
  std::size_t begun_ = 0;
  std::vector<Cycles> ends_;
};

/// A head in memory and the engine that computes it.
class HeadBench {
 public:
  static constexpr std::uint32_t kBase = 0xC0000;
  static constexpr std::uint32_t kBytes = 0x40'0000;

  explicit HeadBench(const HeadShape& shape)
      : head_(test::RandomOperands(5).head(shape)),
        image_(memory_, head_),
        jobs_(test::attention_jobs(image_, head_)) {}

  /// From the trigger of the first job to the event of the last.
  Cycles run(const Hardware& hardware, double refusals, std::uint32_t seed) {
    JobList list(jobs_);
    RandomBanks banks(refusals, seed);
    TileEngine tiles(Flavour::kRtl, hardware, kBase, kBytes);
    JobEngine engine(hardware, list, tiles, memory_.bytes(),
                     std::vector<BankPort*>(hardware.ports, &banks));
    for (Cycles cycle = 0; !list.is_complete(); ++cycle) {
      engine.step(cycle);
    }
    counters_ = engine.counters();
    return list.ends().back();
  }
  const JobEngine::Counters& counters() const { return counters_; }
  std::size_t num_jobs() const { return jobs_.size(); }
  void expect_result(unsigned softmax_group = 16) {
    FlavourParameters flavour = parameters_of(Flavour::kRtl);
    flavour.softmax.group = softmax_group;
    const HeadResult expected = attention_head(head_, flavour);
    EXPECT_EQ(memory_.get(image_.logits), expected.logits);
    EXPECT_EQ(memory_.get(image_.output), expected.output);
  }

 private:
  test::JobMemory memory_{kBase, kBytes};
  HeadOperands head_;
  test::HeadImage image_;
  std::vector<JobContext> jobs_;
  JobEngine::Counters counters_;
};

HeadShape shape_of(test::MeasuredRun& row) {
  return {std::stoul(row["S"]), std::stoul(row["E"]), std::stoul(row["P"])};
}

TEST(ItaJobCycles, EqualEveryMeasuredRunWithoutRefusals) {
  auto rows = test::measured_runs("rtl_hwpe_cycles.csv");
  if (rows.empty()) {
    GTEST_SKIP() << "no measurements";
  }
  int compared = 0;
  for (auto& row : rows) {
    if (row["stall_prob"] != "0") {
      continue;
    }
    HeadBench bench(shape_of(row));
    EXPECT_EQ(std::to_string(bench.run(Hardware{}, 0, 0)), row["cycles_trigger_to_done"])
        << row["case"];
    EXPECT_EQ(std::to_string(bench.counters().port_requests), row["port_requests"]);
    bench.expect_result();
    ++compared;
  }
  EXPECT_EQ(compared, 16);
}

/// Whole accesses are refused at random; the mean over seeds against one run of the RTL each.
TEST(ItaJobCycles, WithRefusalsAreWithinThreePerCentOfTheMeasured) {
  auto rows = test::measured_runs("rtl_hwpe_cycles.csv");
  if (rows.empty()) {
    GTEST_SKIP() << "no measurements";
  }
  constexpr std::uint32_t kSeeds = 4;
  std::map<std::string, double> errors;
  std::map<std::string, int> runs;
  for (auto& row : rows) {
    const double refusals = std::stod(row["stall_prob"]);
    if (refusals == 0) {
      continue;
    }
    HeadBench bench(shape_of(row));
    double mean = 0;
    for (std::uint32_t seed = 1; seed <= kSeeds; ++seed) {
      mean += static_cast<double>(bench.run(Hardware{}, refusals, seed)) / kSeeds;
    }
    bench.expect_result();
    const double error = mean / std::stod(row["cycles_trigger_to_done"]) - 1;
    EXPECT_LT(std::abs(error), 0.03) << row["case"] << " at " << refusals << ": " << mean;
    errors[row["stall_prob"]] += error;
    ++runs[row["stall_prob"]];
  }
  EXPECT_EQ(runs.size(), 4u);
  for (const auto& [probability, sum] : errors) {
    EXPECT_LT(std::abs(sum / runs[probability]), 0.015) << "mean error at " << probability;
  }
}

/// Every size of the hardware gives the results of its arithmetic, contended or not.
TEST(ItaHardware, EverySizeComputesTheSame) {
  const auto check = [](const Hardware& hardware, const char* what) {
    SCOPED_TRACE(what);
    HeadBench bench({128, 64, 64});
    for (const double refusals : {0.0, 0.3}) {
      bench.run(hardware, refusals, 7);
      bench.expect_result(hardware.processing_elements);
      EXPECT_EQ(bench.counters().rows, bench.num_jobs() * hardware.rows_per_step());
    }
  };
  for (const std::uint32_t elements : {4u, 8u, 16u, 32u, 64u}) {
    Hardware hardware;
    hardware.processing_elements = elements;
    check(hardware, "processing elements");
    hardware.ports = 2;
    check(hardware, "ports");
    hardware.port_bytes = 64;
    hardware.weight_port_bytes = 16;
    check(hardware, "port_bytes 64");
    hardware.port_bytes = 256;
    hardware.weight_port_bytes = 256;
    check(hardware, "port_bytes 256");
  }
  Hardware small;
  small.output_fifo = 2;
  small.softmax_fifo = 1;
  small.dividers = 1;
  check(small, "small FIFOs");
}

/// What the sizes are for: more multipliers, a port for the output, wider ports.
TEST(ItaHardware, CyclesOfAnOutputTile) {
  const auto cycles = [](std::uint32_t elements, std::uint32_t ports, std::uint32_t port_bytes) {
    Hardware hardware;
    hardware.processing_elements = elements;
    hardware.ports = ports;
    hardware.port_bytes = port_bytes;
    hardware.weight_port_bytes = port_bytes;
    return JobTimes(hardware).cycles({false, false, true, true});
  };
  EXPECT_EQ(cycles(16, 1, 128), 307u);
  EXPECT_LT(cycles(16, 2, 128), 290u);  // 162 reads, 128 writes beside them
  EXPECT_LT(cycles(16, 1, 256), 290u);
  EXPECT_GT(cycles(16, 1, 64), 580u);  // 580 accesses
  EXPECT_LT(cycles(32, 1, 128), cycles(16, 1, 128));
  EXPECT_GT(cycles(8, 1, 128), 512u);
}

}  // namespace
}  // namespace tessera::ita
