// SPDX-License-Identifier: Apache-2.0
// Every computing instruction of RV32IM against results worked out by hand from the manual.
#include <set>

#include <gtest/gtest.h>

#include "models/isa/instruction.h"
#include "models/isa/semantics.h"
#include "tests/unit/isa/machine.h"

namespace tessera::isa::test {
namespace {

constexpr Word kMin = 0x80000000;
constexpr Word kMax = 0x7fffffff;
constexpr Word kMinusOne = 0xffffffff;

struct Row {
  Op op;
  Word encoding;  ///< rd = a0, rs1 = a1, rs2 = a2
  Word a1;
  Word a2;
  Word result;
};

constexpr Word r(int funct3, int funct7) {
  return r_type(0x33, funct3, funct7, a0, a1, a2);
}
constexpr Word i(int funct3, int imm) {
  return i_type(0x13, funct3, a0, a1, imm);
}

const Row kRows[] = {
    {Op::kLui, lui(a0, 0xfffff), 0, 0, 0xfffff000},
    {Op::kLui, lui(a0, 0x12345), 0, 0, 0x12345000},
    {Op::kAuipc, auipc(a0, 0), 0, 0, Machine::kMemory},
    {Op::kAuipc, auipc(a0, 0x80001), 0, 0, 0x00001000},
    {Op::kAddi, i(0, -1), 0, 0, kMinusOne},
    {Op::kAddi, i(0, 2047), kMax, 0, 0x800007fe},
    {Op::kAddi, i(0, -2048), kMin, 0, 0x7ffff800},
    {Op::kSlti, i(2, -1), kMin, 0, 1},
    {Op::kSlti, i(2, -1), kMinusOne, 0, 0},
    {Op::kSlti, i(2, 5), 4, 0, 1},
    {Op::kSltiu, i(3, -1), 0xfffffffe, 0, 1},
    {Op::kSltiu, i(3, 1), 0, 0, 1},
    {Op::kSltiu, i(3, 1), kMin, 0, 0},
    {Op::kXori, i(4, -1), 0x0f0f0f0f, 0, 0xf0f0f0f0},
    {Op::kOri, i(6, -2048), 0x55, 0, 0xfffff855},
    {Op::kAndi, i(7, -16), 0x12345678, 0, 0x12345670},
    {Op::kSlli, i(1, 31), 3, 0, kMin},
    {Op::kSlli, i(1, 0), 0x12345678, 0, 0x12345678},
    {Op::kSlli, i(1, 32 | 4), 1, 0, 16},  // the RTL ignores bit 25
    {Op::kSrli, i(5, 31), kMin, 0, 1},
    {Op::kSrai, i(5, 0x400 | 31), kMin, 0, kMinusOne},
    {Op::kSrai, i(5, 0x400 | 4), 0x7fffffff, 0, 0x07ffffff},
    {Op::kAdd, r(0, 0), kMax, 1, kMin},
    {Op::kAdd, r(0, 0), kMinusOne, kMinusOne, 0xfffffffe},
    {Op::kSub, r(0, 0x20), 0, 1, kMinusOne},
    {Op::kSub, r(0, 0x20), kMin, 1, kMax},
    {Op::kSll, r(1, 0), 1, 33, 2},  // amounts are modulo 32
    {Op::kSll, r(1, 0), kMinusOne, 31, kMin},
    {Op::kSlt, r(2, 0), kMin, kMax, 1},
    {Op::kSlt, r(2, 0), kMax, kMin, 0},
    {Op::kSltu, r(3, 0), kMin, kMax, 0},
    {Op::kSltu, r(3, 0), kMax, kMin, 1},
    {Op::kXor, r(4, 0), 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0},
    {Op::kSrl, r(5, 0), kMin, 0xffffffe4, 0x08000000},
    {Op::kSra, r(5, 0x20), kMin, 0xffffffe4, 0xf8000000},
    {Op::kOr, r(6, 0), 0xff00ff00, 0x0ff00ff0, 0xfff0fff0},
    {Op::kAnd, r(7, 0), 0xff00ff00, 0x0ff00ff0, 0x0f000f00},
    {Op::kMul, r(0, 1), kMinusOne, kMinusOne, 1},
    {Op::kMul, r(0, 1), 0x12345678, 0x9abcdef0, 0x242d2080},
    {Op::kMulh, r(1, 1), kMin, kMin, 0x40000000},
    {Op::kMulh, r(1, 1), kMinusOne, 1, kMinusOne},
    {Op::kMulh, r(1, 1), kMax, kMin, 0xc0000000},
    {Op::kMulhsu, r(2, 1), kMin, kMinusOne, 0x80000000},
    {Op::kMulhsu, r(2, 1), kMinusOne, kMinusOne, kMinusOne},
    {Op::kMulhsu, r(2, 1), kMax, kMinusOne, 0x7ffffffe},
    {Op::kMulhu, r(3, 1), kMinusOne, kMinusOne, 0xfffffffe},
    {Op::kMulhu, r(3, 1), kMin, 2, 1},
    {Op::kDiv, r(4, 1), static_cast<Word>(-7), 2, static_cast<Word>(-3)},
    {Op::kDiv, r(4, 1), 7, static_cast<Word>(-2), static_cast<Word>(-3)},
    {Op::kDiv, r(4, 1), 5, 0, kMinusOne},
    {Op::kDiv, r(4, 1), kMin, kMinusOne, kMin},
    {Op::kDiv, r(4, 1), 5, kMinusOne, static_cast<Word>(-5)},
    {Op::kDivu, r(5, 1), kMinusOne, 3, 0x55555555},
    {Op::kDivu, r(5, 1), 5, 0, kMinusOne},
    {Op::kDivu, r(5, 1), kMin, kMinusOne, 0},
    {Op::kRem, r(6, 1), static_cast<Word>(-7), 2, kMinusOne},
    {Op::kRem, r(6, 1), 7, static_cast<Word>(-2), 1},
    {Op::kRem, r(6, 1), static_cast<Word>(-7), 0, static_cast<Word>(-7)},
    {Op::kRem, r(6, 1), kMin, kMinusOne, 0},
    {Op::kRemu, r(7, 1), kMinusOne, 16, 15},
    {Op::kRemu, r(7, 1), 7, 0, 7},
};

TEST(Arithmetic, ResultsAreThoseOfTheManual) {
  Machine machine;
  std::set<Op> covered;
  for (const Row& row : kRows) {
    SCOPED_TRACE(disassemble(decode(row.encoding, {}), Machine::kMemory));
    machine.restart();
    machine.load({row.encoding});
    machine.x(a0) = 0x5a5a5a5a;
    machine.x(a1) = row.a1;
    machine.x(a2) = row.a2;
    EXPECT_EQ(machine.run(1), StopReason::kBudget);
    EXPECT_EQ(machine.x(a0), row.result);
    const Instruction instruction = decode(row.encoding, {});
    EXPECT_EQ(instruction.op, row.op);
    EXPECT_EQ(compute(instruction, row.a1, row.a2, 0x5a5a5a5a, Machine::kMemory), row.result);
    covered.insert(row.op);
  }
  for (std::size_t op = 1; op < kNumOps; ++op) {
    const InstructionInfo& row = info(static_cast<Op>(op));
    const bool is_base = row.extension == Extension::kI || row.extension == Extension::kM;
    const bool computes = row.instruction_class == InstructionClass::kAlu ||
                          row.instruction_class == InstructionClass::kMul ||
                          row.instruction_class == InstructionClass::kDiv;
    if (is_base && computes) {
      EXPECT_EQ(covered.count(static_cast<Op>(op)), 1u) << row.mnemonic << " has no row";
    }
  }
}

TEST(Arithmetic, WritesToX0AreDropped) {
  Machine machine;
  machine.load({
      lui(zero, 1),
      addi(zero, zero, 5),
      add(zero, a1, a1),
      r_type(0x33, 4, 1, zero, a1, a1),
      lw(zero, 0, a2),
      p_lw(zero, 4, a2),
      csrrs(zero, 0xf14, zero),
      jal(zero, 4),
      auipc(a3, 0),
      jalr(zero, 8, a3),
      amo(0, zero, a1, a2),
      addi(a0, zero, 0),
  });
  machine.x(a1) = 99;
  machine.x(a2) = Machine::kData;
  EXPECT_EQ(machine.run(12), StopReason::kBudget);
  EXPECT_EQ(machine.x(zero), 0u);
  EXPECT_EQ(machine.x(a0), 0u);
  EXPECT_EQ(machine.x(a2), Machine::kData + 4);
}

struct BranchRow {
  int funct3;
  Word a1;
  Word a2;
  bool is_taken;
};

TEST(Arithmetic, BranchesCompare) {
  const BranchRow rows[] = {
      {0, 5, 5, true},  {0, 5, 6, false},      {1, 5, 6, true},
      {1, 5, 5, false}, {4, kMin, kMax, true}, {4, kMax, kMin, false},
      {4, 3, 3, false}, {5, kMax, kMin, true}, {5, kMin, kMax, false},
      {5, 3, 3, true},  {6, kMax, kMin, true}, {6, kMin, kMax, false},
      {6, 3, 3, false}, {7, kMin, kMax, true}, {7, kMax, kMin, false},
      {7, 3, 3, true},
  };
  Machine machine;
  for (const BranchRow& row : rows) {
    for (const int offset : {-4096, -8, 8, 2048, 4092}) {
      SCOPED_TRACE(testing::Message() << "funct3 " << row.funct3 << " offset " << offset);
      machine.restart();
      machine.hart.pc = Machine::kMemory + 0x3000;
      machine.load({b_type(row.funct3, a1, a2, offset)}, machine.hart.pc);
      machine.x(a1) = row.a1;
      machine.x(a2) = row.a2;
      EXPECT_EQ(machine.run(1), StopReason::kBudget);
      EXPECT_EQ(machine.hart.pc,
                Machine::kMemory + 0x3000 + static_cast<Word>(row.is_taken ? offset : 4));
      EXPECT_EQ(is_branch_taken(decode(b_type(row.funct3, a1, a2, offset), {}), row.a1, row.a2),
                row.is_taken);
    }
  }
}

TEST(Arithmetic, JumpsLinkAndClearBitZero) {
  Machine machine;
  machine.load({jal(ra, 0x1ffc - 0x1000)});
  EXPECT_EQ(machine.run(1), StopReason::kBudget);
  EXPECT_EQ(machine.hart.pc, Machine::kMemory + 0xffc);
  EXPECT_EQ(machine.x(ra), Machine::kMemory + 4);
  machine.load({jalr(a0, -3, a0)}, Machine::kMemory + 0xffc);
  machine.x(a0) = Machine::kMemory + 0x2004;
  EXPECT_EQ(machine.run(1), StopReason::kBudget);
  EXPECT_EQ(machine.hart.pc, Machine::kMemory + 0x2000);
  EXPECT_EQ(machine.x(a0), Machine::kMemory + 0x1000);
}

}  // namespace
}  // namespace tessera::isa::test
