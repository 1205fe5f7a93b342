// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <gtest/gtest.h>

#include "tests/model/ita/job_bench.h"

// The job interface in cycle timing: the registers in front of the engine.
namespace tessera::ita {
namespace {

class ItaJobEngine : public JobBench {
 protected:
  class FreeBanks : public BankPort {
   public:
    void announce(std::uint32_t /*address*/, std::uint32_t /*bytes*/) override {}
    bool ask() override { return true; }
  };

  /// The loop of cycle timing up to, not including, the driver's cycle.
  void catch_up() {
    for (; cycle_ < driver.cycle(); ++cycle_) {
      engine_.step(cycle_);
    }
  }
  void run_to_rest() {
    while (!engine_.is_at_rest() || !ita.is_idle()) {
      engine_.step(cycle_++);
    }
    driver.wait(cycle_ - driver.cycle());
  }
  void write(std::uint32_t offset, std::uint32_t value) {
    catch_up();
    driver.write(offset, value);
  }
  std::uint32_t read(std::uint32_t offset) {
    catch_up();
    return driver.read(offset);
  }
  /// Submits all jobs, waiting for a free context when there is none.
  void submit_all(const std::vector<JobContext>& jobs, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      while (static_cast<std::int32_t>(read(ITA_JOB_ACQUIRE)) < 0) {
      }
      catch_up();
      driver.program(jobs[i]);
      write(ITA_JOB_TRIGGER, 0);
    }
  }

  FreeBanks banks_;
  JobEngine engine_{Hardware{}, ita, ita.tile_engine(), memory.bytes(), {&banks_}};
  Cycles cycle_ = 0;
};

TEST_F(ItaJobEngine, ComputesAHeadAndRaisesTheEventsOfItsJobs) {
  driver.write(ITA_JOB_WAKE_HART, 9);
  ita.use_engine(&engine_);
  const std::vector<JobContext> jobs = head_jobs({128, 64, 64});
  const Cycles first = driver.cycle();
  submit_all(jobs, 0, jobs.size());
  run_to_rest();
  expect_head_result();
  ASSERT_EQ(harts.pulses.size(), jobs.size());
  EXPECT_TRUE(errors.errors.empty());
  EXPECT_EQ(stat("jobs"), jobs.size());
  EXPECT_EQ(stat("macs"), jobs.size() * kTileStepMacs);
  // Programming a job takes less time than one runs: no gap between the jobs.
  const auto ends = event_cycles(first);
  EXPECT_EQ(ends.back() - ends.front(), 4823u - 317);
  EXPECT_EQ(engine_.counters().rows, jobs.size() * 256);
}

TEST_F(ItaJobEngine, GoesOnWhereFunctionalTimingStoppedAndBack) {
  const std::vector<JobContext> jobs = head_jobs({128, 128, 64});
  std::size_t done = 0;
  bool is_cycle = false;
  while (done < jobs.size()) {
    // All contexts have their TILES before a job ends in the middle of an output tile.
    const std::size_t end = done == 0 ? 4 : std::min(done + 3, jobs.size());
    if (is_cycle) {
      submit_all(jobs, done, end);
      run_to_rest();
    } else {
      driver.run({jobs.begin() + static_cast<std::ptrdiff_t>(done),
                  jobs.begin() + static_cast<std::ptrdiff_t>(end)});
      cycle_ = driver.cycle();
    }
    done = end;
    is_cycle = !is_cycle;
    ita.use_engine(is_cycle ? &engine_ : nullptr);
  }
  expect_head_result();
  EXPECT_TRUE(errors.errors.empty());
  EXPECT_EQ(stat("jobs"), jobs.size());
}

TEST_F(ItaJobEngine, ARefusedJobEndsWithoutAnEffect) {
  ita.use_engine(&engine_);
  std::vector<JobContext> jobs = head_jobs({64, 64, 64});
  JobContext wrong = jobs[0];
  wrong.at(ITA_JOB_INPUT_PTR) = 4;
  submit_all({wrong}, 0, 1);
  run_to_rest();
  expect_one_error("INPUT_PTR = 0x4");
  EXPECT_EQ(stat("jobs"), 1u);
  EXPECT_EQ(stat("refused_jobs"), 1u);
  EXPECT_EQ(stat("macs"), 0u);
  EXPECT_EQ(engine_.counters().port_requests, 0u);
  submit_all(jobs, 0, jobs.size());  // a new chain
  run_to_rest();
  expect_head_result();
}

TEST_F(ItaJobEngine, WeightsLoadedAheadFromAnotherTileAreReported) {
  ita.use_engine(&engine_);
  std::vector<JobContext> jobs = head_jobs({64, 64, 64});
  jobs[0].at(ITA_JOB_WEIGHT_PTR1) = jobs[0].at(ITA_JOB_WEIGHT_PTR0);
  submit_all(jobs, 0, jobs.size());
  run_to_rest();
  expect_one_error("in phase K, but the job before loaded weights ahead from");
  EXPECT_EQ(stat("refused_jobs"), 0u);
}

TEST_F(ItaJobEngine, SoftClearDropsTheJobUnderWay) {
  ita.use_engine(&engine_);
  const std::vector<JobContext> jobs = head_jobs({64, 64, 64});
  submit_all(jobs, 0, 2);
  driver.wait(100);
  EXPECT_EQ(read(ITA_JOB_RUNNING_JOB), 0u);
  write(ITA_JOB_SOFT_CLEAR, 0);
  EXPECT_EQ(read(ITA_JOB_STATUS), 0u);
  EXPECT_EQ(read(ITA_JOB_RUNNING_JOB), ITA_JOB_NONE);
  EXPECT_TRUE(engine_.is_at_rest());
  EXPECT_EQ(engine_.next_active_cycle(cycle_), kNever);
  submit_all(jobs, 0, jobs.size());
  run_to_rest();
  expect_head_result();
  EXPECT_EQ(read(ITA_JOB_FINISHED), jobs.size());
}

TEST_F(ItaJobEngine, CountsWhereTheCyclesOfAJobGo) {
  ita.use_engine(&engine_);
  const std::vector<JobContext> jobs = head_jobs({64, 64, 64});
  submit_all(jobs, 0, jobs.size());
  run_to_rest();
  const JobEngine::Counters& counters = engine_.counters();
  EXPECT_EQ(counters.rows, jobs.size() * 256);
  EXPECT_EQ(counters.port_requests, 1736u);
  EXPECT_EQ(counters.port_refusals, 0u);
  // One port for 290 accesses in 307 cycles: the core waits for what comes late.
  EXPECT_GT(counters.input_stall_cycles, 0u);
  const std::uint64_t sum = counters.rows + counters.input_stall_cycles +
                            counters.weight_stall_cycles + counters.output_stall_cycles +
                            counters.softmax_stall_cycles + counters.overhead_cycles;
  EXPECT_NEAR(static_cast<double>(sum), static_cast<double>(stat("busy_cycles")), 3.0);
}

}  // namespace
}  // namespace tessera::ita
