// SPDX-License-Identifier: Apache-2.0
#pragma once

// The RV32IMA_Zicsr_Zifencei rows of the instruction table. Each list hands its rows to the macro
// X:
//   COMPUTE  X(op, mnemonic, pattern, format, extension, class, result...)
//            `result` is the value of rd from a = rs1, b = rs2 or the immediate, c = rs3, pc
//   BRANCH   X(op, mnemonic, pattern, format, extension, taken...)   from a and b
//   LOAD     X(op, mnemonic, pattern, format, extension, type)       type of the memory cell
//   STORE    X(op, mnemonic, pattern, format, extension, type)
//   ATOMIC   X(op, mnemonic, pattern, format, access kind)
//   JUMP, OTHER
//            X(op, mnemonic, pattern, format, extension, class)
// clang-format off
// NOLINTBEGIN(bugprone-macro-parentheses): columns are tokens and types, not expressions

#define TESSERA_ISA_RV32_COMPUTE(X)                                                                \
  X(kLui, "lui", opcode(0x37), kU, kI, kAlu, b)                                                    \
  X(kAuipc, "auipc", opcode(0x17), kU, kI, kAlu, pc + b)                                           \
  X(kAddi, "addi", funct3(0x13, 0), kI, kI, kAlu, a + b)                                           \
  X(kSlti, "slti", funct3(0x13, 2), kI, kI, kAlu, to_signed(a) < to_signed(b))                     \
  X(kSltiu, "sltiu", funct3(0x13, 3), kI, kI, kAlu, a < b)                                         \
  X(kXori, "xori", funct3(0x13, 4), kI, kI, kAlu, a ^ b)                                           \
  X(kOri, "ori", funct3(0x13, 6), kI, kI, kAlu, a | b)                                             \
  X(kAndi, "andi", funct3(0x13, 7), kI, kI, kAlu, a & b)                                           \
  X(kSlli, "slli", funct6(0x13, 1, 0x00), kShift, kI, kAlu, a << b)                                \
  X(kSrli, "srli", funct6(0x13, 5, 0x00), kShift, kI, kAlu, a >> b)                                \
  X(kSrai, "srai", funct6(0x13, 5, 0x20), kShift, kI, kAlu, shift_right_signed(a, b))              \
  X(kAdd, "add", funct7(0x33, 0, 0x00), kR, kI, kAlu, a + b)                                       \
  X(kSub, "sub", funct7(0x33, 0, 0x20), kR, kI, kAlu, a - b)                                       \
  X(kSll, "sll", funct7(0x33, 1, 0x00), kR, kI, kAlu, a << (b & 31))                               \
  X(kSlt, "slt", funct7(0x33, 2, 0x00), kR, kI, kAlu, to_signed(a) < to_signed(b))                 \
  X(kSltu, "sltu", funct7(0x33, 3, 0x00), kR, kI, kAlu, a < b)                                     \
  X(kXor, "xor", funct7(0x33, 4, 0x00), kR, kI, kAlu, a ^ b)                                       \
  X(kSrl, "srl", funct7(0x33, 5, 0x00), kR, kI, kAlu, a >> (b & 31))                               \
  X(kSra, "sra", funct7(0x33, 5, 0x20), kR, kI, kAlu, shift_right_signed(a, b & 31))               \
  X(kOr, "or", funct7(0x33, 6, 0x00), kR, kI, kAlu, a | b)                                         \
  X(kAnd, "and", funct7(0x33, 7, 0x00), kR, kI, kAlu, a & b)                                       \
  X(kMul, "mul", funct7(0x33, 0, 0x01), kR, kM, kMul, a * b)                                       \
  X(kMulh, "mulh", funct7(0x33, 1, 0x01), kR, kM, kMul,                                            \
    high_word(std::int64_t{to_signed(a)} * to_signed(b)))                                          \
  X(kMulhsu, "mulhsu", funct7(0x33, 2, 0x01), kR, kM, kMul,                                        \
    high_word(std::int64_t{to_signed(a)} * std::int64_t{b}))                                       \
  X(kMulhu, "mulhu", funct7(0x33, 3, 0x01), kR, kM, kMul,                                          \
    static_cast<std::uint32_t>((std::uint64_t{a} * b) >> 32))                                      \
  X(kDiv, "div", funct7(0x33, 4, 0x01), kR, kM, kDiv, divide_signed(a, b))                         \
  X(kDivu, "divu", funct7(0x33, 5, 0x01), kR, kM, kDiv, divide_unsigned(a, b))                     \
  X(kRem, "rem", funct7(0x33, 6, 0x01), kR, kM, kDiv, remainder_signed(a, b))                      \
  X(kRemu, "remu", funct7(0x33, 7, 0x01), kR, kM, kDiv, remainder_unsigned(a, b))

