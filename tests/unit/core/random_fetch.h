// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <random>
#include <vector>

#include "models/base/units.h"

namespace tessera::test {

/// A random program on the harts of one tile and a random memory behind its instruction cache: the
/// stimuli with which model and RTL are compared cycle by cycle. Within a cycle: begin_cycle(),
/// then all harts and refills, then end_cycle(). The same seed gives the same run as long as the
/// answers are the same.
class RandomFetch {
 public:
  static constexpr std::uint32_t kBase = 0x80000000;
  static constexpr std::uint32_t kBytes = 256 * 1024;

  struct Hart {
    std::uint32_t pc = kBase;
    bool is_asleep = false;
    bool is_new_pc = true;   ///< presents its pc for the first time, or waits for it
    bool is_served = false;  ///< to be set when L0 delivers
    std::uint32_t stall_cycles = 0;
    std::uint32_t asleep_cycles = 0;
  };
  struct Refill {
    std::uint32_t address;
    std::uint32_t tag;
    Cycles done;
  };

  RandomFetch(std::uint32_t seed, std::uint32_t num_harts) : random_(seed), harts(num_harts) {
    code_instructions_ = 64u << pick(8);
    branch_percent_ = pick(30);
    immediate_branch_percent_ = pick(10);
    jal_percent_ = pick(10);
    jalr_percent_ = pick(6);
    wfi_percent_ = pick(3) == 0 ? pick(4) : 0;
    stall_percent_ = pick(2) == 0 ? pick(40) : 0;
    far_percent_ = pick(3) == 0 ? pick(20) : 0;
    latency_ = 1 + pick(40);
    jitter_ = pick(2) == 0 ? 1 + pick(30) : 1;
    blocked_percent_ = pick(2) == 0 ? pick(80) : 0;
    taken_percent_ = 10 + pick(85);
    meet_percent_ = pick(3) == 0 ? 2 : 0;
    code.resize(kBytes / 4);
    std::generate(code.begin(), code.end(), [this] { return word(); });
  }

  /// The read address channel in this cycle; refills that are done are at the front of the queue.
  void begin_cycle() { can_refill = pick(100) >= blocked_percent_; }
  bool is_refill_done() const { return !refills.empty() && refills.front().done <= now; }
  void start_refill(std::uint32_t address, std::uint32_t tag) {
    last_done_ = std::max(last_done_ + 1, now + latency_ + pick(jitter_));
    refills.push_back({address, tag, last_done_});
    note(address);
  }
  /// Harts issue, stall, jump, fall asleep; `sleep(hart)` is called for those that do the latter.
  template <typename Sleep>
  void end_cycle(Sleep sleep) {
    bool can_meet = true;
    for (std::uint32_t i = 0; i < harts.size(); ++i) {
      if (advance(harts[i], i)) {
        sleep(i);
      }
      can_meet = can_meet && !harts[i].is_asleep && harts[i].is_served && harts[i].is_new_pc;
    }
    if (can_meet && pick(100) < meet_percent_) {
      for (Hart& hart : harts) {
        hart.pc = harts[0].pc;
      }
    }
    ++now;
  }
  std::uint32_t word_at(std::uint32_t address) const {
    return address - kBase < kBytes ? code[(address - kBase) / 4] : 0;
  }
  /// Over all cycles in which an instruction or a refill came: which, when.
  std::uint64_t hash() const { return hash_; }

 private:
  std::mt19937 random_;

 public:
  std::vector<Hart> harts;
  std::vector<std::uint32_t> code;
  std::deque<Refill> refills;
  bool can_refill = true;
  Cycles now = 0;

 private:
  static constexpr std::uint32_t kWfi = 0x10500073;
  static constexpr std::uint32_t kAlias = 64 * 1024;  ///< lines so far apart look alike to L0

