// SPDX-License-Identifier: Apache-2.0
#pragma once

// The 175 Xpulpimg rows of the instruction table; columns as in instructions_rv32.h.
// clang-format off
// NOLINTBEGIN(bugprone-macro-parentheses): columns are tokens and types, not expressions

/// The six forms of a lane-wise operation: lanes of rs2, its low lane in all lanes (.sc), a 6-bit
/// immediate in all lanes (.sci); 16-bit (.h) and 8-bit (.b) lanes.
#define TESSERA_ISA_SIMD(X, name, text, funct, imm_format, function, half, byte)                   \
  X(kPv##name##H, "pv." text ".h", funct7(0x57, 0, funct), kR, kXpulpimg, kIpu,                    \
    function<half>(a, b))                                                                          \
  X(kPv##name##ScH, "pv." text ".sc.h", funct7(0x57, 4, funct), kR, kXpulpimg, kIpu,               \
    function<half>(a, splat<half>(b)))                                                             \
  X(kPv##name##SciH, "pv." text ".sci.h", funct6(0x57, 6, funct), imm_format, kXpulpimg, kIpu,     \
    function<half>(a, splat<half>(b)))                                                             \
  X(kPv##name##B, "pv." text ".b", funct7(0x57, 1, funct), kR, kXpulpimg, kIpu,                    \
    function<byte>(a, b))                                                                          \
  X(kPv##name##ScB, "pv." text ".sc.b", funct7(0x57, 5, funct), kR, kXpulpimg, kIpu,               \
    function<byte>(a, splat<byte>(b)))                                                             \
  X(kPv##name##SciB, "pv." text ".sci.b", funct6(0x57, 7, funct), imm_format, kXpulpimg, kIpu,     \
    function<byte>(a, splat<byte>(b)))

/// As TESSERA_ISA_SIMD, added to the old rd.
#define TESSERA_ISA_SIMD_SUM(X, name, text, funct, imm_format, function)                           \
  X(kPv##name##H, "pv." text ".h", funct7(0x57, 0, funct), kMac, kXpulpimg, kIpu,                  \
    c + function<std::int16_t>(a, b))                                                              \
  X(kPv##name##ScH, "pv." text ".sc.h", funct7(0x57, 4, funct), kMac, kXpulpimg, kIpu,             \
    c + function<std::int16_t>(a, splat<std::int16_t>(b)))                                         \
  X(kPv##name##SciH, "pv." text ".sci.h", funct6(0x57, 6, funct), imm_format, kXpulpimg, kIpu,     \
    c + function<std::int16_t>(a, splat<std::int16_t>(b)))                                         \
  X(kPv##name##B, "pv." text ".b", funct7(0x57, 1, funct), kMac, kXpulpimg, kIpu,                  \
    c + function<std::int8_t>(a, b))                                                               \
  X(kPv##name##ScB, "pv." text ".sc.b", funct7(0x57, 5, funct), kMac, kXpulpimg, kIpu,             \
    c + function<std::int8_t>(a, splat<std::int8_t>(b)))                                           \
  X(kPv##name##SciB, "pv." text ".sci.b", funct6(0x57, 7, funct), imm_format, kXpulpimg, kIpu,     \
    c + function<std::int8_t>(a, splat<std::int8_t>(b)))

#define TESSERA_ISA_SIMD_SIGNED(X, name, text, funct, function)                                    \
  TESSERA_ISA_SIMD(X, name, text, funct, kImm6, function, std::int16_t, std::int8_t)
#define TESSERA_ISA_SIMD_UNSIGNED(X, name, text, funct, function)                                  \
  TESSERA_ISA_SIMD(X, name, text, funct, kImm6Unsigned, function, std::uint16_t, std::uint8_t)
/// Sign-extended immediate, unsigned lanes (logical right shift).
#define TESSERA_ISA_SIMD_BITS(X, name, text, funct, function)                                      \
  TESSERA_ISA_SIMD(X, name, text, funct, kImm6, function, std::uint16_t, std::uint8_t)

