// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/attention_engine/engine_parameters.h"

namespace tessera::attention_engine {

/// Operations of chain instructions. Source: section 1.5 of the engine's specification.
enum class Opcode : std::uint8_t {
  kNop = 0x00,
  kEndChain = 0x01,
  kSetRegister = 0x02,  ///< s_wr: count is the register, index the value
  kVectorRead = 0x04,   ///< v_rd: `count` entries from `index`; from L2, ITER rows at address index
  kVectorWrite = 0x05,
  kMatrixRead = 0x06,      ///< m_rd L2: ITER rows of ROW_BYTES, STRIDE_ROW bytes apart, from index
  kMatrixWrite = 0x07,     ///< m_wr MRF: entries from index
  kMatrixMultiply = 0x08,  ///< mv_mul: ROWS x COLS native tiles times ITER vectors
  kAdd = 0x09,             ///< vv_add, ...: second operand at `index` of `memory`
  kSubtract = 0x0A,
  kSubtractReversed = 0x0B,
  kMaximum = 0x0C,
  kMultiply = 0x0D,
  kRelu = 0x10,
  kSigmoid = 0x11,
  kTanh = 0x12,
  kGelu = 0x13,
  kExp = 0x14,
  kRequantise = 0x15,
  kMask = 0x18,               ///< v_mask: masks of `count` tiles from `index` of MaskRam
  kSoftmaxAccumulate = 0x19,  ///< sm_acc: maximum and sum
  kSoftmaxFinish = 0x1A,      ///< sm_fin: normalise, or rescale accumulators
  kWalk = 0x20,               ///< t_walk: the scheduler has tested `index` tiles of a map
  kFence = 0x3E,              ///< what follows waits until all before is committed
  kInterrupt = 0x3F,          ///< a fence that reports tag `index`
};

/// Scalar registers of s_wr. Source: as Opcode.
enum class ScalarRegister : std::uint8_t {
  kRows = 0,
  kColumns = 1,
  kIterations = 2,
  kVectorLength = 3,  ///< valid elements of a native vector that is multiplied; 0: all
  kListBase = 10,
  kListLength = 11,
  kStrideRow = 12,  ///< bytes from row to row in L2; 0: ROW_BYTES
  kRowBytes = 13,   ///< bytes of a row that goes to or comes from L2
};
inline constexpr std::uint32_t kNumScalarRegisters = 16;

/// Flags of an instruction.
/// mv_mul: the product is with rows of probabilities (context), not with rows of Q (scores).
inline constexpr std::uint8_t kFlagContext = 1u << 0;
inline constexpr std::uint8_t kFlagIndirect = 1u << 1;    ///< entries come from the tile list
inline constexpr std::uint8_t kFlagRefetch = 1u << 2;     ///< m_rd: has been in the MRF before
inline constexpr std::uint8_t kFlagTranspose = 1u << 3;   ///< m_rd
inline constexpr std::uint8_t kFlagAccumulate = 1u << 4;  ///< mv_mul: AccVrf is not cleared
inline constexpr std::uint8_t kFlagLast = 1u << 5;        ///< sm_...: last tile of its rows

struct Instruction {
  Opcode opcode = Opcode::kNop;
  MemoryId memory = MemoryId::kL2;
  std::uint8_t flags = 0;
  std::uint16_t count = 0;
  std::uint32_t index = 0;
};

/// The 64-bit form: op [63:58], memory [57:54], flags [53:48], count [47:32], index [31:0].
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

/// Where instructions come from when firmware does not push them one by one.
class InstructionSource {
 public:
  virtual ~InstructionSource() = default;
  /// The next instruction in `word`; false when there is none left.
  virtual bool next(std::uint64_t& word) = 0;
};

}  // namespace tessera::attention_engine
