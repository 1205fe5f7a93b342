// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tessera {

/// Fields of an instruction word, as far as the checker follows values through code. Source: The
/// RISC-V Instruction Set Manual, volume I, "RV32/64G Instruction Set Listings".
struct GuestInstruction {
  enum Opcode : std::uint32_t {
    kLoad = 0x03,
    kFence = 0x0F,
    kImmediate = 0x13,
    kAuipc = 0x17,
    kStore = 0x23,
    kAtomic = 0x2F,
    kRegister = 0x33,
    kLui = 0x37,
    kBranch = 0x63,
    kJalr = 0x67,
    kJal = 0x6F,
    kSystem = 0x73,
  };
  std::uint32_t word;

  std::uint32_t bits(unsigned high, unsigned low) const {
    return word >> low & ((std::uint32_t{2} << (high - low)) - 1);
  }
  std::uint32_t opcode() const { return bits(6, 0); }
  std::uint32_t rd() const { return bits(11, 7); }
  std::uint32_t rs1() const { return bits(19, 15); }
  std::uint32_t rs2() const { return bits(24, 20); }
  std::uint32_t function() const { return bits(14, 12); }
  /// Of loads and operations with an immediate.
  std::uint32_t immediate() const { return bits(31, 20) - (word >> 31 << 12); }
  std::uint32_t upper_immediate() const { return word & ~std::uint32_t{0xFFF}; }
  /// x1..x31 that it writes; 0: none.
  std::uint32_t result() const {
    return opcode() == kBranch || opcode() == kStore || opcode() == kFence ? 0 : rd();
  }
  bool is_call() const { return (opcode() == kJal || opcode() == kJalr) && rd() != 0; }
  bool is_return() const { return opcode() == kJalr && rd() == 0 && rs1() == 1; }
  /// A result of registers and immediates only.
  bool is_arithmetic() const { return opcode() == kImmediate || opcode() == kRegister; }
  bool is_store_conditional() const { return opcode() == kAtomic && bits(31, 27) == 3; }
  bool is_product() const { return opcode() == kRegister && bits(31, 25) == 1; }
  /// Whether it may read x[index] itself; a call or return leaves that to others.
  bool reads(std::uint32_t index) const;
  /// Whether the hart may go on with the next instruction; a call comes back.
  bool falls_through() const {
    return !((opcode() == kJal || opcode() == kJalr) && rd() == 0) && word != kMret;
  }
  /// Bytes from a branch or jump without return to its target; nothing for all else.
  std::optional<std::int32_t> jump() const;
  /// Bytes from a call to its target, where the instruction tells.
  std::optional<std::int32_t> call() const;

  static constexpr std::uint32_t kWfi = 0x1050'0073;
  static constexpr std::uint32_t kMret = 0x3020'0073;
};

/// The instructions of a segment of a program, by index, and how they follow each other. Calls are
/// passed by. Words that are no code make code that nobody runs.
class GuestCode {
 public:
  GuestCode(std::uint32_t address, const std::vector<std::uint32_t>& words);

  std::size_t size() const { return instructions_.size(); }
  const GuestInstruction& operator[](std::size_t index) const { return instructions_[index]; }
  bool contains(std::uint32_t pc) const { return pc >= address_ && index(pc) < size(); }
  std::uint32_t address() const { return address_; }
  std::uint32_t pc(std::size_t index) const {
    return address_ + static_cast<std::uint32_t>(4 * index);
  }
  std::size_t index(std::uint32_t pc) const { return (pc - address_) / 4; }

  /// What may come next, inside the segment.
  std::vector<std::size_t> successors(std::size_t index) const;
  std::vector<std::size_t> predecessors(std::size_t index) const;
  /// First instruction of the function that the call at `index` calls, if that is in the segment.
  std::optional<std::size_t> callee(std::size_t index) const;
  /// Whether a call leads there.
  bool is_called(std::size_t index) const;
  /// Where branches and jumps lead to, and from where; in order.
  const std::vector<std::pair<std::size_t, std::size_t>>& jumps() const { return jumps_; }

 private:
  std::optional<std::size_t> target(std::size_t index, std::optional<std::int32_t> bytes) const;

  std::uint32_t address_;
  std::vector<GuestInstruction> instructions_;
  std::vector<std::pair<std::size_t, std::size_t>> jumps_;
  std::vector<std::size_t> called_;  ///< in order
};

}  // namespace tessera
