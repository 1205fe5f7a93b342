// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/device/attention_engine.h"

#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/attention_engine/cycle/chain_writer.h"
#include "models/attention_engine/datapath.h"
#include "models/attention_engine/dynamic_sparsity.h"
#include "models/attention_engine/map_format.h"
#include "models/attention_engine/pattern.h"
#include "models/attention_engine/tile_map_builder.h"
#include "models/base/random.h"
#include "tests/support/bus_initiator.h"
#include "tests/support/flat_memory.h"
#include "tests/support/sinks.h"

namespace tessera::attention_engine {
namespace {

constexpr std::uint32_t kBase = 0x8000'0000;
constexpr std::uint32_t kRing = kBase;
constexpr std::uint32_t kCompletions = kBase + 0x1000;
constexpr std::uint32_t kMap = kBase + 0x2000;
constexpr std::uint32_t kMasks = kBase + 0x4000;
constexpr std::uint32_t kQ = kBase + 0x10000;
constexpr std::uint32_t kK = kBase + 0x20000;
constexpr std::uint32_t kV = kBase + 0x30000;
constexpr std::uint32_t kOutput = kBase + 0x40000;
constexpr std::uint32_t kScratch = kBase + 0x50000;
constexpr std::uint32_t kTokens = 200;
constexpr std::uint32_t kDim = 64;

struct Completion {
  std::uint32_t tag = 0;
  std::uint32_t status = 0;
  std::uint32_t cycles = 0;
  std::uint32_t cycles_high = 0;
  [[nodiscard]] ErrorCode code() const { return static_cast<ErrorCode>(status & 0xFF); }
};

class AttentionEngineTest : public testing::Test {
 protected:
  AttentionEngineTest() {
    bus_.socket.bind(engine_.target_socket);
    bus_.initiator.hart = 3;
    bus_.initiator.pc = 0x80001234;
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    Random random(5);
    for (const std::uint32_t address : {kQ, kK, kV}) {
      std::vector<std::int8_t> bytes(kTokens * kDim);
      for (auto& byte : bytes) {
        byte = static_cast<std::int8_t>(random.bits());
      }
      memory_.write(address, bytes.data(), bytes.size());
    }
    bus_.write(ATTENTION_ENGINE_RING_LO, kRing);
    bus_.write(ATTENTION_ENGINE_RING_LOG2, 3);
    bus_.write(ATTENTION_ENGINE_CQ_LO, kCompletions);
    bus_.write(ATTENTION_ENGINE_CQ_LOG2, 3);
    bus_.write(ATTENTION_ENGINE_WAKE_HART, 5);
    bus_.write(ATTENTION_ENGINE_IRQ_EN,
               ATTENTION_ENGINE_IRQ_DESC_DONE | ATTENTION_ENGINE_IRQ_ERROR);
    bus_.write(ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_EN);
  }

  using Descriptor = std::array<std::uint8_t, ATTENTION_ENGINE_DESC_BYTES>;
  static void put(Descriptor& descriptor, std::size_t offset, std::uint32_t value,
                  std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
      descriptor[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }
  static Descriptor attention(PatternKind kind, std::uint32_t tag = 1) {
    Descriptor d{};
    put(d, ATTENTION_ENGINE_DESC_TYPE, ATTENTION_ENGINE_TYPE_ATTENTION, 1);
    put(d, ATTENTION_ENGINE_DESC_FLAGS, ATTENTION_ENGINE_FLAG_IRQ | ATTENTION_ENGINE_FLAG_PACKED,
        1);
    put(d, ATTENTION_ENGINE_DESC_TAG, tag, 2);
    put(d, ATTENTION_ENGINE_DESC_QUERIES, kTokens, 2);
    put(d, ATTENTION_ENGINE_DESC_KEYS, kTokens, 2);
    put(d, ATTENTION_ENGINE_DESC_HEAD_DIM, kDim, 2);
    put(d, ATTENTION_ENGINE_DESC_HEADS, 1, 2);
    put(d, ATTENTION_ENGINE_DESC_PATTERN, static_cast<std::uint32_t>(kind), 1);
    put(d, ATTENTION_ENGINE_DESC_PARAM0, 40, 2);
    put(d, ATTENTION_ENGINE_DESC_Q, kQ, 4);
    put(d, ATTENTION_ENGINE_DESC_K, kK, 4);
    put(d, ATTENTION_ENGINE_DESC_V, kV, 4);
    put(d, ATTENTION_ENGINE_DESC_OUTPUT, kOutput, 4);
    put(d, ATTENTION_ENGINE_DESC_SCRATCH, kScratch, 4);
    put(d, ATTENTION_ENGINE_DESC_QK_REQUANT, 20 | 14 << 16, 4);
    put(d, ATTENTION_ENGINE_DESC_AV_REQUANT, 60 | 12 << 16, 4);
    put(d, ATTENTION_ENGINE_DESC_ROW_STRIDE, kDim / 16, 2);
    return d;
  }
  void submit(const Descriptor& descriptor) {
    memory_.write(kRing + written_ % 8 * ATTENTION_ENGINE_DESC_BYTES, descriptor.data(),
                  descriptor.size());
    bus_.write(ATTENTION_ENGINE_TAIL, ++written_);
  }
  void pass(Cycles cycles) { sc_core::sc_start(clock_.time(cycles)); }
  Completion completion(std::uint32_t index) {
    Completion result;
    memory_.read(kCompletions + index * ATTENTION_ENGINE_COMPLETION_BYTES, &result, sizeof result);
    return result;
  }
  /// What the datapath gives for a pattern under `policy`.
  std::vector<std::int8_t> expected(PatternKind kind) {
    Pattern pattern;
    pattern.kind = kind;
    pattern.window = 40;
    const TileMap map = pattern_map(pattern, {kTokens, kTokens, 64});
    std::vector<std::int8_t> q(kTokens * kDim), k(q.size()), v(q.size());
    memory_.read(kQ, q.data(), q.size());
    memory_.read(kK, k.data(), k.size());
    memory_.read(kV, v.data(), v.size());
    AttentionNumbers numbers;
    numbers.qk = {20, 14, 0};
    numbers.av = {60, 12, 0};
    return attend(map, {{q.data(), kDim}, {k.data(), kDim}, {v.data(), kDim}, kDim}, numbers,
                  Plan{})
        .out;
  }
  std::vector<std::int8_t> output() {
    std::vector<std::int8_t> bytes(kTokens * kDim);
    memory_.read(kOutput, bytes.data(), bytes.size());
    return bytes;
  }
  std::uint64_t stat(const std::string& name) const {
    return stats_.value("attention_engine." + name);
  }
  /// Submits a broken descriptor and returns the error of its completion.
  ErrorCode error_of(const Descriptor& descriptor) {
    const std::uint32_t index = written_;
    submit(descriptor);
    pass(200'000);
    bus_.write(ATTENTION_ENGINE_CQ_HEAD, index + 1);
    return completion(index % 8).code();
  }

  ClockDomain clock_{500'000};
  StatGroup stats_{"soc"};
  test::FlatMemory memory_{kBase, 0x80000};
  test::WakeUpRecorder harts_{8};
  test::GuestErrorRecorder errors_;
  Observers observers_;
  const AgentId agent_ = observers_.add_agent("attention_engine");
  const AgentId fifo_ = observers_.add_agent("attention_engine.fifo");
  AttentionEngine engine_{"attention_engine",
                          engine_preset("soc64"),
                          clock_,
                          memory_,
                          harts_,
                          errors_,
                          stats_,
                          DeviceProbe(observers_, agent_),
                          DeviceProbe(observers_, fifo_)};
  test::BusInitiator bus_{"bus"};
  std::uint32_t written_ = 0;
};

TEST_F(AttentionEngineTest, SaysWhatItIs) {
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_ID), ATTENTION_ENGINE_ID_VALUE);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_CAP0), 64u << 16 | 16u << 8 | 4u);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_INST_SPACE), 64u);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_CAP1), 256u | 2u << 16);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_CAPV + 4 * 8), 8192u);
}

