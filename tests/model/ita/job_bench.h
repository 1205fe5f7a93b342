// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "models/ita/job_interface.h"
#include "tests/golden/ita/job_chain.h"
#include "tests/model/ita/random_operands.h"
#include "tests/support/sinks.h"

namespace tessera::ita {

/// One JobInterface with its own memory, software in front of it and recorders behind it.
class JobBench : public testing::Test {
 protected:
  static constexpr std::uint32_t kRegionBase = 0xC0000;
  static constexpr std::uint32_t kRegionBytes = 0x10'0000;
  static constexpr std::uint32_t kHart = 7;
  static constexpr std::uint32_t kPc = 0x8000'1234;

  JobBench() {
    bus.socket.bind(ita.target_socket);
    bus.initiator.hart = kHart;
    bus.initiator.pc = kPc;
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }

  std::uint64_t stat(const std::string& name) const { return stats.value("ita." + name); }
  /// Ends of jobs relative to `start`, as the events told.
  std::vector<Cycles> event_cycles(Cycles start) const {
    std::vector<Cycles> cycles;
    for (const auto& pulse : harts.pulses) {
      cycles.push_back(pulse.cycle - start);
    }
    return cycles;
  }
  /// The only error so far: its message has `text` in it, and it blames the driver's hart.
  void expect_one_error(const std::string& text) {
    ASSERT_EQ(errors.errors.size(), 1u);
    const GuestError& error = errors.errors.front();
    EXPECT_EQ(error.kind, GuestErrorKind::kDeviceMisuse);
    EXPECT_EQ(error.hart, kHart);
    EXPECT_EQ(error.pc, kPc);
    EXPECT_EQ(error.where, "ita");
    EXPECT_NE(error.message.find(text), std::string::npos) << error.message;
  }
  /// Jobs of a head whose operands are random.
  std::vector<JobContext> head_jobs(const HeadShape& shape) {
    head = random.head(shape);
    image.emplace(memory, head);
    return test::attention_jobs(*image, head);
  }
  void expect_head_result() {
    const HeadResult expected = attention_head(head, parameters_of(Flavour::kRtl));
    EXPECT_EQ(memory.get(image->q), expected.q);
    EXPECT_EQ(memory.get(image->k), expected.k);
    EXPECT_EQ(memory.get(image->v_transposed), expected.v_transposed);
    EXPECT_EQ(memory.get(image->logits), expected.logits);
    EXPECT_EQ(memory.get(image->av), expected.av);
    EXPECT_EQ(memory.get(image->output), expected.output);
  }
  /// Commits `job` in the context that is free next.
  void submit(const JobContext& job) {
    driver.program(job);
    driver.write(ITA_JOB_TRIGGER, 0);
  }

  ClockDomain clock{500'000};
  StatGroup stats{"soc"};
  test::JobMemory memory{kRegionBase, kRegionBytes};
  test::WakeUpRecorder harts{192};
  test::GuestErrorRecorder errors;
  test::BusInitiator bus{"bus"};
  JobInterface ita{"ita", {Flavour::kRtl, Hardware{}, kRegionBase, kRegionBytes},
                   clock, memory.bytes(),
                   harts, errors,
                   stats};
  test::JobDriver driver{bus, clock};
  test::RandomOperands random{1};
  HeadOperands head;
  std::optional<test::HeadImage> image;
};

}  // namespace tessera::ita
