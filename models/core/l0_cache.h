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
std::uint16_t predicted_jumps(const DmiTable& memory, std::uint32_t address,
                              std::uint32_t line_bytes);
/// Where the branch or jal at `pc` leads; `pc` + 4 when its memory has no direct pointer.
std::uint32_t jump_target(const DmiTable& memory, std::uint32_t pc);

/// Tags of one hart's L0: lines by number (address / bytes per line). Masks have a bit per line of
/// L0. Source: snitch_icache_l0.sv.
class L0Cache {
 public:
  static constexpr std::uint32_t kMaxLines = 8;

  /// `early_mask`: the bits of a line number in the early compare.
  L0Cache(std::uint32_t num_lines, std::uint32_t early_mask)
      : num_lines_(num_lines), early_mask_(early_mask) {
    lines_.fill(kNoLine);
  }

  /// The line of L0 that holds `line`, or 0.
  std::uint32_t find(std::uint32_t line) const {
    for (std::uint32_t i = 0; i < num_lines_; ++i) {
      if (lines_[i] == line) {
        return 1u << i;
      }
    }
    return 0;
  }
  /// The lines of L0 that look like `line` in the early compare; `hit` is what find() says of it.
  std::uint32_t find_alike(std::uint32_t line, std::uint32_t hit) const {
    return has_aliases_ || is_far(line) ? find_early(line) : hit;
  }

  /// Gives up the victim for `line`, which fill() will bring. Victims rotate; one that is all of
  /// `spared` is passed over.
  void evict_for(std::uint32_t line, std::uint32_t spared, bool is_prefetch) {
    std::uint32_t victim = next_victim_;
    if (spared == 1u << victim) {
      victim = (victim + 1) & (num_lines_ - 1);
    }
    next_victim_ = (victim + 1) & (num_lines_ - 1);
    lines_[victim] = kNoLine;
    refilling_ = 1u << victim;
    unused_ = is_prefetch ? unused_ | refilling_ : unused_ & ~refilling_;
    if (has_aliases_ || is_far(line)) {
      has_aliases_ = is_far_from_any(line);
    }
    latest_ = line;
  }
  void fill(std::uint16_t jumps) {
    const auto index = static_cast<std::uint32_t>(__builtin_ctz(refilling_));
    lines_[index] = latest_;
    jumps_[index] = jumps;
    refilling_ = 0;
  }
  bool is_refilling() const { return refilling_ != 0; }
  void drop(std::uint32_t mask);

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

 private:
  static constexpr std::uint32_t kNoLine = 0xFFFFFFFFu;

  /// Lines that are near each other differ in the early compare, or not at all.
  bool is_far(std::uint32_t line) const { return ((line ^ latest_) & ~early_mask_) != 0; }
  bool is_far_from_any(std::uint32_t line) const;
  std::uint32_t find_early(std::uint32_t line) const;

  std::uint32_t num_lines_;
  std::uint32_t early_mask_;
  std::array<std::uint32_t, kMaxLines> lines_{};
  std::array<std::uint16_t, kMaxLines> jumps_{};
  std::uint32_t latest_ = 0;     ///< that came, or comes with the refill under way
  std::uint32_t unused_ = 0;     ///< prefetched and not fetched from yet
  std::uint32_t refilling_ = 0;  ///< the line of L0 that waits for fill()
  std::uint32_t next_victim_ = 0;
  bool has_aliases_ = false;  ///< not all lines are near each other
};

}  // namespace tessera
