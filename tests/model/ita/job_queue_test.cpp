// SPDX-License-Identifier: Apache-2.0
// Queue, events, locks and what happens when software breaks the rules.
#include "tests/model/ita/job_bench.h"

namespace tessera::ita {
namespace {

class ItaJobQueue : public JobBench {
 protected:
  /// One job that is a whole chain: 64 x 64 outputs, no bias.
  static constexpr Cycles kSingleJobCycles = 306;

  JobContext single_job() {
    const auto input = memory.put(random.int8(64 * 64), 64, 64);
    const auto weights = memory.put(random.int8(64 * 64), 64, 64);
    output_ = memory.reserve(64, 64);
    std::array<Requant, kNumConstants> requant{};
    requant[0] = random.requant(64);
    test::JobChain chain(Layer::kLinear, {1, 1, 1, 1}, requant);
    chain.add({input, weights, output_});
    return chain.jobs().front();
  }
  bool is_output_written() { return memory.get(output_) != std::vector<std::int8_t>(64 * 64); }
  /// Runs `job` and expects that it is refused with `text`.
  void expect_refusal(const JobContext& job, const std::string& text) {
    driver.write(ITA_JOB_WAKE_HART, 9);
    submit(job);
    driver.wait(400);
    EXPECT_EQ(driver.read(ITA_JOB_STATUS), 0u);
    expect_one_error(text);
    EXPECT_FALSE(is_output_written());
    EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 1u);
    EXPECT_EQ(harts.pulses.size(), 1u);
    EXPECT_EQ(stat("refused_jobs"), 1u);
    EXPECT_EQ(stat("macs"), 0u);
    // The next chain runs.
    submit(single_job());
    driver.wait(400);
    EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 2u);
    EXPECT_TRUE(is_output_written());
    EXPECT_EQ(errors.errors.size(), 1u);
  }

  test::TiledMatrix output_;
};

TEST_F(ItaJobQueue, FourContextsAreGivenOutInTurn) {
  const JobContext job = single_job();
  for (std::uint32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(driver.read(ITA_JOB_ACQUIRE), i);
    submit(job);
  }
  EXPECT_EQ(driver.read(ITA_JOB_ACQUIRE), ITA_JOB_ACQUIRE_FULL);
  EXPECT_EQ(stat("full_acquires"), 1u);
  EXPECT_EQ(driver.read(ITA_JOB_STATUS), 0x01010101u);
  EXPECT_EQ(driver.read(ITA_JOB_RUNNING_JOB), 0u);
  driver.wait(kSingleJobCycles);
  EXPECT_EQ(driver.read(ITA_JOB_STATUS), 0x01010100u);
  EXPECT_EQ(driver.read(ITA_JOB_RUNNING_JOB), 1u);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 1u);
  EXPECT_EQ(driver.read(ITA_JOB_ACQUIRE), 0u);
  driver.wait(3 * kSingleJobCycles);
  EXPECT_EQ(driver.read(ITA_JOB_STATUS), 0u);
  EXPECT_EQ(driver.read(ITA_JOB_RUNNING_JOB), ITA_JOB_NONE);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 4u);
  EXPECT_TRUE(errors.errors.empty());
}

TEST_F(ItaJobQueue, JobEndsExactlyWhenItsTimeHasPassed) {
  submit(single_job());
  const Cycles trigger = driver.cycle() - 1;
  driver.wait(trigger + kSingleJobCycles - 1 - driver.cycle());
  EXPECT_EQ(driver.read(ITA_JOB_STATUS), 1u);
  EXPECT_FALSE(is_output_written());
  EXPECT_EQ(driver.read(ITA_JOB_STATUS), 0u);
  EXPECT_TRUE(is_output_written());
}

TEST_F(ItaJobQueue, TriggerNeedsNoAcquire) {
  submit(single_job());  // as ITA's own test bench does after its first job
  driver.wait(400);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 1u);
  EXPECT_TRUE(errors.errors.empty());
}

TEST_F(ItaJobQueue, CommittedJobsWaitForATrigger) {
  const JobContext job = single_job();
  driver.program(job);
  driver.write(ITA_JOB_TRIGGER, 1);
  driver.wait(1000);
  EXPECT_EQ(driver.read(ITA_JOB_STATUS), 1u);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 0u);
  submit(job);
  EXPECT_EQ(driver.read(ITA_JOB_RUNNING_JOB), 0u);
  driver.wait(2 * kSingleJobCycles);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 2u);
}

