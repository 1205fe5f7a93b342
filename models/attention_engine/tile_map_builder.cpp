// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/tile_map_builder.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "models/base/error.h"

namespace tessera::attention_engine {

namespace {

/// `count` (1..64) bits of `words` from bit `first` on, right-aligned.
std::uint64_t bits_of(const std::vector<std::uint64_t>& words, std::size_t first, unsigned count) {
  const std::size_t word = first / 64;
  const unsigned offset = first % 64;
  std::uint64_t bits = words[word] >> offset;
  if (offset != 0 && word + 1 < words.size()) {
    bits |= words[word + 1] << (64 - offset);
  }
  return count == 64 ? bits : bits & ((std::uint64_t{1} << count) - 1);
}

unsigned ones_of(std::uint64_t word) {
  return static_cast<unsigned>(__builtin_popcountll(word));
}

/// Equal masks are stored once.
class MaskLibrary {
 public:
  explicit MaskLibrary(std::vector<TileMask>& masks) : masks_(masks) {}

  std::uint16_t index_of(const TileMask& mask) {
    const auto [place, is_new] = indices_.emplace(mask, masks_.size());
    if (is_new) {
      if (masks_.size() >= TileEntry::kNoMask) {
        throw ConfigError(
            "", fmt::format("more than {} different element masks in a tile map", masks_.size()),
            "use larger tiles or a more regular mask");
      }
      masks_.push_back(mask);
    }
    return static_cast<std::uint16_t>(place->second);
  }

  /// As index_of(), for a trimmed tile: any stored mask that agrees on its queries x keys will do.
  std::uint16_t index_of_trimmed(const TileMask& mask, std::uint32_t queries, std::uint32_t keys) {
    const auto same = std::find_if(masks_.begin(), masks_.end(), [&](const TileMask& other) {
      return agree(mask, other, queries, keys);
    });
    return same == masks_.end() ? index_of(mask)
                                : static_cast<std::uint16_t>(same - masks_.begin());
  }

 private:
  static bool agree(const TileMask& trimmed, const TileMask& other, std::uint32_t queries,
                    std::uint32_t keys) {
    for (std::uint32_t q = 0; q < queries; ++q) {
      for (std::uint32_t k = 0; k < keys; k += 64) {
        const std::uint32_t count = std::min(keys - k, 64u);
        const std::uint64_t used = ~std::uint64_t{0} >> (64 - count);
        if (trimmed.row(q)[k / 64] != (other.row(q)[k / 64] & used)) {
          return false;
        }
      }
    }
    return true;
  }

  std::vector<TileMask>& masks_;
  std::map<TileMask, std::size_t> indices_;
};

class Builder {
 public:
  explicit Builder(const MapShape& shape) : library_(map_.masks) {
    map_.shape = shape;
    map_.row_begin.push_back(0);
  }

  /// `token_rows`: the key words of each query of tile row `row`.
  void add_row(std::uint32_t row, const std::vector<std::vector<std::uint64_t>>& token_rows) {
    for (std::uint32_t column = 0; column < map_.shape.columns(); ++column) {
      add_tile(row, column, token_rows);
    }
    map_.row_begin.push_back(static_cast<std::uint32_t>(map_.tiles.size()));
  }

  TileMap finish() {
    // Last, when all masks of whole tiles are known.
    for (const Trimmed& tile : trimmed_) {
      map_.tiles[tile.index].mask = library_.index_of_trimmed(tile.mask, tile.queries, tile.keys);
    }
    return std::move(map_);
  }

 private:
  struct Trimmed {
    std::size_t index;
    TileMask mask;
    std::uint32_t queries;
    std::uint32_t keys;
  };

  void add_tile(std::uint32_t row, std::uint32_t column,
                const std::vector<std::vector<std::uint64_t>>& token_rows) {
    const std::uint32_t queries = map_.shape.queries_in(row);
    const std::uint32_t keys = map_.shape.keys_in(column);
    const std::uint32_t tile = map_.shape.tile;
    TileMask mask(tile);
    TileEntry entry;
    entry.column = static_cast<std::uint16_t>(column);
    for (std::uint32_t q = 0; q < queries; ++q) {
      for (std::uint32_t k = 0; k < keys; k += 64) {
        const std::uint64_t bits =
            bits_of(token_rows[q], std::size_t{column} * tile + k, std::min(keys - k, 64u));
        mask.row(q)[k / 64] = bits;
        entry.pairs += ones_of(bits);
      }
    }
    if (entry.pairs == 0) {
      return;
    }
    if (entry.pairs != queries * keys) {
      if (queries == tile && keys == tile) {
        entry.mask = library_.index_of(mask);
      } else {
        trimmed_.push_back({map_.tiles.size(), std::move(mask), queries, keys});
      }
    }
    map_.tiles.push_back(entry);
  }

  TileMap map_;
  MaskLibrary library_;
  std::vector<Trimmed> trimmed_;
};

}  // namespace

void check_shape(const MapShape& shape) {
  if (shape.queries == 0 || shape.keys == 0 || shape.tile == 0) {
    throw ConfigError("",
                      fmt::format("a tile map of {} queries and {} keys in tiles of {}",
                                  shape.queries, shape.keys, shape.tile),
                      "all three are at least 1");
  }
  if (shape.columns() > kMaxTileColumns || shape.rows() > kMaxTileColumns) {
    throw ConfigError("", fmt::format("a tile map of {} x {} tiles", shape.rows(), shape.columns()),
                      fmt::format("at most {} on a side", kMaxTileColumns));
  }
}

TileMap build_tile_map(const MapShape& shape, const TokenRows& allowed) {
  check_shape(shape);
  Builder builder(shape);
  KeySet keys(shape.keys);
  std::vector<std::vector<std::uint64_t>> token_rows(shape.tile);
  for (std::uint32_t row = 0; row < shape.rows(); ++row) {
    for (std::uint32_t q = 0; q < shape.queries_in(row); ++q) {
      keys.clear();
      allowed(row * shape.tile + q, keys);
      token_rows[q] = keys.words();
    }
    builder.add_row(row, token_rows);
  }
  return builder.finish();
}

TileMap dense_tile_map(const MapShape& shape) {
  return build_tile_map(shape, [](std::uint32_t, KeySet& keys) { keys.add(0, keys.keys()); });
}

}  // namespace tessera::attention_engine
