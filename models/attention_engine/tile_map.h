// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// Which tiles of the score matrix [queries][keys] an attention job computes. Tile (I, J) covers
/// queries I*T .. I*T+T-1 and keys J*T .. J*T+T-1, as far as they exist: sizes need not be
/// multiples of T, the last tiles are trimmed. A tile is
///   empty    no pair is allowed: it is not in the map,
///   full     every existing pair is allowed: no mask,
///   partial  anything else: computed whole, then masked element by element.
namespace tessera::attention_engine {

/// Largest number of tile columns: bit 15 of a column in memory means partial.
inline constexpr std::uint32_t kMaxTileColumns = 1u << 15;

struct MapShape {
  std::uint32_t queries = 0;
  std::uint32_t keys = 0;
  std::uint32_t tile = 64;  ///< T, elements

  [[nodiscard]] std::uint32_t rows() const { return (queries + tile - 1) / tile; }
  [[nodiscard]] std::uint32_t columns() const { return (keys + tile - 1) / tile; }
  /// Queries that tile row `row` has, 1..T.
  [[nodiscard]] std::uint32_t queries_in(std::uint32_t row) const {
    return queries - row * tile < tile ? queries - row * tile : tile;
  }
  /// Keys that tile column `column` has, 1..T.
  [[nodiscard]] std::uint32_t keys_in(std::uint32_t column) const {
    return keys - column * tile < tile ? keys - column * tile : tile;
  }
};

/// Element mask of partial tiles: [T][T] bits, set where the pair is allowed. What lies outside a
/// trimmed tile is ignored, so that one mask serves trimmed and whole tiles.
class TileMask {
 public:
  explicit TileMask(std::uint32_t tile)
      : words_per_row_((tile + 63) / 64), words_(std::size_t{tile} * words_per_row_) {}

  [[nodiscard]] bool allows(std::uint32_t query, std::uint32_t key) const {
    return (row(query)[key / 64] >> (key % 64) & 1) != 0;
  }
  void allow(std::uint32_t query, std::uint32_t key) {
    row(query)[key / 64] |= std::uint64_t{1} << (key % 64);
  }
  /// 64-bit words of one query's T bits, bit 0 first; bits from T on are 0.
  [[nodiscard]] const std::uint64_t* row(std::uint32_t query) const {
    return words_.data() + std::size_t{query} * words_per_row_;
  }
  std::uint64_t* row(std::uint32_t query) {
    return words_.data() + std::size_t{query} * words_per_row_;
  }
  [[nodiscard]] std::uint32_t words_per_row() const { return words_per_row_; }

  friend bool operator==(const TileMask& a, const TileMask& b) { return a.words_ == b.words_; }
  friend bool operator<(const TileMask& a, const TileMask& b) { return a.words_ < b.words_; }

 private:
  std::uint32_t words_per_row_;
  std::vector<std::uint64_t> words_;
};

/// One tile that is computed.
struct TileEntry {
  static constexpr std::uint16_t kNoMask = 0xFFFF;

  std::uint16_t column = 0;
  std::uint16_t mask = kNoMask;  ///< index into TileMap::masks; kNoMask: the tile is full
  std::uint32_t pairs = 0;       ///< allowed pairs, 1 .. queries_in * keys_in

  [[nodiscard]] bool is_partial() const { return mask != kNoMask; }
};

/// The computed tiles of one tile row, from left to right.
struct TileRow {
  const TileEntry* first;
  const TileEntry* last;

  [[nodiscard]] const TileEntry* begin() const { return first; }
  [[nodiscard]] const TileEntry* end() const { return last; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(last - first); }
  const TileEntry& operator[](std::uint32_t index) const { return first[index]; }
};

/// Computed tiles of one head, row by row; columns rise within a row. Partial tiles share masks.
struct TileMap {
  MapShape shape;
  std::vector<std::uint32_t> row_begin;  ///< [rows + 1], indices into tiles
  std::vector<TileEntry> tiles;
  std::vector<TileMask> masks;

  [[nodiscard]] TileRow row(std::uint32_t index) const {
    return {tiles.data() + row_begin[index], tiles.data() + row_begin[index + 1]};
  }
  /// True when query `query` of tile row `row` may see key `key` of the tile `entry`; both count
  /// from the tile's corner and exist.
  [[nodiscard]] bool allows(const TileEntry& entry, std::uint32_t query, std::uint32_t key) const {
    return !entry.is_partial() || masks[entry.mask].allows(query, key);
  }
};

/// What follows from a map alone. Z = tiles, r_I = tiles of tile row I.
struct MapSummary {
  std::uint64_t tiles = 0;
  std::uint64_t full_tiles = 0;
  std::uint64_t partial_tiles = 0;
  std::uint64_t skipped_tiles = 0;     ///< empty ones
  std::uint64_t pairs = 0;             ///< allowed (query, key) pairs
  std::uint64_t masked_elements = 0;   ///< existing but not allowed pairs of computed tiles
  std::uint32_t masked_rows = 0;       ///< queries that may see no key
  std::uint32_t empty_tile_rows = 0;   ///< tile rows without a computed tile
  std::uint32_t longest_row = 0;       ///< max r_I
  std::uint32_t longest_row_pair = 0;  ///< max r_I + r_(I+1); r_0 for a single row
  std::uint64_t column_runs = 0;       ///< runs of neighbouring columns, of all rows
};

MapSummary summarise(const TileMap& map);

/// Runs of neighbouring columns in a tile row: chains that it takes without indirect reads.
std::uint32_t column_runs(const TileRow& row);

/// Queries of tile row `row` that may see no key, as one flag per query of the row.
std::vector<bool> masked_queries(const TileMap& map, std::uint32_t row);

}  // namespace tessera::attention_engine