#define TESSERA_ISA_RV32_BRANCH(X)                                                                 \
  X(kBeq, "beq", funct3(0x63, 0), kBranch, kI, a == b)                                             \
  X(kBne, "bne", funct3(0x63, 1), kBranch, kI, a != b)                                             \
  X(kBlt, "blt", funct3(0x63, 4), kBranch, kI, to_signed(a) < to_signed(b))                        \
  X(kBge, "bge", funct3(0x63, 5), kBranch, kI, to_signed(a) >= to_signed(b))                       \
  X(kBltu, "bltu", funct3(0x63, 6), kBranch, kI, a < b)                                            \
  X(kBgeu, "bgeu", funct3(0x63, 7), kBranch, kI, a >= b)

#define TESSERA_ISA_RV32_LOAD(X)                                                                   \
  X(kLb, "lb", funct3(0x03, 0), kLoad, kI, std::int8_t)                                            \
  X(kLh, "lh", funct3(0x03, 1), kLoad, kI, std::int16_t)                                           \
  X(kLw, "lw", funct3(0x03, 2), kLoad, kI, std::int32_t)                                           \
  X(kLbu, "lbu", funct3(0x03, 4), kLoad, kI, std::uint8_t)                                         \
  X(kLhu, "lhu", funct3(0x03, 5), kLoad, kI, std::uint16_t)

#define TESSERA_ISA_RV32_STORE(X)                                                                  \
  X(kSb, "sb", funct3(0x23, 0), kStore, kI, std::uint8_t)                                          \
  X(kSh, "sh", funct3(0x23, 1), kStore, kI, std::uint16_t)                                         \
  X(kSw, "sw", funct3(0x23, 2), kStore, kI, std::uint32_t)

#define TESSERA_ISA_RV32_ATOMIC(X)                                                                 \
  X(kLrW, "lr.w", load_reserved(0x02), kLoadReserved, kLoadReserved)                               \
  X(kScW, "sc.w", amo(0x03), kAmo, kStoreConditional)                                              \
  X(kAmoswapW, "amoswap.w", amo(0x01), kAmo, kAmoSwap)                                             \
  X(kAmoaddW, "amoadd.w", amo(0x00), kAmo, kAmoAdd)                                                \
  X(kAmoxorW, "amoxor.w", amo(0x04), kAmo, kAmoXor)                                                \
  X(kAmoandW, "amoand.w", amo(0x0c), kAmo, kAmoAnd)                                                \
  X(kAmoorW, "amoor.w", amo(0x08), kAmo, kAmoOr)                                                   \
  X(kAmominW, "amomin.w", amo(0x10), kAmo, kAmoMin)                                                \
  X(kAmomaxW, "amomax.w", amo(0x14), kAmo, kAmoMax)                                                \
  X(kAmominuW, "amominu.w", amo(0x18), kAmo, kAmoMinu)                                             \
  X(kAmomaxuW, "amomaxu.w", amo(0x1c), kAmo, kAmoMaxu)

#define TESSERA_ISA_RV32_JUMP(X)                                                                   \
  X(kJal, "jal", opcode(0x6f), kJump, kI, kJump)                                                   \
  X(kJalr, "jalr", funct3(0x67, 0), kJumpRegister, kI, kJump)

#define TESSERA_ISA_RV32_OTHER(X)                                                                  \
  X(kFence, "fence", funct3(0x0f, 0), kFence, kI, kFence)                                          \
  X(kFenceI, "fence.i", funct3(0x0f, 1), kNone, kZifencei, kFence)                                 \
  X(kEcall, "ecall", exact(0x00000073), kNone, kI, kSystem)                                        \
  X(kEbreak, "ebreak", exact(0x00100073), kNone, kI, kSystem)                                      \
  X(kWfi, "wfi", exact(0x10500073), kNone, kI, kSystem)                                            \
  X(kCsrrw, "csrrw", funct3(0x73, 1), kCsr, kZicsr, kCsr)                                          \
  X(kCsrrs, "csrrs", funct3(0x73, 2), kCsr, kZicsr, kCsr)                                          \
  X(kCsrrc, "csrrc", funct3(0x73, 3), kCsr, kZicsr, kCsr)                                          \
  X(kCsrrwi, "csrrwi", funct3(0x73, 5), kCsrImmediate, kZicsr, kCsr)                               \
  X(kCsrrsi, "csrrsi", funct3(0x73, 6), kCsrImmediate, kZicsr, kCsr)                               \
  X(kCsrrci, "csrrci", funct3(0x73, 7), kCsrImmediate, kZicsr, kCsr)

// NOLINTEND(bugprone-macro-parentheses)
// clang-format on
