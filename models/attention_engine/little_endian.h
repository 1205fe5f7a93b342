// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace tessera::attention_engine {

/// Value of the first `count` (1..4) bytes.
inline std::uint32_t load_bytes(const std::uint8_t* bytes, unsigned count) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < count; ++i) {
    value |= std::uint32_t{bytes[i]} << (8 * i);
  }
  return value;
}

/// Appends the low `count` (1..8) bytes of `value`.
inline void append_bytes(std::vector<std::uint8_t>& bytes, std::uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
}

}  // namespace tessera::attention_engine