TEST_F(AttentionEngineTest, ADescriptorEndsWithItsResultCompletionAndWakeUp) {
  submit(attention(PatternKind::kCausal, 77));
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_STATUS) & 3u, ATTENTION_ENGINE_STATUS_BUSY);
  EXPECT_NE(output(), expected(PatternKind::kCausal));
  pass(100'000);
  EXPECT_EQ(output(), expected(PatternKind::kCausal));
  const Completion done = completion(0);
  EXPECT_EQ(done.tag, 77u);
  EXPECT_EQ(done.code(), ErrorCode::kNone);
  EXPECT_GT(done.cycles, 10u * 2 * 64 * 4 / 4);  // 10 tiles, twice, at most 4096 MACs a cycle
  ASSERT_EQ(harts_.pulses.size(), 1u);
  EXPECT_EQ(harts_.pulses[0].hart, 5u);
  EXPECT_EQ(harts_.pulses[0].cycle, done.cycles);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_STATUS), ATTENTION_ENGINE_STATUS_IDLE);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_PERF + 8 * ATTENTION_ENGINE_PERF_TILES_SKIPPED), 6u);
  EXPECT_EQ(stat("bytes_read"), 3u * kTokens * kDim + ATTENTION_ENGINE_DESC_BYTES);
  EXPECT_EQ(stat("bytes_written"), 1u * kTokens * kDim + ATTENTION_ENGINE_COMPLETION_BYTES);
}

