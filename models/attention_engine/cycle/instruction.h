// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/attention_engine/engine_chain_regs.h"
#include "models/attention_engine/engine_parameters.h"

namespace tessera::attention_engine {

/// Operations of chain instructions: engine_chain_regs.h says what each does.
enum class Opcode : std::uint8_t {
  kNop = ATTENTION_ENGINE_OP_NOP,
  kEndChain = ATTENTION_ENGINE_OP_END_CHAIN,
  kSetRegister = ATTENTION_ENGINE_OP_SET_REGISTER,
  kVectorRead = ATTENTION_ENGINE_OP_VECTOR_READ,
  kVectorWrite = ATTENTION_ENGINE_OP_VECTOR_WRITE,
  kMatrixRead = ATTENTION_ENGINE_OP_MATRIX_READ,
  kMatrixWrite = ATTENTION_ENGINE_OP_MATRIX_WRITE,
  kMatrixMultiply = ATTENTION_ENGINE_OP_MATRIX_MULTIPLY,
  kAdd = ATTENTION_ENGINE_OP_ADD,
  kSubtract = ATTENTION_ENGINE_OP_SUBTRACT,
  kSubtractReversed = ATTENTION_ENGINE_OP_SUBTRACT_REVERSED,
  kMaximum = ATTENTION_ENGINE_OP_MAXIMUM,
  kMultiply = ATTENTION_ENGINE_OP_MULTIPLY,
  kRelu = ATTENTION_ENGINE_OP_RELU,
  kSigmoid = ATTENTION_ENGINE_OP_SIGMOID,
  kTanh = ATTENTION_ENGINE_OP_TANH,
  kGelu = ATTENTION_ENGINE_OP_GELU,
  kExp = ATTENTION_ENGINE_OP_EXP,
  kRequantise = ATTENTION_ENGINE_OP_REQUANTISE,
  kInverseRoot = ATTENTION_ENGINE_OP_INVERSE_ROOT,
  kMask = ATTENTION_ENGINE_OP_MASK,
  kSoftmaxAccumulate = ATTENTION_ENGINE_OP_SOFTMAX_ACCUMULATE,
  kSoftmaxFinish = ATTENTION_ENGINE_OP_SOFTMAX_FINISH,
  kReduceSum = ATTENTION_ENGINE_OP_REDUCE_SUM,
  kWalk = ATTENTION_ENGINE_OP_WALK,
  kFence = ATTENTION_ENGINE_OP_FENCE,
  kInterrupt = ATTENTION_ENGINE_OP_INTERRUPT,
};

/// Scalar registers of s_wr.
enum class ScalarRegister : std::uint8_t {
  kRows = ATTENTION_ENGINE_REGISTER_ROWS,
  kColumns = ATTENTION_ENGINE_REGISTER_COLUMNS,
  kIterations = ATTENTION_ENGINE_REGISTER_ITER,
  kVectorLength = ATTENTION_ENGINE_REGISTER_VECTOR_LENGTH,
  kRequantMult = ATTENTION_ENGINE_REGISTER_REQUANT_MULT,
  kRequantShift = ATTENTION_ENGINE_REGISTER_REQUANT_SHIFT,
  kRequantAdd = ATTENTION_ENGINE_REGISTER_REQUANT_ADD,
  kFractionBits = ATTENTION_ENGINE_REGISTER_FRACTION_BITS,
  kGeluB = ATTENTION_ENGINE_REGISTER_GELU_B,
  kGeluC = ATTENTION_ENGINE_REGISTER_GELU_C,
  kListBase = ATTENTION_ENGINE_REGISTER_LIST_BASE,
  kListLength = ATTENTION_ENGINE_REGISTER_LIST_LENGTH,
  kStrideRow = ATTENTION_ENGINE_REGISTER_STRIDE_ROW,
  kRowBytes = ATTENTION_ENGINE_REGISTER_ROW_BYTES,
};
inline constexpr std::uint32_t kNumScalarRegisters = ATTENTION_ENGINE_NUM_REGISTERS;

/// Flags of an instruction.
/// mv_mul: the product is with rows of probabilities (context), not with rows of Q (scores).
inline constexpr std::uint8_t kFlagContext = ATTENTION_ENGINE_FLAG_CONTEXT;
inline constexpr std::uint8_t kFlagIndirect =
    ATTENTION_ENGINE_FLAG_INDIRECT;                    ///< entries come from the tile list
inline constexpr std::uint8_t kFlagRefetch = 1u << 2;  ///< m_rd: has been in the MRF before
inline constexpr std::uint8_t kFlagSpill = 1u << 2;    ///< v_rd, v_wr of L2: scores without a place
inline constexpr std::uint8_t kFlagTranspose = ATTENTION_ENGINE_FLAG_TRANSPOSE;  ///< m_rd
/// mv_mul: AccVrf is not cleared; sm_acc: neither are the rows of SmxRF.
inline constexpr std::uint8_t kFlagAccumulate = ATTENTION_ENGINE_FLAG_ACCUMULATE;
inline constexpr std::uint8_t kFlagLast = ATTENTION_ENGINE_FLAG_LAST;  ///< sm_...: of its rows

struct Instruction {
  Opcode opcode = Opcode::kNop;
  MemoryId memory = MemoryId::kL2;
  std::uint8_t flags = 0;
  std::uint16_t count = 0;
  std::uint32_t index = 0;
};

/// The 64-bit form.
constexpr std::uint64_t encode(const Instruction& instruction) {
  return std::uint64_t{static_cast<std::uint8_t>(instruction.opcode)} << 58 |
         std::uint64_t{static_cast<std::uint8_t>(instruction.memory)} << 54 |
         std::uint64_t{instruction.flags & 0x3Fu} << 48 | std::uint64_t{instruction.count} << 32 |
         instruction.index;
}

/// An opcode that is none stays what it is: the decoder refuses it.
constexpr Instruction decode(std::uint64_t word) {
  return {static_cast<Opcode>(word >> 58), static_cast<MemoryId>(word >> 54 & 0xF),
          static_cast<std::uint8_t>(word >> 48 & 0x3F), static_cast<std::uint16_t>(word >> 32),
          static_cast<std::uint32_t>(word)};
}

using ScalarRegisters = std::array<std::uint32_t, kNumScalarRegisters>;

/// An entry of a register file.
struct FileEntry {
  MemoryId memory = MemoryId::kL2;
  std::uint32_t index = 0;
};

/// A chain that software wrote: its instructions without end_chain, and the registers that it saw.
struct WrittenChain {
  std::uint64_t sequence = 0;
  std::vector<Instruction> instructions;
  ScalarRegisters registers{};
  /// What it reads, though nothing has written it since the reset, or only what follows from such
  /// entries; none: all is written.
  std::optional<FileEntry> unwritten;

  [[nodiscard]] bool stores() const {
    return std::any_of(instructions.begin(), instructions.end(), [](const Instruction& one) {
      return one.opcode == Opcode::kVectorWrite && one.memory == MemoryId::kL2;
    });
  }
  [[nodiscard]] std::uint32_t value(ScalarRegister name) const {
    return registers[static_cast<std::size_t>(name)];
  }
};

/// Where instructions come from when firmware does not push them one by one.
class InstructionSource {
 public:
  virtual ~InstructionSource() = default;
  /// The next instruction in `word`; false when there is none left.
  virtual bool next(std::uint64_t& word) = 0;
};

}  // namespace tessera::attention_engine
