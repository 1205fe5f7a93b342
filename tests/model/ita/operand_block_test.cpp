// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/base/config_tree.h"
#include "models/ita/operand_block_interface.h"
#include "tests/golden/ita/mempool_image.h"
#include "tests/model/ita/random_operands.h"
#include "tests/support/sinks.h"

namespace tessera::ita {
namespace {

const FlavourParameters& mempool() {
  return parameters_of(Flavour::kMempool);
}

/// `heads` random operand blocks of one shape; only head 0's Q and K count.
test::MempoolCase random_case(const HeadShape& shape, std::size_t heads) {
  test::RandomOperands random(3);
  test::MempoolCase result;
  result.shape = shape;
  for (std::size_t h = 0; h < heads; ++h) {
    test::MempoolCase::Head head;
    const auto bytes = random.int8(OperandBlockLayout(shape).bytes);
    head.block.assign(bytes.begin(), bytes.end());
    for (Requant& requant : head.requant) {
      requant = random.requant(shape.e);
    }
    // Biases are the last bytes of a block: keep their sums inside 32 bits.
    for (std::size_t i = OperandBlockLayout(shape).bo + 3; i < head.block.size(); i += 4) {
      head.block[i] = head.block[i - 1] = (head.block[i - 2] & 0x80) != 0 ? 0xFF : 0;
    }
    result.heads.push_back(head);
  }
  return result;
}

class ItaOperandBlock : public testing::Test {
 protected:
  static constexpr std::uint32_t kHart = 11;
  static constexpr std::uint32_t kPc = 0x8000'0040;
  static constexpr HeadShape kShape{48, 80, 32};

