// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/batch_schedule.h"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/base/error.h"

namespace tessera::attention_engine {
namespace {

using ::testing::ElementsAre;

/// Three stages of one cycle a token.
std::vector<Stage> balanced() {
  return std::vector<Stage>(3, Stage{1, 0, 1, 1});
}

double work(const std::vector<std::uint32_t>& lengths) {
  return 12.0 * std::accumulate(lengths.begin(), lengths.end(), 0u);
}

// Source: specification, 3.2.
TEST(BatchSchedule, ThreeSequencesFillThreeStages) {
  const std::pair<std::uint32_t, double> rows[] = {{1, 3.000}, {2, 1.542}, {3, 1.056},
                                                   {4, 1.042}, {8, 1.021}, {16, 1.010}};
  for (const auto& [batch, ratio] : rows) {
    const std::vector<std::uint32_t> lengths(batch, 177);
    EXPECT_NEAR(makespan(balanced(), 12, lengths) / work(lengths), ratio, 0.0005) << batch;
  }
}

/// 16 lengths of a log-normal distribution; source: attention_engine_formulas.py.
const std::vector<std::uint32_t> kBatch{123, 174, 158, 64, 69,  99,  94, 169,
                                        241, 102, 56,  73, 184, 157, 88, 201};

TEST(BatchSchedule, TheOrderOfTheBatchDoesNotMatterToLinearStages) {
  std::vector<std::uint32_t> lengths = kBatch;
  EXPECT_EQ(makespan(balanced(), 12, lengths), 25106);
  std::sort(lengths.begin(), lengths.end());
  EXPECT_EQ(makespan(balanced(), 12, lengths), 25106);
  // One layer: sum + (stages - 1) * longest.
  EXPECT_EQ(makespan(balanced(), 1, lengths), work(lengths) / 12 + 2 * 241);
}

TEST(BatchSchedule, PaddingCostsWhatTheLongestIsOverTheMean) {
  const BatchSchedule schedule = schedule_batch(balanced(), 12, kBatch);
  EXPECT_EQ(schedule.length_aware, 25106);
  EXPECT_EQ(schedule.padded, 46754);
  EXPECT_NEAR(schedule.padded / schedule.length_aware, 1.86, 0.005);
  EXPECT_EQ(schedule.bound, work(kBatch));
  EXPECT_EQ(schedule.lengths.front(), 241u);
  EXPECT_TRUE(std::is_sorted(schedule.lengths.rbegin(), schedule.lengths.rend()));
}

TEST(BatchSchedule, AQuadraticStageBreaksTheBalance) {
  const double average = work(kBatch) / 12 / 16;
  std::vector<Stage> stages = balanced();
  stages[1] = {0, 1 / average, 1, 1};  // balanced at the average length
  const BatchSchedule dense = schedule_batch(stages, 12, kBatch);
  EXPECT_NEAR(dense.length_aware, 29634, 0.5);
  EXPECT_NEAR(dense.length_aware / 25106, 1.18, 0.005);
  EXPECT_NEAR(dense.padded, 87434, 0.5);
  EXPECT_NEAR(dense.padded / 25106, 3.48, 0.005);
  EXPECT_NEAR(dense.padded / dense.length_aware, 2.95, 0.005);
}

// Source: specification, 3.3: what padding costs work that is linear in the length.
TEST(BatchSchedule, PaddingRatiosOfPublishedDataSets) {
  struct Row {
    double mean;
    std::uint32_t max;
    double ratio;
  };
  for (const Row& row : {Row{0.46 * 384, 384, 2.17}, Row{0.52 * 512, 512, 1.92},
                         Row{0.21 * 512, 512, 4.76}, Row{177, 821, 4.64}, Row{68, 253, 3.72}}) {
    // A large batch of the given mean with one longest sequence.
    std::vector<std::uint32_t> lengths(400, static_cast<std::uint32_t>(row.mean));
    lengths[0] = row.max;
    const BatchSchedule schedule = schedule_batch(balanced(), 12, lengths);
    EXPECT_NEAR(schedule.padded / schedule.length_aware, row.ratio, 0.03 * row.ratio) << row.max;
  }
}

TEST(Stages, AreCutIntoNearlyEqualWork) {
  const std::vector<Operator> operators{{"qkv", 3, 0},   {"qk", 0, 0.01}, {"softmax", 0.5, 0},
                                        {"av", 0, 0.01}, {"out", 1, 0},   {"ffn1", 4, 0},
                                        {"ffn2", 4, 0}};
  const std::vector<Stage> stages = allocate_stages(operators, 100, 3, 3);
  ASSERT_EQ(stages.size(), 3u);
  std::uint32_t count = 0;
  for (const Stage& stage : stages) {
    EXPECT_NEAR(stage.time(100), 1450.0 / 3, 120);
    EXPECT_EQ(stage.width, 1u);
    count += stage.operators;
  }
  EXPECT_EQ(count, operators.size());
}

TEST(Stages, UnitsGoToTheSlowestStage) {
  const std::vector<Operator> operators{{"small", 1, 0}, {"large", 6, 0}};
  const std::vector<Stage> stages = allocate_stages(operators, 100, 2, 7);
  ASSERT_EQ(stages.size(), 2u);
  EXPECT_EQ(stages[0].width, 1u);
  EXPECT_EQ(stages[1].width, 6u);
  EXPECT_EQ(stages[0].time(10), 10);
  EXPECT_EQ(stages[1].time(7), 7);
}

TEST(Stages, NeverMoreThanOperators) {
  EXPECT_EQ(allocate_stages({{"only", 1, 0}}, 10, 4, 4).size(), 1u);
  EXPECT_EQ(allocate_stages({{"a", 1, 0}, {"b", 1, 0}}, 10, 1, 1).size(), 1u);
}

TEST(Lengths, SeededAndClipped) {
  const std::vector<std::uint32_t> lengths = random_lengths(4000, 177, 821, 42);
  EXPECT_EQ(lengths, random_lengths(4000, 177, 821, 42));
  EXPECT_NE(lengths, random_lengths(4000, 177, 821, 43));
  const double mean = std::accumulate(lengths.begin(), lengths.end(), 0.0) / 4000;
  EXPECT_NEAR(mean, 177, 5);
  const std::vector<std::uint32_t> clipped = random_lengths(4000, 177, 200, 42);
  EXPECT_EQ(*std::max_element(clipped.begin(), clipped.end()), 200u);
  EXPECT_GE(*std::min_element(clipped.begin(), clipped.end()), 1u);
  EXPECT_THAT(random_lengths(3, 5, 9, 1, 0), ElementsAre(5, 5, 5));
}

TEST(Lengths, OnePerLine) {
  EXPECT_THAT(parse_lengths("12\n\n # all of it\n 7 # a comment\n65535", "x"),
              ElementsAre(12, 7, 65535));
  const auto error_of = [](const std::string& text) {
    try {
      parse_lengths(text, "batch.txt");
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(error_of("12\n0\n"), "batch.txt:2: '0' is no length; allowed: 1 to 65535");
  EXPECT_EQ(error_of("12 13"), "batch.txt:1: '12 13' is no length; allowed: 1 to 65535");
  EXPECT_EQ(error_of("65536"), "batch.txt:1: '65536' is no length; allowed: 1 to 65535");
  EXPECT_EQ(error_of("-4"), "batch.txt:1: '-4' is no length; allowed: 1 to 65535");
  EXPECT_EQ(error_of("# none\n"), "batch.txt: no lengths; one per line");
}

}  // namespace
}  // namespace tessera::attention_engine
