// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/base/dmi_table.h"
#include "models/base/hart_access.h"
#include "models/isa/instruction.h"
#include "models/isa/semantics.h"

namespace tessera {

/// What the pipeline does with an instruction.
enum class IssueKind : std::uint8_t {
  kUndecoded,  ///< not looked at yet
  kAlu,        ///< result at once, to rd
  kBranch,
  kJump,          ///< jal
  kJumpRegister,  ///< jalr
  kOffload,       ///< to the offload unit: multiplications, Xpulpimg arithmetic
  kDivision,      ///< to the offload unit's divider
  kAccess,        ///< to the load/store unit: loads, stores, atomics
  kFence,
  kWatched,  ///< reported before it issues
  kOther,    ///< CSRs, wfi, what traps: goes by the decoded instruction
};

/// An instruction as the pipeline takes it; 32 bytes, two to a cache line.
struct TimedInstruction {
  isa::ComputeFunction compute;  ///< kAlu, kBranch, kOffload, kDivision
  std::uint32_t sources;         ///< registers read, one bit each, x0 never
  std::uint32_t blockers;        ///< sources and destination: none may be busy
  std::int32_t imm;              ///< operand b adds it; kAccess: the address does
  union {
    std::int32_t offset;    ///< kBranch, kJump: of the target
    std::uint32_t request;  ///< kAccess: what AccessTag holds but for id and shift
  };
  IssueKind kind;
  std::uint8_t rd;  ///< kAlu, jumps: HartState::kSink for x0
  std::uint8_t rs1;
  std::uint8_t rs2;    ///< x0 where imm is operand b; kAccess: the data
  std::uint8_t rs3;    ///< kAccess: the index, x0 where imm is the offset
  std::uint8_t bytes;  ///< kAccess
  AccessKind access;   ///< kAccess
  /// kAlu: writes sp, whose value is checked; kAccess: post-increment; kDivision: signed.
  bool is_special;
};
static_assert(sizeof(TimedInstruction) == 32);

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

  static constexpr std::uint32_t id(std::uint32_t tag) { return tag & ((1u << kIdBits) - 1); }
  static constexpr std::uint8_t rd(std::uint32_t tag) { return tag >> kRdShift & 31; }
  static constexpr std::uint8_t bytes(std::uint32_t tag) { return tag >> kBytesShift & 7; }
  static constexpr bool is_signed(std::uint32_t tag) { return (tag >> kSignedShift & 1) != 0; }
  static constexpr bool is_store(std::uint32_t tag) { return (tag >> kStoreShift & 1) != 0; }
  static constexpr std::uint8_t skew(std::uint32_t tag) { return tag >> kSkewShift & 3; }
};

/// The instructions of one 4 KiB page, decoded one by one when first fetched.
class TimedPage {
 public:
  static constexpr std::uint32_t kInstructions = DmiTable::kPageBytes / 4;

  TimedPage(std::uint32_t base, const std::uint8_t* bytes) : base_(base), bytes_(bytes) {}

  std::uint32_t base() const { return base_; }
  const TimedInstruction* instructions() const { return timed_.data(); }
  void decode(std::uint32_t index, const isa::IsaConfig& config, bool is_watched);
  /// REQUIRES: decoded.
  const isa::Instruction& decoded(std::uint32_t index) const { return decoded_[index]; }
  bool has_code(std::size_t first, std::size_t end) const;

 private:
  const std::uint32_t base_;
  const std::uint8_t* const bytes_;  ///< the guest memory behind it
  std::array<TimedInstruction, kInstructions> timed_{};
  std::array<isa::Instruction, kInstructions> decoded_;
};

}  // namespace tessera