TEST_F(ItaJobQueue, JobCommittedAfterATriggerWaitsForTheNext) {
  const JobContext job = single_job();
  submit(job);
  driver.program(job);
  driver.write(ITA_JOB_TRIGGER, 1);
  driver.wait(1000);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 1u);
  EXPECT_EQ(driver.read(ITA_JOB_STATUS), 0x100u);
}

TEST_F(ItaJobQueue, ContextsKeepTheirValues) {
  driver.write(ITA_JOB_SEQ_LENGTH, 0xABCD);
  driver.write(ITA_JOB_TILES, 0xFFFF4321);
  EXPECT_EQ(driver.read(ITA_JOB_TILES), 0x4321u);  // reserved bits read 0
  const JobContext job = single_job();
  for (int i = 0; i < 4; ++i) {
    driver.program(job);
    driver.write(ITA_JOB_SEQ_LENGTH, 100 + i);
    driver.write(ITA_JOB_TRIGGER, 0);
  }
  driver.wait(4 * kSingleJobCycles);
  EXPECT_EQ(driver.read(ITA_JOB_SEQ_LENGTH), 100u);
  driver.write(ITA_JOB_TRIGGER, 0);  // context 0 again, unchanged
  driver.wait(kSingleJobCycles);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 5u);
  EXPECT_EQ(driver.read(ITA_JOB_SEQ_LENGTH), 101u);
  EXPECT_TRUE(errors.errors.empty());
}

TEST_F(ItaJobQueue, EventsWakeTheChosenHart) {
  EXPECT_EQ(driver.read(ITA_JOB_WAKE_HART), ITA_JOB_NONE);
  submit(single_job());
  driver.wait(400);
  driver.read(ITA_JOB_STATUS);
  EXPECT_TRUE(harts.pulses.empty());
  driver.write(ITA_JOB_WAKE_HART, 191);
  submit(single_job());
  const Cycles trigger = driver.cycle() - 1;
  driver.wait(400);
  driver.write(ITA_JOB_SW_EVT, 0);
  ASSERT_EQ(harts.pulses.size(), 2u);
  EXPECT_EQ(harts.pulses[0].hart, 191u);
  EXPECT_EQ(harts.pulses[0].cycle, trigger + kSingleJobCycles);
  EXPECT_EQ(harts.pulses[1].cycle, driver.cycle() - 1);
  driver.write(ITA_JOB_WAKE_HART, 192);
  expect_one_error("WAKE_HART 192: ignored; allowed: 0 .. 191 and 0xffffffff");
  EXPECT_EQ(driver.read(ITA_JOB_WAKE_HART), 191u);
}

TEST_F(ItaJobQueue, JobsEndWithoutAnybodyLooking) {
  driver.write(ITA_JOB_WAKE_HART, 5);
  const JobContext job = single_job();
  submit(job);
  const Cycles trigger = driver.cycle() - 1;
  submit(job);
  sc_core::sc_start(clock.time(trigger + kSingleJobCycles - 1));
  EXPECT_TRUE(harts.pulses.empty());
  sc_core::sc_start(clock.time(2));  // what happens at the very end of a period belongs to the next
  EXPECT_EQ(harts.pulses.size(), 1u);
  EXPECT_TRUE(is_output_written());
  sc_core::sc_start(clock.time(10 * kSingleJobCycles));
  EXPECT_EQ(event_cycles(trigger), (std::vector<Cycles>{kSingleJobCycles, 2 * kSingleJobCycles}));
}

TEST_F(ItaJobQueue, OneHartProgramsAtATime) {
  EXPECT_EQ(driver.read(ITA_JOB_ACQUIRE), 0u);
  driver.write(ITA_JOB_SEQ_LENGTH, 1);
  bus.initiator.hart = kHart + 1;
  EXPECT_EQ(driver.read(ITA_JOB_ACQUIRE), ITA_JOB_ACQUIRE_LOCKED);
  driver.write(ITA_JOB_SEQ_LENGTH, 2);
  driver.write(ITA_JOB_TRIGGER, 0);
  ASSERT_EQ(errors.errors.size(), 2u);
  EXPECT_EQ(errors.errors[0].hart, kHart + 1);
  EXPECT_EQ(errors.errors[0].message,
            "write of job register 0x34 while hart 7 has acquired the context: ignored");
  EXPECT_EQ(errors.errors[1].message, "TRIGGER while hart 7 has acquired the context: ignored");
  EXPECT_EQ(driver.read(ITA_JOB_SEQ_LENGTH), 1u);
  EXPECT_EQ(driver.read(ITA_JOB_STATUS), 0u);
  bus.initiator.hart = kHart;
  EXPECT_EQ(driver.read(ITA_JOB_ACQUIRE), 0u);
  submit(single_job());
  bus.initiator.hart = kHart + 1;
  EXPECT_EQ(driver.read(ITA_JOB_ACQUIRE), 1u);
}

