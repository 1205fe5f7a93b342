// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "tests/unit/isa/assembler.h"

namespace tessera::isa::test {

/// A random, endless RV32IMA program: straight-line code with forward and a few backward branches
/// that ends in a jump to its start. Data accesses stay inside the data region and aligned, because
/// engines disagree on anything else. Registers x26 to x31 keep it that way.
class RandomProgram {
 public:
  static constexpr std::uint32_t kDataBytes = 4096;

  /// About `num_words` instructions, never more.
  RandomProgram(std::uint64_t seed, std::size_t num_words);

  const std::vector<Word>& words() const { return words_; }
  /// Values of x0 to x31 at the start, for data at `data`.
  std::vector<std::uint32_t> registers(std::uint32_t data);

 private:
  static constexpr int kCounter = 26;     ///< backward branches left in this pass
  static constexpr int kData = 27;        ///< start of the data region
  static constexpr int kMask = 28;        ///< keeps a word offset inside the data region
  static constexpr int kAddress = 29;     ///< computed address
  static constexpr int kDataMiddle = 30;  ///< middle of the data region
  static constexpr int kLink = 31;        ///< address for indirect jumps

  /// A branch or jump whose offset is filled in when all groups are known.
  struct Fixup {
    std::size_t word;
    std::size_t target_group;
    std::size_t origin;  ///< word that the offset counts from
  };

  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  int source() { return below(32); }
  int destination() { return below(kCounter); }
  void emit(Word word) { words_.push_back(word); }
  void emit_group();
  void emit_register();
  void emit_immediate();
  void emit_access();
  void emit_computed_address(int alignment);
  void emit_atomic();
  void emit_branch();
  void emit_jump();
  std::size_t later_group();
  void apply(const Fixup& fixup);

  std::mt19937_64 random_;
  std::vector<Word> words_;
  std::vector<std::size_t> groups_;  ///< first words of what must be executed from its start
  std::vector<Fixup> fixups_;
};

}  // namespace tessera::isa::test
