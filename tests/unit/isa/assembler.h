// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Encoders for test programs, written from the RISC-V manual and independent of models/isa.
namespace tessera::isa::test {

using Word = std::uint32_t;

constexpr int zero = 0, ra = 1, sp = 2, gp = 3, t0 = 5, t1 = 6, t2 = 7, s0 = 8, a0 = 10, a1 = 11,
              a2 = 12, a3 = 13, a4 = 14, a5 = 15, s2 = 18, s3 = 19, s4 = 20, s5 = 21, s6 = 22,
              s7 = 23, s8 = 24, s9 = 25, s10 = 26, s11 = 27, t3 = 28, t4 = 29, t5 = 30, t6 = 31;

constexpr Word field(int value, int width, int position) {
  return (static_cast<Word>(value) & ((1u << width) - 1)) << position;
}
constexpr Word r_type(int opcode, int funct3, int funct7, int rd, int rs1, int rs2) {
  return field(opcode, 7, 0) | field(rd, 5, 7) | field(funct3, 3, 12) | field(rs1, 5, 15) |
         field(rs2, 5, 20) | field(funct7, 7, 25);
}
constexpr Word i_type(int opcode, int funct3, int rd, int rs1, int imm) {
  return field(opcode, 7, 0) | field(rd, 5, 7) | field(funct3, 3, 12) | field(rs1, 5, 15) |
         field(imm, 12, 20);
}
constexpr Word s_type(int opcode, int funct3, int rs2, int rs1, int imm) {
  return field(opcode, 7, 0) | field(imm, 5, 7) | field(funct3, 3, 12) | field(rs1, 5, 15) |
         field(rs2, 5, 20) | field(imm >> 5, 7, 25);
}
constexpr Word b_type(int funct3, int rs1, int rs2, int offset) {
  return 0x63 | field(offset >> 11, 1, 7) | field(offset >> 1, 4, 8) | field(funct3, 3, 12) |
         field(rs1, 5, 15) | field(rs2, 5, 20) | field(offset >> 5, 6, 25) |
         field(offset >> 12, 1, 31);
}
constexpr Word u_type(int opcode, int rd, Word upper) {
  return field(opcode, 7, 0) | field(rd, 5, 7) | upper << 12;
}

// clang-format off
constexpr Word nop() { return 0x13; }
constexpr Word lui(int rd, Word upper) { return u_type(0x37, rd, upper); }
constexpr Word auipc(int rd, Word upper) { return u_type(0x17, rd, upper); }
constexpr Word addi(int rd, int rs1, int imm) { return i_type(0x13, 0, rd, rs1, imm); }
constexpr Word add(int rd, int rs1, int rs2) { return r_type(0x33, 0, 0, rd, rs1, rs2); }
constexpr Word sub(int rd, int rs1, int rs2) { return r_type(0x33, 0, 0x20, rd, rs1, rs2); }
constexpr Word mul(int rd, int rs1, int rs2) { return r_type(0x33, 0, 1, rd, rs1, rs2); }
constexpr Word mulh(int rd, int rs1, int rs2) { return r_type(0x33, 1, 1, rd, rs1, rs2); }
constexpr Word div(int rd, int rs1, int rs2) { return r_type(0x33, 4, 1, rd, rs1, rs2); }
constexpr Word divu(int rd, int rs1, int rs2) { return r_type(0x33, 5, 1, rd, rs1, rs2); }
constexpr Word rem(int rd, int rs1, int rs2) { return r_type(0x33, 6, 1, rd, rs1, rs2); }
constexpr Word lb(int rd, int imm, int rs1) { return i_type(0x03, 0, rd, rs1, imm); }
constexpr Word lhu(int rd, int imm, int rs1) { return i_type(0x03, 5, rd, rs1, imm); }
constexpr Word lw(int rd, int imm, int rs1) { return i_type(0x03, 2, rd, rs1, imm); }
constexpr Word lh(int rd, int imm, int rs1) { return i_type(0x03, 1, rd, rs1, imm); }
constexpr Word lbu(int rd, int imm, int rs1) { return i_type(0x03, 4, rd, rs1, imm); }
constexpr Word sw(int rs2, int imm, int rs1) { return s_type(0x23, 2, rs2, rs1, imm); }
constexpr Word sh(int rs2, int imm, int rs1) { return s_type(0x23, 1, rs2, rs1, imm); }
constexpr Word sb(int rs2, int imm, int rs1) { return s_type(0x23, 0, rs2, rs1, imm); }
constexpr Word beq(int rs1, int rs2, int offset) { return b_type(0, rs1, rs2, offset); }
constexpr Word bne(int rs1, int rs2, int offset) { return b_type(1, rs1, rs2, offset); }
constexpr Word jal(int rd, int offset) {
  return 0x6f | field(rd, 5, 7) | field(offset >> 12, 8, 12) | field(offset >> 11, 1, 20) |
         field(offset >> 1, 10, 21) | field(offset >> 20, 1, 31);
}
constexpr Word jalr(int rd, int imm, int rs1) { return i_type(0x67, 0, rd, rs1, imm); }
constexpr Word csrrw(int rd, int csr, int rs1) { return i_type(0x73, 1, rd, rs1, csr); }
constexpr Word csrrs(int rd, int csr, int rs1) { return i_type(0x73, 2, rd, rs1, csr); }
constexpr Word csrrc(int rd, int csr, int rs1) { return i_type(0x73, 3, rd, rs1, csr); }
constexpr Word csrrwi(int rd, int csr, int imm) { return i_type(0x73, 5, rd, imm, csr); }
constexpr Word csrrsi(int rd, int csr, int imm) { return i_type(0x73, 6, rd, imm, csr); }
constexpr Word csrrci(int rd, int csr, int imm) { return i_type(0x73, 7, rd, imm, csr); }
constexpr Word amo(int funct5, int rd, int rs2, int rs1) {
  return r_type(0x2f, 2, funct5 << 2, rd, rs1, rs2);
}
constexpr Word lr(int rd, int rs1) { return amo(2, rd, 0, rs1); }
constexpr Word sc(int rd, int rs2, int rs1) { return amo(3, rd, rs2, rs1); }
constexpr Word wfi() { return 0x10500073; }
constexpr Word ecall() { return 0x00000073; }
constexpr Word ebreak() { return 0x00100073; }
constexpr Word fence() { return 0x0ff0000f; }
constexpr Word fence_i() { return 0x0000100f; }
// Post-increment accesses of Xpulpimg.
constexpr Word p_lw(int rd, int imm, int rs1) { return i_type(0x0b, 2, rd, rs1, imm); }
constexpr Word p_lh(int rd, int imm, int rs1) { return i_type(0x0b, 1, rd, rs1, imm); }
constexpr Word p_lb(int rd, int imm, int rs1) { return i_type(0x0b, 0, rd, rs1, imm); }
constexpr Word p_lw_register(int rd, int rs2, int rs1) {
  return r_type(0x0b, 7, 0x10, rd, rs1, rs2);
}
constexpr Word p_lw_indexed(int rd, int rs2, int rs1) {
  return r_type(0x03, 7, 0x10, rd, rs1, rs2);
}
constexpr Word p_sw(int rs2, int imm, int rs1) { return s_type(0x2b, 2, rs2, rs1, imm); }
constexpr Word p_sh(int rs2, int imm, int rs1) { return s_type(0x2b, 1, rs2, rs1, imm); }
constexpr Word p_sw_register(int rs2, int rs3, int rs1) {
  return r_type(0x2b, 6, 0, rs3, rs1, rs2);
}
constexpr Word p_sw_indexed(int rs2, int rs3, int rs1) { return r_type(0x23, 6, 0, rs3, rs1, rs2); }
// Other Xpulpimg instructions.
constexpr Word p_mac(int rd, int rs1, int rs2) { return r_type(0x33, 0, 0x21, rd, rs1, rs2); }
constexpr Word sdotsp(int rd, int rs1, int rs2) { return r_type(0x57, 1, 0x5c, rd, rs1, rs2); }
constexpr Word p_bneimm(int rs1, int imm5, int offset) { return b_type(3, rs1, imm5, offset); }

// clang-format on

}  // namespace tessera::isa::test
