// SPDX-License-Identifier: Apache-2.0
#include <random>

#include <gtest/gtest.h>

#include "models/isa/instruction.h"
#include "tests/unit/isa/assembler.h"

namespace tessera::isa::test {
namespace {

constexpr IsaConfig kAll = {true, true, 0};

TEST(Decode, NoWordMatchesTwoRows) {
  for (std::size_t first = 1; first < kNumOps; ++first) {
    for (std::size_t second = first + 1; second < kNumOps; ++second) {
      const Pattern a = info(static_cast<Op>(first)).pattern;
      const Pattern b = info(static_cast<Op>(second)).pattern;
      EXPECT_NE((a.match ^ b.match) & a.mask & b.mask, 0u)
          << info(static_cast<Op>(first)).mnemonic << " and "
          << info(static_cast<Op>(second)).mnemonic;
    }
  }
}

TEST(Decode, EveryRowDecodesToItselfWhateverItsOperands) {
  std::mt19937 random(1);
  for (std::size_t number = 1; number < kNumOps; ++number) {
    const auto op = static_cast<Op>(number);
    const Pattern pattern = info(op).pattern;
    EXPECT_EQ(pattern.match & ~pattern.mask, 0u) << info(op).mnemonic;
    for (int i = 0; i < 100; ++i) {
      const auto raw = static_cast<Word>((random() & ~pattern.mask) | pattern.match);
      EXPECT_EQ(decode(raw, kAll).op, op) << info(op).mnemonic;
      EXPECT_EQ(decode(raw, kAll).raw, raw);
    }
  }
}

TEST(Decode, HasThe175InstructionsOfXpulpimg) {
  std::size_t count = 0;
  for (std::size_t op = 1; op < kNumOps; ++op) {
    count += info(static_cast<Op>(op)).extension == Extension::kXpulpimg ? 1 : 0;
  }
  EXPECT_EQ(count, 175u);
}

TEST(Decode, WordsThatNoRowHasAreIllegal) {
  const Word words[] = {
      0x00000000,                         // all zeros
      0xffffffff,                         // all ones
      0x00000001,                         // compressed
      r_type(0x33, 0, 0x40, a0, a1, a2),  // unknown funct7
      r_type(0x57, 0, 0x7c, a0, a1, a2),  // undefined OP-V funct7 (measured: traps)
      r_type(0x57, 2, 0x00, a0, a1, a2),  // OP-V funct3 2
      i_type(0x03, 3, a0, a1, 0),         // ld
      i_type(0x03, 6, a0, a1, 0),         // lwu
      s_type(0x23, 3, a0, a1, 0),         // sd
      i_type(0x67, 1, a0, a1, 0),         // jalr with funct3 1
      i_type(0x13, 1, a0, a1, 0x400),     // slli with bit 30
      r_type(0x2f, 3, 0x00, a0, a1, a2),  // amoadd.d
      r_type(0x2f, 2, 0x08, a0, a1, a2),  // lr.w with rs2
      r_type(0x3b, 0, 0x01, a0, a1, a2),  // mulw
      i_type(0x07, 2, a0, a1, 0),         // flw
      r_type(0x53, 7, 0x01, a0, a1, a2),  // fadd.d
      r_type(0x53, 7, 0x03, a0, a1, a2),  // fadd.b: binary8 is off
      r_type(0x33, 1, 0x02, a0, a1, a2),  // hole between p.abs and p.slet
      r_type(0x33, 0, 0x02, a0, a1, 1),   // p.abs with rs2
      r_type(0x57, 0, 0x38, a0, a1, 1),   // pv.abs.h with rs2
      r_type(0x0b, 7, 0x01, a0, a1, a2),  // register post-increment load, funct7 1
      s_type(0x2b, 3, a0, a1, 0),         // p.sd
      0x30200073,                         // mret
      0x10200073,                         // sret
      0x00200073,                         // uret
      0x00100173,                         // ebreak with rd
      i_type(0x73, 4, a0, a1, 0),         // SYSTEM funct3 4
      i_type(0x0f, 2, a0, a1, 0),         // cbo
  };
  for (const Word word : words) {
    const Instruction instruction = decode(word, kAll);
    EXPECT_EQ(instruction.op, Op::kIllegal) << std::hex << word;
    EXPECT_EQ(instruction.raw, word);
  }
}

TEST(Decode, ExtensionsFollowTheConfig) {
  EXPECT_EQ(decode(fence_i(), {true, false, 0}).op, Op::kIllegal);
  EXPECT_EQ(decode(fence_i(), {true, true, 0}).op, Op::kFenceI);
  for (std::size_t number = 1; number < kNumOps; ++number) {
    const auto op = static_cast<Op>(number);
    const bool is_xpulpimg = info(op).extension == Extension::kXpulpimg;
    EXPECT_EQ(decode(info(op).pattern.match, {false, true, 0}).op, is_xpulpimg ? Op::kIllegal : op);
  }
}

TEST(Decode, OperandsAreWhereTheFormatSays) {
  const Instruction branch = decode(b_type(1, a1, a2, -4096), kAll);
  EXPECT_EQ(branch.imm, -4096);
  EXPECT_EQ(branch.rs1, a1);
  EXPECT_EQ(branch.rs2, a2);
  EXPECT_EQ(branch.rd, 0);
  EXPECT_EQ(decode(jal(ra, -1048576), kAll).imm, -1048576);
  EXPECT_EQ(decode(jal(ra, 1048574), kAll).imm, 1048574);
  EXPECT_EQ(decode(sw(a0, -2048, a1), kAll).imm, -2048);
  EXPECT_EQ(decode(lui(a0, 0xfffff), kAll).imm, -4096);
  EXPECT_EQ(decode(csrrwi(a0, 0xf14, 31), kAll).imm, 0xf14);
  EXPECT_EQ(decode(csrrwi(a0, 0xf14, 31), kAll).imm5, 31);

  const Instruction compare = decode(b_type(2, a1, 0x1f, 8), kAll);
  EXPECT_EQ(compare.op, Op::kPBeqimm);
  EXPECT_EQ(compare.imm5, -1);
  EXPECT_EQ(compare.rs2, 0);

  const Instruction mac = decode(r_type(0x33, 0, 0x21, a0, a1, a2), kAll);
  EXPECT_EQ(mac.op, Op::kPMac);
  EXPECT_EQ(mac.rd, a0);
  EXPECT_EQ(mac.rs3, a0);

  const Instruction store = decode(p_sw_register(a0, a1, a2), kAll);
  EXPECT_EQ(store.rs1, a2);
  EXPECT_EQ(store.rs2, a0);
  EXPECT_EQ(store.rs3, a1);
  EXPECT_EQ(store.rd, 0);
  EXPECT_TRUE(operands(info(store.op).format).writes_rs1);

  // imm6 = {24:20, 25}: sign-extended for pv.add, zero-extended for pv.avgu.
  EXPECT_EQ(decode(r_type(0x57, 6, 0x01, a0, a1, 0x1f), kAll).imm, -1);
  EXPECT_EQ(decode(r_type(0x57, 6, 0x00, a0, a1, 0x10), kAll).imm, -32);
  EXPECT_EQ(decode(r_type(0x57, 6, 0x0d, a0, a1, 0x1f), kAll).imm, 63);

  const Instruction fused = decode(r_type(0x43, 0, a3 << 2, a0, a1, a2), kAll);
  EXPECT_EQ(fused.rs3, a3);
}

TEST(Decode, AccessesHaveTheirSizeAndSign) {
  const auto row = [](Word word) { return info(decode(word, kAll).op); };
  EXPECT_EQ(row(lbu(a0, 0, a1)).access_bytes, 1);
  EXPECT_FALSE(row(lbu(a0, 0, a1)).access_is_signed);
  EXPECT_EQ(row(p_lh(a0, 0, a1)).access_bytes, 2);
  EXPECT_TRUE(row(p_lh(a0, 0, a1)).access_is_signed);
  EXPECT_EQ(row(sw(a0, 0, a1)).access_kind, AccessKind::kStore);
  EXPECT_EQ(row(lr(a0, a1)).access_kind, AccessKind::kLoadReserved);
  EXPECT_EQ(row(sc(a0, a1, a2)).access_kind, AccessKind::kStoreConditional);
  EXPECT_EQ(row(amo(0x1c, a0, a1, a2)).access_kind, AccessKind::kAmoMaxu);
  EXPECT_EQ(row(add(a0, a1, a2)).access_bytes, 0);
}

}  // namespace
}  // namespace tessera::isa::test
