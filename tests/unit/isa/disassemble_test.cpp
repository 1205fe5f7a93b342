// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

#include "models/isa/instruction.h"
#include "tests/unit/isa/assembler.h"

namespace tessera::isa::test {
namespace {

constexpr IsaConfig kAll = {true, true, 0};
constexpr std::uint32_t kPc = 0x80000000;

std::string text(Word word) {
  return disassemble(decode(word, kAll), kPc);
}

TEST(Disassemble, WritesEveryFormat) {
  EXPECT_EQ(text(addi(a0, a1, -4)), "addi a0,a1,-4");
  EXPECT_EQ(text(lui(a0, 0xfffff)), "lui a0,0xfffff");
  EXPECT_EQ(text(i_type(0x13, 5, a0, a1, 0x41f)), "srai a0,a1,0x1f");
  EXPECT_EQ(text(lw(a0, -8, sp)), "lw a0,-8(sp)");
  EXPECT_EQ(text(sb(a0, 3, gp)), "sb a0,3(gp)");
  EXPECT_EQ(text(beq(a0, zero, -4)), "beq a0,zero,0x7ffffffc");
  EXPECT_EQ(text(jal(ra, 0x100)), "jal ra,0x80000100");
  EXPECT_EQ(text(jalr(zero, 0, ra)), "jalr zero,0(ra)");
  EXPECT_EQ(text(fence()), "fence iorw,iorw");
  EXPECT_EQ(text(fence_i()), "fence.i");
  EXPECT_EQ(text(lr(a0, a1) | 1u << 26), "lr.w.aq a0,(a1)");
  EXPECT_EQ(text(sc(a0, a1, a2) | 1u << 25), "sc.w.rl a0,a1,(a2)");
  EXPECT_EQ(text(amo(0, a0, a1, a2) | 3u << 25), "amoadd.w.aqrl a0,a1,(a2)");
  EXPECT_EQ(text(csrrw(a0, 0x7d1, a1)), "csrrw a0,stacklimit,a1");
  EXPECT_EQ(text(csrrwi(zero, 0x7ef, 31)), "csrrwi zero,0x7ef,31");
  EXPECT_EQ(text(p_lw(a0, 4, a1)), "p.lw a0,4(a1!)");
  EXPECT_EQ(text(p_lw_register(a0, a2, a1)), "p.lw a0,a2(a1!)");
  EXPECT_EQ(text(p_lw_indexed(a0, a2, a1)), "p.lw a0,a2(a1)");
  EXPECT_EQ(text(p_sw(a0, -4, a1)), "p.sw a0,-4(a1!)");
  EXPECT_EQ(text(p_sw_register(a0, a2, a1)), "p.sw a0,a2(a1!)");
  EXPECT_EQ(text(p_sw_indexed(a0, a2, a1)), "p.sw a0,a2(a1)");
  EXPECT_EQ(text(b_type(3, a0, 0x1e, 8)), "p.bneimm a0,-2,0x80000008");
  EXPECT_EQ(text(r_type(0x33, 0, 0x02, a0, a1, 0)), "p.abs a0,a1");
  EXPECT_EQ(text(r_type(0x33, 1, 0x0a, a0, a1, 8)), "p.clip a0,a1,8");
  EXPECT_EQ(text(r_type(0x33, 0, 0x21, a0, a1, a2)), "p.mac a0,a1,a2");
  EXPECT_EQ(text(r_type(0x57, 5, 0x5c, a0, a1, a2)), "pv.sdotsp.sc.b a0,a1,a2");
  EXPECT_EQ(text(r_type(0x57, 7, 0x01, a0, a1, 0x1f)), "pv.add.sci.b a0,a1,-1");
  EXPECT_EQ(text(r_type(0x43, 0, a3 << 2, a0, a1, a2)), "fmadd.s a0,a1,a2,a3");
  EXPECT_EQ(text(r_type(0x53, 1, 0x70, a0, a1, 0)), "fclass.s a0,a1");
  EXPECT_EQ(text(0x00000120), ".4byte 0x120");
  EXPECT_EQ(text(wfi()), "wfi");
}

/// What objdump prints for each word, tabs as blanks, symbols and comments removed.
std::vector<std::string> objdump(const std::vector<Word>& words) {
  const std::string path = testing::TempDir() + "isa_disassemble.bin";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(words.data()),
             static_cast<std::streamsize>(words.size() * sizeof(Word)));
  const std::string command =
      "riscv64-unknown-elf-objdump -D -b binary -m riscv:rv32 -M no-aliases "
      "--adjust-vma=0x80000000 " +
      path;
  FILE* pipe = popen(command.c_str(), "r");
  std::vector<std::string> lines;
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) {
    std::istringstream line(buffer);
    std::string address;
    std::string raw;
    std::string mnemonic;
    std::string operand_list;
    if (std::getline(line, address, '\t') && std::getline(line, raw, '\t')) {
      line >> mnemonic >> operand_list;
      lines.push_back(operand_list.empty() ? mnemonic : mnemonic + " " + operand_list);
    }
  }
  pclose(pipe);
  std::remove(path.c_str());
  return lines;
}

TEST(Disassemble, Rv32ImaIsWrittenAsObjdumpDoes) {
  if (std::system("riscv64-unknown-elf-objdump --version > /dev/null 2>&1") != 0) {
    GTEST_SKIP() << "no riscv64-unknown-elf-objdump";
  }
  std::mt19937 random(1);
  std::vector<Word> words;
  for (std::size_t number = 1; number < kNumOps; ++number) {
    const InstructionInfo& row = info(static_cast<Op>(number));
    if (row.extension == Extension::kXpulpimg || row.extension == Extension::kFloat) {
      continue;
    }
    for (int i = 0; i < 200; ++i) {
      auto word = static_cast<Word>((random() & ~row.pattern.mask) | row.pattern.match);
      if (row.format == Format::kShift) {
        word &= ~(1u << 25);  // reserved in RV32, taken by the RTL
      } else if (row.format == Format::kFence) {
        word &= 0x0ff0000f;  // reserved fields are 0
      } else if (row.format == Format::kNone) {
        word = row.pattern.match;
      } else if (row.format == Format::kCsr || row.format == Format::kCsrImmediate) {
        const Word numbers[] = {0xb00, 0xb02, 0xb80, 0xb82, 0xb03, 0xb04, 0xb05, 0xf14, 0x7c7};
        word = (word & 0xfffff) | numbers[i % 9] << 20;
      }
      words.push_back(word);
    }
  }
  const std::vector<std::string> expected = objdump(words);
  ASSERT_EQ(expected.size(), words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto pc = static_cast<std::uint32_t>(kPc + i * 4);
    EXPECT_EQ(disassemble(decode(words[i], kAll), pc), expected[i]) << std::hex << words[i];
  }
}

}  // namespace
}  // namespace tessera::isa::test
