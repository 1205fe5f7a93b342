// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/axi/scripts.h"

namespace tessera::test {
namespace {

struct Row {
  std::string name;
  Cycles cycles;  ///< measured on the RTL: shared/golden/mempool/results.csv
  Steps steps;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.name;
}

class MeasuredRow : public testing::TestWithParam<Row> {};

TEST_P(MeasuredRow, TakesTheCyclesOfTheRtlOnMinpool) {
  SocBench bench(minpool());
  EXPECT_EQ(bench.measure(0, kWarmUp + GetParam().steps), GetParam().cycles);
}

TEST_P(MeasuredRow, TakesTheCyclesOfTheRtlOnMempool) {
  SocBench bench(SocPathParameters{});
  EXPECT_EQ(bench.measure(0, kWarmUp + GetParam().steps), GetParam().cycles);
}

INSTANTIATE_TEST_SUITE_P(
    Outstanding, MeasuredRow,
    testing::Values(Row{"ld_x1", 2, once(repeat(1, {load(kUncached)}))},
                    Row{"ld_x2", 3, once(repeat(2, {load(kUncached)}))},
                    Row{"ld_x4", 5, once(repeat(4, {load(kUncached)}))},
                    Row{"ld_x7", 38, once(repeat(7, {load(kUncached)}))},
                    Row{"ld_x8", 49, once(repeat(8, {load(kUncached)}))},
                    Row{"ld_x9", 60, once(repeat(9, {load(kUncached)}))},
                    Row{"ld_x10", 71, once(repeat(10, {load(kUncached)}))},
                    Row{"ld_x12", 93, once(repeat(12, {load(kUncached)}))},
                    Row{"ld_x16", 137, once(repeat(16, {load(kUncached)}))},
                    Row{"st_x1", 2, once(repeat(1, {store(kUncached)}))},
                    Row{"st_x4", 7, once(repeat(4, {store(kUncached)}))},
                    Row{"st_x8", 31, once(repeat(8, {store(kUncached)}))},
                    Row{"st_x9", 35, once(repeat(9, {store(kUncached)}))},
                    Row{"st_x10", 39, once(repeat(10, {store(kUncached)}))},
                    Row{"st_x12", 49, once(repeat(12, {store(kUncached)}))},
                    Row{"st_x16", 67, once(repeat(16, {store(kUncached)}))},
                    Row{"ld_x1_fence", 15, once({load(kUncached), kFence})},
                    Row{"ld_x8_fence", 92, once(repeat(8, {load(kUncached)}) + Steps{kFence})},
                    Row{"st_x1_fence", 16, once({store(kUncached), kFence})},
                    Row{"st_x8_fence", 48, once(repeat(8, {store(kUncached)}) + Steps{kFence})},
                    Row{"amo_x1_fence", 16, once({amo(kUncached), kFence})}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    L2, MeasuredRow,
    testing::Values(Row{"l2_chase4", 1037, loop(20, repeat(4, {load(kUncached, 1, 1)}))},
                    Row{"l2_ld8_sameline", 1729, loop(20, loads8(kUncached, 4))},
                    Row{"l2_ld8_diffL2bank", 1729, loop(20, loads8(kUncached, 64))},
                    Row{"l2_st8", 747, loop(20, stores8(kUncached, 4))},
                    Row{"l2_amoadd_dep4", 1194, loop(20, repeat(4, {amo(kUncached, 1, 1)}))},
                    Row{"l2_st_ld_dep_x4", 2207,
                        loop(20, repeat(4, {store(kUncached, 1), load(kUncached, 1), use(1)}))},
                    Row{"ro_ld_use_x4", 1007, loop(20, repeat(4, {load(kL2, 1), use(1)}))},
                    Row{"ro_ld8_sameline", 1417, loop(20, loads8(kL2, 4))},
                    Row{"x_l2_chase4", 517, loop(10, repeat(4, {load(kUncached, 1, 1)}))},
                    Row{"x_l2_ld8", 409, loop(5, loads8(kUncached, 4))},
                    Row{"x_l2_st8", 187, loop(5, stores8(kUncached, 0))}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Registers, MeasuredRow,
    testing::Values(Row{"ctrl_rd_use_x4", 1487, loop(20, repeat(4, {load(kNrCores, 1), use(1)}))},
                    Row{"ctrl_rd8", 2353, loop(20, loads8(kNrCores, 0))},
                    Row{"ctrl_wr_fence_x4", 1407, loop(20, repeat(4, {store(kRegisters), kFence}))},
                    Row{"ctrl_wr8", 853, loop(20, stores8(kRegisters, 0))},
                    Row{"dma_status_rd_use_x4", 1487,
                        loop(20, repeat(4, {load(kDmaStatus, 1), use(1)}))},
                    Row{"wake_self_then_wfi", 367, loop(20, {store(kWakeUp), kWfi})},
                    Row{"wake_self_fence_wfi", 407, loop(20, {store(kWakeUp), kFence, kWfi})},
                    Row{"uart_sb_fence_x4", 1327, loop(20, repeat(4, {store(kUart), kFence}))},
                    Row{"x_uart_sb8", 199, loop(5, stores8(kUart, 0))}),
    [](const auto& row) { return row.param.name; });

const std::vector<std::uint32_t> kTile0{0, 1, 2, 3};
const std::vector<std::uint32_t> kOnePerTile{0, 4, 8, 12};
const std::vector<std::uint32_t> kAll{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

struct ManyHarts {
  std::string name;
  Cycles cycles;  ///< measured on the RTL: shared/golden/mempool/results.csv, tag 22
  std::vector<std::uint32_t> harts;
  std::uint32_t times;
  bool is_load;
};

std::ostream& operator<<(std::ostream& out, const ManyHarts& row) {
  return out << row.name;
}

class MeasuredTogether : public testing::TestWithParam<ManyHarts> {};

TEST_P(MeasuredTogether, TakesTheCyclesOfTheRtl) {
  SocBench bench(minpool());
  const Cycles cycles = elapsed(bench, GetParam().harts, [](std::uint32_t hart) {
    const std::uint32_t address = kUncached + hart * 64;
    return fenced_loop(GetParam().times,
                       GetParam().is_load ? loads8(address, 0) : stores8(address, 0));
  });
  // There the harts do not start in the same cycle, and the loop is not in their L0 caches yet.
  EXPECT_LE(cycles, GetParam().cycles);
  EXPECT_GE(cycles + 12, GetParam().cycles);
}

INSTANTIATE_TEST_SUITE_P(L2, MeasuredTogether,
                         testing::Values(ManyHarts{"l2_ld_c1", 893, {0}, 10, true},
                                         ManyHarts{"l2_ld_c4_tile", 3553, kTile0, 10, true},
                                         ManyHarts{"l2_ld_c4_1pertile", 894, kOnePerTile, 10, true},
                                         ManyHarts{"l2_ld_call", 1796, kAll, 5, true},
                                         ManyHarts{"l2_st_c4_tile", 1534, kTile0, 10, false},
                                         ManyHarts{"l2_st_call", 797, kAll, 5, false}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace tessera::test
