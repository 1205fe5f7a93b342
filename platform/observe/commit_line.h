// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "models/base/hart_access.h"

namespace tessera {

/// What a line of the commit log says, in few bytes.
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
  std::uint32_t raw = 0;
  std::array<std::uint32_t, kNumValues> values{};
  std::uint16_t csr = 0;  ///< written; 0: none
  std::uint8_t rd = 0;
  std::uint8_t incremented = 0;  ///< 0: none
  std::uint8_t bytes = 0;        ///< of the access; 0: none
  AccessKind kind = AccessKind::kLoad;
  bool is_pending = false;  ///< the result never came

  /// The last thing to be known. What an atomic does to memory follows from it: until then, kData
  /// is its operand.
  void set_result(std::uint32_t result) {
    values[kResult] = result;
    is_pending = false;
    if (is_amo(kind)) {
      values[kData] = amo_result(kind, result, values[kData]);
    } else if (kind == AccessKind::kStoreConditional && result != 0) {
      bytes = 0;  // it failed
    }
  }
  /// Whether its line is that of `other` but for the values: the instruction word tells the rest.
  bool has_form_of(const CommitRecord& other) const {
    return pc == other.pc && raw == other.raw && bytes == other.bytes &&
           is_pending == other.is_pending;
  }
};

/// A line and where its values stand.
struct CommitLine {
  static constexpr std::size_t kMaxPlaces =
      CommitRecord::kNumValues + 1;  ///< an AMO's address twice
  struct Place {
    std::uint8_t at;      ///< from the line's begin
    std::uint8_t digits;  ///< hexadecimal
    CommitRecord::Value value;
  };
  std::array<Place, kMaxPlaces> places;  ///< in order
  std::uint8_t num_places = 0;
  std::uint8_t length = 0;
};

/// Longest line, with room to spare.
constexpr std::size_t kMaxCommitLine = 128;
/// Writes the line of `record` at `text`, behind `prefix` ("core   0: 3 ").
/// REQUIRES: room for kMaxCommitLine characters; a prefix of up to 32.
CommitLine write_commit_line(char* text, std::string_view prefix, const CommitRecord& record);

/// The last `digits` (2, 4 or 8) hexadecimal digits of `value`.
inline void write_hex(char* text, std::uint32_t value, unsigned digits) {
  // All digits at once, one in each byte, the first one lowest.
  std::uint64_t spread = __builtin_bswap32(value);
  spread = (spread | spread << 16) & 0x0000FFFF0000FFFF;
  spread = (spread | spread << 8) & 0x00FF00FF00FF00FF;
  spread = (spread >> 4 & 0x000F000F000F000F) | (spread & 0x000F000F000F000F) << 8;
  const std::uint64_t letters = (spread + 0x0606060606060606) >> 4 & 0x0101010101010101;
  spread += 0x3030303030303030 + letters * ('a' - '0' - 10);
  if (digits == 8) {
    std::memcpy(text, &spread, 8);
  } else {
    spread >>= 64 - 8 * digits;
    std::memcpy(text, &spread, digits);
  }
}

}  // namespace tessera
