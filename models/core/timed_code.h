// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/base/dmi_table.h"
#include "models/base/hart_access.h"
#include "models/isa/instruction.h"

namespace tessera {

/// What the pipeline does with an instruction: isa::Op, or one of the values behind.
using Action = std::uint16_t;
constexpr Action action_of(isa::Op op) {
  return static_cast<Action>(op);
}
constexpr Action kUndecoded = static_cast<Action>(isa::kNumOps);  ///< not looked at yet
constexpr Action kWatched = kUndecoded + 1;                       ///< reported before it issues

/// An instruction as the pipeline takes it; two to a cache line.
struct alignas(32) TimedInstruction {
  std::uint32_t sources = 0;   ///< registers read, one bit each, x0 never
  std::uint32_t blockers = 0;  ///< sources and destination: none may be busy
  std::int32_t imm = 0;        ///< operand b adds it; accesses: the address does
  union {
    std::int32_t offset = 0;  ///< branches, jal: of the target
    std::uint32_t request;    ///< accesses: what AccessTag holds but for id and shift
  };
  Action action = kUndecoded;
  std::uint8_t rd = 0;
  std::uint8_t rs1 = 0;
  std::uint8_t rs2 = 0;     ///< x0 where imm is operand b; accesses: the data
  std::uint8_t rs3 = 0;     ///< accesses: the index, x0 where imm is the offset
  std::uint8_t bytes = 0;   ///< accesses; else 0
  AccessKind access = {};   ///< accesses
  bool increments = false;  ///< accesses: rs1 is post-incremented
};

TimedInstruction timed_form(const isa::Instruction& instruction);

/// What comes back with the response to an access, beside the data.
struct AccessTag {
  // Fields of a tag, from bit 0 on.
  static constexpr unsigned kIdBits = 5;        ///< place in the load/store unit's table
  static constexpr unsigned kRdShift = 5;       ///< 5 bits
  static constexpr unsigned kBytesShift = 10;   ///< 3 bits
  static constexpr unsigned kSignedShift = 13;  ///< 1 bit: sign-extended
  static constexpr unsigned kStoreShift = 14;   ///< 1 bit: nothing to write to rd
  static constexpr unsigned kSkewShift = 15;    ///< 2 bits: LoadFormat::shift
  static constexpr unsigned kNumberShift = 17;  ///< 15 bits, for observers: number()

  static constexpr std::uint32_t id(std::uint32_t tag) { return tag & ((1u << kIdBits) - 1); }
  static constexpr std::uint8_t rd(std::uint32_t tag) { return tag >> kRdShift & 31; }
  static constexpr std::uint8_t bytes(std::uint32_t tag) { return tag >> kBytesShift & 7; }
  static constexpr bool is_signed(std::uint32_t tag) { return (tag >> kSignedShift & 1) != 0; }
  static constexpr bool is_store(std::uint32_t tag) { return (tag >> kStoreShift & 1) != 0; }
  static constexpr std::uint8_t skew(std::uint32_t tag) { return tag >> kSkewShift & 3; }
  /// Of the hart's instruction that made the access: the lowest bits of how many were before.
  static constexpr std::uint16_t number(std::uint32_t tag) {
    return static_cast<std::uint16_t>(tag >> kNumberShift);
  }
  static constexpr std::uint32_t with_number(std::uint32_t tag, std::uint64_t instructions) {
    return tag | static_cast<std::uint32_t>(instructions) << kNumberShift;
  }
};

/// The instructions of one 4 KiB page, decoded one by one when first fetched.
class TimedPage {
 public:
  static constexpr std::uint32_t kInstructions = DmiTable::kPageBytes / 4;

  TimedPage(std::uint32_t base, const std::uint8_t* bytes) : base_(base), bytes_(bytes) {}

  /// Index of the instruction at `pc` in the page at `base`; beyond the last where it is not on the
  /// page, or not on a word.
  static std::uint32_t index_of(std::uint32_t pc, std::uint32_t base) {
    const std::uint32_t offset = pc - base;
    return offset >> 2 | offset << 30;
  }

  std::uint32_t base() const { return base_; }
  const TimedInstruction* instructions() const { return timed_.data(); }
  void decode(std::uint32_t index, const isa::IsaConfig& config, bool is_watched);
  /// REQUIRES: decoded.
  const isa::Instruction& decoded(std::uint32_t index) const { return decoded_[index]; }
  bool has_code(std::size_t first, std::size_t end) const;

 private:
  const std::uint32_t base_;
  const std::uint8_t* const bytes_;  ///< the guest memory behind it
  std::array<TimedInstruction, kInstructions> timed_;
  std::array<isa::Instruction, kInstructions> decoded_;
};

}  // namespace tessera
