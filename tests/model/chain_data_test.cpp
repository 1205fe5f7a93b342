// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/device/chain_data.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <utility>

#include <gtest/gtest.h>

#include "models/attention_engine/cycle/chain_decoder.h"
#include "models/attention_engine/cycle/chain_writer.h"
#include "models/attention_engine/operators.h"
#include "models/attention_engine/pattern.h"

namespace tessera::attention_engine {
namespace {

constexpr std::uint32_t kN = 64;  // soc64
constexpr MemoryId kMvm = MemoryId::kMvmInitialVrf;
constexpr MemoryId kMfu = MemoryId::kMfuInitialVrf;

class Bytes final : public ByteMemory {
 public:
  bool read(std::uint32_t address, void* data, std::size_t bytes) override {
    return copy(address, bytes, [&](std::uint8_t* place) { std::memcpy(data, place, bytes); });
  }
  bool write(std::uint32_t address, const void* data, std::size_t bytes) override {
    return copy(address, bytes, [&](std::uint8_t* place) { std::memcpy(place, data, bytes); });
  }
  std::vector<std::uint8_t> all = std::vector<std::uint8_t>(1 << 20);

 private:
  bool copy(std::uint32_t address, std::size_t count,
            const std::function<void(std::uint8_t*)>& move) {
    const bool is_inside = address + count <= all.size();
    if (is_inside) {
      move(all.data() + address);
    }
    return is_inside;
  }
};

/// Chains as software writes them, decoded and performed by run().
class ChainDataTest : public ::testing::Test {
 protected:
  ChainDataTest() { decoder_.keep_chains(&written_); }

  /// The chains so far; fails when the decoder refuses one.
  std::optional<EngineError> run() {
    for (const std::uint64_t word : std::exchange(words_, {})) {
      EXPECT_NE(decoder_.take(word), ChainDecoder::Outcome::kError);
    }
    std::optional<EngineError> error;
    for (const WrittenChain& chain : std::exchange(written_, {})) {
      error = error ? error : data_.perform(chain);
    }
    return error;
  }
  /// Random bytes at `address`.
  std::vector<std::int8_t> fill(std::uint32_t address, std::size_t bytes) {
    std::vector<std::int8_t> values(bytes);
    for (std::int8_t& value : values) {
      value = static_cast<std::int8_t>(random_());
    }
    std::memcpy(memory_.all.data() + address, values.data(), bytes);
    return values;
  }
  std::vector<std::int8_t> at(std::uint32_t address, std::size_t bytes) {
    std::vector<std::int8_t> values(bytes);
    std::memcpy(values.data(), memory_.all.data() + address, bytes);
    return values;
  }
  void set_rows(std::uint32_t rows, std::uint32_t bytes, std::uint32_t stride = 0) {
    writer_.set(ScalarRegister::kIterations, rows);
    writer_.set(ScalarRegister::kRowBytes, bytes);
    writer_.set(ScalarRegister::kStrideRow, stride);
  }
  /// The bytes at 0, one vector, with `operations` applied.
  std::vector<std::int8_t> applied(const std::function<void(ChainWriter&)>& operations) {
    set_rows(1, kN);
    writer_.read(MemoryId::kL2, 0).write(kMfu, 0, 1).end();
    writer_.read(kMfu, 0, 1);
    operations(writer_);
    writer_.write(MemoryId::kL2, 4096).end();
    EXPECT_FALSE(run());
    return at(4096, kN);
  }
  void expect_each(const std::vector<std::int8_t>& found,
                   const std::function<double(std::int8_t)>& expected) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i], expected(at(0, kN)[i])) << "of " << int{at(0, kN)[i]};
    }
  }

  Bytes memory_;
  std::mt19937 random_{7};
  ChainDecoder decoder_{engine_preset("soc64")};
  std::deque<WrittenChain> written_;
  ChainData data_{engine_preset("soc64"), memory_};
  std::vector<std::uint64_t> words_;
  ChainWriter writer_{words_};
};

