// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

namespace tessera {

/// Finds the loads of a program that wait for something: in a short loop without store, atomic or
/// call, from an address that the loop does not change, and a branch of the loop depends on the
/// value. A compiler leaves such a load in a loop only if it is volatile.
class PollLoops {
 public:
  /// A loop may have this many instructions: drivers pause between two looks.
  static constexpr std::size_t kMaxInstructions = 40;

  /// Adds the loops in `words`, the code from `address` on.
  void add_code(std::uint32_t address, std::vector<std::uint32_t> words);
  /// Whether the load at `pc` is one.
  bool contains(std::uint32_t pc) const { return loads_.count(pc) != 0; }
  const std::unordered_set<std::uint32_t>& loads() const { return loads_; }
  /// Whether a branch, soon after the load at `pc`, depends on its value; also one behind the
  /// return from a function that gives it.
  bool decides(std::uint32_t pc) const;

  struct Code {
    std::uint32_t address;
    std::vector<std::uint32_t> words;

    bool contains(std::uint32_t pc) const {
      return pc >= address && (pc - address) / 4 < words.size();
    }
  };
  const std::vector<Code>& code() const { return code_; }

 private:
  std::vector<Code> code_;
  std::unordered_set<std::uint32_t> loads_;
};

}  // namespace tessera