TEST_F(AttentionEngineTest, EveryPolicyButOnlineGivesTheSameBytes) {
  const auto bytes = expected(PatternKind::kWindow);
  std::vector<std::uint32_t> cycles;
  for (const Policy policy :
       {Policy::kResident, Policy::kOverlapped, Policy::kRow, Policy::kSpill}) {
    Descriptor descriptor = attention(PatternKind::kWindow);
    put(descriptor, ATTENTION_ENGINE_DESC_POLICY, static_cast<std::uint32_t>(policy) + 1, 1);
    submit(descriptor);
    pass(100'000);
    EXPECT_EQ(output(), bytes) << to_string(policy);
    cycles.push_back(completion(written_ - 1).cycles);
  }
  EXPECT_LE(cycles[0], cycles[1]);
  EXPECT_LT(cycles[1], cycles[2]);
  EXPECT_LT(cycles[2], cycles[3]);
  EXPECT_GT(stat("spill_bytes"), 0u);
}

TEST_F(AttentionEngineTest, AMapInMemoryIsTheSameAsItsPattern) {
  Pattern pattern;
  pattern.kind = PatternKind::kCausal;
  const MapImage image =
      encode_map(pattern_map(pattern, {kTokens, kTokens, 64}), MapFormat::kBlockSparseRow);
  memory_.write(kMap, image.index.data(), image.index.size());
  memory_.write(kMasks, image.masks.data(), image.masks.size());
  Descriptor descriptor = attention(static_cast<PatternKind>(1));
  put(descriptor, ATTENTION_ENGINE_DESC_MAP, kMap, 4);
  put(descriptor, ATTENTION_ENGINE_DESC_MASK, kMasks, 4);
  submit(descriptor);
  pass(100'000);
  EXPECT_EQ(completion(0).code(), ErrorCode::kNone);
  EXPECT_EQ(output(), expected(PatternKind::kCausal));
}

TEST_F(AttentionEngineTest, DescriptorsRunOneAfterTheOther) {
  for (std::uint32_t tag = 0; tag < 4; ++tag) {
    submit(attention(PatternKind::kDense, tag));
  }
  pass(200'000);
  Cycles end = 0;
  ASSERT_EQ(harts_.pulses.size(), 4u);
  for (std::uint32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(completion(i).tag, i);
    end += completion(i).cycles;
    EXPECT_EQ(harts_.pulses[i].cycle, end);
  }
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_CQ_TAIL), 4u);
  EXPECT_NE(bus_.read(ATTENTION_ENGINE_IRQ_RAW) & ATTENTION_ENGINE_IRQ_QUEUE_EMPTY, 0u);
  bus_.write(ATTENTION_ENGINE_IRQ_CLR, 0xFFFF'FFFF);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_IRQ_RAW), 0u);
}

TEST_F(AttentionEngineTest, EveryErrorIsReportedAndTheNextDescriptorRuns) {
  const auto broken = [&](std::size_t offset, std::uint32_t value, std::size_t bytes) {
    Descriptor descriptor = attention(PatternKind::kDense);
    put(descriptor, offset, value, bytes);
    return error_of(descriptor);
  };
  EXPECT_EQ(broken(ATTENTION_ENGINE_DESC_TYPE, 9, 1), ErrorCode::kBadDescriptor);
  EXPECT_EQ(broken(ATTENTION_ENGINE_DESC_QUERIES, 0, 2), ErrorCode::kBadDescriptor);
  EXPECT_EQ(broken(ATTENTION_ENGINE_DESC_TILE, 32, 2), ErrorCode::kBadDescriptor);
  EXPECT_EQ(broken(ATTENTION_ENGINE_DESC_PATTERN, 99, 1), ErrorCode::kBadDescriptor);
  EXPECT_EQ(broken(ATTENTION_ENGINE_DESC_K, kK + 4, 4), ErrorCode::kMisaligned);
  EXPECT_EQ(broken(ATTENTION_ENGINE_DESC_Q, 0x1000, 4), ErrorCode::kAxiDecodeError);
  EXPECT_EQ(broken(ATTENTION_ENGINE_DESC_FLAGS, ATTENTION_ENGINE_FLAG_BLOCK_FLOAT, 1),
            ErrorCode::kFormatMismatch);
  EXPECT_EQ(broken(ATTENTION_ENGINE_DESC_PATTERN, 1, 1), ErrorCode::kAxiDecodeError);
  const std::uint32_t empty_map[2] = {0, 0};
  memory_.write(kMap, empty_map, sizeof empty_map);
  Descriptor descriptor = attention(static_cast<PatternKind>(1));
  put(descriptor, ATTENTION_ENGINE_DESC_MAP, kMap, 4);
  EXPECT_EQ(error_of(descriptor), ErrorCode::kBadMap);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_ERRINFO + 4),
            static_cast<std::uint32_t>(ErrorCode::kBadDescriptor));  // the first
  EXPECT_EQ(errors_.errors.size(), 9u);
  EXPECT_EQ(errors_.errors[0].hart, 3u);
  EXPECT_EQ(error_of(attention(PatternKind::kDense)), ErrorCode::kNone);
  EXPECT_EQ(output(), expected(PatternKind::kDense));
}

TEST_F(AttentionEngineTest, TheScratchOfSpilledScoresMustBeMemory) {
  constexpr std::uint32_t kScratchBytes =
      4 * 64 * 64;  // of 4 tiles in a row; 8 queries in the last
  Descriptor descriptor = attention(PatternKind::kDense);
  put(descriptor, ATTENTION_ENGINE_DESC_POLICY, static_cast<std::uint32_t>(Policy::kSpill) + 1, 1);
  const std::uint32_t end = memory_.base() + static_cast<std::uint32_t>(memory_.size_bytes());
  for (const std::uint32_t scratch : {0x1000u, end - kScratchBytes + 64}) {
    put(descriptor, ATTENTION_ENGINE_DESC_SCRATCH, scratch, 4);
    EXPECT_EQ(error_of(descriptor), ErrorCode::kAxiDecodeError) << scratch;
    EXPECT_EQ(errors_.errors.back().message,
              fmt::format("descriptor {}: the scratch for spilled scores is not in memory",
                          written_ - 1));
  }
  EXPECT_EQ(errors_.errors.size(), 2u);
  EXPECT_EQ(output(), std::vector<std::int8_t>(kTokens * kDim));
  put(descriptor, ATTENTION_ENGINE_DESC_SCRATCH, end - kScratchBytes, 4);
  EXPECT_EQ(error_of(descriptor), ErrorCode::kNone);
  EXPECT_EQ(output(), expected(PatternKind::kDense));
  put(descriptor, ATTENTION_ENGINE_DESC_POLICY, static_cast<std::uint32_t>(Policy::kRow) + 1, 1);
  put(descriptor, ATTENTION_ENGINE_DESC_SCRATCH, 0x1000, 4);  // not used
  EXPECT_EQ(error_of(descriptor), ErrorCode::kNone);
}