TEST_F(ChainDataTest, ProductsOfAnySizeAreThoseOfGemm) {
  constexpr std::uint32_t kRows = 5;
  constexpr std::uint32_t kDepth = 130;   // three columns, the last of 2 elements
  constexpr std::uint32_t kOutputs = 70;  // two rows of tiles
  constexpr std::uint32_t kW = 0x4000;
  constexpr std::uint32_t kBias = 0x10000;
  constexpr std::uint32_t kOut = 0x20000;
  const transformer_math::Requant requant{77, 15, 3};
  const auto a = fill(0, kRows * 192);
  const auto w = fill(kW, kOutputs * kDepth);
  std::vector<std::int32_t> bias(2 * kN);
  for (std::uint32_t i = 0; i < kOutputs; ++i) {
    bias[i] = static_cast<std::int32_t>(random_() % 200'000) - 100'000;
  }
  memory_.write(kBias, bias.data(), bias.size() * sizeof bias[0]);

  set_rows(kOutputs, kDepth);
  writer_.read_matrix(kW).write_matrix(10, 6).end();
  set_rows(2, 4 * kN);
  writer_.read(MemoryId::kL2, kBias).write(MemoryId::kAccVrf, 100, 2).end();
  set_rows(kRows, kDepth, 192);
  writer_.read(MemoryId::kL2, 0).write(kMvm, 20, kRows * 3).end();
  writer_.set(ScalarRegister::kRows, 2);
  writer_.set(ScalarRegister::kColumns, 3);
  writer_.set(ScalarRegister::kRequantMult, requant.mult);
  writer_.set(ScalarRegister::kRequantShift, requant.shift);
  writer_.set(ScalarRegister::kRequantAdd, 3);
  set_rows(kRows, kOutputs, 128);
  writer_.read(kMvm, 20, kRows * 3)
      .multiply(10)
      .apply(Opcode::kAdd, MemoryId::kAccVrf, 100, 2)
      .apply(Opcode::kRequantise)
      .write(MemoryId::kL2, kOut)
      .end();
  ASSERT_FALSE(run());

  const TileMap dense = pattern_map(Pattern{}, {kOutputs, kDepth, kN});
  const auto expected =
      multiply_sparse(dense, kRows, {a.data(), 192}, {w.data(), kDepth}, bias.data(), requant);
  for (std::uint32_t row = 0; row < kRows; ++row) {
    const auto found = at(kOut + row * 128, kOutputs);
    EXPECT_TRUE(std::equal(found.begin(), found.end(), expected.begin() + row * kOutputs)) << row;
    EXPECT_EQ(at(kOut + row * 128 + kOutputs, 1)[0], 0);  // nothing behind the row
  }
}

TEST_F(ChainDataTest, ATransposedMatrixMultipliesByItsColumns) {
  const auto w = fill(0x4000, 40 * 50);
  const auto x = fill(0, 40);
  set_rows(40, 50);
  writer_.read_matrix(0x4000, kFlagTranspose).write_matrix(0, 1).end();
  set_rows(1, 40);
  writer_.read(MemoryId::kL2, 0).write(kMvm, 0, 1).end();
  set_rows(1, 50);
  writer_.set(ScalarRegister::kRequantShift, 8);
  writer_.read(kMvm, 0, 1).multiply(0).apply(Opcode::kRequantise).write(MemoryId::kL2, 8192).end();
  ASSERT_FALSE(run());
  for (std::size_t output = 0; output < 50; ++output) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < 40; ++i) {
      sum += int{x[i]} * w[i * 50 + output];
    }
    EXPECT_EQ(at(8192, 50)[output],
              transformer_math::requantise(sum, {1, 8, 0}, transformer_math::kExactProduct));
  }
}

TEST_F(ChainDataTest, ProductsAddUpInTheAccumulators) {
  const auto w = fill(0x4000, kN * 2 * kN);
  const auto x = fill(0, 2 * kN);
  set_rows(kN, 2 * kN);
  writer_.read_matrix(0x4000).write_matrix(0, 2).end();
  set_rows(1, 2 * kN);
  writer_.read(MemoryId::kL2, 0).write(kMvm, 0, 2).end();
  set_rows(1, kN);
  writer_.set(ScalarRegister::kRequantShift, 9);
  writer_.set(ScalarRegister::kVectorLength, 48);  // the rest of each vector counts as 0
  writer_.read(kMvm, 0, 1).multiply(0).write(MemoryId::kAccVrf, 0, 1).end();
  writer_.read(kMvm, 1, 1)
      .multiply(1, kFlagAccumulate)
      .apply(Opcode::kRequantise)
      .write(MemoryId::kL2, 8192)
      .end();
  ASSERT_FALSE(run());
  for (std::size_t output = 0; output < kN; ++output) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < 2 * kN; ++i) {
      sum += i % kN < 48 ? int{x[i]} * w[output * 2 * kN + i] : 0;
    }
    EXPECT_EQ(at(8192, kN)[output],
              transformer_math::requantise(sum, {1, 9, 0}, transformer_math::kExactProduct));
  }
}

