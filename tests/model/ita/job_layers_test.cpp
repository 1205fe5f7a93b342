// SPDX-License-Identifier: Apache-2.0
// What jobs compute and how long they take.
#include <array>
#include <numeric>

#include <fmt/format.h>

#include "tests/model/ita/job_bench.h"

namespace tessera::ita {
namespace {

using ItaJobLayers = JobBench;

TEST_F(ItaJobLayers, HeadOf64EqualsTheDatapathAndTakes1841Cycles) {
  driver.write(ITA_JOB_WAKE_HART, 3);
  const Cycles start = driver.cycle();
  const auto jobs = head_jobs({64, 64, 64});
  EXPECT_EQ(driver.run(jobs), 1841u);
  expect_head_result();
  EXPECT_TRUE(errors.errors.empty());

  // Acquire and 17 registers come before the first trigger. First +10, last -9.
  const Cycles trigger = start + 18;
  EXPECT_EQ(event_cycles(trigger), (std::vector<Cycles>{317, 624, 931, 1237, 1543, 1841}));
  EXPECT_EQ(stat("jobs"), 6u);
  EXPECT_EQ(stat("events"), 6u);
  EXPECT_EQ(stat("busy_cycles"), 1841u);
  EXPECT_EQ(stat("macs"), 6u * 64 * 64 * 64);
  EXPECT_EQ(stat("bytes_read"), 968u * 128);
  EXPECT_EQ(stat("bytes_written"), 6u * 4096);
  EXPECT_EQ(stat("refused_jobs"), 0u);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 6u);
}

TEST_F(ItaJobLayers, InnerTilesAccumulateInTheEngine) {
  EXPECT_EQ(driver.run(head_jobs({128, 128, 128})), 13837u);
  expect_head_result();
  EXPECT_TRUE(errors.errors.empty());
}

TEST_F(ItaJobLayers, AccumulatingJobsWriteNothingAndAreShorter) {
  // S 64, E 128, P 128: Q starts with an accumulating job, QK has one without bias.
  driver.write(ITA_JOB_WAKE_HART, 0);
  const auto jobs = head_jobs({64, 128, 128});
  const Cycles total = driver.run(jobs);
  std::vector<Cycles> ends = event_cycles(0);
  std::adjacent_difference(ends.begin(), ends.end(), ends.begin());
  ASSERT_EQ(ends.size(), 20u);
  EXPECT_EQ(ends[1], 307u);
  EXPECT_EQ(ends[2], 272u);
  EXPECT_EQ(ends[12], 265u);  // QK
  EXPECT_EQ(ends[13], 306u);
  EXPECT_EQ(ends[19], 298u);  // the last one, 9 less
  // Six accumulating jobs with bias, the first +14, and two of OW; one of QK without bias.
  EXPECT_EQ(total, 8 * 272 + 14 + 265 + 8 * 307 + 3 * 306 - 9u);
  expect_head_result();
}

TEST_F(ItaJobLayers, FeedForwardAppliesGeluToF1Only) {
  const std::size_t s = 64, e = 128, f = 192;
  const Activation gelu{ActivationKind::kGelu, -80, -7091, {74, 20, 3}};
  const auto input = random.int8(s * e), w1 = random.int8(f * e), w2 = random.int8(e * f);
  const auto b1 = random.bias(f), b2 = random.bias(e);
  std::array<Requant, kNumConstants> requant{};
  requant[6] = random.requant(e);
  requant[7] = random.requant(f);
  const auto hidden = memory.reserve(s, f);
  const auto output = memory.reserve(s, e);
  test::JobChain chain(Layer::kFeedForward, {1, 2, 1, 3}, requant);
  chain.add(
      {memory.put(input, s, e), memory.put(w1, f, e), hidden, memory.put_bias(b1), false, gelu});
  chain.add({hidden, memory.put(w2, e, f), output, memory.put_bias(b2)});
  driver.run(chain.jobs());

  const FlavourParameters& flavour = parameters_of(Flavour::kRtl);
  const auto first = linear(
      {{s, f, e}, input.data(), w1.data(), b1.data(), BiasDirection::kPerColumn, requant[6], gelu},
      flavour);
  const auto second = linear(
      {{s, e, f}, first.data(), w2.data(), b2.data(), BiasDirection::kPerColumn, requant[7], {}},
      flavour);
  EXPECT_EQ(memory.get(hidden), first);
  EXPECT_EQ(memory.get(output), second);
  EXPECT_TRUE(errors.errors.empty());
}

TEST_F(ItaJobLayers, LinearUsesConstant0AndItsActivation) {
  const std::size_t s = 128, e = 64, p = 192;
  const Activation relu{ActivationKind::kRelu, 0, 0, {200, 8, -5}};
  const auto input = random.int8(s * e), weights = random.int8(p * e);
  std::array<Requant, kNumConstants> requant{};
  requant[0] = random.requant(e);
  const auto output = memory.reserve(s, p);
  test::JobChain chain(Layer::kLinear, {2, 1, 3, 1}, requant);
  chain.add({memory.put(input, s, e), memory.put(weights, p, e), output, 0, false, relu});
  driver.run(chain.jobs());
  EXPECT_EQ(memory.get(output), linear({{s, p, e},
                                        input.data(),
                                        weights.data(),
                                        nullptr,
                                        BiasDirection::kPerColumn,
                                        requant[0],
                                        relu},
                                       parameters_of(Flavour::kRtl)));
  EXPECT_TRUE(errors.errors.empty());
}

TEST_F(ItaJobLayers, SingleAttentionKeepsTheSoftmaxBetweenItsJobs) {
  const std::size_t s = 192, p = 64;
  const auto q = random.int8(s * p), k = random.int8(s * p), v_transposed = random.int8(p * s);
  std::array<Requant, kNumConstants> requant{};
  requant[3] = random.requant(p);
  requant[4] = {100, 14, 3};
  const auto q_tiles = memory.put(q, s, p), k_tiles = memory.put(k, s, p);
  const auto v_tiles = memory.put(v_transposed, p, s);
  const auto logits = memory.reserve(s, s), output = memory.reserve(s, p);
  test::JobChain chain(Layer::kSingleAttention, {3, 1, 1, 1}, requant);
  for (std::uint32_t i = 0; i < 3; ++i) {
    chain.add({q_tiles.row(i), k_tiles, logits.row(i)});
    chain.add({logits.row(i), v_tiles, output.row(i)});
  }
  driver.run(chain.jobs());

  const FlavourParameters& flavour = parameters_of(Flavour::kRtl);
  const auto expected_logits = linear(
      {{s, s, p}, q.data(), k.data(), nullptr, BiasDirection::kPerColumn, requant[3], {}}, flavour);
  EXPECT_EQ(memory.get(logits), expected_logits);
  const auto probabilities = softmax(expected_logits, s, flavour);
  const auto values = memory.get(output);
  for (std::size_t i = 0; i < s * p; ++i) {
    std::int64_t sum = 0;
    for (std::size_t m = 0; m < s; ++m) {
      sum += std::int64_t{probabilities[i / p * s + m]} * v_transposed[i % p * s + m];
    }
    ASSERT_EQ(values[i], requantise(sum, requant[4], flavour)) << i;
  }
  EXPECT_TRUE(errors.errors.empty());
}

TEST_F(ItaJobLayers, NextWeightsAreTakenBeforeTheJobEnds) {
  // Two jobs on the same stationary tile; it changes after the first job has ended.
  const auto input = random.int8(64 * 64), weights = random.int8(64 * 64);
  std::array<Requant, kNumConstants> requant{};
  requant[0] = random.requant(64);
  const auto weight_tile = memory.put(weights, 64, 64);
  const auto output = memory.reserve(64, 128);
  const auto input_tile = memory.put(input, 64, 64);
  test::JobChain chain(Layer::kLinear, {1, 1, 2, 1}, requant);
  chain.add({input_tile, {weight_tile.address, 2, 1}, output});
  auto jobs = chain.jobs();
  jobs[1].at(ITA_JOB_WEIGHT_PTR0) = jobs[0].at(ITA_JOB_WEIGHT_PTR1) = weight_tile.address;
  submit(jobs[0]);
  submit(jobs[1]);
  driver.wait(317);
  ASSERT_EQ(driver.read(ITA_JOB_FINISHED), 1u);
  auto mixed = random.int8(64 * 64);
  memory.bytes().write(weight_tile.address, mixed.data(), mixed.size());
  std::copy_n(weights.begin(), 1024, mixed.begin());  // the first 16 rows came ahead
  driver.wait(400);
  ASSERT_EQ(driver.read(ITA_JOB_STATUS), 0u);
  const auto expected = linear({{64, 64, 64},
                                input.data(),
                                mixed.data(),
                                nullptr,
                                BiasDirection::kPerColumn,
                                requant[0],
                                {}},
                               parameters_of(Flavour::kRtl));
  EXPECT_EQ(memory.get({output.tile(0, 1), 1, 1}), expected);
  EXPECT_TRUE(errors.errors.empty());
}

TEST_F(ItaJobLayers, WeightsLoadedAheadFromAnotherTileAreReportedAndUsed) {
  const auto input = random.int8(64 * 64), ahead = random.int8(64 * 64);
  std::array<Requant, kNumConstants> requant{};
  requant[0] = random.requant(64);
  auto mixed = random.int8(64 * 64);
  const auto ahead_tile = memory.put(ahead, 64, 64);
  const auto weight_tile = memory.put(mixed, 64, 64);
  const auto output = memory.reserve(64, 128);
  test::JobChain chain(Layer::kLinear, {1, 1, 2, 1}, requant);
  chain.add({memory.put(input, 64, 64), {ahead_tile.address, 2, 1}, output});
  auto jobs = chain.jobs();
  jobs[0].at(ITA_JOB_WEIGHT_PTR1) = ahead_tile.address;
  jobs[1].at(ITA_JOB_WEIGHT_PTR0) = weight_tile.address;
  submit(jobs[0]);
  submit(jobs[1]);
  driver.wait(1000);
  EXPECT_EQ(driver.read(ITA_JOB_FINISHED), 2u);
  expect_one_error(fmt::format(
      "WEIGHT_PTR0 = {:#x} in phase linear, but the job before loaded weights ahead from {:#x}, "
      "its WEIGHT_PTR1: the first 1024 bytes of the tile are from there; allowed: the same address",
      weight_tile.address, ahead_tile.address));
  EXPECT_EQ(stat("refused_jobs"), 0u);
  std::copy_n(ahead.begin(), 1024, mixed.begin());
  const auto expected = linear({{64, 64, 64},
                                input.data(),
                                mixed.data(),
                                nullptr,
                                BiasDirection::kPerColumn,
                                requant[0],
                                {}},
                               parameters_of(Flavour::kRtl));
  EXPECT_EQ(memory.get({output.tile(0, 1), 1, 1}), expected);
}

}  // namespace
}  // namespace tessera::ita