  std::uint32_t pick(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  void note(std::uint64_t event) {
    hash_ = (hash_ ^ (now << 32 ^ event)) * 0x100000001B3u;  // FNV-1a
  }
  static std::uint32_t move(std::uint32_t word, unsigned high, unsigned low, unsigned to) {
    return ((word >> low) & ((2u << (high - low)) - 1)) << to;
  }
  static std::uint32_t branch(std::uint32_t offset, std::uint32_t funct3) {
    return 0x63 | funct3 << 12 | move(offset, 12, 12, 31) | move(offset, 10, 5, 25) |
           move(offset, 4, 1, 8) | move(offset, 11, 11, 7);
  }
  static std::uint32_t jal(std::uint32_t offset) {
    return 0x6F | move(offset, 20, 20, 31) | move(offset, 10, 1, 21) | move(offset, 11, 11, 20) |
           move(offset, 19, 12, 12);
  }
  std::uint32_t distance(std::uint32_t instructions) {
    return 4 * (pick(2 * instructions) - instructions);
  }
  std::uint32_t word() {
    std::uint32_t kind = pick(100);
    const auto is = [&kind](std::uint32_t percent) {
      const bool is_it = kind < percent;
      kind -= percent;
      return is_it;
    };
    if (is(branch_percent_)) {
      constexpr std::uint32_t kFunct3[] = {0, 1, 4, 5, 6, 7};
      const std::uint32_t offset = distance(60);
      return branch(offset, kFunct3[pick(6)]);
    }
    if (is(immediate_branch_percent_)) {
      const std::uint32_t offset = distance(60);
      return branch(offset, 2 + pick(2));
    }
    if (is(jal_percent_)) {
      const std::uint32_t offset = distance(100);
      return jal(pick(100) < far_percent_ ? offset / 32 + kAlias * (1 + pick(2)) : offset);
    }
    if (is(jalr_percent_)) {
      return 0x67;
    }
    if (is(wfi_percent_)) {
      return kWfi;
    }
    return 0x33 | pick(1u << 25) << 7;
  }
  std::uint32_t next_pc(std::uint32_t pc) {
    const std::uint32_t word = word_at(pc);
    const std::uint32_t sign = 0u - (word >> 31);
    std::uint32_t next = pc + 4;
    switch (word & 0x7F) {
      case 0x6F:
        next = pc + (sign << 20 | move(word, 19, 12, 12) | move(word, 20, 20, 11) |
                     move(word, 30, 21, 1));
        break;
      case 0x63:
        if (pick(100) < taken_percent_) {
          next = pc +
                 (sign << 12 | move(word, 7, 7, 11) | move(word, 30, 25, 5) | move(word, 11, 8, 1));
        }
        break;
      case 0x67:
        next = kBase + 4 * pick(code_instructions_);
        if (pick(100) < far_percent_) {
          next += kAlias * pick(3);
        }
        break;
      default:
        break;
    }
    const std::uint32_t offset = next - kBase;
    const bool is_inside = offset < kBytes && offset % kAlias < 4 * code_instructions_;
    return is_inside ? next & ~3u : kBase + 4 * pick(code_instructions_);
  }
  /// The end of the cycle for one hart; true when it falls asleep.
  bool advance(Hart& hart, std::uint32_t index) {
    if (hart.is_asleep) {
      hart.is_asleep = --hart.asleep_cycles != 0;
      return false;
    }
    if (!hart.is_served) {
      return false;
    }
    if (hart.is_new_pc) {
      note(index);
      hart.is_new_pc = false;
      hart.stall_cycles = pick(100) < stall_percent_ ? 1 + pick(12) : 0;
    }
    if (hart.stall_cycles != 0) {
      --hart.stall_cycles;
      return false;
    }
    const bool is_wfi = word_at(hart.pc) == kWfi;
    hart.pc = next_pc(hart.pc);
    hart.is_new_pc = true;
    if (is_wfi) {
      hart.is_asleep = true;
      hart.asleep_cycles = 1 + pick(80);
    }
    return is_wfi;
  }

  std::uint32_t code_instructions_;
  std::uint32_t branch_percent_;
  std::uint32_t immediate_branch_percent_;
  std::uint32_t jal_percent_;
  std::uint32_t jalr_percent_;
  std::uint32_t wfi_percent_;
  std::uint32_t stall_percent_;
  std::uint32_t far_percent_;
  std::uint32_t latency_;
  std::uint32_t jitter_;
  std::uint32_t blocked_percent_;
  std::uint32_t taken_percent_;
  std::uint32_t meet_percent_;
  Cycles last_done_ = 0;
  std::uint64_t hash_ = 0xCBF29CE484222325;
};

}  // namespace tessera::test