TEST_F(AttentionEngineTest, HaltsOnAnErrorUntilItIsEnabledAgain) {
  bus_.write(ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_EN | ATTENTION_ENGINE_CTRL_HALT_ON_ERR);
  Descriptor bad = attention(PatternKind::kDense);
  put(bad, ATTENTION_ENGINE_DESC_HEADS, 0, 2);
  submit(bad);
  submit(attention(PatternKind::kDense));
  pass(100'000);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_HEAD), 1u);
  const std::uint32_t status = bus_.read(ATTENTION_ENGINE_STATUS);
  EXPECT_NE(status & ATTENTION_ENGINE_STATUS_HALTED, 0u);
  EXPECT_EQ(status >> ATTENTION_ENGINE_STATUS_ERROR_SHIFT,
            static_cast<std::uint32_t>(ErrorCode::kBadDescriptor));
  bus_.write(ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_EN);
  pass(100'000);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_HEAD), 2u);
  EXPECT_EQ(completion(1).code(), ErrorCode::kNone);
}

TEST_F(AttentionEngineTest, AnAbortEndsTheDescriptorAndTheEngineCanGoOn) {
  submit(attention(PatternKind::kDense));
  pass(100);
  bus_.write(ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_EN | ATTENTION_ENGINE_CTRL_ABORT);
  EXPECT_EQ(completion(0).code(), ErrorCode::kAborted);
  EXPECT_EQ(completion(0).cycles, 100u);
  pass(100'000);
  EXPECT_EQ(output(), std::vector<std::int8_t>(kTokens * kDim));
  bus_.write(ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_EN);
  EXPECT_EQ(error_of(attention(PatternKind::kDense)), ErrorCode::kNone);
  EXPECT_EQ(output(), expected(PatternKind::kDense));
}

TEST_F(AttentionEngineTest, TheWatchdogEndsWhatTakesTooLong) {
  bus_.write(ATTENTION_ENGINE_WDOG, 300);
  EXPECT_EQ(error_of(attention(PatternKind::kDense)), ErrorCode::kWatchdog);
  EXPECT_EQ(completion(0).cycles, 300u);
  bus_.write(ATTENTION_ENGINE_WDOG, 0);
  EXPECT_EQ(error_of(attention(PatternKind::kDense)), ErrorCode::kNone);
}

TEST_F(AttentionEngineTest, CompletionsThatNobodyTakesOverflow) {
  bus_.write(ATTENTION_ENGINE_CQ_LOG2, 0);
  submit(attention(PatternKind::kDense));
  submit(attention(PatternKind::kDense));
  pass(200'000);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_CQ_TAIL), 1u);
  EXPECT_NE(bus_.read(ATTENTION_ENGINE_IRQ_RAW) & ATTENTION_ENGINE_IRQ_CQ_OVERFLOW, 0u);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_STATUS) >> ATTENTION_ENGINE_STATUS_ERROR_SHIFT,
            static_cast<std::uint32_t>(ErrorCode::kCompletionOverflow));
}

TEST_F(AttentionEngineTest, ASoftResetBringsEverythingBack) {
  submit(attention(PatternKind::kDense));
  pass(100);
  bus_.write(ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_SOFT_RESET);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_STATUS), ATTENTION_ENGINE_STATUS_IDLE);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_TAIL), 0u);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_CTRL), 0u);
  pass(100'000);
  EXPECT_EQ(harts_.pulses.size(), 1u);  // of the abort
}

TEST_F(AttentionEngineTest, WrongRegisterWritesAreIgnoredAndReported) {
  bus_.write(ATTENTION_ENGINE_RING_LO, kRing + 4);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_RING_LO), kRing);
  bus_.write(ATTENTION_ENGINE_WAKE_HART, 8);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_WAKE_HART), 5u);
  bus_.write(ATTENTION_ENGINE_TAIL, 9);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_TAIL), 0u);
  submit(attention(PatternKind::kDense));
  bus_.write(ATTENTION_ENGINE_RING_LO, kRing + 0x400);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_RING_LO), kRing);
  EXPECT_EQ(errors_.errors.size(), 4u);
}

TEST_F(AttentionEngineTest, ADescriptorGivesOnePulseWhateverItsCauses) {
  bus_.write(ATTENTION_ENGINE_IRQ_EN, 0xFFFF'FFFF);
  Descriptor descriptor = attention(PatternKind::kDense);
  put(descriptor, ATTENTION_ENGINE_DESC_HEADS, 0, 2);
  EXPECT_EQ(error_of(descriptor), ErrorCode::kBadDescriptor);
  EXPECT_EQ(harts_.pulses.size(), 1u);
  EXPECT_EQ(error_of(attention(PatternKind::kDense)), ErrorCode::kNone);
  EXPECT_EQ(harts_.pulses.size(), 2u);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_IRQ_RAW), ATTENTION_ENGINE_IRQ_DESC_DONE |
                                                     ATTENTION_ENGINE_IRQ_QUEUE_EMPTY |
                                                     ATTENTION_ENGINE_IRQ_ERROR);
}

