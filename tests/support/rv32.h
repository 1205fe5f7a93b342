// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

/// Just enough of an assembler to write the guest programs of platform tests in place.
namespace tessera::test::rv32 {

using Words = std::vector<std::uint32_t>;

enum Reg : std::uint32_t { kZero = 0, kT0 = 5, kT1 = 6, kT2 = 7, kA0 = 10, kA1 = 11, kA2 = 12 };

constexpr std::uint32_t i_type(std::uint32_t opcode, std::uint32_t f3, Reg rd, Reg rs1, int imm) {
  return static_cast<std::uint32_t>(imm) << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode;
}
constexpr std::uint32_t addi(Reg rd, Reg rs1, int imm) {
  return i_type(0x13, 0, rd, rs1, imm);
}
constexpr std::uint32_t slli(Reg rd, Reg rs1, int shift) {
  return i_type(0x13, 1, rd, rs1, shift);
}
constexpr std::uint32_t add(Reg rd, Reg rs1, Reg rs2) {
  return rs2 << 20 | rs1 << 15 | rd << 7 | 0x33u;
}
constexpr std::uint32_t lw(Reg rd, Reg rs1, int imm) {
  return i_type(0x03, 2, rd, rs1, imm);
}
constexpr std::uint32_t sw(Reg rs2, Reg rs1, int imm) {
  const auto bits = static_cast<std::uint32_t>(imm);
  return (bits >> 5 & 0x7F) << 25 | rs2 << 20 | rs1 << 15 | 2u << 12 | (bits & 0x1F) << 7 | 0x23u;
}
constexpr std::uint32_t sb(Reg rs2, Reg rs1, int imm) {
  return sw(rs2, rs1, imm) & ~(7u << 12);
}
constexpr std::uint32_t lui(Reg rd, std::uint32_t upper) {
  return (upper & 0xFFFFF000) | rd << 7 | 0x37u;
}
constexpr std::uint32_t amoadd(Reg rd, Reg rs2, Reg rs1) {
  return rs2 << 20 | rs1 << 15 | 2u << 12 | rd << 7 | 0x2Fu;
}
constexpr std::uint32_t csrr(Reg rd, std::uint32_t csr) {
  return csr << 20 | 2u << 12 | rd << 7 | 0x73u;
}
constexpr std::uint32_t csrw(std::uint32_t csr, Reg rs1) {
  return csr << 20 | rs1 << 15 | 1u << 12 | 0x73u;
}
constexpr std::uint32_t branch(std::uint32_t f3, Reg rs1, Reg rs2, int offset) {
  const auto bits = static_cast<std::uint32_t>(offset);
  return (bits >> 12 & 1) << 31 | (bits >> 5 & 0x3F) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 |
         (bits >> 1 & 0xF) << 8 | (bits >> 11 & 1) << 7 | 0x63u;
}
constexpr std::uint32_t beq(Reg rs1, Reg rs2, int offset) {
  return branch(0, rs1, rs2, offset);
}
constexpr std::uint32_t bne(Reg rs1, Reg rs2, int offset) {
  return branch(1, rs1, rs2, offset);
}
constexpr std::uint32_t kWfi = 0x10500073;
constexpr std::uint32_t kFence = 0x0FF0000F;
constexpr std::uint32_t kIllegal = 0x00000000;
constexpr std::uint32_t kLoopForever = 0x0000006F;  // j .
constexpr std::uint32_t kMhartid = 0xF14;
constexpr std::uint32_t kMcycle = 0xB00;

/// Appends code that loads a constant.
inline void li(Words& code, Reg rd, std::uint32_t value) {
  const std::uint32_t upper = value + 0x800;
  code.push_back(lui(rd, upper));
  code.push_back(addi(rd, rd, static_cast<int>(value << 20) >> 20));
}
inline void append(Words& code, const Words& more) {
  code.insert(code.end(), more.begin(), more.end());
}

}  // namespace tessera::test::rv32
