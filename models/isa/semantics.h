// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include "models/isa/instruction.h"
#include "models/isa/simd.h"

namespace tessera::isa {
namespace semantics {

constexpr std::uint32_t high_word(std::int64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}
constexpr std::uint32_t shift_right_signed(std::uint32_t value, std::uint32_t amount) {
  return static_cast<std::uint32_t>(to_signed(value) >> amount);
}

// Division by zero and the overflow of -2^31 / -1 have the results of the M extension.
constexpr std::uint32_t divide_signed(std::uint32_t a, std::uint32_t b) {
  if (b == 0) {
    return 0xffffffff;
  }
  return b == 0xffffffff ? 0 - a : static_cast<std::uint32_t>(to_signed(a) / to_signed(b));
}
constexpr std::uint32_t remainder_signed(std::uint32_t a, std::uint32_t b) {
  if (b == 0) {
    return a;
  }
  return b == 0xffffffff ? 0 : static_cast<std::uint32_t>(to_signed(a) % to_signed(b));
}
constexpr std::uint32_t divide_unsigned(std::uint32_t a, std::uint32_t b) {
  return b == 0 ? 0xffffffff : a / b;
}
constexpr std::uint32_t remainder_unsigned(std::uint32_t a, std::uint32_t b) {
  return b == 0 ? a : a % b;
}

/// Upper bound of p.clip and p.clipu: 2^(bits-1) - 1, and 0 for bits = 0.
constexpr std::uint32_t clip_bound(std::uint32_t bits) {
  return bits == 0 ? 0 : (1u << (bits - 1)) - 1;
}
/// Signed; the lower bound wins where the bounds cross (p.clipr with a negative rs2), as in the
/// RTL.
constexpr std::uint32_t clip(std::uint32_t value, std::uint32_t low, std::uint32_t high) {
  if (to_signed(value) <= to_signed(low)) {
    return low;
  }
  return to_signed(value) >= to_signed(high) ? high : value;
}

/// The result of a computing instruction: rd from a = rs1, b = rs2 or the immediate, c = rs3.
template <Op op>
constexpr std::uint32_t result(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t pc);
#define TESSERA_ROW(op, mnemonic, bits, format, extension, kind, ...)        \
  template <>                                                                \
  constexpr std::uint32_t result<Op::op>(                                    \
      [[maybe_unused]] std::uint32_t a, [[maybe_unused]] std::uint32_t b,    \
      [[maybe_unused]] std::uint32_t c, [[maybe_unused]] std::uint32_t pc) { \
    return __VA_ARGS__;                                                      \
  }
TESSERA_ISA_COMPUTE(TESSERA_ROW)
#undef TESSERA_ROW

/// Whether a branch is taken; b is rs2 or the 5-bit immediate.
template <Op op>
constexpr bool is_taken(std::uint32_t a, std::uint32_t b);
#define TESSERA_ROW(op, mnemonic, bits, format, extension, ...)       \
  template <>                                                         \
  constexpr bool is_taken<Op::op>(std::uint32_t a, std::uint32_t b) { \
    return __VA_ARGS__;                                               \
  }
TESSERA_ISA_BRANCH(TESSERA_ROW)
#undef TESSERA_ROW

}  // namespace semantics

/// rd of a computing instruction (classes kAlu, kMul, kDiv, kIpu) from its register values.
/// `rs3` is the old rd where the instruction reads it. Other classes: TESSERA_CHECK fails.
std::uint32_t compute(const Instruction& instruction, std::uint32_t rs1, std::uint32_t rs2,
                      std::uint32_t rs3, std::uint32_t pc);
/// Whether a branch (class kBranch) is taken. Other classes: TESSERA_CHECK fails.
bool is_branch_taken(const Instruction& instruction, std::uint32_t rs1, std::uint32_t rs2);
/// New value of the CSR: csrrw, csrrs, csrrc and their immediate forms; `operand` is rs1 or imm5.
std::uint32_t csr_result(Op op, std::uint32_t old, std::uint32_t operand);

}  // namespace tessera::isa