TEST_F(AttentionEngineTest, MapsInMemoryAreBitmapsToo) {
  Pattern pattern;
  pattern.kind = PatternKind::kCausal;
  const TileMap map = pattern_map(pattern, {kTokens, kTokens, 64});
  const MapImage image = encode_map(map, MapFormat::kBitmap);
  memory_.write(kMap, image.index.data(), image.index.size());
  memory_.write(kMasks, image.masks.data(), image.masks.size());
  Descriptor descriptor = attention(static_cast<PatternKind>(ATTENTION_ENGINE_PATTERN_TILE_BITMAP));
  put(descriptor, ATTENTION_ENGINE_DESC_MAP, kMap, 4);
  put(descriptor, ATTENTION_ENGINE_DESC_MASK, kMasks, 4);
  EXPECT_EQ(error_of(descriptor), ErrorCode::kNone);
  EXPECT_EQ(output(), expected(PatternKind::kCausal));
  // Everything that was fetched crossed the bus.
  EXPECT_EQ(stat("bytes_read"), 3u * kTokens * kDim + ATTENTION_ENGINE_DESC_BYTES +
                                    image.index.size() + image.masks.size());
  put(descriptor, ATTENTION_ENGINE_DESC_PATTERN, ATTENTION_ENGINE_PATTERN_TOKEN_BITMAP, 1);
  std::vector<std::uint64_t> tokens(std::size_t{kTokens} * 4);
  for (std::uint32_t query = 0; query < kTokens; ++query) {
    for (std::uint32_t key = 0; key <= query; ++key) {
      tokens[query * 4 + key / 64] |= std::uint64_t{1} << (key % 64);
    }
  }
  memory_.write(kMap, tokens.data(), tokens.size() * sizeof(std::uint64_t));
  const std::vector<std::int8_t> zeros(kTokens * kDim);
  memory_.write(kOutput, zeros.data(), zeros.size());
  EXPECT_EQ(error_of(descriptor), ErrorCode::kNone);
  EXPECT_EQ(output(), expected(PatternKind::kCausal));
}

/// A token bitmap in which query 7 sees nothing and all others see key 0.
TEST_F(AttentionEngineTest, QueriesThatSeeNoKeyGiveZeroTheMeanOrNan) {
  std::vector<std::uint64_t> tokens(std::size_t{kTokens} * 4);
  for (std::uint32_t query = 0; query < kTokens; ++query) {
    tokens[query * 4] = query == 7 ? 0 : 1;
  }
  memory_.write(kMap, tokens.data(), tokens.size() * sizeof(std::uint64_t));
  Descriptor descriptor =
      attention(static_cast<PatternKind>(ATTENTION_ENGINE_PATTERN_TOKEN_BITMAP));
  put(descriptor, ATTENTION_ENGINE_DESC_MAP, kMap, 4);
  const auto row = [&](std::uint32_t flags) {
    put(descriptor, ATTENTION_ENGINE_DESC_FLAGS, flags | ATTENTION_ENGINE_FLAG_IRQ, 1);
    EXPECT_EQ(error_of(descriptor), ErrorCode::kNone);
    const std::vector<std::int8_t> bytes = output();
    return std::vector<std::int8_t>(bytes.begin() + 7 * kDim, bytes.begin() + 8 * kDim);
  };
  EXPECT_EQ(row(0), std::vector<std::int8_t>(kDim, 0));
  EXPECT_EQ(row(ATTENTION_ENGINE_FLAG_NAN_MASKED_ROWS), std::vector<std::int8_t>(kDim, kNanMarker));
  std::vector<std::int8_t> v(kTokens * kDim);
  memory_.read(kV, v.data(), v.size());
  std::vector<std::int8_t> mean;
  for (std::uint32_t m = 0; m < kDim; ++m) {
    std::int64_t sum = 0;
    for (std::uint32_t key = 0; key < kTokens; ++key) {
      sum += v[key * kDim + m];
    }
    const std::int64_t scaled =
        transformer_math::floor_divide(2 * 255 * sum + kTokens, 2 * std::int64_t{kTokens});
    mean.push_back(
        transformer_math::requantise(scaled, {60, 12, 0}, transformer_math::kExactProduct));
  }
  EXPECT_EQ(row(ATTENTION_ENGINE_FLAG_UNIFORM_MASKED_ROWS), mean);
  EXPECT_EQ(stat("masked_rows"), 3u);
  EXPECT_NE(bus_.read(ATTENTION_ENGINE_IRQ_RAW) & ATTENTION_ENGINE_IRQ_MASKED_ROW, 0u);
}

TEST_F(AttentionEngineTest, KAndVStayInTheMrfForTheNextDescriptor) {
  EXPECT_EQ(error_of(attention(PatternKind::kDense)), ErrorCode::kNone);
  const std::uint64_t bytes = stat("bytes_read");
  const std::vector<std::int8_t> causal = expected(PatternKind::kCausal);
  const std::vector<std::int8_t> zeros(kTokens * kDim);
  memory_.write(kK, zeros.data(), zeros.size());  // comes too late: the tiles are loaded
  Descriptor again = attention(PatternKind::kCausal);
  put(again, ATTENTION_ENGINE_DESC_FLAGS, ATTENTION_ENGINE_FLAG_KV_STATIONARY, 1);
  EXPECT_EQ(error_of(again), ErrorCode::kNone);
  EXPECT_EQ(output(), causal);
  EXPECT_EQ(stat("bytes_read") - bytes, kTokens * kDim + ATTENTION_ENGINE_DESC_BYTES);
  EXPECT_EQ(error_of(again), ErrorCode::kNone);  // and for the one after that
}

