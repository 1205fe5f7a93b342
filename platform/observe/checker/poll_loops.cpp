// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/poll_loops.h"

#include <algorithm>
#include <optional>

namespace tessera {

namespace {

// Source: The RISC-V Instruction Set Manual, volume I, "RV32/64G Instruction Set Listings".
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

std::uint32_t bits(std::uint32_t word, unsigned high, unsigned low) {
  return word >> low & ((std::uint32_t{2} << (high - low)) - 1);
}
std::uint32_t opcode(std::uint32_t word) {
  return bits(word, 6, 0);
}
std::uint32_t rd(std::uint32_t word) {
  return bits(word, 11, 7);
}
std::uint32_t rs1(std::uint32_t word) {
  return bits(word, 19, 15);
}
std::uint32_t rs2(std::uint32_t word) {
  return bits(word, 24, 20);
}

/// Bytes from a branch or jump without return to its target; nothing for all else.
std::optional<std::int32_t> distance(std::uint32_t word) {
  const std::int32_t sign = word >> 31 == 0 ? 0 : -1;
  if (opcode(word) == kBranch) {
    return sign * 0x1000 + static_cast<std::int32_t>(bits(word, 7, 7) << 11 |
                                                     bits(word, 30, 25) << 5 |
                                                     bits(word, 11, 8) << 1);
  }
  if (opcode(word) == kJal && rd(word) == 0) {
    return sign * 0x10'0000 + static_cast<std::int32_t>(bits(word, 19, 12) << 12 |
                                                        bits(word, 20, 20) << 11 |
                                                        bits(word, 30, 21) << 1);
  }
  return std::nullopt;
}

bool writes_register(std::uint32_t word) {
  const std::uint32_t code = opcode(word);
  return code != kBranch && code != kStore && code != kFence && rd(word) != 0;
}

/// Follows the value of a load through the code behind it.
class ValueUse {
 public:
  explicit ValueUse(const PollLoops::Code& code) : code_(code) {}

  bool decides(std::size_t load) {
    follow({load + 1, 1u << rd(code_.words[load]), kMaxSteps});
    while (!open_.empty() && !decides_ && budget_ > 0) {
      const Path path = open_.back();
      open_.pop_back();
      step(path);
    }
    return decides_;
  }

 private:
  static constexpr unsigned kMaxSteps = PollLoops::kMaxInstructions;
  static constexpr std::uint32_t kFirstResult = 10;  // a0
  struct Path {
    std::size_t index;
    std::uint32_t dependent;  ///< bit i: x[i] depends on the value
    unsigned steps;           ///< to go
  };

  void follow(const Path& path) {
    if (path.index < code_.words.size() && path.steps > 0 && path.dependent != 0) {
      open_.push_back(path);
    }
  }

  void step(const Path& path) {
    --budget_;
    const std::uint32_t word = code_.words[path.index];
    const std::uint32_t code = opcode(word);
    const auto depends_on = [&](std::uint32_t index) { return (path.dependent >> index & 1) != 0; };
    const bool uses_both = code == kBranch || code == kRegister;
    const bool depends = (code == kImmediate || uses_both) &&
                         (depends_on(rs1(word)) || (uses_both && depends_on(rs2(word))));
    const bool returns = code == kJalr && rd(word) == 0;
    decides_ = decides_ || (code == kBranch && depends) || (returns && depends_on(kFirstResult));
    if (const auto bytes = distance(word)) {
      const std::int64_t target = static_cast<std::int64_t>(path.index) + *bytes / 4;
      if (target >= 0) {
        follow({static_cast<std::size_t>(target), path.dependent, path.steps - 1});
      }
    }
    if (code == kJal || code == kJalr) {
      return;
    }
    std::uint32_t dependent = path.dependent;
    if (writes_register(word)) {
      // A product is data, not what somebody waits for.
      const bool is_product = code == kRegister && bits(word, 31, 25) == 1;
      dependent &= ~(1u << rd(word));
      dependent |= depends && !is_product ? 1u << rd(word) : 0;
    }
    follow({path.index + 1, dependent, path.steps - 1});
  }

  const PollLoops::Code& code_;
  std::vector<Path> open_;
  unsigned budget_ = 4 * kMaxSteps;
  bool decides_ = false;
};

/// A loop without side effects on memory.
class Loop {
 public:
  Loop(const std::uint32_t* begin, const std::uint32_t* end) : begin_(begin), end_(end) {}

  bool only_looks() const {
    for (const std::uint32_t* word = begin_; word != end_; ++word) {
      switch (opcode(*word)) {
        case kLoad:
        case kFence:
        case kImmediate:
        case kAuipc:
        case kRegister:
        case kLui:
        case kBranch:
        case kSystem:
          break;
        case kJal:
          if (rd(*word) != 0) {
            return false;
          }
          break;
        default:
          return false;
      }
    }
    return true;
  }

  /// Whether `load` always has the same address.
  bool is_constant(const std::uint32_t* load) const {
    const std::uint32_t index = rs1(*load);
    return index == 0 || std::none_of(begin_, end_, [index](std::uint32_t word) {
             return writes_register(word) && opcode(word) != kLui && opcode(word) != kAuipc &&
                    rd(word) == index;
           });
  }

 private:
  const std::uint32_t* begin_;
  const std::uint32_t* end_;
};

}  // namespace

void PollLoops::add_code(std::uint32_t address, std::vector<std::uint32_t> words) {
  code_.push_back({address, std::move(words)});
  const Code& code = code_.back();
  for (std::size_t last = 0; last < code.words.size(); ++last) {
    const std::int32_t back = -distance(code.words[last]).value_or(0);
    if (back <= 0 || back % 4 != 0) {
      continue;
    }
    const std::size_t length = static_cast<std::size_t>(back) / 4;
    if (length >= kMaxInstructions || length > last) {
      continue;
    }
    const std::uint32_t* const end = code.words.data() + last + 1;
    const Loop loop(end - length - 1, end);
    if (!loop.only_looks()) {
      continue;
    }
    for (std::size_t i = last - length; i < last; ++i) {
      const std::uint32_t pc = address + static_cast<std::uint32_t>(4 * i);
      if (opcode(code.words[i]) == kLoad && loop.is_constant(&code.words[i]) && decides(pc)) {
        loads_.insert(pc);
      }
    }
  }
}

bool PollLoops::decides(std::uint32_t pc) const {
  for (const Code& code : code_) {
    if (code.contains(pc)) {
      const std::size_t index = (pc - code.address) / 4;
      return opcode(code.words[index]) == kLoad && rd(code.words[index]) != 0 &&
             ValueUse(code).decides(index);
    }
  }
  return false;
}

}  // namespace tessera
