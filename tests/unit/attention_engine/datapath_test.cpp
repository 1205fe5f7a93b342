// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/datapath.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <variant>

#include <gtest/gtest.h>

#include "models/attention_engine/pattern.h"
#include "models/attention_engine/tile_map_builder.h"
#include "models/ita/datapath.h"
#include "tests/unit/attention_engine/brute_force.h"
#include "tests/unit/attention_engine/random_head.h"

namespace tessera::attention_engine {
namespace {

using test::RandomHead;

/// floor(x * mult / 2^shift + 1/2) + add, saturated.
std::int8_t requant(std::int64_t x, const transformer_math::Requant& r) {
  const double scaled = std::floor(static_cast<double>(x * r.mult) / std::exp2(r.shift) + 0.5);
  return static_cast<std::int8_t>(std::clamp(scaled + r.add, -128.0, 127.0));
}

/// Requantised Q * K^T, [query][key].
std::vector<std::vector<int>> all_logits(const MapShape& shape, const RandomHead& head,
                                         const AttentionNumbers& numbers) {
  std::vector<std::vector<int>> logits(shape.queries);
  for (std::uint32_t q = 0; q < shape.queries; ++q) {
    for (std::uint32_t k = 0; k < shape.keys; ++k) {
      int sum = 0;
      for (std::uint32_t m = 0; m < head.head_dim; ++m) {
        sum += head.q[q * head.stride + m] * head.k[k * head.stride + m];
      }
      logits[q].push_back(requant(sum, numbers.qk));
    }
  }
  return logits;
}

/// The head as a framework would do it: all scores, an element mask, softmax, context. Nothing of
/// it knows tiles but the groups of 16 columns, which begin anew in each tile.
class DenseWithMask {
 public:
  DenseWithMask(const MapShape& shape, const RandomHead& head, const AttentionNumbers& numbers)
      : shape_(shape), head_(head), numbers_(numbers), logits_(all_logits(shape, head, numbers)) {}

  std::vector<std::int8_t> run(const std::vector<std::vector<bool>>& mask) {
    std::vector<std::int8_t> out;
    for (std::uint32_t q = 0; q < shape_.queries; ++q) {
      const std::vector<int> weights = weights_of(q, mask[q]);
      for (std::uint32_t m = 0; m < head_.head_dim; ++m) {
        out.push_back(weights.empty() ? masked(m) : context(weights, m));
      }
    }
    return out;
  }

 private:
  /// Integer probabilities of a row; none when nothing is allowed.
  std::vector<int> weights_of(std::uint32_t q, const std::vector<bool>& allowed) const {
    std::vector<int> logits(shape_.keys, -1000);
    for (std::uint32_t k = 0; k < shape_.keys; ++k) {
      if (allowed[k]) {
        logits[k] = logits_[q][k];
      }
    }
    int max = -128;
    std::uint64_t sum = 0;
    for (std::uint32_t begin = 0, end = 0; begin < shape_.keys; begin = end) {
      const std::uint32_t tile_end =
          std::min(begin / shape_.tile * shape_.tile + shape_.tile, shape_.keys);
      end = std::min(begin + 16, tile_end);
      const int group = *std::max_element(logits.begin() + begin, logits.begin() + end);
      sum >>= std::min(std::max(group - max, 0), 31);
      max = std::max(max, group);
      for (std::uint32_t k = begin; k < end; ++k) {
        sum += 256u >> std::min(max - logits[k], 31);
      }
    }
    if (std::find(allowed.begin(), allowed.end(), true) == allowed.end()) {
      return {};
    }
    std::vector<int> weights(shape_.keys);
    for (std::uint32_t k = 0; k < shape_.keys; ++k) {
      weights[k] = static_cast<int>(65280 / sum >> std::min(max - logits[k], 31));
    }
    return weights;
  }

  std::int8_t context(const std::vector<int>& weights, std::uint32_t m) const {
    std::int64_t sum = 0;
    for (std::uint32_t k = 0; k < shape_.keys; ++k) {
      sum += weights[k] * head_.v[k * head_.stride + m];
    }
    return requant(sum, numbers_.av);
  }

