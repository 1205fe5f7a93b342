// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/pattern.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/attention_engine/analytical/closed_forms.h"
#include "models/base/error.h"
#include "tests/unit/attention_engine/brute_force.h"

namespace tessera::attention_engine {
namespace {

using ::testing::ElementsAre;

struct Case {
  Pattern pattern;
  MapShape shape;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << to_string(c.pattern.kind) << " " << c.shape.queries << " x " << c.shape.keys
       << " tiles of " << c.shape.tile << ": w " << c.pattern.window << " d " << c.pattern.dilation
       << " g " << c.pattern.global_tokens << " r " << c.pattern.random_tiles << " block "
       << c.pattern.block << " c " << c.pattern.summary;
}

Pattern make(PatternKind kind) {
  Pattern pattern;
  pattern.kind = kind;
  pattern.seed = 42;
  return pattern;
}

/// All parameter sets of a kind that make a difference for tiles of `tile`.
std::vector<Pattern> patterns_of(PatternKind kind, std::uint32_t tile) {
  std::vector<Pattern> list;
  const auto add = [&](auto&& change) {
    list.push_back(make(kind));
    change(list.back());
  };
  switch (kind) {
    case PatternKind::kDense:
    case PatternKind::kCausal:
      add([](Pattern&) {});
      break;
    case PatternKind::kWindow:
    case PatternKind::kCausalWindow:
      for (const std::uint32_t w :
           {0u, 1u, 2u, tile - 1, tile, tile + 1, 2 * tile, 3 * tile - 1, 50u}) {
        add([w, kind](Pattern& p) { p.window = w + (kind == PatternKind::kWindow ? 0 : 1); });
      }
      break;
    case PatternKind::kDilated:
      for (const std::uint32_t w : {0u, 1u, 2u, 5u}) {
        for (const std::uint32_t d : {1u, 2u, 3u, tile, 2 * tile - 1, 2 * tile, 3 * tile}) {
          add([w, d](Pattern& p) { p.window = w, p.dilation = d; });
        }
      }
      break;
    case PatternKind::kGlobal:
    case PatternKind::kLongformer:
    case PatternKind::kBigBird:
    case PatternKind::kRandom:
      for (const std::uint32_t g : {0u, 1u, tile, tile + 1, 2 * tile, 1000u}) {
        for (const std::uint32_t w : {0u, 1u, tile, 2 * tile}) {
          add([g, w](Pattern& p) {
            p.global_tokens = g, p.window = w, p.random_tiles = 1 + w % 3;
          });
        }
      }
      break;
    case PatternKind::kBlockDiagonal:
    case PatternKind::kStrided:
    case PatternKind::kStridedPermuted:
      for (const std::uint32_t b : {1u, 2u, 3u, tile, 2 * tile - 1, 2 * tile, 3 * tile, 100u}) {
        add([b](Pattern& p) { p.block = b; });
      }
      break;
    case PatternKind::kFixed:
    case PatternKind::kFixedBidirectional:
      for (const std::uint32_t l : {1u, tile, 2 * tile, 3 * tile}) {
        for (const std::uint32_t c : {0u, 1u, l / 2, l}) {
          add([l, c](Pattern& p) { p.block = l, p.summary = c; });
        }
      }
      break;
  }
  return list;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const std::uint32_t tile : {1u, 4u, 8u, 16u}) {
    for (const std::uint32_t tokens : {1u, tile, 3 * tile, 6 * tile, 5 * tile + 3, 2 * tile + 1}) {
      for (const PatternKind kind : pattern_kinds()) {
        for (const Pattern& pattern : patterns_of(kind, tile)) {
          cases.push_back({pattern, {tokens, tokens, tile}});
        }
      }
    }
  }
  return cases;
}

/// Everything that the map of `c` must be, from the token mask alone.
void expect_map_equals(const Case& c, const TileMap& map,
                       const std::vector<std::vector<bool>>& mask) {
  const MapShape& shape = c.shape;
  for (std::uint32_t row = 0; row < shape.rows(); ++row) {
    const TileEntry* entry = map.row(row).begin();
    for (std::uint32_t column = 0; column < shape.columns(); ++column) {
      std::uint32_t pairs = 0;
      for (std::uint32_t q = 0; q < shape.queries_in(row); ++q) {
        for (std::uint32_t k = 0; k < shape.keys_in(column); ++k) {
          pairs += mask[row * shape.tile + q][column * shape.tile + k] ? 1 : 0;
        }
      }
      const bool is_listed = entry != map.row(row).end() && entry->column == column;
      ASSERT_EQ(is_listed, pairs > 0) << "row " << row << " column " << column;
      if (!is_listed) {
        continue;
      }
      ASSERT_EQ(entry->pairs, pairs);
      ASSERT_EQ(entry->is_partial(), pairs != shape.queries_in(row) * shape.keys_in(column));
      for (std::uint32_t q = 0; q < shape.queries_in(row); ++q) {
        for (std::uint32_t k = 0; k < shape.keys_in(column); ++k) {
          ASSERT_EQ(map.allows(*entry, q, k), mask[row * shape.tile + q][column * shape.tile + k]);
        }
      }
      ++entry;
    }
    ASSERT_EQ(entry, map.row(row).end());
  }
}

TEST(Pattern, MapsAreWhatThePairsSay) {
  for (const Case& c : all_cases()) {
    SCOPED_TRACE(::testing::PrintToString(c));
    expect_map_equals(c, pattern_map(c.pattern, c.shape), test::token_mask(c.pattern, c.shape));
    if (HasFatalFailure()) {
      return;
    }
  }
}

TEST(Pattern, ClosedFormsCountTheTiles) {
  std::size_t counted = 0;
  std::size_t counted_full = 0;
  std::set<PatternKind> kinds;
  for (const Case& c : all_cases()) {
    SCOPED_TRACE(::testing::PrintToString(c));
    const MapSummary summary = summarise(pattern_map(c.pattern, c.shape));
    if (const auto tiles = analytical::computed_tiles(c.pattern, c.shape.queries, c.shape.tile)) {
      ASSERT_EQ(summary.tiles, *tiles);
      ++counted;
      kinds.insert(c.pattern.kind);
    }
    if (const auto tiles = analytical::full_tiles(c.pattern, c.shape.queries, c.shape.tile)) {
      ASSERT_EQ(summary.full_tiles, *tiles);
      ++counted_full;
    }
  }
  EXPECT_GE(counted, 1000u);
  EXPECT_GE(counted_full, 100u);
  EXPECT_EQ(kinds.size(), pattern_kinds().size());
}

TEST(Pattern, RectangularMapsFollowTheSamePairs) {
  for (const PatternKind kind : pattern_kinds()) {
    for (const Pattern& pattern : patterns_of(kind, 8)) {
      for (const MapShape shape : {MapShape{37, 21, 8}, MapShape{9, 50, 8}}) {
        if (problem_of(pattern, shape).empty()) {
          const Case c{pattern, shape};
          SCOPED_TRACE(::testing::PrintToString(c));
          expect_map_equals(c, pattern_map(pattern, shape, 3), test::token_mask(pattern, shape, 3));
        }
      }
    }
  }
}

TEST(Pattern, PublishedCounts) {
  const auto tiles = [](const Pattern& pattern, std::uint32_t tokens) {
    return summarise(pattern_map(pattern, {tokens, tokens, 64}));
  };
  const MapSummary causal = tiles(make(PatternKind::kCausal), 512);
  EXPECT_EQ(causal.tiles, 36u);
  EXPECT_EQ(causal.full_tiles, 28u);
  EXPECT_EQ(causal.partial_tiles, 8u);
  EXPECT_EQ(tiles(make(PatternKind::kCausal), 4096).tiles, 2080u);
  Pattern window = make(PatternKind::kWindow);
  window.window = 128;
  EXPECT_EQ(tiles(window, 1024).tiles, 74u);
  window.kind = PatternKind::kCausalWindow;
  EXPECT_EQ(tiles(window, 1024).tiles, 45u);
  Pattern bigbird = make(PatternKind::kBigBird);
  bigbird.window = 64, bigbird.global_tokens = 64, bigbird.random_tiles = 3;
  const MapSummary summary = tiles(bigbird, 4096);
  EXPECT_EQ(summary.tiles, 503u);
  EXPECT_EQ(summary.column_runs, 303u);
}

TEST(Pattern, RandomNumbersAreTheSameOnEveryHost) {
  std::uint64_t state = 42;
  EXPECT_EQ(splitmix64(state), 0xbdd732262feb6e95u);
  std::vector<std::uint32_t> all(16);
  for (std::uint32_t i = 0; i < 16; ++i) {
    all[i] = i;
  }
  EXPECT_THAT(draw_columns(42, 0, 5, all, 3), ElementsAre(1, 9, 14));
  EXPECT_THAT(draw_columns(42, 0, 6, all, 3), ElementsAre(1, 3, 9));
  EXPECT_THAT(draw_columns(42, 1, 5, all, 3), ElementsAre(3, 11, 13));
  EXPECT_EQ(draw_columns(42, 1, 5, all, 99), all);
}

TEST(Pattern, RandomTilesDifferBetweenHeads) {
  Pattern pattern = make(PatternKind::kRandom);
  pattern.random_tiles = 2;
  const auto columns = [&](std::uint32_t head) {
    std::vector<std::uint32_t> list;
    for (const TileEntry& tile : pattern_map(pattern, {1024, 1024, 64}, head).tiles) {
      list.push_back(tile.column);
    }
    return list;
  };
  EXPECT_EQ(columns(0), columns(0));
  EXPECT_NE(columns(0), columns(1));
}

TEST(Pattern, StridedOrderGathersResidueClasses) {
  EXPECT_THAT(strided_order(7, 3), ElementsAre(0, 3, 6, 1, 4, 2, 5));
  EXPECT_THAT(strided_order(2, 5), ElementsAre(0, 1));
  for (std::uint32_t q = 0; q < 24; ++q) {
    EXPECT_EQ(strided_order(24, 4)[q % 4 * 6 + q / 4], q);
  }
}

TEST(Pattern, NamesGoBothWays) {
  for (const PatternKind kind : pattern_kinds()) {
    EXPECT_EQ(pattern_kind_from_name(to_string(kind)), kind);
  }
  EXPECT_EQ(pattern_kind_from_name("bigbirds"), std::nullopt);
}

TEST(Pattern, WrongParametersAreRefused) {
  const MapShape square{64, 64, 16};
  const auto expect_refused = [](const Pattern& pattern, const MapShape& shape, const char* words) {
    try {
      pattern_map(pattern, shape);
      FAIL() << words;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(words));
    }
  };
  Pattern pattern = make(PatternKind::kDilated);
  pattern.dilation = 0;
  expect_refused(pattern, square, "dilated: dilation is 0");
  expect_refused(make(PatternKind::kCausalWindow), square, "causal_window: window is 0");
  pattern = make(PatternKind::kStrided);
  pattern.block = 0;
  expect_refused(pattern, square, "strided: block is 0");
  pattern = make(PatternKind::kFixed);
  pattern.summary = 2;
  expect_refused(pattern, square, "fixed: summary 2 of block 1");
  expect_refused(make(PatternKind::kStridedPermuted), {64, 32, 16}, "64 queries and 32 keys");
  expect_refused(make(PatternKind::kDense), {64, 0, 16}, "all three are at least 1");
  expect_refused(make(PatternKind::kDense), {1, 40000, 1}, "at most 32768 on a side");
}

}  // namespace
}  // namespace tessera::attention_engine