TEST_F(ChainDataTest, ASoftmaxInPiecesIsThatOfTheWholeRow) {
  constexpr std::uint32_t kColumns = 2 * kN;
  const auto logits = fill(0, 3 * kColumns);
  set_rows(3, kColumns);
  writer_.read(MemoryId::kL2, 0).write(MemoryId::kScoreVrf, 0, 6).end();
  writer_.set(ScalarRegister::kColumns, 2);
  writer_.read(MemoryId::kScoreVrf, 0, 6)
      .apply(Opcode::kSoftmaxAccumulate, MemoryId::kSmxRf, 4)
      .write(MemoryId::kScoreVrf, 0, 6)
      .end();
  writer_.read(MemoryId::kScoreVrf, 0, 6)
      .apply(Opcode::kSoftmaxFinish, MemoryId::kSmxRf, 4)
      .write(MemoryId::kScoreVrf, 0, 6)
      .end();
  writer_.read(MemoryId::kScoreVrf, 0, 6).write(MemoryId::kL2, 8192).end();
  ASSERT_FALSE(run());
  const auto expected = softmax_rows({logits.data(), kColumns}, 3, kColumns);
  const auto found = at(8192, 3 * kColumns);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(static_cast<std::uint8_t>(found[i]), expected[i]) << i;
  }
}

TEST_F(ChainDataTest, ElementsPassFunctions) {
  fill(0, kN);
  writer_.set(ScalarRegister::kFractionBits, 5);
  expect_each(applied([](ChainWriter& chain) { chain.apply(Opcode::kRelu); }),
              [](std::int8_t x) { return std::max(int{x}, 0); });
  const auto rounded = [](double y) { return std::min(std::floor(128 * y + 0.5), 127.0); };
  expect_each(applied([](ChainWriter& chain) { chain.apply(Opcode::kSigmoid); }),
              [&](std::int8_t x) { return rounded(1 / (1 + std::exp(-x / 32.0))); });
  expect_each(applied([](ChainWriter& chain) { chain.apply(Opcode::kTanh); }),
              [&](std::int8_t x) { return rounded(std::tanh(x / 32.0)); });
  expect_each(applied([](ChainWriter& chain) { chain.apply(Opcode::kExp); }),
              [&](std::int8_t x) { return rounded(std::exp(x / 32.0)); });
  writer_.set(ScalarRegister::kGeluB, static_cast<std::uint16_t>(-101));
  writer_.set(ScalarRegister::kGeluC, 188);
  writer_.set(ScalarRegister::kRequantMult, 3);
  writer_.set(ScalarRegister::kRequantShift, 17);
  expect_each(
      applied([](ChainWriter& chain) { chain.apply(Opcode::kGelu).apply(Opcode::kRequantise); }),
      [](std::int8_t x) {
        return gelu_rows({&x, 1}, 1, 1, {-101, 188, {3, 17, 0}}).front();
      });
}

TEST_F(ChainDataTest, SecondOperandsRepeatAndResultsSaturate) {
  const auto x = fill(0, 4 * kN);
  set_rows(4, kN);
  writer_.read(MemoryId::kL2, 0)
      .write(kMfu, 0, 4)
      .write(MemoryId::kAddSubVrf0, 0, 4)
      .write(MemoryId::kMultiplyVrf, 0, 4)
      .end();
  writer_.read(kMfu, 0, 4)
      .apply(Opcode::kSubtractReversed, MemoryId::kAddSubVrf0, 1, 2)
      .write(MemoryId::kL2, 8192)
      .end();
  writer_.set(ScalarRegister::kRequantShift, 7);
  writer_.read(kMfu, 0, 4)
      .apply(Opcode::kMultiply, MemoryId::kMultiplyVrf, 0, 1)
      .apply(Opcode::kRequantise)
      .apply(Opcode::kMaximum, MemoryId::kAddSubVrf0, 3, 1)
      .write(MemoryId::kL2, 16384)
      .end();
  ASSERT_FALSE(run());
  const auto differences = at(8192, 4 * kN);
  const auto products = at(16384, 4 * kN);
  for (std::size_t i = 0; i < 4 * kN; ++i) {
    const int subtrahend = x[kN + i % (2 * kN)];
    EXPECT_EQ(differences[i], std::clamp(subtrahend - x[i], -128, 127));
    const int product = static_cast<int>(std::floor(x[i] * x[i % kN] / 128.0 + 0.5));
    EXPECT_EQ(products[i], std::max(std::min(product, 127), int{x[3 * kN + i % kN]}));
  }
}

TEST_F(ChainDataTest, RowsAreReducedToTheirSumsAndInverseRoots) {
  std::fill_n(memory_.all.begin(), 4 * kN, std::uint8_t{3});
  set_rows(4, kN);
  writer_.read(MemoryId::kL2, 0).write(kMfu, 0, 4).write(MemoryId::kMultiplyVrf, 0, 4).end();
  writer_.set(ScalarRegister::kColumns, 2);
  writer_.set(ScalarRegister::kRequantShift, 20);
  set_rows(2, kN);
  writer_.read(kMfu, 0, 4)
      .apply(Opcode::kMultiply, MemoryId::kMultiplyVrf, 0, 4)
      .apply(Opcode::kReduceSum)
      .apply(Opcode::kInverseRoot)
      .apply(Opcode::kRequantise)
      .write(MemoryId::kL2, 8192)
      .end();
  ASSERT_FALSE(run());
  const int factor = (1 << 30) / 33 * 2;  // squares of 128 threes: 1152, whose root is 33
  const auto expected = static_cast<std::int8_t>(std::min(127, factor >> 20));
  EXPECT_EQ(at(8192, 2 * kN), std::vector<std::int8_t>(2 * kN, expected));
  EXPECT_EQ(at(8192 + 2 * kN, 1)[0], 0);
}