  ItaOperandBlock() {
    bus_.socket.bind(ita_.target_socket);
    bus_.initiator.hart = kHart;
    bus_.initiator.pc = kPc;
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  Cycles start(std::uint32_t instance, const HeadShape& shape = kShape) {
    return driver_.start(instance, image_.addresses[instance], shape);
  }
  std::uint32_t state(std::uint32_t instance) { return driver_.read(instance, ITA_BLOCK_STATE); }
  std::vector<std::int8_t> expected(std::size_t head) {
    const auto fetch = fetch_operand_block(image_.memory, image_.addresses[head], kShape);
    return attention_head(fetch.head, mempool()).output;
  }
  std::vector<std::int8_t> nothing() const { return std::vector<std::int8_t>(kShape.s * kShape.e); }
  std::uint64_t stat(const std::string& name) const { return stats_.value(name); }
  void expect_one_error(const std::string& where, const std::string& text) {
    ASSERT_EQ(errors_.errors.size(), 1u);
    const GuestError& error = errors_.errors.front();
    EXPECT_EQ(error.kind, GuestErrorKind::kDeviceMisuse);
    EXPECT_EQ(error.hart, kHart);
    EXPECT_EQ(error.pc, kPc);
    EXPECT_EQ(error.where, where);
    EXPECT_NE(error.message.find(text), std::string::npos) << error.message;
  }
  /// A START that is refused: DONE at once, nothing written.
  void expect_refusal(const std::string& text) {
    EXPECT_EQ(state(1) & (ITA_BLOCK_STATE_BUSY | ITA_BLOCK_STATE_DONE), ITA_BLOCK_STATE_DONE);
    driver_.wait(kRunCycles + 100);
    state(1);
    EXPECT_EQ(image_.output(1), nothing());
    expect_one_error("ita[1]", text);
    EXPECT_EQ(stat("ita[1].misuses"), 1u);
    EXPECT_EQ(stat("ita[1].heads"), 0u);
  }

  // S 48, E 80, P 32: 10240 + 7680 + 704 bytes of operands and 60 of constants, 16 bytes per cycle;
  // 1 x 2 x 1 tiles; 3840 bytes out.
  const Cycles kRunCycles = 1168 + (8 + 256 * (4 * 2 + 2) + 11) + 240;

  test::MempoolImage image_{random_case(kShape, 4)};
  ClockDomain clock_{500'000};
  StatGroup stats_{"soc"};
  test::GuestErrorRecorder errors_;
  test::BusInitiator bus_{"bus"};
  OperandBlockInterface ita_{"ita", {}, clock_, image_.memory, errors_, stats_};
  test::OperandBlockDriver driver_{bus_, clock_};
};

TEST_F(ItaOperandBlock, OneHeadIsComputedAtTheEndOfItsTime) {
  const Cycles begin = start(0);
  EXPECT_EQ(state(0), ITA_BLOCK_STATE_BUSY | ITA_BLOCK_STATE_SKIPSOFTMAX);
  driver_.wait(begin + kRunCycles - 1 - driver_.cycle());
  EXPECT_EQ(state(0), ITA_BLOCK_STATE_BUSY | ITA_BLOCK_STATE_SKIPSOFTMAX);
  EXPECT_EQ(image_.output(0), nothing());
  EXPECT_EQ(state(0), ITA_BLOCK_STATE_DONE | ITA_BLOCK_STATE_SKIPSOFTMAX);
  EXPECT_EQ(image_.output(0), expected(0));
  EXPECT_NE(image_.output(0), nothing());
  EXPECT_TRUE(errors_.errors.empty());
  EXPECT_EQ(stat("ita[0].heads"), 1u);
  EXPECT_EQ(stat("ita[0].busy_cycles"), kRunCycles);
  EXPECT_EQ(stat("ita[0].macs"), 4u * 48 * 80 * 32 + 2 * 48 * 48 * 32);
  EXPECT_EQ(stat("ita[0].bytes_read"), 4u * 80 * 32 + 2 * 48 * 80 + 4 * (80 + 3 * 32) + 60);
  EXPECT_EQ(stat("ita[0].bytes_written"), 48u * 80);
  EXPECT_EQ(stat("ita[1].heads"), 0u);
}

TEST_F(ItaOperandBlock, FourInstancesShareQueriesAndKeysOfTheFirst) {
  for (std::uint32_t i = 0; i < 4; ++i) {
    start(i);
  }
  for (std::uint32_t i = 0; i < 4; ++i) {
    driver_.wait_for_done(i);
    EXPECT_EQ(image_.output(i), expected(i)) << i;
  }
  auto own = image_.addresses[3];
  own.shared_block = own.block;
  const auto fetch = fetch_operand_block(image_.memory, own, kShape);
  EXPECT_NE(image_.output(3), attention_head(fetch.head, mempool()).output);
}

TEST_F(ItaOperandBlock, HeadsEndWithoutAnybodyLooking) {
  const Cycles begin = start(2);
  sc_core::sc_start(clock_.time(begin + kRunCycles));
  EXPECT_EQ(image_.output(2), nothing());
  sc_core::sc_start(clock_.time(1));
  EXPECT_EQ(image_.output(2), expected(2));
}

TEST_F(ItaOperandBlock, InstancesEndInTheOrderOfTheirTimes) {
  start(0);
  start(3, {16, 16, 16});
  driver_.wait_for_done(3);
  EXPECT_NE(state(0) & ITA_BLOCK_STATE_BUSY, 0u);
  driver_.wait_for_done(0);
  EXPECT_EQ(stat("ita[3].busy_cycles"), 116u + 1555 + 16);
}

TEST_F(ItaOperandBlock, StartClearsTheDoneOfTheRunBefore) {
  start(0);
  driver_.wait_for_done(0);
  start(0);
  EXPECT_EQ(state(0) & (ITA_BLOCK_STATE_BUSY | ITA_BLOCK_STATE_DONE), ITA_BLOCK_STATE_BUSY);
  driver_.wait_for_done(0);
  EXPECT_EQ(stat("ita[0].heads"), 2u);
}

TEST_F(ItaOperandBlock, PlainWritesStoreFlagsAndDone) {
  driver_.write(0, ITA_BLOCK_STATE, 0xFFFFFFFE);
  EXPECT_EQ(state(0), 0xF4u);  // ITER, SKIPSOFTMAX and DONE; BUSY belongs to the hardware
  driver_.write(0, ITA_BLOCK_STATE, 0);
  EXPECT_EQ(state(0), 0u);
}

TEST_F(ItaOperandBlock, RegistersAreReadBackAndNothingLiesBetweenInstances) {
  for (std::uint32_t offset = ITA_BLOCK_START_ADDR; offset < ITA_BLOCK_BYTES; offset += 4) {
    driver_.write(3, offset, 0x100 + offset);
    EXPECT_EQ(driver_.read(3, offset), 0x100 + offset);
  }
  for (std::uint32_t offset = ITA_BLOCK_BYTES; offset < ITA_BLOCK_STRIDE; offset += 4) {
    driver_.write(3, offset, 0xFF);
    EXPECT_EQ(driver_.read(3, offset), 0u);
  }
}

TEST_F(ItaOperandBlock, StartWhileBusyIsIgnored) {
  const Cycles begin = start(0);
  driver_.write(0, ITA_BLOCK_OUT_ADDR, image_.addresses[1].output);
  driver_.write(0, ITA_BLOCK_STATE, ITA_BLOCK_STATE_START);
  expect_one_error("ita[0]", "START while BUSY: ignored; wait for DONE first");
  EXPECT_EQ(driver_.wait_for_done(0), begin + kRunCycles);
  EXPECT_EQ(image_.output(0), expected(0));
  EXPECT_EQ(image_.output(1), nothing());
}

TEST_F(ItaOperandBlock, SizeThatIsNoMultipleOf16IsRefused) {
  start(1, {48, 80, 40});
  expect_refusal("ITA1_P = 40; allowed: multiples of 16 up to 1024: nothing is computed");
}

TEST_F(ItaOperandBlock, SizeZeroIsRefused) {
  start(1, {0, 80, 32});
  expect_refusal("ITA1_S = 0; allowed");
}

TEST_F(ItaOperandBlock, SizeBeyondTheLimitIsRefused) {
  start(1, {48, 1040, 32});
  expect_refusal("ITA1_E = 1040; allowed: multiples of 16 up to 1024");
}

TEST_F(ItaOperandBlock, AddressOffAWordIsRefused) {
  image_.addresses[1].requant += 2;
  start(1);
  expect_refusal("ITA1_RQS_ADDR = ");
}

TEST_F(ItaOperandBlock, SeveralIterationsAreRefused) {
  start(1, {0, 0, 0});  // programs the addresses; refused
  errors_.errors.clear();
  driver_.write(1, ITA_BLOCK_S, kShape.s);
  driver_.write(1, ITA_BLOCK_E, kShape.e);
  driver_.write(1, ITA_BLOCK_P, kShape.p);
  driver_.write(1, ITA_BLOCK_STATE, ITA_BLOCK_STATE_START | 2 << ITA_BLOCK_STATE_ITER_SHIFT);
  expect_one_error("ita[1]", "ITER = 2; allowed: 0");
  EXPECT_NE(state(1) & ITA_BLOCK_STATE_DONE, 0u);
}

TEST_F(ItaOperandBlock, OperandsOutsideMemoryAreReportedAtTheEnd) {
  image_.addresses[1].block = 0x4000'0000;
  const Cycles begin = start(1);
  EXPECT_TRUE(errors_.errors.empty());
  EXPECT_EQ(driver_.wait_for_done(1), begin + kRunCycles);
  expect_one_error("ita[1]", "operands or constants at 0x40000000 are not in memory");
  EXPECT_EQ(errors_.errors.front().address, 0x4000'0000u);
  EXPECT_EQ(image_.output(1), nothing());
  EXPECT_EQ(stat("ita[1].macs"), 0u);
}

TEST_F(ItaOperandBlock, TablesOutsideMemoryAreReported) {
  const std::uint32_t nowhere = 0x10;
  image_.memory.write(image_.addresses[1].requant + 4, &nowhere, sizeof nowhere);
  start(1);
  driver_.wait_for_done(1);
  expect_one_error("ita[1]", "operands or constants at 0x10 are not in memory");
  EXPECT_EQ(image_.output(1), nothing());
}

TEST_F(ItaOperandBlock, ConstantsThatMakeAllResultsEqualAreReported) {
  std::uint32_t mult = 0;
  image_.memory.read(image_.addresses[1].requant, &mult, sizeof mult);
  const std::uint8_t zero = 0;
  image_.memory.write(mult + 7, &zero, sizeof zero);  // no phase of a head uses it
  start(1);
  driver_.wait_for_done(1);
  EXPECT_TRUE(errors_.errors.empty());
  image_.memory.write(mult + 2, &zero, sizeof zero);
  start(1);
  driver_.wait_for_done(1);
  expect_one_error("ita[1]", "mult[2] = 0, shift[2] = ");
}

TEST_F(ItaOperandBlock, TablesThatOverlapAreReportedAndUsed) {
  const std::uint32_t pointers = image_.addresses[1].requant;
  std::uint32_t mult = 0;
  image_.memory.read(pointers, &mult, sizeof mult);
  const std::uint32_t shift = mult + 4;
  image_.memory.write(pointers + 4, &shift, sizeof shift);
  start(1);
  driver_.wait_for_done(1);
  expect_one_error("ita[1]", fmt::format("the table mult at {:#x}", mult));
  EXPECT_EQ(errors_.errors.front().address, mult);
  EXPECT_EQ(image_.output(1), expected(1));
}

TEST_F(ItaOperandBlock, TableInTheOperandsIsReported) {
  const std::uint32_t add = image_.addresses[1].block + 64;
  image_.memory.write(image_.addresses[1].requant + 8, &add, sizeof add);
  start(1);
  driver_.wait_for_done(1);
  expect_one_error("ita[1]", fmt::format("the table add at {:#x}", add));
}

TEST_F(ItaOperandBlock, OutputThatLeavesMemoryIsReported) {
  const auto end = image_.memory.base() + static_cast<std::uint32_t>(image_.memory.size_bytes());
  image_.addresses[1].output = end - 3836;
  start(1);
  driver_.wait_for_done(1);
  expect_one_error("ita[1]", "the output, 3840 bytes at ");
  EXPECT_EQ(stat("ita[1].bytes_written"), 0u);
  EXPECT_EQ(stat("ita[1].heads"), 1u);
}

TEST(ItaOperandBlockConfig, EveryKeyIsAnAssumption) {
  ConfigTree tree;
  tree.set("fetch_bytes_per_cycle=64");
  tree.set("output_bytes_per_cycle=32");
  tree.set("fetch_overlapped=true");
  tree.set("start_latency_cycles=9");
  tree.set("max_dimension=512");
  const auto parameters = OperandBlockParameters::from_config(tree.root());
  tree.check();
  EXPECT_EQ(parameters.timing.fetch_bytes_per_cycle, 64u);
  EXPECT_EQ(parameters.timing.output_bytes_per_cycle, 32u);
  EXPECT_TRUE(parameters.timing.is_fetch_overlapped);
  EXPECT_EQ(parameters.timing.start_latency_cycles, 9u);
  EXPECT_EQ(parameters.max_dimension, 512u);
  EXPECT_EQ(tree.parameters().size(), 5u);
  for (const ConfigParameter& parameter : tree.parameters()) {
    EXPECT_TRUE(parameter.is_assumption()) << parameter.path;
  }
}

}  // namespace
}  // namespace tessera::ita
