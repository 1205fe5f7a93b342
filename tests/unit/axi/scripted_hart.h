// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstdint>
#include <vector>

#include "models/base/memory_port.h"

namespace tessera::test {

/// One instruction of a scripted hart: what it does to timing.
struct Step {
  enum Kind : std::uint8_t { kAlu, kLoad, kStore, kAmo, kFence, kMark, kWfi };
  Kind kind = kAlu;
  std::uint32_t address = 0;
  std::uint8_t rd = 0;  ///< 0: none
  std::uint8_t rs = 0;  ///< a register that must be there; 0: none
  std::uint32_t data = 0;
};

/// A hart as far as the SoC side can tell: issues its instructions in order, one per cycle, with
/// MemPool's rules (spec: shared/spec/mempool.md section 5): a busy rs or rd stalls; 8 accesses in
/// flight; one waits in front; a fence waits for all; wfi sleeps until a pulse.
class ScriptedHart {
 public:
  ScriptedHart(std::uint32_t hart, std::vector<Step> steps)
      : hart_(hart), steps_(std::move(steps)) {}

  bool is_done() const { return next_ == steps_.size(); }
  /// Cycles in which the marks were issued.
  const std::vector<Cycles>& marks() const { return marks_; }
  std::uint32_t last_data() const { return last_data_; }

  /// The hart's part of a cycle.
  void step(MemoryPort& port, Cycles now) {
    const bool has_pulse = now == pulse_;
    if (is_asleep_) {
      is_asleep_ = !has_pulse;  // issues from the next cycle on
      return;
    }
    tokens_ += has_pulse;
    if (is_done()) {
      return;
    }
    const Step& step = steps_[next_];
    if (busy_[step.rs] || busy_[step.rd]) {
      return;
    }
    if (step.kind == Step::kFence && in_flight_ != 0) {
      return;
    }
    if (step.kind == Step::kLoad || step.kind == Step::kStore || step.kind == Step::kAmo) {
      if (port.is_pending(hart_) || in_flight_ == kMaxInFlight) {
        return;
      }
      issue(step, port);
    } else if (step.kind == Step::kMark) {
      marks_.push_back(now);
    } else if (step.kind == Step::kWfi) {
      is_asleep_ = tokens_ == 0;
      tokens_ -= tokens_ != 0;
    }
    ++next_;
  }
  void respond(std::uint32_t tag, std::uint32_t data) {
    freed_tags_.push_back(tag);
    last_data_ = data;
  }
  /// After everybody's part of a cycle: what has arrived is usable from the next one on.
  void end_cycle() {
    for (const std::uint32_t tag : freed_tags_) {
      busy_[tag] = false;
      --in_flight_;
    }
    freed_tags_.clear();
  }
  /// A wake-up pulse reaches the hart in that cycle.
  void set_pulse(Cycles cycle) { pulse_ = cycle; }

 private:
  static constexpr std::uint32_t kMaxInFlight = 8;

  void issue(const Step& step, MemoryPort& port) {
    MemoryRequest request;
    request.access.hart = hart_;
    request.access.address = step.address;
    request.access.data = step.data;
    request.access.kind = step.kind == Step::kLoad    ? AccessKind::kLoad
                          : step.kind == Step::kStore ? AccessKind::kStore
                                                      : AccessKind::kAmoAdd;
    request.tag = step.rd;
    busy_[step.rd] = step.rd != 0;
    ++in_flight_;
    port.request(request);
  }

  const std::uint32_t hart_;
  const std::vector<Step> steps_;
  std::size_t next_ = 0;
  std::bitset<256> busy_;
  std::uint32_t in_flight_ = 0;
  std::vector<std::uint32_t> freed_tags_;
  std::vector<Cycles> marks_;
  std::uint32_t last_data_ = 0;
  bool is_asleep_ = false;
  std::uint32_t tokens_ = 0;  ///< pulses received awake
  Cycles pulse_ = ~Cycles{0};
};

using Steps = std::vector<Step>;

inline Steps repeat(std::uint32_t times, const Steps& body) {
  Steps steps;
  for (std::uint32_t i = 0; i < times; ++i) {
    steps.insert(steps.end(), body.begin(), body.end());
  }
  return steps;
}

inline Steps operator+(Steps left, const Steps& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// The frames of the microbenchmarks (shared/golden/mempool/ubench/ub.h, ub_multi.c): the marks
/// stand for the two reads of mcycle.
inline Steps loop(std::uint32_t times, const Steps& body) {
  const Step alu{};
  const Step mark{Step::kMark};
  return Steps{mark, alu, alu, alu, alu, alu, alu} + repeat(times, body + Steps{alu, alu}) +
         Steps{mark};
}
inline Steps once(const Steps& body) {
  const Step mark{Step::kMark};
  return Steps{mark} + body + Steps{mark};
}
inline Steps fenced_loop(std::uint32_t times, const Steps& body) {
  Steps steps = loop(times, body);
  steps.insert(steps.end() - 1, Step{Step::kFence});
  return steps;
}

}  // namespace tessera::test