  std::int8_t masked(std::uint32_t m) const {
    if (numbers_.masked_rows == MaskedRows::kZero) {
      return 0;
    }
    if (numbers_.masked_rows == MaskedRows::kNan) {
      return -128;
    }
    double sum = 0;
    for (std::uint32_t k = 0; k < shape_.keys; ++k) {
      sum += head_.v[k * head_.stride + m];
    }
    return requant(static_cast<std::int64_t>(std::floor(255 * sum / shape_.keys + 0.5)),
                   numbers_.av);
  }

  const MapShape shape_;
  const RandomHead& head_;
  const AttentionNumbers& numbers_;
  const std::vector<std::vector<int>> logits_;
};

std::vector<Plan> exact_plans() {
  std::vector<Plan> plans;
  for (const Policy policy :
       {Policy::kResident, Policy::kOverlapped, Policy::kRow, Policy::kSpill}) {
    for (const bool is_packed : {false, true}) {
      Plan plan;
      plan.policy = policy;
      plan.is_packed = is_packed;
      plan.overlaps_tiles = is_packed;
      plans.push_back(plan);
    }
  }
  return plans;
}

std::vector<Pattern> some_patterns(std::uint32_t seed) {
  std::vector<Pattern> patterns(6);
  patterns[1].kind = PatternKind::kCausal;
  patterns[2].kind = PatternKind::kWindow;
  patterns[2].window = 70;
  patterns[3].kind = PatternKind::kBigBird;
  patterns[3].window = 20, patterns[3].global_tokens = 5, patterns[3].random_tiles = 1;
  patterns[3].seed = seed;
  patterns[4].kind = PatternKind::kDilated;
  patterns[4].window = 3, patterns[4].dilation = 50;
  patterns[5].kind = PatternKind::kRandom;  // whole tile rows may stay empty
  patterns[5].random_tiles = seed % 2, patterns[5].seed = seed;
  return patterns;
}

void expect_policies_agree(const MapShape& shape, const std::vector<Pattern>& patterns,
                           const RandomHead& head, const AttentionNumbers& numbers) {
  DenseWithMask reference(shape, head, numbers);
  for (const Pattern& pattern : patterns) {
    SCOPED_TRACE(::testing::Message()
                 << to_string(pattern.kind) << " " << shape.queries << " x " << shape.keys << " d "
                 << head.head_dim << " T " << shape.tile);
    const TileMap map = pattern_map(pattern, shape);
    const std::vector<std::int8_t> expected = reference.run(test::token_mask(pattern, shape));
    for (const Plan& plan : exact_plans()) {
      const AttentionResult result = attend(map, head.operands(), numbers, plan);
      ASSERT_EQ(result.out, expected) << to_string(plan.policy) << " packed " << plan.is_packed;
      EXPECT_EQ(result.masked_rows, summarise(map).masked_rows);
      EXPECT_EQ(result.spilled_bytes,
                plan.policy == Policy::kSpill ? map.tiles.size() * shape.tile * shape.tile : 0);
    }
  }
}

TEST(Datapath, EveryPolicyGivesTheBytesOfDenseAttentionWithAMask) {
  for (const std::uint32_t tokens : {1u, 63u, 64u, 65u, 200u, 512u}) {
    const RandomHead head(tokens, tokens, 48, tokens);
    expect_policies_agree({tokens, tokens, 64}, some_patterns(tokens), head, head.numbers());
  }
}

TEST(Datapath, AThousandTokens) {
  const RandomHead head(1000, 1000, 24, 5);
  expect_policies_agree({1000, 1000, 64}, some_patterns(3), head, head.numbers());
}

TEST(Datapath, HeadsNarrowerAndWiderThanTheTile) {
  for (const std::uint32_t depth : {1u, 17u, 64u, 65u, 200u}) {
    const RandomHead head(130, 130, depth, depth);
    expect_policies_agree({130, 130, 64}, some_patterns(depth), head, head.numbers());
  }
}

TEST(Datapath, TilesThatAreNoMultipleOfAGroupAndRectangles) {
  for (const MapShape shape : {MapShape{130, 90, 40}, MapShape{50, 230, 100}, MapShape{90, 7, 4}}) {
    const RandomHead head(shape.queries, shape.keys, 32, shape.tile);
    expect_policies_agree(shape, some_patterns(shape.tile), head, head.numbers());
  }
}

TEST(Datapath, WhateverThePlannerChoosesGivesTheSameBytes) {
  const RandomHead head(500, 500, 70, 2);
  const AttentionNumbers numbers = head.numbers();
  for (const Pattern& pattern : some_patterns(7)) {
    const TileMap map = pattern_map(pattern, {500, 500, 64});
    const std::vector<std::int8_t> expected = attend(map, head.operands(), numbers, {}).out;
    std::set<std::pair<Policy, bool>> seen;
    for (std::uint32_t entries = 64 * 64; entries >= 64; entries -= 64) {
      EngineParameters engine = engine_preset("soc64");
      engine.entries[static_cast<std::size_t>(MemoryId::kScoreVrf)] = entries;
      PlanRequest request;
      request.head_dim = 70;
      request.may_use_online = false;
      request.is_packed = entries % 128 == 0;
      const Plan plan = std::get<Plan>(plan_attention(engine, map, request));
      if (seen.insert({plan.policy, plan.is_packed}).second) {
        ASSERT_EQ(attend(map, head.operands(), numbers, plan).out, expected)
            << to_string(pattern.kind) << " " << to_string(plan.policy) << " " << entries;
      }
    }
    EXPECT_GE(seen.size(), 4u);
  }
}

TEST(Datapath, MaskedRowsFollowTheirConvention) {
  // Nobody sees key 0 but global queries; a window of width 0 shifted out: queries 100.. of 60
  // keys.
  Pattern pattern;
  pattern.kind = PatternKind::kWindow;
  pattern.window = 5;
  const MapShape shape{150, 60, 64};
  const RandomHead head(150, 60, 24, 1);
  AttentionNumbers numbers = head.numbers();
  EXPECT_EQ(summarise(pattern_map(pattern, shape)).masked_rows, 85u);
  for (const MaskedRows convention : {MaskedRows::kZero, MaskedRows::kUniform, MaskedRows::kNan}) {
    numbers.masked_rows = convention;
    expect_policies_agree(shape, {pattern}, head, numbers);
  }
}

/// Fed by ITA's own streaming softmax, in ITA's order.
TEST(Datapath, DenseHeadsGiveItasBytes) {
  const ita::FlavourParameters& flavour = ita::parameters_of(ita::Flavour::kRtl);
  for (const std::uint32_t tokens : {64u, 192u, 512u}) {
    const RandomHead head(tokens, tokens, 64, tokens + 1);
    const AttentionNumbers numbers = head.numbers();
    const std::vector<std::int8_t> out =
        attend(dense_tile_map({tokens, tokens, 64}), head.operands(), numbers, {}).out;
    for (std::uint32_t q = 0; q < tokens; ++q) {
      std::vector<std::int8_t> logits;
      for (std::uint32_t k = 0; k < tokens; ++k) {
        std::int64_t sum = 0;
        for (std::uint32_t m = 0; m < 64; ++m) {
          sum += head.q[q * head.stride + m] * head.k[k * head.stride + m];
        }
        logits.push_back(ita::requantise(sum, numbers.qk, flavour));
      }
      ita::SoftmaxRow row;
      ita::softmax_accumulate(row, logits.data(), logits.size(), flavour);
      ita::softmax_finish(row, flavour);
      for (std::uint32_t m = 0; m < 64; ++m) {
        std::int64_t sum = 0;
        for (std::uint32_t k = 0; k < tokens; ++k) {
          sum += ita::softmax_probability(row, logits[k], flavour) * head.v[k * head.stride + m];
        }
        ASSERT_EQ(out[q * 64 + m], ita::requantise(sum, numbers.av, flavour)) << tokens;
      }
    }
  }
}

/// Softmax in real numbers of one query over the engine's integer logits, base 2 as ITA's.
struct RealRow {
  std::vector<double> out;  ///< on the scale of V
  double weight = 0;        ///< sum of 128 * 2^-d, d the distance to the maximum
  double lost = 0;          ///< of these, what is smaller than 1
};

RealRow real_row(const RandomHead& head, const std::vector<int>& logits,
                 const std::vector<bool>& allowed) {
  RealRow row;
  row.out.resize(head.head_dim);
  int max = -128;
  for (std::uint32_t k = 0; k < logits.size(); ++k) {
    max = allowed[k] ? std::max(max, logits[k]) : max;
  }
  for (std::uint32_t k = 0; k < logits.size(); ++k) {
    if (allowed[k]) {
      const double weight = std::exp2(7 - (max - logits[k]));
      row.weight += weight;
      row.lost += weight < 1 ? weight : 0;
      for (std::uint32_t m = 0; m < head.head_dim; ++m) {
        row.out[m] += weight * head.v[k * head.stride + m];
      }
    }
  }
  for (double& sum : row.out) {
    sum = row.weight > 0 ? sum / row.weight : 0;
  }
  return row;
}

/// Largest deviations in units of V.
struct Deviation {
  double online_from_real = 0;
  double reference_from_real = 0;
  int online_from_reference = 0;
};

/// Compares the online policy with real numbers and with the other policies, and checks its bound
/// element by element. The spread of the logits is set by `qk_shift`: with a small one a single key
/// dominates, with a large one none does.
void measure(std::uint32_t tokens, std::uint8_t qk_shift, std::uint32_t seed, Deviation& worst) {
  const RandomHead head(tokens, tokens, 32, seed);
  AttentionNumbers numbers = head.numbers();
  numbers.qk.shift = qk_shift;
  numbers.av = {257, 16, 0};  // 1/255: outputs on the scale of V
  const MapShape shape{tokens, tokens, 64};
  const std::vector<std::vector<int>> logits = all_logits(shape, head, numbers);
  Plan online;
  online.policy = Policy::kOnline;
  for (const Pattern& pattern : some_patterns(seed)) {
    const TileMap map = pattern_map(pattern, shape);
    const std::vector<std::int8_t> out = attend(map, head.operands(), numbers, online).out;
    const std::vector<std::int8_t> reference = attend(map, head.operands(), numbers, {}).out;
    const std::vector<std::vector<bool>> mask = test::token_mask(pattern, shape);
    for (std::uint32_t q = 0; q < tokens; ++q) {
      const RealRow real = real_row(head, logits[q], mask[q]);
      const double sum = real.weight - real.lost - 2;
      const double bound = real.weight > 0 ? 0.51 + (257 + 256 * real.lost) / sum : 0;
      for (std::uint32_t m = 0; m < 32; ++m) {
        const std::size_t i = q * 32 + m;
        const double from_real = std::abs(out[i] - real.out[m]);
        ASSERT_LE(from_real, bound) << "S " << tokens << " shift " << int{qk_shift};
        worst.online_from_real = std::max(worst.online_from_real, from_real);
        worst.reference_from_real =
            std::max(worst.reference_from_real, std::abs(reference[i] - real.out[m]));
        worst.online_from_reference =
            std::max(worst.online_from_reference, std::abs(out[i] - reference[i]));
      }
    }
  }
}

// The figures of the page are those of this test.
TEST(Datapath, OnlineStaysWithinItsBound) {
  Deviation worst;
  for (const std::uint32_t tokens : {1u, 63u, 64u, 65u, 200u, 300u}) {
    for (const unsigned shift : {6u, 9u, 12u, 15u, 20u}) {
      measure(tokens, static_cast<std::uint8_t>(shift), tokens + shift, worst);
      if (HasFatalFailure()) {
        return;
      }
    }
  }
  EXPECT_NEAR(worst.online_from_real, 12.8, 0.05);
  EXPECT_NEAR(worst.reference_from_real, 13.2, 0.05);
  EXPECT_EQ(worst.online_from_reference, 13);
}

TEST(Datapath, OnlineStaysWithinItsBoundInLongHeads) {
  Deviation worst;
  measure(512, 9, 1, worst);
  measure(1000, 12, 2, worst);
}

TEST(Datapath, OnlineMatchesWhereOneKeyIsSeen) {
  Pattern pattern;
  pattern.kind = PatternKind::kWindow;  // of width 0: the diagonal
  const RandomHead head(200, 200, 40, 9);
  AttentionNumbers numbers = head.numbers();
  const TileMap map = pattern_map(pattern, {200, 200, 64});
  Plan online;
  online.policy = Policy::kOnline;
  EXPECT_EQ(attend(map, head.operands(), numbers, online).out,
            attend(map, head.operands(), numbers, {}).out);
}

}  // namespace
}  // namespace tessera::attention_engine
