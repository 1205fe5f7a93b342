// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/attention_engine/key_set.h"
#include "models/attention_engine/tile_map.h"

namespace tessera::attention_engine {

/// A token mask from a file: "BWMK", version u32 = 1, queries u32, keys u32, tile u32, then rows of
/// bits, LSB first, each padded to 8 bytes; little-endian. With tile = 0 a row is a query and a bit
/// a key; otherwise rows and bits are tiles of tile x tile tokens, all or nothing.
struct TokenBitmap {
  std::uint32_t queries = 0;
  std::uint32_t keys = 0;
  std::uint32_t tile = 0;           ///< tokens per bit and row; 0: one
  std::vector<std::uint64_t> bits;  ///< [rows][words_per_row()]

  [[nodiscard]] std::uint32_t granule() const { return tile == 0 ? 1 : tile; }
  [[nodiscard]] std::size_t rows() const {
    return (std::size_t{queries} + granule() - 1) / granule();
  }
  [[nodiscard]] std::size_t columns() const {
    return (std::size_t{keys} + granule() - 1) / granule();
  }
  [[nodiscard]] std::size_t words_per_row() const { return (columns() + 63) / 64; }

  [[nodiscard]] bool allows(std::uint32_t query, std::uint32_t key) const;
  /// REQUIRES: the bitmap outlives the result.
  [[nodiscard]] TokenRows token_rows() const;
};

/// `name` stands in messages. Throws ConfigError for a wrong magic number or version, sizes of 0 or
/// above 65535 tokens, a wrong number of bytes, and set bits behind the last column.
TokenBitmap decode_token_bitmap(const std::vector<std::uint8_t>& bytes, const std::string& name);
std::vector<std::uint8_t> encode_token_bitmap(const TokenBitmap& bitmap);

}  // namespace tessera::attention_engine
