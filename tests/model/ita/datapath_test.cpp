// SPDX-License-Identifier: Apache-2.0
#include "models/ita/datapath.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "models/ita/layer.h"

namespace tessera::ita {
namespace {

const FlavourParameters& rtl() {
  return parameters_of(Flavour::kRtl);
}
const FlavourParameters& mempool() {
  return parameters_of(Flavour::kMempool);
}

TEST(ItaFlavour, NamesAreThoseOfTheGoldenFiles) {
  for (const Flavour flavour : {Flavour::kRtl, Flavour::kRtl202408, Flavour::kMempool}) {
    EXPECT_EQ(flavour_from_name(to_string(flavour)), flavour);
  }
  EXPECT_EQ(to_string(Flavour::kRtl202408), "rtl_2024_08");
  EXPECT_EQ(flavour_from_name("rtl-2024-08"), std::nullopt);
}

TEST(ItaRequantise, RoundsHalfUpBeforeTheAdd) {
  EXPECT_EQ(requantise(3, {1, 1, 0}, rtl()), 2);     // 1.5
  EXPECT_EQ(requantise(-3, {1, 1, 0}, rtl()), -1);   // -1.5
  EXPECT_EQ(requantise(-1, {1, 1, 0}, rtl()), 0);    // -0.5
  EXPECT_EQ(requantise(5, {1, 2, 10}, rtl()), 11);   // 1.25
  EXPECT_EQ(requantise(-5, {3, 0, 10}, rtl()), -5);  // no rounding at shift 0
}

TEST(ItaRequantise, SaturatesAfterTheAdd) {
  EXPECT_EQ(requantise(200, {1, 0, -100}, rtl()), 100);
  EXPECT_EQ(requantise(200, {1, 0, 0}, rtl()), 127);
  EXPECT_EQ(requantise(-200, {1, 0, 0}, rtl()), -128);
  EXPECT_EQ(requantise(100, {1, 0, 100}, rtl()), 127);
}

TEST(ItaRequantise, KeepsOnlyTheSignAtLargeShifts) {
  EXPECT_EQ(requantise(1 << 24, {255, 33, 0}, rtl()), 0);     // 0.498
  EXPECT_EQ(requantise(33'000'000, {255, 32, 0}, rtl()), 2);  // 1.96
  EXPECT_EQ(requantise(-1, {1, 255, 0}, rtl()), 0);
}

TEST(ItaRequantise, MempoolMultipliesIn32Bits) {
  EXPECT_EQ(requantise(1 << 24, {128, 24, 0}, mempool()), -128);  // 2^31 has become -2^31
  EXPECT_EQ(requantise(1 << 24, {128, 25, 0}, rtl()), 64);
}

TEST(ItaActivation, IdentityIgnoresTheActivationRequantiser) {
  EXPECT_EQ(activate(-77, {ActivationKind::kIdentity, -80, -7091, {2, 0, 5}}, rtl()), -77);
}

TEST(ItaActivation, ReluPassesThroughItsRequantiser) {
  const Activation relu{ActivationKind::kRelu, 0, 0, {3, 1, -2}};
  EXPECT_EQ(activate(-5, relu, rtl()), -2);
  EXPECT_EQ(activate(11, relu, rtl()), 15);  // 16.5 -> 17, then the add
}

TEST(ItaActivation, GeluFollowsItsPolynomial) {
  const Activation gelu{ActivationKind::kGelu, -80, -7091, {74, 20, 0}};
  EXPECT_EQ(activate(0, gelu, rtl()), 0);
  // |q| >= -b: the polynomial is c, and q * (c + c) * 74 / 2^20 is about -q; below zero it cancels.
  EXPECT_EQ(activate(100, gelu, rtl()), -100);
  EXPECT_EQ(activate(-128, gelu, rtl()), 0);
  // q = 10: (10 - 80)^2 - 7091 = -2191; 10 * (-2191 - 7091) * 74 / 2^20 = -6.55
  EXPECT_EQ(activate(10, gelu, rtl()), -7);
}

TEST(ItaActivation, GeluWrapsAt26Bits) {
  // L = min(127, 32767) = 127, (127 - 32767)^2 = 1065369600; 127 * (that + 2c) modulo 2^26.
  const std::int64_t exact = 127 * (std::int64_t{32640} * 32640 + 32767 + 32767);
  const Activation gelu{ActivationKind::kGelu, -32767, 32767, {1, 18, 0}};
  EXPECT_EQ(activate(127, gelu, rtl()), requantise(wrap_signed(exact, 26), {1, 18, 0}, rtl()));
  EXPECT_NE(wrap_signed(exact, 26), exact);
}

TEST(ItaSoftmax, EqualLogitsShareTheUnit) {
  const std::vector<std::int8_t> logits(64, 5);
  EXPECT_EQ(softmax(logits, 64, rtl()), std::vector<std::uint8_t>(64, 65280 / (64 * 256)));
  EXPECT_EQ(softmax(logits, 64, mempool()), std::vector<std::uint8_t>(64, 130048 / (64 * 1024)));
}

TEST(ItaSoftmax, LaterMaximumScalesTheSumSoFar) {
  std::vector<std::int8_t> logits(32, 0);
  logits[16] = 2;
  SoftmaxRow row;
  softmax_accumulate(row, logits.data(), 16, rtl());
  EXPECT_EQ(row.denominator, 16u * 256);
  softmax_accumulate(row, logits.data() + 16, 16, rtl());
  EXPECT_EQ(row.max, 2);
  EXPECT_EQ(row.denominator, (16u * 256 >> 2) + 256 + 15 * (256 >> 2));
  softmax_finish(row, rtl());
  EXPECT_EQ(row.inverse, 65280u / row.denominator);
  EXPECT_EQ(softmax_probability(row, 2, rtl()), row.inverse);
  EXPECT_EQ(softmax_probability(row, 0, rtl()), row.inverse >> 2);
  EXPECT_EQ(softmax_probability(row, -128, rtl()), 0);
}

TEST(ItaSoftmax, DistancesAreRoundedHalfUpWhereTheFlavourShifts) {
  SoftmaxRow row{100, 0, 1024};
  EXPECT_EQ(softmax_probability(row, 100 - 15, parameters_of(Flavour::kRtl202408)), 0);  // 1024
  row.inverse = 200;
  EXPECT_EQ(softmax_probability(row, 100 - 15, mempool()), 200);
  EXPECT_EQ(softmax_probability(row, 100 - 16, mempool()), 100);
  EXPECT_EQ(softmax_probability(row, 100 - 47, mempool()), 100);
  EXPECT_EQ(softmax_probability(row, 100 - 48, mempool()), 50);
}

TEST(ItaSoftmax, DenominatorOf19BitsWraps) {
  const std::vector<std::int8_t> logits(2048, -3);
  EXPECT_EQ(softmax(logits, 2048, rtl()), std::vector<std::uint8_t>(2048, 0xFF));
  EXPECT_EQ(softmax(logits, 2048, mempool()), std::vector<std::uint8_t>(2048, 0));
}

TEST(ItaLinear, AccumulatorWrapsInTheRtlFlavours) {
  const std::array<std::int8_t, 1> one{1};
  const std::array<std::int32_t, 1> bias{(1 << 25) - 1};
  LinearOperands operands;
  operands.shape = {1, 1, 1};
  operands.streamed = one.data();
  operands.stationary = one.data();
  operands.bias = bias.data();
  operands.requant = {1, 25, 0};
  EXPECT_EQ(linear(operands, rtl()).front(), -1);
  EXPECT_EQ(linear(operands, mempool()).front(), 1);
}

TEST(ItaLinear, BiasRunsAlongColumnsOrRows) {
  const std::array<std::int8_t, 2> zeros{};
  const std::array<std::int32_t, 2> bias{1, 2};
  LinearOperands operands;
  operands.shape = {2, 2, 1};
  operands.streamed = zeros.data();
  operands.stationary = zeros.data();
  operands.bias = bias.data();
  operands.requant = {1, 0, 0};
  EXPECT_EQ(linear(operands, rtl()), (std::vector<std::int8_t>{1, 2, 1, 2}));
  operands.bias_direction = BiasDirection::kPerRow;
  EXPECT_EQ(linear(operands, rtl()), (std::vector<std::int8_t>{1, 1, 2, 2}));
}

}  // namespace
}  // namespace tessera::ita
