// SPDX-License-Identifier: Apache-2.0
#include "models/core/l0_cache.h"

#include <cstring>

namespace tessera {

namespace {

constexpr std::uint32_t kOpcodeMask = 0x7F;
constexpr std::uint32_t kBranchOpcode = 0x63;
constexpr std::uint32_t kJalOpcode = 0x6F;

/// False when the page has no direct pointer.
bool read_code(const DmiTable& memory, std::uint32_t address, void* words, std::size_t bytes) {
  const std::uint8_t* page = memory.page_of(address).read;
  if (page == nullptr) {
    return false;
  }
  std::memcpy(words, page + address % DmiTable::kPageBytes, bytes);
  return true;
}

bool is_predicted_jump(std::uint32_t word) {
  if ((word & kOpcodeMask) == kJalOpcode) {
    return true;
  }
  // funct3 2 and 3 are not RISC-V branches: Xpulpimg has p.beqimm and p.bneimm there.
  const std::uint32_t funct3 = (word >> 12) & 7;
  const bool is_backwards = (word >> 31) != 0;
  return (word & kOpcodeMask) == kBranchOpcode && funct3 != 2 && funct3 != 3 && is_backwards;
}

/// Bits [high:low] of `word`, moved to `to`.
constexpr std::uint32_t field(std::uint32_t word, unsigned high, unsigned low, unsigned to) {
  return ((word >> low) & ((2u << (high - low)) - 1)) << to;
}

}  // namespace

std::uint16_t predicted_jumps(const DmiTable& memory, std::uint32_t address,
                              std::uint32_t line_bytes) {
  std::array<std::uint32_t, 16> words{};
  if (!read_code(memory, address, words.data(), line_bytes)) {
    return 0;
  }
  std::uint32_t jumps = 0;
  for (std::uint32_t i = 0; i < line_bytes / 4; ++i) {
    jumps |= static_cast<std::uint32_t>(is_predicted_jump(words[i])) << i;
  }
  return static_cast<std::uint16_t>(jumps);
}

std::uint32_t jump_target(const DmiTable& memory, std::uint32_t pc) {
  std::uint32_t word = 0;
  if (!read_code(memory, pc, &word, sizeof word)) {
    return pc + 4;
  }
  const std::uint32_t sign = 0u - (word >> 31);
  if ((word & kOpcodeMask) == kJalOpcode) {
    return pc + ((sign << 20) | field(word, 19, 12, 12) | field(word, 20, 20, 11) |
                 field(word, 30, 21, 1));
  }
  return pc +
         ((sign << 12) | field(word, 7, 7, 11) | field(word, 30, 25, 5) | field(word, 11, 8, 1));
}

std::uint32_t L0Cache::find_early(std::uint32_t line) const {
  std::uint32_t alike = 0;
  for (std::uint32_t i = 0; i < num_lines_; ++i) {
    if (lines_[i] != kNoLine && ((lines_[i] ^ line) & early_mask_) == 0) {
      alike |= 1u << i;
    }
  }
  return alike;
}

bool L0Cache::is_far_from_any(std::uint32_t line) const {
  for (std::uint32_t i = 0; i < num_lines_; ++i) {
    if (lines_[i] != kNoLine && ((lines_[i] ^ line) & ~early_mask_) != 0) {
      return true;
    }
  }
  return false;
}

void L0Cache::drop(std::uint32_t mask) {
  for (; mask != 0; mask &= mask - 1) {
    lines_[static_cast<std::uint32_t>(__builtin_ctz(mask))] = kNoLine;
  }
}

}  // namespace tessera
