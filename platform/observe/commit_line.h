// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/base/block_log.h"

namespace tessera {

/// What an instruction did.
struct CommitRecord {
  /// What may differ each time the instruction retires.
  enum Value : std::uint8_t {
    kResult,     ///< of rd
    kIncrement,  ///< of the register `incremented`
    kAddress,
    kData,  ///< in memory after a store or AMO, or in the CSR
    kNumValues
  };

  std::uint32_t pc = 0;
  InstructionForm form;
  std::array<std::uint32_t, kNumValues> values{};

  /// The last thing to be known. What an atomic does to memory follows from it: until then, kData
  /// is its operand.
  void set_result(std::uint32_t result);
};

/// What tells lines from each other but for their values.
struct CommitKey {
  std::uint32_t pc = 0;
  InstructionForm form;

  bool operator==(const CommitKey& other) const { return pc == other.pc && form == other.form; }
  struct Hash {
    std::size_t operator()(const CommitKey& key) const;
  };
};

/// The line of an instruction in the commit log, and where its values stand.
struct CommitLine {
  struct Place {
    std::uint32_t at;     ///< in `text`
    std::uint8_t digits;  ///< hexadecimal
    CommitRecord::Value value;
  };
  /// What comes before `text`, the same for all lines of a hart: "core   0: 3 0x".
  static std::string prefix(std::uint32_t hart);
  // Of the pc and of the instruction word, in `text`.
  static constexpr std::uint32_t kPcAt = 0;
  static constexpr std::uint32_t kRawAt = 12;

  explicit CommitLine(const CommitKey& of);

  CommitKey key;
  std::string text;           ///< from the pc's digits to the line's end, with zeros for values
  std::vector<Place> places;  ///< in the order of BlockLog
};

}  // namespace tessera