#define TESSERA_ISA_XPULPIMG_COMPUTE(X)                                                            \
  X(kPAbs, "p.abs", unary(0x33, 0, 0x02, 0), kR1, kXpulpimg, kIpu,                                 \
    simd_abs<std::int32_t>(a))                                                                     \
  X(kPExths, "p.exths", unary(0x33, 4, 0x08, 0), kR1, kXpulpimg, kIpu, extend<std::int16_t>(a))    \
  X(kPExthz, "p.exthz", unary(0x33, 5, 0x08, 0), kR1, kXpulpimg, kIpu, extend<std::uint16_t>(a))   \
  X(kPExtbs, "p.extbs", unary(0x33, 6, 0x08, 0), kR1, kXpulpimg, kIpu, extend<std::int8_t>(a))     \
  X(kPExtbz, "p.extbz", unary(0x33, 7, 0x08, 0), kR1, kXpulpimg, kIpu, extend<std::uint8_t>(a))    \
  X(kPClip, "p.clip", funct7(0x33, 1, 0x0a), kImm5, kXpulpimg, kIpu,                               \
    clip(a, ~clip_bound(b), clip_bound(b)))                                                        \
  X(kPClipu, "p.clipu", funct7(0x33, 2, 0x0a), kImm5, kXpulpimg, kIpu, clip(a, 0, clip_bound(b)))  \
  X(kPClipr, "p.clipr", funct7(0x33, 5, 0x0a), kR, kXpulpimg, kIpu, clip(a, ~b, b))                \
  X(kPClipur, "p.clipur", funct7(0x33, 6, 0x0a), kR, kXpulpimg, kIpu, clip(a, 0, b))               \
  X(kPSlet, "p.slet", funct7(0x33, 2, 0x02), kR, kXpulpimg, kIpu, to_signed(a) <= to_signed(b))    \
  X(kPSletu, "p.sletu", funct7(0x33, 3, 0x02), kR, kXpulpimg, kIpu, a <= b)                        \
  X(kPMin, "p.min", funct7(0x33, 4, 0x02), kR, kXpulpimg, kIpu, simd_min<std::int32_t>(a, b))      \
  X(kPMinu, "p.minu", funct7(0x33, 5, 0x02), kR, kXpulpimg, kIpu, simd_min<std::uint32_t>(a, b))   \
  X(kPMax, "p.max", funct7(0x33, 6, 0x02), kR, kXpulpimg, kIpu, simd_max<std::int32_t>(a, b))      \
  X(kPMaxu, "p.maxu", funct7(0x33, 7, 0x02), kR, kXpulpimg, kIpu, simd_max<std::uint32_t>(a, b))   \
  X(kPMac, "p.mac", funct7(0x33, 0, 0x21), kMac, kXpulpimg, kIpu, c + a * b)                       \
  X(kPMsu, "p.msu", funct7(0x33, 1, 0x21), kMac, kXpulpimg, kIpu, c - a * b)                       \
  TESSERA_ISA_SIMD_SIGNED(X, Add, "add", 0x00, simd_add)                                           \
  TESSERA_ISA_SIMD_SIGNED(X, Sub, "sub", 0x04, simd_sub)                                           \
  TESSERA_ISA_SIMD_SIGNED(X, Avg, "avg", 0x08, simd_average)                                       \
  TESSERA_ISA_SIMD_UNSIGNED(X, Avgu, "avgu", 0x0c, simd_average)                                   \
  TESSERA_ISA_SIMD_SIGNED(X, Min, "min", 0x10, simd_min)                                           \
  TESSERA_ISA_SIMD_UNSIGNED(X, Minu, "minu", 0x14, simd_min)                                       \
  TESSERA_ISA_SIMD_SIGNED(X, Max, "max", 0x18, simd_max)                                           \
  TESSERA_ISA_SIMD_UNSIGNED(X, Maxu, "maxu", 0x1c, simd_max)                                       \
  TESSERA_ISA_SIMD_BITS(X, Srl, "srl", 0x20, simd_shift_right)                                     \
  TESSERA_ISA_SIMD_SIGNED(X, Sra, "sra", 0x24, simd_shift_right)                                   \
  TESSERA_ISA_SIMD_BITS(X, Sll, "sll", 0x28, simd_shift_left)                                      \
  TESSERA_ISA_SIMD_BITS(X, Or, "or", 0x2c, simd_or)                                                \
  TESSERA_ISA_SIMD_BITS(X, Xor, "xor", 0x30, simd_xor)                                             \
  TESSERA_ISA_SIMD_BITS(X, And, "and", 0x34, simd_and)                                             \
  X(kPvAbsH, "pv.abs.h", unary(0x57, 0, 0x38, 0), kR1, kXpulpimg, kIpu,                            \
    simd_abs<std::int16_t>(a))                                                                     \
  X(kPvAbsB, "pv.abs.b", unary(0x57, 1, 0x38, 0), kR1, kXpulpimg, kIpu, simd_abs<std::int8_t>(a))  \
  X(kPvExtractH, "pv.extract.h", funct6(0x57, 6, 0x3c), kImm6Unsigned, kXpulpimg, kIpu,            \
    extend<std::int16_t>(lane<std::int16_t>(a, b)))                                                \
  X(kPvExtractB, "pv.extract.b", funct6(0x57, 7, 0x3c), kImm6Unsigned, kXpulpimg, kIpu,            \
    extend<std::int8_t>(lane<std::int8_t>(a, b)))                                                  \
  X(kPvExtractuH, "pv.extractu.h", funct6(0x57, 6, 0x48), kImm6Unsigned, kXpulpimg, kIpu,          \
    lane<std::uint16_t>(a, b))                                                                     \
  X(kPvExtractuB, "pv.extractu.b", funct6(0x57, 7, 0x48), kImm6Unsigned, kXpulpimg, kIpu,          \
    lane<std::uint8_t>(a, b))                                                                      \
  X(kPvInsertH, "pv.insert.h", funct6(0x57, 6, 0x58), kMacImm6Unsigned, kXpulpimg, kIpu,           \
    insert_lane<std::uint16_t>(c, a, b))                                                           \
  X(kPvInsertB, "pv.insert.b", funct6(0x57, 7, 0x58), kMacImm6Unsigned, kXpulpimg, kIpu,           \
    insert_lane<std::uint8_t>(c, a, b))                                                            \
  TESSERA_ISA_SIMD(X, Dotup, "dotup", 0x40, kImm6Unsigned, dot_unsigned, std::int16_t,             \
                   std::int8_t)                                                                    \
  TESSERA_ISA_SIMD_SIGNED(X, Dotusp, "dotusp", 0x44, dot_mixed)                                    \
  TESSERA_ISA_SIMD_SIGNED(X, Dotsp, "dotsp", 0x4c, dot_signed)                                     \
  TESSERA_ISA_SIMD_SUM(X, Sdotup, "sdotup", 0x50, kMacImm6Unsigned, dot_unsigned)                  \
  TESSERA_ISA_SIMD_SUM(X, Sdotusp, "sdotusp", 0x54, kMacImm6, dot_mixed)                           \
  TESSERA_ISA_SIMD_SUM(X, Sdotsp, "sdotsp", 0x5c, kMacImm6, dot_signed)                            \
  X(kPvShuffle2H, "pv.shuffle2.h", funct7(0x57, 0, 0x64), kMac, kXpulpimg, kIpu,                   \
    shuffle<std::uint16_t>(c, a, b))                                                               \
  X(kPvShuffle2B, "pv.shuffle2.b", funct7(0x57, 1, 0x64), kMac, kXpulpimg, kIpu,                   \
    shuffle<std::uint8_t>(c, a, b))                                                                \
  X(kPvPack, "pv.pack", funct7(0x57, 0, 0x68), kR, kXpulpimg, kIpu, a << 16 | (b & 0xffff))        \
  X(kPvPackH, "pv.pack.h", funct7(0x57, 0, 0x69), kR, kXpulpimg, kIpu,                             \
    (a & 0xffff0000) | b >> 16)

