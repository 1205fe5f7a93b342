// SPDX-License-Identifier: Apache-2.0
// Loops whose cycles were measured on the RTL: spec/mempool.md, sections 5, 9 and 14 A.
#include <algorithm>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "models/isa/csr.h"
#include "tests/unit/core/hart_bench.h"

namespace tessera::isa::test {
namespace {

using tessera::test::HartBench;
using tessera::test::join;
using tessera::test::Program;
using tessera::test::repeat;

/// What the microbenchmarks of the RTL measured: from a read of mcycle, six nops, the loop, to the
/// next read.
struct Loop {
  const char* name;
  int iterations;
  Program body;
  Cycles cycles;
  Cycles latency = 1;  ///< of L1: own tile 1, other tile of minpool 3
};

/// In some of them the RTL left the loop through a line that was not in L0; here caches always hit.
constexpr Cycles kL0Miss = 3;

std::string name_of(const testing::TestParamInfo<Loop>& test) {
  std::string name = test.param.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}
std::ostream& operator<<(std::ostream& stream, const Loop& loop) {
  return stream << loop.name;
}

class MeasuredLoop : public testing::TestWithParam<Loop> {};

TEST_P(MeasuredLoop, TakesTheCyclesOfTheRtl) {
  const Loop& loop = GetParam();
  HartBench bench;
  bench.l1.latency = [&loop](const HartAccess&) { return loop.latency; };
  bench.x(s2) = bench.x(s4) = bench.x(s6) = 0x100;
  bench.x(s3) = bench.x(s5) = bench.x(s7) = 0x110;
  bench.l1.word(0x200) = 0x200;  // for chasing a pointer
  bench.x(a5) = 0x200;
  bench.x(t1) = 1000;
  bench.x(t2) = 7;
  bench.run(join({{addi(t0, zero, loop.iterations), csrrs(a0, csr::kMcycle, zero)},
                  repeat(6, {nop()}),
                  loop.body,
                  {addi(t0, t0, -1), bne(t0, zero, -4 * static_cast<int>(loop.body.size() + 1)),
                   csrrs(a1, csr::kMcycle, zero)}}));
  EXPECT_EQ(bench.x(a1) - bench.x(a0), loop.cycles);
}

const Program kEightMultiplications = {mul(a2, t1, t2), mul(a3, t1, t2), mul(a4, t1, t2),
                                       mul(s3, t1, t2), mul(s4, t1, t2), mul(s5, t1, t2),
                                       mul(s6, t1, t2), mul(s7, t1, t2)};
const Program kEightLoads = {lw(a2, 0, s2),  lw(a3, 4, s2),  lw(a4, 8, s2),  lw(s3, 12, s2),
                             lw(s4, 16, s2), lw(s5, 20, s2), lw(s6, 24, s2), lw(s7, 28, s2)};
/// To four registers that are not t3: step forth and back.
const Program kEightIncrementingLoads = {p_lw(t1, 4, s2),  p_lw(t2, -4, s2), p_lw(t4, 4, s2),
                                         p_lw(s8, -4, s2), p_lw(s9, 4, s2),  p_lw(s10, -4, s2),
                                         p_lw(s11, 4, s2), p_lw(s4, -4, s2)};
const Program kFourDots = {sdotsp(t3, t5, t6), sdotsp(s5, t5, t6), sdotsp(s6, t5, t6),
                           sdotsp(s7, t5, t6)};
const Program kGemmTile = {sdotsp(t5, t1, t3), sdotsp(t6, t1, t4), sdotsp(s8, t2, t3),
                           sdotsp(s9, t2, t4)};

Program dotted(Program loads) {
  return join({std::move(loads), kGemmTile});
}

INSTANTIATE_TEST_SUITE_P(
    Alu, MeasuredLoop,
    testing::Values(Loop{"loop_empty", 100, {}, 207},
                    Loop{"alu_dep8", 100, repeat(8, {addi(a2, a2, 1)}), 1007},
                    Loop{"branch_fwd_nottaken8", 100, repeat(8, {bne(zero, zero, 4)}), 1007},
                    Loop{"branch_fwd_taken8", 100, repeat(8, {beq(zero, zero, 4)}), 1007},
                    Loop{"branch_fwd_taken_skip1_x8", 100, repeat(8, {beq(zero, zero, 8), nop()}),
                         1007},
                    Loop{"jal_fwd8", 100, repeat(8, {jal(zero, 4)}), 1007},
                    Loop{"jalr8", 100, repeat(8, {auipc(a2, 0), jalr(zero, 12, a2), nop()}), 1807},
                    Loop{"csr_mcycle8", 100, repeat(8, {csrrs(a2, csr::kMcycle, zero)}), 1007},
                    Loop{"bneimm_nottaken8", 100, repeat(8, {p_bneimm(a2, 0, 4)}), 1007}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Multiplications, MeasuredLoop,
    testing::Values(
        Loop{"mul_indep8", 100, kEightMultiplications, 1007},
        Loop{"mul_dep8", 100, repeat(8, {mul(a2, a2, t2)}), 2407},
        Loop{"mulh_dep8", 100, repeat(8, {mulh(a2, a2, t2)}), 2407},
        Loop{"mul_use0_x4", 100, repeat(4, {mul(a2, t1, t2), add(a3, a2, a2)}), 1807},
        Loop{"mul_use1_x4", 100, repeat(4, {mul(a2, t1, t2), nop(), add(a3, a2, a2)}), 1807},
        Loop{"mul_use2_x4", 100, repeat(4, {mul(a2, t1, t2), nop(), nop(), add(a3, a2, a2)}), 1807},
        Loop{"mul_waw_x8", 100, repeat(8, {mul(a2, t1, t2)}), 2407},
        Loop{"mac_acc1_x8", 100, repeat(8, {p_mac(t3, t1, t2)}), 2407},
        Loop{"mac_acc2_x8", 100, repeat(4, {p_mac(t3, t1, t2), p_mac(t4, t1, t2)}), 1307},
        Loop{"mac_acc3_x9", 100,
             repeat(3, {p_mac(t3, t1, t2), p_mac(t4, t1, t2), p_mac(t5, t1, t2)}), 1107},
        Loop{"waw_ipu_then_alu_x4", 100, repeat(4, {p_mac(t3, t1, t2), addi(t3, zero, 1)}), 1807},
        Loop{"war_ipu_then_alu_x4", 100, repeat(4, {p_mac(t3, t1, t2), addi(t1, t1, 1)}), 1307}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Divisions, MeasuredLoop,
    testing::Values(
        Loop{"div_1000by7_4", 50, repeat(4, {div(a2, t1, t2), add(a3, a2, a2)}), 2707},
        Loop{"rem_1000by7_4", 50, repeat(4, {rem(a2, t1, t2), add(a3, a2, a2)}), 2707},
        Loop{"div_by0_4", 50, repeat(4, {div(a2, t1, zero), add(a3, a2, a2)}), 7707},
        Loop{"div_0by5_4", 50, repeat(4, {div(a2, zero, t2), add(a3, a2, a2)}), 1107},
        Loop{"div_indep4_1000by7",
             50,
             {div(a2, t1, t2), div(a3, t1, t2), div(a4, t1, t2), div(s3, t1, t2)},
             1982},
        Loop{"div_then_mul_indep", 50, repeat(4, {div(a2, t1, t2), mul(a3, t1, t2)}), 2399},
        Loop{"div_then_4alu", 50, repeat(4, {div(a2, t1, t2), nop(), nop(), nop(), nop()}), 2402},
        Loop{"mac_then_div_x2", 50, repeat(2, {p_mac(t3, t5, t6), div(a2, t1, t2)}), 1199},
        Loop{"div_then_mac_indep_x2", 50, repeat(2, {div(a2, t1, t2), p_mac(t3, t5, t6)}), 1199},
        Loop{"div_then_mac_acc1_x4", 50, join({{div(a2, t1, t2)}, repeat(4, {p_mac(t3, t5, t6)})}),
             657},
        Loop{"div_alone_use", 50, {div(a2, t1, t2), add(a3, a2, a2)}, 757}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Memory, MeasuredLoop,
    testing::Values(
        Loop{"chase8", 50, repeat(8, {lw(a5, 0, a5)}), 857},
        Loop{"chase8 remote", 50, repeat(8, {lw(a5, 0, a5)}), 1606, 3},
        Loop{"ld_use0_x4", 50, repeat(4, {lw(a2, 0, s2), add(a3, a2, a2)}), 707},
        Loop{"ld_use0_x4 remote", 50, repeat(4, {lw(a2, 0, s2), add(a3, a2, a2)}), 1107, 3},
        Loop{"ld_indep8_diffbank", 50, kEightLoads, 507},
        Loop{"ld_indep8_diffbank remote", 50, kEightLoads, 507, 3},
        Loop{"st16_diffbank remote", 50, repeat(16, {sw(a2, 0, s2)}), 907, 3},
        Loop{"amoadd_dep8", 50, repeat(8, {amo(0, a2, a2, s2)}), 857},
        Loop{"lrsc_pair_x4", 50, repeat(4, {lr(a2, s2), sc(a3, a2, s2)}), 707},
        Loop{"lrsc_pair_use_x4", 50, repeat(4, {lr(a2, s2), sc(a3, a2, s2), add(a4, a3, a3)}),
             1107},
        Loop{"fence_idle8", 50, repeat(8, {fence()}), 507},
        Loop{"st_fence_x4", 50, repeat(4, {sw(a2, 0, s2), fence()}), 707},
        Loop{"ld_fence_x4 remote", 50, repeat(4, {lw(a2, 0, s2), fence()}), 1107, 3},
        Loop{"st8_fence", 50, join({repeat(8, {sw(a2, 0, s2)}), {fence()}}), 607},
        Loop{"x_mul4_ld4_mixed_wb_port",
             20,
             {mul(a2, t1, t2), lw(a3, 0, s2), mul(a4, t1, t2), lw(s3, 4, s2), mul(s4, t1, t2),
              lw(s5, 8, s2), mul(s6, t1, t2), lw(s7, 12, s2)},
             207},
        Loop{"plw_imm_samerd_waw8", 50, repeat(4, {p_lw(t1, 4, s2), p_lw(t1, -4, s2)}), 857},
        Loop{"plw_imm_use0_x4", 50,
             repeat(2, {p_lw(t1, 4, s2), add(t2, t1, t1), p_lw(t1, -4, s2), add(t2, t1, t1)}), 707},
        Loop{"plw_imm_rs1use_x4", 50,
             repeat(2, {p_lw(t1, 4, s2), addi(s4, s2, 0), p_lw(t2, -4, s2), addi(s5, s2, 0)}), 507},
        Loop{"plw_imm_rs1use_lw_x4", 50,
             repeat(2, {p_lw(t1, 4, s2), lw(t3, 0, s2), p_lw(t2, -4, s2), lw(t4, 0, s2)}), 507},
        Loop{"psw_after_lw_dep_x4", 50,
             repeat(2, {lw(t1, 0, s3), p_sw(t1, 4, s2), lw(t1, 0, s3), p_sw(t1, -4, s2)}), 707},
        Loop{"psw_after_mac_dep_x4", 50,
             repeat(2, {p_mac(t1, t2, t2), p_sw(t1, 4, s2), p_mac(t1, t2, t2), p_sw(t1, -4, s2)}),
             907}),
    name_of);

// An offloaded result waits while the issuing instruction writes port 0 and a load port 1.
INSTANTIATE_TEST_SUITE_P(
    WritePorts, MeasuredLoop,
    testing::Values(
        Loop{"wb3_sdot_then_8plw", 50,
             join({{sdotsp(t3, t5, t6)}, kEightIncrementingLoads, {add(zero, t3, t3)}}), 657},
        Loop{"wb3_sdot_then_8plw remote", 50,
             join({{sdotsp(t3, t5, t6)}, kEightIncrementingLoads, {add(zero, t3, t3)}}), 607, 3},
        Loop{"wb3_sdot_then_8lw", 50,
             join({{sdotsp(t3, t5, t6)}, kEightLoads, {add(zero, t3, t3)}}), 607},
        Loop{"wb3_8plw_then_4sdot", 50,
             join({kEightIncrementingLoads, kFourDots, {add(zero, s7, s7)}}), 857},
        Loop{"wb3_8plw_then_4sdot remote", 50,
             join({kEightIncrementingLoads, kFourDots, {add(zero, s7, s7)}}), 857, 3},
        Loop{"wb3_4sdot_then_8plw", 50,
             join({{sdotsp(t3, t5, t6), sdotsp(s5, t5, t6), sdotsp(s6, t5, t6), sdotsp(s7, t5, t6)},
                   kEightIncrementingLoads,
                   {add(zero, t3, t3), add(zero, s7, s7)}}),
             810 - kL0Miss},
        Loop{"wb3_plw_sdot_1to1_indep8",
             50,
             {p_lw(t1, 4, s2), sdotsp(t3, t5, t6), p_lw(t2, -4, s2), sdotsp(t4, t5, t6),
              p_lw(t1, 4, s2), sdotsp(s8, t5, t6), p_lw(t2, -4, s2), sdotsp(s9, t5, t6)},
             507}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Gemm, MeasuredLoop,
    testing::Values(
        Loop{"dot_plw2_sdot1_step2",
             50,
             {p_lw(t1, 4, s2), p_lw(t2, 4, s3), sdotsp(t3, t1, t2), p_lw(t1, -4, s2),
              p_lw(t2, -4, s3), sdotsp(t3, t1, t2)},
             510 - kL0Miss},
        Loop{"dot_plw2_sdot1_step2 remote",
             50,
             {p_lw(t1, 4, s2), p_lw(t2, 4, s3), sdotsp(t3, t1, t2), p_lw(t1, -4, s2),
              p_lw(t2, -4, s3), sdotsp(t3, t1, t2)},
             710 - kL0Miss,
             3},
        Loop{"dot_plw4_sdot2_step2",
             50,
             {p_lw(t1, 4, s2), p_lw(t2, 4, s3), p_lw(t4, -4, s2), p_lw(t5, -4, s3),
              sdotsp(t3, t1, t2), sdotsp(t6, t4, t5)},
             410 - kL0Miss},
        Loop{"gemm2x2_plw4_sdot4_step2", 50,
             join({dotted({p_lw(t1, 4, s2), p_lw(t2, 4, s3), p_lw(t3, 4, s4), p_lw(t4, 4, s5)}),
                   dotted({p_lw(t1, -4, s2), p_lw(t2, -4, s3), p_lw(t3, -4, s4),
                           p_lw(t4, -4, s5)})}),
             907},
        Loop{"gemm2x2_plw4_sdot4_step2 remote", 50,
             join({dotted({p_lw(t1, 4, s2), p_lw(t2, 4, s3), p_lw(t3, 4, s4), p_lw(t4, 4, s5)}),
                   dotted({p_lw(t1, -4, s2), p_lw(t2, -4, s3), p_lw(t3, -4, s4),
                           p_lw(t4, -4, s5)})}),
             1107, 3},
        Loop{"gemm2x2_plw4_sdot4_reordered remote", 50,
             join({dotted({p_lw(t1, 4, s2), p_lw(t3, 4, s4), p_lw(t4, 4, s5), p_lw(t2, 4, s3)}),
                   dotted({p_lw(t1, -4, s2), p_lw(t3, -4, s4), p_lw(t4, -4, s5),
                           p_lw(t2, -4, s3)})}),
             1007, 3},
        Loop{"gemm2x2_swpipe_step2 remote",
             50,
             {sdotsp(t5, t1, t3), p_lw(s10, 4, s2), sdotsp(t6, t1, t4), p_lw(s11, 4, s3),
              sdotsp(s8, t2, t3), p_lw(s6, 4, s4), sdotsp(s9, t2, t4), p_lw(s7, 4, s5),
              sdotsp(t5, s10, s6), p_lw(t1, -4, s2), sdotsp(t6, s10, s7), p_lw(t2, -4, s3),
              sdotsp(s8, s11, s6), p_lw(t3, -4, s4), sdotsp(s9, s11, s7), p_lw(t4, -4, s5)},
             957,
             3},
        Loop{"gemm2x4_plw6_sdot8",
             50,
             {p_lw(t1, 4, s2), p_lw(t2, -4, s2), p_lw(t3, 4, s3), p_lw(t4, -4, s3), p_lw(t5, 4, s3),
              p_lw(t6, -4, s3), sdotsp(s4, t1, t3), sdotsp(s5, t1, t4), sdotsp(s6, t1, t5),
              sdotsp(s7, t1, t6), sdotsp(s8, t2, t3), sdotsp(s9, t2, t4), sdotsp(s10, t2, t5),
              sdotsp(s11, t2, t6)},
             810 - kL0Miss}),
    name_of);

}  // namespace
}  // namespace tessera::isa::test
