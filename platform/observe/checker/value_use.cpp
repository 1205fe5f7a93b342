// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/value_use.h"

#include <cstdint>
#include <map>
#include <vector>

namespace tessera {

namespace {

using Opcode = GuestInstruction::Opcode;

constexpr std::uint32_t kFirstResult = 10;  // a0

/// Follows a value through the code behind the load that gives it.
class Decision {
 public:
  Decision(const GuestCode& code, unsigned max_steps) : code_(code), budget_(4 * max_steps) {}

  bool depends_on(std::size_t load, unsigned max_steps) {
    follow(load, 1u << code_[load].rd(), max_steps);
    while (!open_.empty() && !decides_ && budget_ > 0) {
      const Path path = open_.back();
      open_.pop_back();
      step(path);
    }
    return decides_;
  }

 private:
  struct Path {
    std::size_t index;
    std::uint32_t dependent;  ///< bit i: x[i] depends on the value
    unsigned steps;           ///< to go
  };

  /// What comes behind instruction `index`.
  void follow(std::size_t index, std::uint32_t dependent, unsigned steps) {
    if (steps == 0 || dependent == 0 || code_[index].is_call()) {
      return;
    }
    for (const std::size_t next : code_.successors(index)) {
      open_.push_back({next, dependent, steps});
    }
  }

  void step(const Path& path) {
    --budget_;
    const GuestInstruction& word = code_[path.index];
    const std::uint32_t code = word.opcode();
    const auto depends_on = [&](std::uint32_t index) { return (path.dependent >> index & 1) != 0; };
    const bool uses_both = code == Opcode::kBranch || code == Opcode::kRegister;
    const bool depends = (code == Opcode::kImmediate || uses_both) &&
                         (depends_on(word.rs1()) || (uses_both && depends_on(word.rs2())));
    const bool returns = code == Opcode::kJalr && word.rd() == 0;
    decides_ =
        decides_ || (code == Opcode::kBranch && depends) || (returns && depends_on(kFirstResult));
    std::uint32_t dependent = path.dependent;
    if (const std::uint32_t result = word.result()) {
      // A product is data, not what somebody waits for.
      dependent &= ~(1u << result);
      dependent |= depends && !word.is_product() ? 1u << result : 0;
    }
    follow(path.index, dependent, path.steps - 1);
  }

  const GuestCode& code_;
  std::vector<Path> open_;
  unsigned budget_;
  bool decides_ = false;
};

/// Follows the value of a load or atomic to what uses it.
class Usage {
 public:
  enum class Passes { kArithmetic, kStores };
  /// `passes`: what is no use yet, but hands on the value.
  Usage(const GuestCode& code, Passes passes) : code_(code), passes_(passes) {}

  const std::vector<std::size_t>& stores() const { return stores_; }
  bool finds_one(std::size_t load) {
    follow(load, 1u << code_[load].rd());
    while (!open_.empty() && !is_used_) {
      const std::size_t index = open_.back();
      open_.pop_back();
      step(index, dependent_[index]);
    }
    return is_used_;
  }

 private:
  static constexpr std::size_t kMaxInstructions = 200;  // where the search gives up
  // Source: RISC-V ABIs Specification, "Integer Register Convention".
  static constexpr std::uint32_t kReturnAddress = 1u << 1;
  static constexpr std::uint32_t kTemporaries = 7u << 5 | 15u << 28;
  static constexpr std::uint32_t kResults = 3u << 10;
  static constexpr std::uint32_t kArguments = 0xFFu << 10;

  /// Behind instruction `index` the registers in the mask `dependent` depend on the value.
  void follow(std::size_t index, std::uint32_t dependent) {
    const std::vector<std::size_t> next = code_.successors(index);
    is_used_ = is_used_ || (next.empty() && dependent != 0);
    for (const std::size_t one : next) {
      reach(one, dependent);
    }
  }
  void reach(std::size_t index, std::uint32_t dependent) {
    if (dependent == 0) {
      return;
    }
    std::uint32_t& known = dependent_[index];
    if ((dependent & ~known) != 0) {
      known |= dependent;
      open_.push_back(index);
    }
    is_used_ = is_used_ || dependent_.size() > kMaxInstructions;
  }

  void step(std::size_t index, std::uint32_t dependent) {
    const GuestInstruction& instruction = code_[index];
    if (instruction.is_return()) {
      is_used_ = (dependent & ~(kTemporaries | (kArguments & ~kResults))) != 0;
      return;
    }
    if (instruction.is_call()) {
      call(index, dependent);
      return;
    }
    const std::uint32_t result = 1u << instruction.result() & ~1u;
    const bool is_address = (dependent >> instruction.rs1() & 1) != 0;
    if (!reads(index, dependent) || (instruction.is_store_conditional() && !is_address)) {
      follow(index, dependent & ~result);  // or the other half of a change
    } else if (passes_ == Passes::kArithmetic && instruction.is_arithmetic()) {
      follow(index, dependent | result);
    } else if (passes_ == Passes::kStores && instruction.opcode() == Opcode::kStore &&
               !is_address) {
      stores_.push_back(index);
      follow(index, dependent);
    } else {
      is_used_ = true;
    }
  }

  void call(std::size_t index, std::uint32_t dependent) {
    const auto callee = code_.callee(index);
    if (callee) {
      reach(*callee, dependent & kArguments);
    } else {
      is_used_ = (dependent & kArguments) != 0 || reads(index, dependent);
    }
    // Others link by another register: they help a function to save its registers.
    is_used_ = is_used_ || code_[index].rd() != 1;
    follow(index, dependent & ~(kTemporaries | kArguments | kReturnAddress));
  }

  bool reads(std::size_t index, std::uint32_t dependent) const {
    for (std::uint32_t i = 1; i < 32; ++i) {
      if ((dependent >> i & 1) != 0 && code_[index].reads(i)) {
        return true;
      }
    }
    return false;
  }

  const GuestCode& code_;
  const Passes passes_;
  std::vector<std::size_t> stores_;
  std::map<std::size_t, std::uint32_t> dependent_;  ///< before each instruction
  std::vector<std::size_t> open_;
  bool is_used_ = false;
};

}  // namespace

bool decides(const GuestCode& code, std::size_t index, unsigned max_steps) {
  return Decision(code, max_steps).depends_on(index, max_steps);
}

bool is_result_used(const GuestCode& code, std::size_t index) {
  return code[index].result() != 0 && !code[index].is_store_conditional() &&
         Usage(code, Usage::Passes::kArithmetic).finds_one(index);
}

std::vector<std::size_t> copies_of(const GuestCode& code, std::size_t index) {
  Usage usage(code, Usage::Passes::kStores);
  return code[index].rd() == 0 || usage.finds_one(index) ? std::vector<std::size_t>()
                                                         : usage.stores();
}

}  // namespace tessera
