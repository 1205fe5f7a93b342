// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/token_bitmap.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "models/attention_engine/little_endian.h"
#include "models/base/error.h"

namespace tessera::attention_engine {

namespace {

constexpr char kMagic[] = {'B', 'W', 'M', 'K'};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 20;
constexpr std::uint32_t kMaxTokens = 65535;  ///< sizes in descriptors are 16 bits wide

void check_sizes(const TokenBitmap& bitmap, std::size_t size, const std::string& name) {
  for (const std::uint32_t tokens : {bitmap.queries, bitmap.keys}) {
    if (tokens == 0 || tokens > kMaxTokens) {
      throw ConfigError(
          name,
          fmt::format("a token bitmap of {} queries and {} keys", bitmap.queries, bitmap.keys),
          fmt::format("allowed: 1 to {} of each", kMaxTokens));
    }
  }
  const std::size_t expected = kHeaderBytes + 8 * bitmap.rows() * bitmap.words_per_row();
  if (size != expected) {
    throw ConfigError(name, fmt::format("a token bitmap of {} bytes", size),
                      fmt::format("its sizes ask for {}", expected));
  }
}

}  // namespace

bool TokenBitmap::allows(std::uint32_t query, std::uint32_t key) const {
  const std::size_t column = key / granule();
  return (bits[query / granule() * words_per_row() + column / 64] >> (column % 64) & 1) != 0;
}

TokenRows TokenBitmap::token_rows() const {
  return [this](std::uint32_t query, KeySet& keys_seen) {
    const std::int64_t width = granule();
    for (std::int64_t column = 0; column < static_cast<std::int64_t>(columns()); ++column) {
      if (allows(query, static_cast<std::uint32_t>(column * width))) {
        keys_seen.add(column * width, (column + 1) * width);
      }
    }
  };
}

TokenBitmap decode_token_bitmap(const std::vector<std::uint8_t>& bytes, const std::string& name) {
  if (bytes.size() < kHeaderBytes || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0) {
    throw ConfigError(name, "not a token bitmap", "it begins with 'BWMK' and a header of 20 bytes");
  }
  if (const std::uint32_t version = load_bytes(bytes.data() + 4, 4); version != kVersion) {
    throw ConfigError(name, fmt::format("token bitmap of version {}", version),
                      fmt::format("this program reads version {}", kVersion));
  }
  TokenBitmap bitmap{load_bytes(bytes.data() + 8, 4),
                     load_bytes(bytes.data() + 12, 4),
                     load_bytes(bytes.data() + 16, 4),
                     {}};
  check_sizes(bitmap, bytes.size(), name);
  bitmap.bits.resize(bitmap.rows() * bitmap.words_per_row());
  for (std::size_t i = 0; i < 8 * bitmap.bits.size(); ++i) {
    bitmap.bits[i / 8] |= std::uint64_t{bytes[kHeaderBytes + i]} << (8 * (i % 8));
  }
  if (const std::size_t used = bitmap.columns() % 64; used != 0) {
    for (std::size_t row = 0; row < bitmap.rows(); ++row) {
      if (bitmap.bits[(row + 1) * bitmap.words_per_row() - 1] >> used != 0) {
        throw ConfigError(
            name, fmt::format("row {} has bits behind column {}", row, bitmap.columns() - 1),
            "padding is 0");
      }
    }
  }
  return bitmap;
}

std::vector<std::uint8_t> encode_token_bitmap(const TokenBitmap& bitmap) {
  std::vector<std::uint8_t> bytes(std::begin(kMagic), std::end(kMagic));
  for (const std::uint32_t word : {kVersion, bitmap.queries, bitmap.keys, bitmap.tile}) {
    append_bytes(bytes, word, 4);
  }
  for (const std::uint64_t word : bitmap.bits) {
    append_bytes(bytes, word, 8);
  }
  return bytes;
}

}  // namespace tessera::attention_engine