#define TESSERA_ISA_XPULPIMG_BRANCH(X)                                                             \
  X(kPBeqimm, "p.beqimm", funct3(0x63, 2), kBranchImmediate, kXpulpimg, a == b)                    \
  X(kPBneimm, "p.bneimm", funct3(0x63, 3), kBranchImmediate, kXpulpimg, a != b)

#define TESSERA_ISA_XPULPIMG_LOAD(X)                                                               \
  X(kPLbPost, "p.lb", funct3(0x0b, 0), kLoadPost, kXpulpimg, std::int8_t)                          \
  X(kPLbuPost, "p.lbu", funct3(0x0b, 4), kLoadPost, kXpulpimg, std::uint8_t)                       \
  X(kPLhPost, "p.lh", funct3(0x0b, 1), kLoadPost, kXpulpimg, std::int16_t)                         \
  X(kPLhuPost, "p.lhu", funct3(0x0b, 5), kLoadPost, kXpulpimg, std::uint16_t)                      \
  X(kPLwPost, "p.lw", funct3(0x0b, 2), kLoadPost, kXpulpimg, std::int32_t)                         \
  X(kPLbRegisterPost, "p.lb", funct7(0x0b, 7, 0x00), kLoadRegisterPost, kXpulpimg, std::int8_t)    \
  X(kPLbuRegisterPost, "p.lbu", funct7(0x0b, 7, 0x20), kLoadRegisterPost, kXpulpimg,               \
    std::uint8_t)                                                                                  \
  X(kPLhRegisterPost, "p.lh", funct7(0x0b, 7, 0x08), kLoadRegisterPost, kXpulpimg, std::int16_t)   \
  X(kPLhuRegisterPost, "p.lhu", funct7(0x0b, 7, 0x28), kLoadRegisterPost, kXpulpimg,               \
    std::uint16_t)                                                                                 \
  X(kPLwRegisterPost, "p.lw", funct7(0x0b, 7, 0x10), kLoadRegisterPost, kXpulpimg, std::int32_t)   \
  X(kPLbRegister, "p.lb", funct7(0x03, 7, 0x00), kLoadRegister, kXpulpimg, std::int8_t)            \
  X(kPLbuRegister, "p.lbu", funct7(0x03, 7, 0x20), kLoadRegister, kXpulpimg, std::uint8_t)         \
  X(kPLhRegister, "p.lh", funct7(0x03, 7, 0x08), kLoadRegister, kXpulpimg, std::int16_t)           \
  X(kPLhuRegister, "p.lhu", funct7(0x03, 7, 0x28), kLoadRegister, kXpulpimg, std::uint16_t)        \
  X(kPLwRegister, "p.lw", funct7(0x03, 7, 0x10), kLoadRegister, kXpulpimg, std::int32_t)

