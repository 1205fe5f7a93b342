// SPDX-License-Identifier: Apache-2.0
#pragma once

// Floating point in integer registers (zfinx) as Snitch decodes it: binary32 and binary16, scalar
// and packed. Known by name only, so that a run can stop at it:
//   FLOAT  X(op, mnemonic, pattern, format)
// clang-format off
// NOLINTBEGIN(bugprone-macro-parentheses): columns are tokens and types, not expressions

/// A scalar operation in both formats; `funct` is funct7 with format bits 00.
#define TESSERA_ISA_FLOAT_SCALAR(X, name, text, funct, third, form)                                \
  X(kF##name##S, "f" text ".s", funct7(0x53, third, funct), form)                                  \
  X(kF##name##H, "f" text ".h", funct7(0x53, third, (funct) | 2), form)
#define TESSERA_ISA_FLOAT_ROUNDED(X, name, text, funct)                                            \
  X(kF##name##S, "f" text ".s", rounded(funct), kR)                                                \
  X(kF##name##H, "f" text ".h", rounded((funct) | 2), kR)
#define TESSERA_ISA_FLOAT_UNARY(X, name, text_s, text_h, funct, third)                             \
  X(kF##name##S, text_s, unary(0x53, third, funct, 0), kR1)                                        \
  X(kF##name##H, text_h, unary(0x53, third, (funct) | 2, 0), kR1)
#define TESSERA_ISA_FLOAT_CONVERT(X, name, text_s, text_h, funct, field)                           \
  X(kFcvt##name##S, text_s, rounded_unary(funct, field), kR1)                                      \
  X(kFcvt##name##H, text_h, rounded_unary((funct) | 2, field), kR1)
#define TESSERA_ISA_FLOAT_FUSED(X, name, text, code)                                               \
  X(kF##name##S, "f" text ".s", fused(code, 0), kR4)                                               \
  X(kF##name##H, "f" text ".h", fused(code, 2), kR4)
/// A packed binary16 operation, lanes of rs2 or (.r) its low lane in all lanes.
#define TESSERA_ISA_FLOAT_PACKED(X, name, text, funct, form)                                       \
  X(kVf##name##H, "vf" text ".h", funct7(0x33, 2, funct), form)                                    \
  X(kVf##name##RH, "vf" text ".r.h", funct7(0x33, 6, funct), form)
/// A packed conversion; `third` is funct3.
#define TESSERA_ISA_FLOAT_PACKED_UNARY(X, op, text, third, funct, field)                           \
  X(op, text, unary(0x33, third, funct, field), kR1)

#define TESSERA_ISA_FLOAT(X)                                                                       \
  TESSERA_ISA_FLOAT_ROUNDED(X, Add, "add", 0x00)                                                   \
  TESSERA_ISA_FLOAT_ROUNDED(X, Sub, "sub", 0x04)                                                   \
  TESSERA_ISA_FLOAT_ROUNDED(X, Mul, "mul", 0x08)                                                   \
  TESSERA_ISA_FLOAT_ROUNDED(X, Div, "div", 0x0c)                                                   \
  X(kFsqrtS, "fsqrt.s", rounded_unary(0x2c, 0), kR1)                                               \
  X(kFsqrtH, "fsqrt.h", rounded_unary(0x2e, 0), kR1)                                               \
  TESSERA_ISA_FLOAT_SCALAR(X, Sgnj, "sgnj", 0x10, 0, kR)                                           \
  TESSERA_ISA_FLOAT_SCALAR(X, Sgnjn, "sgnjn", 0x10, 1, kR)                                         \
  TESSERA_ISA_FLOAT_SCALAR(X, Sgnjx, "sgnjx", 0x10, 2, kR)                                         \
  TESSERA_ISA_FLOAT_SCALAR(X, Min, "min", 0x14, 0, kR)                                             \
  TESSERA_ISA_FLOAT_SCALAR(X, Max, "max", 0x14, 1, kR)                                             \
  TESSERA_ISA_FLOAT_SCALAR(X, Le, "le", 0x50, 0, kR)                                               \
  TESSERA_ISA_FLOAT_SCALAR(X, Lt, "lt", 0x50, 1, kR)                                               \
  TESSERA_ISA_FLOAT_SCALAR(X, Eq, "eq", 0x50, 2, kR)                                               \
  TESSERA_ISA_FLOAT_UNARY(X, MvX, "fmv.x.w", "fmv.x.h", 0x70, 0)                                   \
  TESSERA_ISA_FLOAT_UNARY(X, Class, "fclass.s", "fclass.h", 0x70, 1)                               \
  TESSERA_ISA_FLOAT_UNARY(X, MvFromX, "fmv.w.x", "fmv.h.x", 0x78, 0)                               \
  TESSERA_ISA_FLOAT_CONVERT(X, W, "fcvt.w.s", "fcvt.w.h", 0x60, 0)                                 \
  TESSERA_ISA_FLOAT_CONVERT(X, Wu, "fcvt.wu.s", "fcvt.wu.h", 0x60, 1)                              \
  TESSERA_ISA_FLOAT_CONVERT(X, FromW, "fcvt.s.w", "fcvt.h.w", 0x68, 0)                             \
  TESSERA_ISA_FLOAT_CONVERT(X, FromWu, "fcvt.s.wu", "fcvt.h.wu", 0x68, 1)                          \
  X(kFcvtHToS, "fcvt.s.h", rounded_unary(0x20, 2), kR1)                                            \
  X(kFcvtSToH, "fcvt.h.s", rounded_unary(0x22, 0), kR1)                                            \
  TESSERA_ISA_FLOAT_FUSED(X, Madd, "madd", 0x43)                                                   \
  TESSERA_ISA_FLOAT_FUSED(X, Msub, "msub", 0x47)                                                   \
  TESSERA_ISA_FLOAT_FUSED(X, Nmsub, "nmsub", 0x4b)                                                 \
  TESSERA_ISA_FLOAT_FUSED(X, Nmadd, "nmadd", 0x4f)                                                 \
  TESSERA_ISA_FLOAT_PACKED(X, Add, "add", 0x41, kR)                                                \
  TESSERA_ISA_FLOAT_PACKED(X, Sub, "sub", 0x42, kR)                                                \
  TESSERA_ISA_FLOAT_PACKED(X, Mul, "mul", 0x43, kR)                                                \
  TESSERA_ISA_FLOAT_PACKED(X, Div, "div", 0x44, kR)                                                \
  TESSERA_ISA_FLOAT_PACKED(X, Min, "min", 0x45, kR)                                                \
  TESSERA_ISA_FLOAT_PACKED(X, Max, "max", 0x46, kR)                                                \
  TESSERA_ISA_FLOAT_PACKED(X, Mac, "mac", 0x48, kMac)                                              \
  TESSERA_ISA_FLOAT_PACKED(X, Mre, "mre", 0x49, kMac)                                              \
  TESSERA_ISA_FLOAT_PACKED(X, Sgnj, "sgnj", 0x4d, kR)                                              \
  TESSERA_ISA_FLOAT_PACKED(X, Sgnjn, "sgnjn", 0x4e, kR)                                            \
  TESSERA_ISA_FLOAT_PACKED(X, Sgnjx, "sgnjx", 0x4f, kR)                                            \
  TESSERA_ISA_FLOAT_PACKED(X, Eq, "eq", 0x50, kR)                                                  \
  TESSERA_ISA_FLOAT_PACKED(X, Ne, "ne", 0x51, kR)                                                  \
  TESSERA_ISA_FLOAT_PACKED(X, Lt, "lt", 0x52, kR)                                                  \
  TESSERA_ISA_FLOAT_PACKED(X, Ge, "ge", 0x53, kR)                                                  \
  TESSERA_ISA_FLOAT_PACKED(X, Le, "le", 0x54, kR)                                                  \
  TESSERA_ISA_FLOAT_PACKED(X, Gt, "gt", 0x55, kR)                                                  \
  TESSERA_ISA_FLOAT_PACKED_UNARY(X, kVfsqrtH, "vfsqrt.h", 2, 0x47, 0)                              \
  TESSERA_ISA_FLOAT_PACKED_UNARY(X, kVfmvXH, "vfmv.x.h", 2, 0x4c, 0)                               \
  TESSERA_ISA_FLOAT_PACKED_UNARY(X, kVfmvHX, "vfmv.h.x", 6, 0x4c, 0)                               \
  TESSERA_ISA_FLOAT_PACKED_UNARY(X, kVfclassH, "vfclass.h", 2, 0x4c, 1)                            \
  TESSERA_ISA_FLOAT_PACKED_UNARY(X, kVfcvtXH, "vfcvt.x.h", 2, 0x4c, 2)                             \
  TESSERA_ISA_FLOAT_PACKED_UNARY(X, kVfcvtXuH, "vfcvt.xu.h", 6, 0x4c, 2)                           \
  TESSERA_ISA_FLOAT_PACKED_UNARY(X, kVfcvtHX, "vfcvt.h.x", 2, 0x4c, 3)                             \
  TESSERA_ISA_FLOAT_PACKED_UNARY(X, kVfcvtHXu, "vfcvt.h.xu", 6, 0x4c, 3)                           \
  TESSERA_ISA_FLOAT_PACKED_UNARY(X, kVfcvtHS, "vfcvt.h.s", 2, 0x4c, 4)                             \
  TESSERA_ISA_FLOAT_PACKED_UNARY(X, kVfcvtuHS, "vfcvtu.h.s", 6, 0x4c, 4)                           \
  TESSERA_ISA_FLOAT_PACKED_UNARY(X, kVfcvtSH, "vfcvt.s.h", 0, 0x4c, 6)                             \
  TESSERA_ISA_FLOAT_PACKED_UNARY(X, kVfcvtuSH, "vfcvtu.s.h", 4, 0x4c, 6)                           \
  X(kVfcpkaHS, "vfcpka.h.s", funct7(0x33, 2, 0x58), kR)                                            \
  X(kVfdotpexSH, "vfdotpex.s.h", funct7(0x33, 0, 0x4b), kMac)                                      \
  X(kVfdotpexSRH, "vfdotpex.s.r.h", funct7(0x33, 4, 0x4b), kMac)                                   \
  X(kVfndotpexSH, "vfndotpex.s.h", funct7(0x33, 0, 0x5d), kMac)                                    \
  X(kVfndotpexSRH, "vfndotpex.s.r.h", funct7(0x33, 4, 0x5d), kMac)                                 \
  X(kVfsumexSH, "vfsumex.s.h", unary(0x33, 0, 0x47, 0x16), kMac)                                   \
  X(kVfnsumexSH, "vfnsumex.s.h", unary(0x33, 0, 0x57, 0x16), kMac)                                 \
  X(kFcdotpexSH, "fcdotpex.s.h", funct7(0x77, 0, 0x4b), kMac)                                      \
  X(kFcndotpexSH, "fcndotpex.s.h", funct7(0x77, 4, 0x4b), kMac)                                    \
  X(kFccdotpexSH, "fccdotpex.s.h", funct7(0x77, 0, 0x5d), kMac)                                    \
  X(kFccndotpexSH, "fccndotpex.s.h", funct7(0x77, 4, 0x5d), kMac)

// NOLINTEND(bugprone-macro-parentheses)
// clang-format on