TEST_F(ChainDataTest, MasksComeFromMemory) {
  const auto x = fill(0, 2 * kN);
  const auto masks = fill(4096, kN * kN / 8);
  set_rows(kN, kN / 8);
  writer_.read(MemoryId::kL2, 4096).write(MemoryId::kMaskRam, 5, 1).end();
  set_rows(2, kN);
  writer_.read(MemoryId::kL2, 0).write(kMfu, 0, 2).end();
  writer_.read(kMfu, 0, 2)
      .apply(Opcode::kMask, MemoryId::kMaskRam, 5, 1)
      .write(MemoryId::kL2, 8192)
      .end();
  ASSERT_FALSE(run());
  for (std::size_t i = 0; i < 2 * kN; ++i) {
    const bool is_allowed = (masks[i / 8] >> (i % 8) & 1) != 0;
    EXPECT_EQ(at(8192, 2 * kN)[i], is_allowed ? x[i] : -128) << i;
  }
}

TEST_F(ChainDataTest, WhatWaitsInTheInputQueueComesOutInOrder) {
  const auto x = fill(0, 3 * kN);
  set_rows(3, kN);
  writer_.read(MemoryId::kL2, 0).write(MemoryId::kInQ, 0, 3).end();
  writer_.read(MemoryId::kInQ, 0, 2).write(kMfu, 0, 2).end();
  writer_.read(MemoryId::kInQ, 0, 2).write(kMfu, 2, 2).end();  // one more than there is: 0
  set_rows(4, kN);
  writer_.read(kMfu, 0, 4).write(MemoryId::kL2, 8192).end();
  ASSERT_FALSE(run());
  EXPECT_EQ(at(8192, 3 * kN), x);
  EXPECT_EQ(at(8192 + 3 * kN, kN), std::vector<std::int8_t>(kN));
}

TEST_F(ChainDataTest, MatricesAreCopiedWithinTheirFile) {
  const auto w = fill(0x4000, kN * kN);
  fill(0, kN);
  set_rows(kN, kN);
  writer_.read_matrix(0x4000).write_matrix(0).end();
  words_.push_back(encode({Opcode::kMatrixRead, MemoryId::kMrf, 0, 1, 0}));
  words_.push_back(encode({Opcode::kMatrixWrite, MemoryId::kMrf, 0, 1, 9}));
  words_.push_back(encode({Opcode::kEndChain, MemoryId::kL2, 0, 0, 0}));
  set_rows(1, kN);
  writer_.set(ScalarRegister::kRequantShift, 8);
  writer_.read(MemoryId::kL2, 0).write(kMvm, 0, 1).end();
  for (const std::uint32_t tile : {0u, 9u}) {
    writer_.read(kMvm, 0, 1)
        .multiply(tile)
        .apply(Opcode::kRequantise)
        .write(MemoryId::kL2, 8192 + tile * kN)
        .end();
  }
  ASSERT_FALSE(run());
  EXPECT_EQ(at(8192, kN), at(8192 + 9 * kN, kN));
  EXPECT_NE(at(8192, kN), std::vector<std::int8_t>(kN));
}

TEST_F(ChainDataTest, AddressesWithoutMemoryAreErrors) {
  set_rows(1, kN);
  writer_.read(MemoryId::kL2, 0x4000'0000).write(kMfu, 0, 1).end();
  std::optional<EngineError> error = run();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kAxiDecodeError);
  EXPECT_EQ(decode(error->instruction).opcode, Opcode::kVectorRead);
  EXPECT_EQ(error->index, 0x4000'0000u);
  writer_.read(kMfu, 0, 1).write(MemoryId::kL2, 0x4000'0000).end();
  error = run();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kAxiDecodeError);
  EXPECT_EQ(decode(error->instruction).opcode, Opcode::kVectorWrite);
}

TEST_F(ChainDataTest, AResetLeavesZeros) {
  fill(0, kN);
  set_rows(1, kN);
  writer_.read(MemoryId::kL2, 0).write(kMfu, 0, 1).end();
  ASSERT_FALSE(run());
  data_.reset();
  writer_.read(kMfu, 0, 1).write(MemoryId::kL2, 8192).end();
  fill(8192, kN);
  ASSERT_FALSE(run());
  EXPECT_EQ(at(8192, kN), std::vector<std::int8_t>(kN));
}

}  // namespace
}  // namespace tessera::attention_engine
