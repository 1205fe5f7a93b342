// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera::isa {

/// Which bits of an instruction word are fixed, and their values.
struct Pattern {
  std::uint32_t match = 0;
  std::uint32_t mask = 0;
};

constexpr bool matches(Pattern pattern, std::uint32_t raw) {
  return (raw & pattern.mask) == pattern.match;
}

/// Builders for the instruction tables; fields as in the RISC-V manual. Bits that Snitch's decoder
/// ignores stay free (source: mempool hardware/deps/snitch/src/riscv_instr.sv).
namespace pattern {

constexpr std::uint32_t kMaskOpcode = 0x0000007f;
constexpr std::uint32_t kMaskFunct3 = 0x00007000;
constexpr std::uint32_t kMaskRs2 = 0x01f00000;
constexpr std::uint32_t kMaskFunct6 = 0xfc000000;
constexpr std::uint32_t kMaskFunct7 = 0xfe000000;
constexpr std::uint32_t kMaskFunct5 = 0xf8000000;

constexpr Pattern exact(std::uint32_t raw) {
  return {raw, 0xffffffff};
}
/// U and J format.
constexpr Pattern opcode(std::uint32_t code) {
  return {code, kMaskOpcode};
}
/// I, S and B format.
constexpr Pattern funct3(std::uint32_t code, std::uint32_t f3) {
  return {code | f3 << 12, kMaskOpcode | kMaskFunct3};
}
/// R format.
constexpr Pattern funct7(std::uint32_t code, std::uint32_t f3, std::uint32_t f7) {
  return {code | f3 << 12 | f7 << 25, kMaskOpcode | kMaskFunct3 | kMaskFunct7};
}
/// R format without the low bit of funct7: immediate shifts (as the RTL) and 6-bit immediates.
constexpr Pattern funct6(std::uint32_t code, std::uint32_t f3, std::uint32_t f7) {
  return {code | f3 << 12 | f7 << 25, kMaskOpcode | kMaskFunct3 | kMaskFunct6};
}
/// R format with a fixed rs2 field.
constexpr Pattern unary(std::uint32_t code, std::uint32_t f3, std::uint32_t f7, std::uint32_t rs2) {
  return {code | f3 << 12 | rs2 << 20 | f7 << 25,
          kMaskOpcode | kMaskFunct3 | kMaskRs2 | kMaskFunct7};
}
/// A extension, word size; the acquire and release bits are free.
constexpr Pattern amo(std::uint32_t f5) {
  return {0x2fu | 2u << 12 | f5 << 27, kMaskOpcode | kMaskFunct3 | kMaskFunct5};
}
/// As amo() with rs2 = 0.
constexpr Pattern load_reserved(std::uint32_t f5) {
  return {amo(f5).match, amo(f5).mask | kMaskRs2};
}
/// Floating point with a rounding mode in funct3.
constexpr Pattern rounded(std::uint32_t f7) {
  return {0x53u | f7 << 25, kMaskOpcode | kMaskFunct7};
}
/// As rounded() with a fixed rs2 field.
constexpr Pattern rounded_unary(std::uint32_t f7, std::uint32_t rs2) {
  return {0x53u | rs2 << 20 | f7 << 25, kMaskOpcode | kMaskRs2 | kMaskFunct7};
}
/// Fused multiply-add: three sources, `format` in bits 26:25.
constexpr Pattern fused(std::uint32_t code, std::uint32_t format) {
  return {code | format << 25, kMaskOpcode | 3u << 25};
}

}  // namespace pattern
}  // namespace tessera::isa
