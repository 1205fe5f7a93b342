// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/base/dmi_table.h"

namespace tessera {

/// A line of code as the prefetcher of L0 pre-decodes it: bit i is set when instruction i is
/// predicted to leave the line, a conditional branch backwards or a jal. Other ways to leave it
/// (jalr, p.beqimm, p.bneimm) are not seen. Source: gen_pre_decode in snitch_icache_l0.sv,
/// riscv_instr_branch.sv. Memory without direct pointer counts as free of jumps.
std::uint32_t predicted_jumps(const DmiTable& memory, std::uint32_t address,
                              std::uint32_t line_bytes);
/// Where the branch or jal at `pc` leads; `pc` + 4 when its memory has no direct pointer.
std::uint32_t jump_target(const DmiTable& memory, std::uint32_t pc);

/// Shape of an L0, the same for all harts.
struct L0Shape {
  std::uint32_t num_lines = 4;
  std::uint32_t line_bytes = 32;
  std::uint32_t early_mask = 0x7FF;  ///< of a line number: its bits in the early compare
};

/// Tags of one hart's L0: lines by number (address / line_bytes). Masks have a bit per line of L0.
/// Source: snitch_icache_l0.sv.
class L0Cache {
 public:
  static constexpr std::uint32_t kMaxLines = 8;

  struct Match {
    std::uint32_t hit = 0;    ///< at most one bit
    std::uint32_t early = 0;  ///< lines that agree in the low bits: a superset of `hit`
  };
  Match match(std::uint32_t line, const L0Shape& shape) const {
    Match match;
    for (std::uint32_t i = 0; i < shape.num_lines; ++i) {
      const std::uint32_t difference = lines_[i] ^ line;
      match.early |= static_cast<std::uint32_t>((difference & shape.early_mask) == 0) << i;
      match.hit |= static_cast<std::uint32_t>(difference == 0) << i;
    }
    return {match.hit & valid_, match.early & valid_};
  }

  /// Gives up the victim for `line`, which fill() will make valid. The victim rotates; the line in
  /// use, the only one in `early`, is spared.
  void evict_for(std::uint32_t line, std::uint32_t early, bool is_prefetch, const L0Shape& shape);
  void fill(std::uint32_t jumps);
  bool is_refilling() const { return refilling_ != 0; }
  void drop(std::uint32_t mask) { valid_ &= ~mask; }

  /// Predicted jumps of the line that hits.
  std::uint32_t jumps(std::uint32_t hit) const {
    return jumps_[static_cast<std::uint32_t>(__builtin_ctz(hit))];
  }
  /// True once for a line that was prefetched.
  bool is_first_use(std::uint32_t hit) {
    const bool is_first = (unused_ & hit) != 0;
    unused_ &= ~hit;
    return is_first;
  }
  /// Number of the line being refilled. REQUIRES: is_refilling().
  std::uint32_t refilling_line() const {
    return lines_[static_cast<std::uint32_t>(__builtin_ctz(refilling_))];
  }

 private:
  std::array<std::uint32_t, kMaxLines> lines_{};
  std::array<std::uint16_t, kMaxLines> jumps_{};
  std::uint32_t valid_ = 0;
  std::uint32_t unused_ = 0;     ///< prefetched and not fetched from yet
  std::uint32_t refilling_ = 0;  ///< the line that a refill will make valid
  std::uint32_t next_victim_ = 0;
};

}  // namespace tessera