TEST_F(ItaJobQueue, DebugReadsChangeNothing) {
  ::tlm::tlm_generic_payload trans;
  std::uint32_t value = 1;
  trans.set_command(::tlm::TLM_READ_COMMAND);
  trans.set_address(ITA_JOB_ACQUIRE);
  trans.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  trans.set_data_length(4);
  EXPECT_EQ(bus.socket->transport_dbg(trans), 4u);
  bus.initiator.hart = kHart + 1;
  EXPECT_EQ(driver.read(ITA_JOB_ACQUIRE), 0u);
}

TEST_F(ItaJobQueue, RegistersOfAFullQueueCannotBeChanged) {
  const JobContext job = single_job();
  for (int i = 0; i < 4; ++i) {
    submit(job);
  }
  driver.write(ITA_JOB_INPUT_PTR, 0);
  expect_one_error("write of job register 0x20 while all contexts are taken: ignored");
  driver.write(ITA_JOB_TRIGGER, 0);
  EXPECT_EQ(errors.errors.size(), 2u);
  driver.wait(4 * kSingleJobCycles);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 4u);
  EXPECT_EQ(stat("refused_jobs"), 0u);
  EXPECT_EQ(stat("misuses"), 2u);
}

TEST_F(ItaJobQueue, PointerOutsideItsRegionIsRefused) {
  JobContext job = single_job();
  job.at(ITA_JOB_OUTPUT_PTR) = kRegionBase + kRegionBytes - 4092;
  expect_refusal(job,
                 "OUTPUT_PTR = 0x1bf004, 4096 bytes; allowed: word-aligned in 0xc0000 .. "
                 "0x1bffff: the job has no effect and the layer is given up");
  EXPECT_EQ(errors.errors.front().address, kRegionBase + kRegionBytes - 4092);
}

TEST_F(ItaJobQueue, PointerBelowItsRegionIsRefused) {
  JobContext job = single_job();
  job.at(ITA_JOB_INPUT_PTR) = kRegionBase - 4;
  expect_refusal(job, "INPUT_PTR = 0xbfffc");
}

TEST_F(ItaJobQueue, PointerOffAWordIsRefused) {
  JobContext job = single_job();
  job.at(ITA_JOB_WEIGHT_PTR0) += 2;
  expect_refusal(job, "WEIGHT_PTR0 = ");
}

TEST_F(ItaJobQueue, BiasPointerCountsOnlyWhenBiasIsOn) {
  JobContext job = single_job();
  job.at(ITA_JOB_BIAS_PTR) = 0x10;
  job.at(ITA_JOB_CTRL_STREAM) &= ~ITA_JOB_BIAS_DISABLE;
  expect_refusal(job, "BIAS_PTR = 0x10, 192 bytes");
}

TEST_F(ItaJobQueue, ConstantsThatMakeAllResultsEqualAreReported) {
  for (const std::uint32_t offset : {ITA_JOB_EPS_MULT0, ITA_JOB_RIGHT_SHIFT0}) {
    JobContext job = single_job();
    job.at(offset) &= ~0xFFu;                                  // constant 0, of linear layers
    job.at(offset) |= offset == ITA_JOB_EPS_MULT0 ? 0u : 35u;  // all bits of the product
    submit(job);
    driver.wait(400);
    driver.read(ITA_JOB_FINISHED);
    expect_one_error("for phase linear: every result is");
    errors.errors.clear();
  }
  JobContext job = single_job();
  job.at(ITA_JOB_EPS_MULT0) &= 0xFFu;  // of other phases
  job.at(ITA_JOB_RIGHT_SHIFT0) = (job.at(ITA_JOB_RIGHT_SHIFT0) & ~0xFFu) | 34;
  submit(job);
  driver.wait(400);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 3u);
  EXPECT_TRUE(errors.errors.empty());
}