TEST_F(AttentionEngineTest, KAndVThatAreNotInTheMrfAreRefused) {
  Descriptor again = attention(PatternKind::kDense);
  put(again, ATTENTION_ENGINE_DESC_FLAGS, ATTENTION_ENGINE_FLAG_KV_STATIONARY, 1);
  EXPECT_EQ(error_of(again), ErrorCode::kReadUninitialised);  // nothing was there
  EXPECT_EQ(error_of(attention(PatternKind::kDense)), ErrorCode::kNone);
  Descriptor other = again;
  put(other, ATTENTION_ENGINE_DESC_V, kQ, 4);
  EXPECT_EQ(error_of(other), ErrorCode::kReadUninitialised);
  EXPECT_EQ(error_of(again), ErrorCode::kReadUninitialised);  // a failure leaves nothing
  // One key tile of four is used, so only that is there.
  std::vector<std::uint64_t> first(std::size_t{kTokens} * 4);
  for (std::uint32_t query = 0; query < kTokens; ++query) {
    first[query * 4] = 1;
  }
  memory_.write(kMap, first.data(), first.size() * sizeof(std::uint64_t));
  Descriptor narrow = attention(static_cast<PatternKind>(ATTENTION_ENGINE_PATTERN_TOKEN_BITMAP));
  put(narrow, ATTENTION_ENGINE_DESC_MAP, kMap, 4);
  EXPECT_EQ(error_of(narrow), ErrorCode::kNone);
  EXPECT_EQ(error_of(again), ErrorCode::kReadUninitialised);
}

/// The bits that a selection writes are the map of the attention after it.
TEST_F(AttentionEngineTest, ASelectionIsTheMapOfAnAttention) {
  Descriptor selection = attention(PatternKind::kDense);
  put(selection, ATTENTION_ENGINE_DESC_TYPE, ATTENTION_ENGINE_TYPE_SELECTION, 1);
  put(selection, ATTENTION_ENGINE_DESC_PARAM0, 12 | 4 << 16, 4);
  put(selection, ATTENTION_ENGINE_DESC_OUTPUT, kMap, 4);
  submit(selection);
  Descriptor sparse = attention(static_cast<PatternKind>(ATTENTION_ENGINE_PATTERN_TOKEN_BITMAP));
  put(sparse, ATTENTION_ENGINE_DESC_MAP, kMap, 4);
  submit(sparse);
  pass(200'000);
  EXPECT_EQ(completion(0).code(), ErrorCode::kNone);
  EXPECT_EQ(completion(1).code(), ErrorCode::kNone);
  std::vector<std::int8_t> q(kTokens * kDim), k(q.size()), v(q.size());
  memory_.read(kQ, q.data(), q.size());
  memory_.read(kK, k.data(), k.size());
  memory_.read(kV, v.data(), v.size());
  const MapShape shape{kTokens, kTokens, 64};
  const HeadOperands operands{{q.data(), kDim}, {k.data(), kDim}, {v.data(), kDim}, kDim};
  const TokenBitmap bits = select_top_keys(shape, operands, {12, 4});
  AttentionNumbers numbers;
  numbers.qk = {20, 14, 0};
  numbers.av = {60, 12, 0};
  EXPECT_EQ(output(),
            attend(build_tile_map(shape, bits.token_rows()), operands, numbers, Plan{}).out);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_PERF + 8 * ATTENTION_ENGINE_PERF_MASKED_ROWS), 0u);
}

/// Loads and stores overlap: a long copy is bound by OutQ, which is filled with a burst of 64 words
/// before it goes out.
TEST_F(AttentionEngineTest, ACopyIsBoundByTheQueueOfResults) {
  constexpr std::uint32_t kRows = 0x10000 / 64;
  Descriptor copy = attention(PatternKind::kDense);
  put(copy, ATTENTION_ENGINE_DESC_TYPE, ATTENTION_ENGINE_TYPE_COPY, 1);
  put(copy, ATTENTION_ENGINE_DESC_QUERIES, kRows, 2);
  put(copy, ATTENTION_ENGINE_DESC_ROW_STRIDE, 64 / 16, 2);
  put(copy, ATTENTION_ENGINE_DESC_HEAD_STRIDE, 64 / 16, 2);
  EXPECT_EQ(error_of(copy), ErrorCode::kNone);
  EXPECT_GT(completion(0).cycles, 2 * kRows);
  EXPECT_LT(completion(0).cycles, 2 * kRows + kRows / 4);
  std::vector<std::int8_t> in(kTokens * kDim);
  memory_.read(kQ, in.data(), in.size());
  EXPECT_EQ(output(), in);
}

/// Instructions, pushed by a process as a hart does.
class InstructionFifoTest : public AttentionEngineTest {
 protected:
  InstructionFifoTest() {
    bus_.write(ATTENTION_ENGINE_IRQ_EN, ATTENTION_ENGINE_IRQ_INSTRUCTION |
                                            ATTENTION_ENGINE_IRQ_ERROR |
                                            ATTENTION_ENGINE_IRQ_DESC_DONE);
  }
  void push(std::uint64_t instruction) {
    bus_.write(ATTENTION_ENGINE_INST_LO, static_cast<std::uint32_t>(instruction));
    bus_.write(ATTENTION_ENGINE_INST_HI, static_cast<std::uint32_t>(instruction >> 32));
  }
  /// Products of one vector each, then an interrupt.
  std::vector<std::uint64_t> products(std::uint32_t count) {
    std::vector<std::uint64_t> words;
    ChainWriter writer(words);
    for (std::uint32_t i = 0; i < count; ++i) {
      writer.read(MemoryId::kMvmInitialVrf, 0, 1).multiply(0).write(MemoryId::kOutQ, 0, 1).end();
    }
    words.push_back(encode({Opcode::kInterrupt, MemoryId::kL2, 0, 0, 42}));
    return words;
  }
  /// The cycles that the same instructions take as a descriptor, from its first to its last chain.
  Cycles cycles_in_memory(const std::vector<std::uint64_t>& words) {
    memory_.write(kMap, words.data(), words.size() * sizeof words[0]);
    Descriptor descriptor{};
    put(descriptor, ATTENTION_ENGINE_DESC_TYPE, ATTENTION_ENGINE_TYPE_CHAIN, 1);
    put(descriptor, ATTENTION_ENGINE_DESC_Q, kMap, 4);
    put(descriptor, ATTENTION_ENGINE_DESC_PARAM0, static_cast<std::uint32_t>(words.size()), 4);
    EXPECT_EQ(error_of(descriptor), ErrorCode::kNone);
    return completion(0).cycles;
  }
};