#define TESSERA_ISA_XPULPIMG_STORE(X)                                                              \
  X(kPSbPost, "p.sb", funct3(0x2b, 0), kStorePost, kXpulpimg, std::uint8_t)                        \
  X(kPShPost, "p.sh", funct3(0x2b, 1), kStorePost, kXpulpimg, std::uint16_t)                       \
  X(kPSwPost, "p.sw", funct3(0x2b, 2), kStorePost, kXpulpimg, std::uint32_t)                       \
  X(kPSbRegisterPost, "p.sb", funct7(0x2b, 4, 0x00), kStoreRegisterPost, kXpulpimg, std::uint8_t)  \
  X(kPShRegisterPost, "p.sh", funct7(0x2b, 5, 0x00), kStoreRegisterPost, kXpulpimg,                \
    std::uint16_t)                                                                                 \
  X(kPSwRegisterPost, "p.sw", funct7(0x2b, 6, 0x00), kStoreRegisterPost, kXpulpimg,                \
    std::uint32_t)                                                                                 \
  X(kPSbRegister, "p.sb", funct7(0x23, 4, 0x00), kStoreRegister, kXpulpimg, std::uint8_t)          \
  X(kPShRegister, "p.sh", funct7(0x23, 5, 0x00), kStoreRegister, kXpulpimg, std::uint16_t)         \
  X(kPSwRegister, "p.sw", funct7(0x23, 6, 0x00), kStoreRegister, kXpulpimg, std::uint32_t)

// NOLINTEND(bugprone-macro-parentheses)
// clang-format on
