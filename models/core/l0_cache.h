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

  explicit L0Cache(std::uint32_t num_lines) : num_lines_(num_lines) {}

  /// The line of L0 that holds `line`, or 0.
  std::uint32_t find(std::uint32_t line) const {
    for (std::uint32_t i = 0; i < num_lines_; ++i) {
      if (lines_[i] == line && (valid_ >> i & 1) != 0) {
        return 1u << i;
      }
    }
    return 0;
  }
  /// The lines of L0 that agree with `line` in the bits of `early_mask`.
  std::uint32_t find_alike(std::uint32_t line, std::uint32_t early_mask) const;

  /// Gives up the victim for `line`, which fill() will make valid. Victims rotate; one that is all
  /// of `spared` is passed over.
  void evict_for(std::uint32_t line, std::uint32_t spared, bool is_prefetch);
  void fill(std::uint16_t jumps);
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

 private:
  std::uint32_t num_lines_;
  std::array<std::uint32_t, kMaxLines> lines_{};
  std::array<std::uint16_t, kMaxLines> jumps_{};
  std::uint32_t valid_ = 0;
  std::uint32_t unused_ = 0;     ///< prefetched and not fetched from yet
  std::uint32_t refilling_ = 0;  ///< the line that a refill will make valid
  std::uint32_t next_victim_ = 0;
};

}  // namespace tessera