TEST_F(InstructionFifoTest, ChainsThatArePushedRunAndRaiseTheirInterrupt) {
  const std::vector<std::uint64_t> words = products(3);
  for (const std::uint64_t word : words) {
    push(word);
  }
  EXPECT_FALSE(engine_.is_idle());
  pass(10'000);
  EXPECT_TRUE(engine_.is_idle());
  ASSERT_EQ(harts_.pulses.size(), 1u);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_INST_TAG), 42u);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_IRQ_RAW), ATTENTION_ENGINE_IRQ_INSTRUCTION);
  EXPECT_EQ(stat("chains"), 3u);
  // 12 instructions at 4 cycles, then the last chain through the MVU.
  EXPECT_GT(harts_.pulses[0].cycle, 12u * 4 + 4 + 40);
  EXPECT_LT(harts_.pulses[0].cycle, 12u * 4 + 4 + 40 + 30);
}

/// What an engine tells of pushed chains.
class ChainRecorder final : public ActivityProbe {
 public:
  std::uint64_t launched_chains = 0;
  std::uint64_t ended_chains = 0;  ///< as the last end says
  std::uint64_t seen_chains = 0;
  std::vector<std::string> unwritten;

  void launched(const Activity&, const Cause&, const std::string&) override { ++launched_chains; }
  void begins(const Activity&, const std::string&, Cycles) override {}
  void ends(const Activity& activity, Cycles) override { ended_chains = activity.number + 1; }
  void completion_seen(const Activity& activity, const Cause&) override {
    seen_chains = activity.number + 1;
  }
  void used_unwritten(const Activity&, const std::string& what, Cycles) override {
    unwritten.push_back(what);
  }
};

/// The same engine, with somebody who watches its pushed chains.
class ObservedFifoTest : public InstructionFifoTest {
 protected:
  ObservedFifoTest() {
    if (kHasObservers) {
      observers_.attach({nullptr, nullptr, &recorder_, nullptr});
    }
  }
  void push_all(const std::vector<std::uint64_t>& words) {
    for (const std::uint64_t word : words) {
      push(word);
    }
  }

  ChainRecorder recorder_;
};

TEST_F(ObservedFifoTest, RegistersTellOfChainsBeforeTheInterrupt) {
  if (!kHasObservers) {
    GTEST_SKIP() << "built without observation";
  }
  push_all(products(2));
  EXPECT_EQ(recorder_.launched_chains, 2u);
  bus_.read(ATTENTION_ENGINE_STATUS);
  bus_.read(ATTENTION_ENGINE_IRQ_RAW);
  EXPECT_EQ(recorder_.seen_chains, 0u);
  pass(10'000);
  EXPECT_EQ(recorder_.ended_chains, 2u);
  std::vector<std::uint64_t> more = products(1);
  more.pop_back();  // without an interrupt
  push_all(more);
  pass(10'000);
  EXPECT_EQ(recorder_.ended_chains, 3u);
  bus_.read(ATTENTION_ENGINE_INST_SPACE);
  EXPECT_EQ(recorder_.seen_chains, 0u);
  bus_.read(ATTENTION_ENGINE_IRQ_RAW);
  EXPECT_EQ(recorder_.seen_chains, 2u);
  bus_.read(ATTENTION_ENGINE_STATUS);  // idle
  EXPECT_EQ(recorder_.seen_chains, 3u);
}

TEST_F(ObservedFifoTest, LostChainsHaveEnded) {
  if (!kHasObservers) {
    GTEST_SKIP() << "built without observation";
  }
  push(encode({static_cast<Opcode>(0x33), MemoryId::kL2, 0, 0, 0}));
  push_all(products(4));
  pass(1000);
  EXPECT_EQ(recorder_.launched_chains, 4u);
  EXPECT_EQ(recorder_.ended_chains, 4u);
  push_all(products(1));  // dropped
  EXPECT_EQ(recorder_.launched_chains, 4u);
}

TEST_F(ObservedFifoTest, ResultsOfWhatNobodyWroteAreTold) {
  if (!kHasObservers) {
    GTEST_SKIP() << "built without observation";
  }
  std::vector<std::uint64_t> words;
  ChainWriter writer(words);
  writer.set(ScalarRegister::kRowBytes, 64);
  writer.read(MemoryId::kMfuInitialVrf, 8, 1).write(MemoryId::kOutQ, 0, 1).end();
  push_all(words);
  pass(1000);
  EXPECT_TRUE(recorder_.unwritten.empty());
  words.clear();
  writer.read(MemoryId::kMfuInitialVrf, 8, 1).write(MemoryId::kL2, kOutput, 1).end();
  push_all(words);
  pass(1000);
  EXPECT_EQ(recorder_.unwritten, std::vector<std::string>{"mfu_initial_vrf, entry 8"});
}

TEST_F(InstructionFifoTest, APushIntoTheFullFifoWaits) {
  const std::vector<std::uint64_t> words = products(100);
  std::vector<Cycles> pushed;
  sc_core::sc_spawn([&] {
    for (const std::uint64_t word : words) {
      push(word);
      pushed.push_back(clock_.now());
    }
  });
  pass(100'000);
  ASSERT_EQ(pushed.size(), 401u);
  EXPECT_EQ(pushed[63], 0u);  // as many as there are places, in no time
  EXPECT_GT(pushed[66], 0u);
  // Then one whenever the front end has taken one: 4 cycles each.
  EXPECT_NEAR(static_cast<double>(pushed[400] - pushed[100]), 300 * 4, 8);
  ASSERT_EQ(harts_.pulses.size(), 1u);
  EXPECT_EQ(stat("chains"), 100u);
  EXPECT_EQ(stat("instructions"), 401u);
  EXPECT_TRUE(errors_.errors.empty());
}

TEST_F(InstructionFifoTest, TheSameChainsTakeAsLongFromMemory) {
  const std::vector<std::uint64_t> words = products(50);
  sc_core::sc_spawn([&] {
    for (const std::uint64_t word : words) {
      push(word);
    }
  });
  pass(50'000);
  ASSERT_EQ(harts_.pulses.size(), 1u);
  const auto by_hand = static_cast<double>(harts_.pulses[0].cycle);
  const auto from_memory = static_cast<double>(cycles_in_memory(words));
  // Beside that: descriptor and program are fetched, the completion is written.
  EXPECT_GT(from_memory, by_hand + 3 * 20);
  EXPECT_LT(from_memory, by_hand + 300);
}

TEST_F(InstructionFifoTest, AnErrorDropsInstructionsUntilTheEngineIsEnabledAgain) {
  push(encode({static_cast<Opcode>(0x33), MemoryId::kL2, 0, 0, 0}));
  pass(100);
  const std::uint32_t status = bus_.read(ATTENTION_ENGINE_STATUS);
  EXPECT_NE(status & ATTENTION_ENGINE_STATUS_FIFO_HALTED, 0u);
  EXPECT_EQ(status >> ATTENTION_ENGINE_STATUS_ERROR_SHIFT,
            static_cast<std::uint32_t>(ErrorCode::kBadOpcode));
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_ERRINFO), 0u);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_ERRINFO + 4 * 7), 0x33u << 26);
  EXPECT_EQ(harts_.pulses.size(), 1u);
  for (const std::uint64_t word : products(1)) {
    push(word);
  }
  pass(1000);
  EXPECT_EQ(stat("chains"), 0u);
  bus_.write(ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_EN);
  for (const std::uint64_t word : products(1)) {
    push(word);
  }
  pass(1000);
  EXPECT_EQ(stat("chains"), 1u);
  EXPECT_EQ(harts_.pulses.size(), 2u);
}