TEST_F(ItaJobQueue, JobWithoutWeightsIsRefused) {
  JobContext job = single_job();
  job.at(ITA_JOB_CTRL_STREAM) &= ~ITA_JOB_WEIGHT_PRELOAD;
  expect_refusal(job, "neither WEIGHT_PRELOAD nor weights loaded ahead by the job before");
}

TEST_F(ItaJobQueue, SecondPreloadIsRefused) {
  JobContext job = single_job();
  const JobContext good = job;
  job.at(ITA_JOB_CTRL_STREAM) |= ITA_JOB_WEIGHT_NEXTLOAD;
  job.at(ITA_JOB_WEIGHT_PTR1) = job.at(ITA_JOB_WEIGHT_PTR0);
  submit(job);
  submit(good);
  driver.wait(1000);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 2u);
  expect_one_error("WEIGHT_PRELOAD although the job before loaded weights ahead");
}

TEST_F(ItaJobQueue, OutputFlagAgainstTheTileCountersIsRefused) {
  JobContext job = single_job();
  job.at(ITA_JOB_CTRL_STREAM) |= ITA_JOB_OUTPUT_DISABLE;
  expect_refusal(job, "output is disabled for inner tile 1 of 1 in phase linear");
}

TEST_F(ItaJobQueue, OutputBeforeTheLastInnerTileIsRefused) {
  JobContext job = single_job();
  job.at(ITA_JOB_TILES) = 2 << ITA_JOB_TILES_E_SHIFT;
  expect_refusal(job, "output is enabled for inner tile 1 of 2 in phase linear");
}

TEST_F(ItaJobQueue, StaleTilesOfTheNextContextUpsetTheTileCounters) {
  const auto jobs = head_jobs({64, 128, 64});
  submit(jobs[0]);  // inner tile 1 of 2; context 1 still holds TILES = 0, which counts as 1
  driver.wait(1000);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 1u);
  expect_one_error("TILES = 0x0 in context 1, which runs next, ends an output tile");
  submit(jobs[1]);
  driver.wait(1000);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 2u);
  ASSERT_EQ(errors.errors.size(), 2u);
  EXPECT_NE(errors.errors[1].message.find("output is enabled for inner tile 1 of 2 in phase K"),
            std::string::npos)
      << errors.errors[1].message;
}

TEST_F(ItaJobQueue, ContextsWithTheRightTilesLetSoftwareBeSlow) {
  const auto jobs = head_jobs({64, 192, 64});
  // 6 jobs accumulate, 6 end a tile with bias, 2 without.
  EXPECT_EQ(driver.run(jobs), 6 * 272 + 14 + 6 * 307 + 2 * 306 - 9u);
  for (const JobContext& job : jobs) {
    submit(job);
    driver.wait(1000);
  }
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 2 * jobs.size());
  EXPECT_TRUE(errors.errors.empty());
  expect_head_result();
}

TEST_F(ItaJobQueue, SoftClearEmptiesTheQueue) {
  driver.write(ITA_JOB_WAKE_HART, 4);
  const JobContext job = single_job();
  submit(job);
  submit(job);
  const Cycles trigger = driver.cycle() - 1;
  driver.wait(100);
  driver.write(ITA_JOB_SOFT_CLEAR, 0);
  expect_one_error("SOFT_CLEAR in the middle of a layer");
  EXPECT_EQ(driver.read(ITA_JOB_STATUS), 0u);
  EXPECT_EQ(driver.read(ITA_JOB_WAKE_HART), 4u);
  sc_core::sc_start(clock.time(trigger + 2000));
  EXPECT_TRUE(harts.pulses.empty());
  EXPECT_FALSE(is_output_written());
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 0u);
  driver.wait(5000);
  EXPECT_EQ(driver.read(ITA_JOB_ACQUIRE), 0u);
  submit(job);
  driver.wait(400);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 1u);
  EXPECT_TRUE(is_output_written());
  EXPECT_EQ(errors.errors.size(), 1u);
}

TEST_F(ItaJobQueue, SoftClearBetweenLayersIsQuiet) {
  submit(single_job());
  driver.wait(400);
  driver.write(ITA_JOB_SOFT_CLEAR, 0);
  EXPECT_TRUE(errors.errors.empty());
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 0u);
  EXPECT_EQ(stat("jobs"), 1u);
}

}  // namespace
}  // namespace tessera::ita