TEST_F(InstructionFifoTest, DescriptorsAndInstructionsTakeTurns) {
  submit(attention(PatternKind::kDense));
  pass(100);
  for (const std::uint64_t word : products(1)) {
    push(word);
  }
  submit(attention(PatternKind::kDense));
  pass(100'000);
  ASSERT_EQ(harts_.pulses.size(), 3u);
  const Cycles first = completion(0).cycles;
  EXPECT_EQ(harts_.pulses[0].cycle, first);
  EXPECT_GT(harts_.pulses[1].cycle, first);  // the instructions
  EXPECT_LT(harts_.pulses[1].cycle, first + 150);
  EXPECT_EQ(harts_.pulses[2].cycle, harts_.pulses[1].cycle + completion(1).cycles);
  EXPECT_EQ(completion(1).code(), ErrorCode::kNone);
}

TEST_F(InstructionFifoTest, AnAbortedDescriptorTakesWaitingInstructionsWithIt) {
  submit(attention(PatternKind::kDense));
  pass(100);
  sc_core::sc_spawn([&] {
    for (const std::uint64_t word : products(100)) {  // more than there are places
      push(word);
    }
  });
  pass(100);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_INST_SPACE), 0u);
  bus_.write(ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_EN | ATTENTION_ENGINE_CTRL_ABORT);
  EXPECT_EQ(completion(0).code(), ErrorCode::kAborted);
  pass(10'000);
  EXPECT_NE(bus_.read(ATTENTION_ENGINE_STATUS) & ATTENTION_ENGINE_STATUS_FIFO_HALTED, 0u);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_INST_SPACE), 64u);
  EXPECT_EQ(stat("instructions"), 64u);
  EXPECT_TRUE(engine_.is_idle());
}

TEST_F(InstructionFifoTest, ReadsOfWhatNobodyWroteAreFoundWhenChecked) {
  bus_.write(ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_EN | ATTENTION_ENGINE_CTRL_CHECK_READS);
  std::vector<std::uint64_t> words;
  ChainWriter writer(words);
  writer.read(MemoryId::kInQ, 0, 4).write(MemoryId::kMfuInitialVrf, 8, 4).end();
  writer.read(MemoryId::kMfuInitialVrf, 8, 4).write(MemoryId::kScoreVrf, 0, 4).end();
  writer.read(MemoryId::kMfuInitialVrf, 9, 4).write(MemoryId::kScoreVrf, 0, 4).end();
  for (const std::uint64_t word : words) {
    push(word);
  }
  pass(1000);
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_ERRINFO + 4),
            static_cast<std::uint32_t>(ErrorCode::kReadUninitialised));
  EXPECT_EQ(bus_.read(ATTENTION_ENGINE_ERRINFO + 8), 12u);
}

}  // namespace
}  // namespace tessera::attention_engine
