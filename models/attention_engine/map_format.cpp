// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/map_format.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "models/attention_engine/little_endian.h"

namespace tessera::attention_engine {

namespace {

constexpr std::uint16_t kPartialBit = 0x8000;

/// Bytes of one row of a bitmap.
std::size_t bitmap_row_bytes(std::uint32_t columns) {
  return (std::size_t{columns} + 63) / 64 * 8;
}

/// What both formats say about tiles, before it is checked.
class Decoder {
 public:
  Decoder(const MapShape& shape, const std::uint8_t* bytes) : bytes_(bytes) {
    decoded_.map.shape = shape;
    decoded_.map.row_begin.push_back(0);
  }

  std::variant<DecodedMap, MapError> decode(MapFormat format, std::size_t size,
                                            std::uint32_t mask_limit) {
    if (check_header(format, size) &&
        (format == MapFormat::kBitmap ? read_bitmap() : read_rows()) &&
        read_mask_indices(format, size, mask_limit)) {
      return std::move(decoded_);
    }
    return std::move(error_);
  }

 private:
  bool fail(ErrorCode code, std::uint32_t index, std::uint32_t limit, std::uint32_t row,
            std::uint32_t column, std::string message) {
    error_ = {code, index, limit, row, column, std::move(message)};
    return false;
  }
  bool bad_map(std::uint32_t index, std::uint32_t limit, std::uint32_t row, std::uint32_t column,
               std::string message) {
    return fail(ErrorCode::kBadMap, index, limit, row, column, std::move(message));
  }

  bool check_header(MapFormat format, std::size_t size) {
    const MapShape& shape = decoded_.map.shape;
    if (size < kMapHeaderBytes) {
      return bad_map(static_cast<std::uint32_t>(size), kMapHeaderBytes, 0, 0, "no whole header");
    }
    header_ = decode_header(bytes_);
    if (header_.rows != shape.rows()) {
      return bad_map(header_.rows, shape.rows(), 0, 0, "rows of the map are not those of the job");
    }
    if (header_.columns != shape.columns()) {
      return bad_map(header_.columns, shape.columns(), 0, 0,
                     "columns of the map are not those of the job");
    }
    const std::uint64_t all = std::uint64_t{header_.rows} * header_.columns;
    if (header_.tiles > all) {
      return bad_map(header_.tiles, static_cast<std::uint32_t>(all), 0, 0, "more tiles than exist");
    }
    if (size < index_bytes(header_, format)) {
      return bad_map(static_cast<std::uint32_t>(size),
                     static_cast<std::uint32_t>(index_bytes(header_, format)), 0, 0,
                     "the map ends early");
    }
    return true;
  }

  void add_tile(std::uint32_t row, std::uint32_t column, bool is_partial) {
    const MapShape& shape = decoded_.map.shape;
    TileEntry entry;
    entry.column = static_cast<std::uint16_t>(column);
    if (is_partial) {
      partial_.push_back({row, decoded_.map.tiles.size()});
    } else {
      entry.pairs = shape.queries_in(row) * shape.keys_in(column);
    }
    decoded_.map.tiles.push_back(entry);
  }

  void end_row() {
    decoded_.map.row_begin.push_back(static_cast<std::uint32_t>(decoded_.map.tiles.size()));
  }

  bool read_rows() {
    const std::uint8_t* pointers = bytes_ + kMapHeaderBytes;
    const std::uint8_t* columns = pointers + 4 * (std::size_t{header_.rows} + 1);
    if (load_bytes(pointers, 4) != 0) {
      return bad_map(load_bytes(pointers, 4), 0, 0, 0, "row pointers do not begin with 0");
    }
    for (std::uint32_t row = 0; row < header_.rows; ++row) {
      const std::uint32_t begin = load_bytes(pointers + 4 * std::size_t{row}, 4);
      const std::uint32_t end = load_bytes(pointers + 4 * std::size_t{row} + 4, 4);
      if (end < begin || end > header_.tiles) {
        return bad_map(end, end < begin ? begin : header_.tiles, row, 0,
                       "row pointers fall or leave the list");
      }
      if (!read_columns(row, columns, begin, end)) {
        return false;
      }
    }
    const auto listed = static_cast<std::uint32_t>(decoded_.map.tiles.size());
    return listed == header_.tiles ||
           bad_map(listed, header_.tiles, 0, 0, "row pointers do not end at the number of tiles");
  }

  bool read_columns(std::uint32_t row, const std::uint8_t* columns, std::uint32_t begin,
                    std::uint32_t end) {
    std::uint32_t first_allowed = 0;
    for (std::uint32_t i = begin; i < end; ++i) {
      const std::uint32_t word = load_bytes(columns + 2 * std::size_t{i}, 2);
      const std::uint32_t column = word & ~std::uint32_t{kPartialBit};
      if (column >= header_.columns) {
        return bad_map(column, header_.columns, row, column, "column does not exist");
      }
      if (column < first_allowed) {
        return bad_map(column, first_allowed, row, column, "columns do not rise");
      }
      add_tile(row, column, (word & kPartialBit) != 0);
      first_allowed = column + 1;
    }
    end_row();
    return true;
  }

  bool read_bitmap() {
    const std::size_t row_bytes = bitmap_row_bytes(header_.columns);
    const std::uint8_t* computed = bytes_ + kMapHeaderBytes;
    const std::uint8_t* partial = computed + row_bytes * header_.rows;
    for (std::uint32_t row = 0; row < header_.rows; ++row) {
      for (std::uint32_t column = 0; column < 8 * row_bytes; ++column) {
        const bool is_computed = (computed[column / 8] >> (column % 8) & 1) != 0;
        const bool is_partial = (partial[column / 8] >> (column % 8) & 1) != 0;
        if (is_computed && column >= header_.columns) {
          return bad_map(column, header_.columns, row, column, "column does not exist");
        }
        if (is_partial && !is_computed) {
          return bad_map(column, header_.columns, row, column, "a partial tile is not computed");
        }
        if (is_computed) {
          add_tile(row, column, is_partial);
        }
      }
      end_row();
      computed += row_bytes;
      partial += row_bytes;
    }
    const auto listed = static_cast<std::uint32_t>(decoded_.map.tiles.size());
    return listed == header_.tiles ||
           bad_map(listed, header_.tiles, 0, 0, "set bits are not the number of tiles");
  }

  bool read_mask_indices(MapFormat format, std::size_t size, std::uint32_t mask_limit) {
    const std::size_t begin = index_bytes(header_, format);
    const std::size_t end = begin + 2 * partial_.size();
    if (size < end) {
      return bad_map(static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(end), 0, 0,
                     "the mask indices end early");
    }
    const std::uint32_t limit = std::min<std::uint32_t>(mask_limit, TileEntry::kNoMask);
    for (std::size_t i = 0; i < partial_.size(); ++i) {
      const std::uint32_t mask = load_bytes(bytes_ + begin + 2 * i, 2);
      TileEntry& entry = decoded_.map.tiles[partial_[i].tile];
      if (mask >= limit) {
        return fail(ErrorCode::kMaskOutOfBounds, mask, limit, partial_[i].row, entry.column,
                    "no such mask");
      }
      entry.mask = static_cast<std::uint16_t>(mask);
      decoded_.mask_count = std::max(decoded_.mask_count, mask + 1);
    }
    return true;
  }

  struct Partial {
    std::uint32_t row;
    std::size_t tile;
  };

  const std::uint8_t* bytes_;
  MapHeader header_;
  DecodedMap decoded_;
  std::vector<Partial> partial_;
  MapError error_;
};

TileMask decode_mask(std::uint32_t tile, const std::uint8_t* bytes) {
  TileMask mask(tile);
  for (std::uint32_t q = 0; q < tile; ++q) {
    for (std::uint32_t k = 0; k < tile; ++k) {
      const std::size_t bit = std::size_t{q} * tile + k;
      if ((bytes[bit / 8] >> (bit % 8) & 1) != 0) {
        mask.allow(q, k);
      }
    }
  }
  return mask;
}

void encode_mask(const TileMask& mask, std::uint32_t tile, std::uint8_t* bytes) {
  for (std::uint32_t q = 0; q < tile; ++q) {
    for (std::uint32_t k = 0; k < tile; ++k) {
      const std::size_t bit = std::size_t{q} * tile + k;
      const unsigned value = mask.allows(q, k) ? 1u << (bit % 8) : 0u;
      bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | value);
    }
  }
}

std::uint32_t count_pairs(const TileMap& map, std::uint32_t row, const TileEntry& entry) {
  std::uint32_t pairs = 0;
  for (std::uint32_t q = 0; q < map.shape.queries_in(row); ++q) {
    for (std::uint32_t k = 0; k < map.shape.keys_in(entry.column); ++k) {
      pairs += map.allows(entry, q, k) ? 1 : 0;
    }
  }
  return pairs;
}

void encode_rows(const TileMap& map, std::vector<std::uint8_t>& bytes) {
  for (const std::uint32_t begin : map.row_begin) {
    append_bytes(bytes, begin, 4);
  }
  for (const TileEntry& tile : map.tiles) {
    append_bytes(bytes, tile.column | (tile.is_partial() ? kPartialBit : 0u), 2);
  }
}

void encode_bitmap(const TileMap& map, bool is_partial_plane, std::vector<std::uint8_t>& bytes) {
  const std::size_t row_bytes = bitmap_row_bytes(map.shape.columns());
  for (std::uint32_t row = 0; row < map.shape.rows(); ++row) {
    const std::size_t begin = bytes.size();
    bytes.resize(begin + row_bytes);
    for (const TileEntry& tile : map.row(row)) {
      if (!is_partial_plane || tile.is_partial()) {
        std::uint8_t& byte = bytes[begin + tile.column / 8];
        byte = static_cast<std::uint8_t>(byte | 1u << (tile.column % 8));
      }
    }
  }
}

}  // namespace

MapHeader decode_header(const std::uint8_t* bytes) {
  return {static_cast<std::uint16_t>(load_bytes(bytes, 2)),
          static_cast<std::uint16_t>(load_bytes(bytes + 2, 2)), load_bytes(bytes + 4, 4)};
}

std::size_t index_bytes(const MapHeader& header, MapFormat format) {
  if (format == MapFormat::kBitmap) {
    return kMapHeaderBytes + 2 * header.rows * bitmap_row_bytes(header.columns);
  }
  return kMapHeaderBytes + 4 * (std::size_t{header.rows} + 1) + 2 * std::size_t{header.tiles};
}

std::uint32_t partial_tiles(const MapHeader& header, MapFormat format, const std::uint8_t* bytes) {
  const std::uint8_t* end = bytes + index_bytes(header, format);
  std::uint32_t count = 0;
  if (format == MapFormat::kBitmap) {
    for (const std::uint8_t* byte = end - header.rows * bitmap_row_bytes(header.columns);
         byte != end; ++byte) {
      count += static_cast<std::uint32_t>(__builtin_popcount(*byte));
    }
    return count;
  }
  for (const std::uint8_t* word = end - 2 * std::size_t{header.tiles}; word != end; word += 2) {
    count += (load_bytes(word, 2) & kPartialBit) != 0 ? 1 : 0;
  }
  return count;
}

std::size_t mask_bytes(std::uint32_t tile) {
  return (std::size_t{tile} * tile + 7) / 8;
}

std::variant<DecodedMap, MapError> decode_map(const MapShape& shape, MapFormat format,
                                              const std::uint8_t* bytes, std::size_t size,
                                              std::uint32_t mask_limit) {
  return Decoder(shape, bytes).decode(format, size, mask_limit);
}

std::uint32_t attach_masks(DecodedMap& decoded, const std::uint8_t* bytes) {
  TileMap& map = decoded.map;
  for (std::uint32_t i = 0; i < decoded.mask_count; ++i) {
    map.masks.push_back(decode_mask(map.shape.tile, bytes + i * mask_bytes(map.shape.tile)));
  }
  std::uint32_t useless = 0;
  for (std::uint32_t row = 0; row < map.shape.rows(); ++row) {
    for (std::uint32_t i = map.row_begin[row]; i < map.row_begin[row + 1]; ++i) {
      TileEntry& entry = map.tiles[i];
      if (entry.is_partial()) {
        const std::uint32_t all = map.shape.queries_in(row) * map.shape.keys_in(entry.column);
        entry.pairs = count_pairs(map, row, entry);
        useless += entry.pairs == 0 || entry.pairs == all ? 1 : 0;
      }
    }
  }
  return useless;
}

MapImage encode_map(const TileMap& map, MapFormat format) {
  MapImage image;
  append_bytes(image.index, map.shape.rows(), 2);
  append_bytes(image.index, map.shape.columns(), 2);
  append_bytes(image.index, map.tiles.size(), 4);
  if (format == MapFormat::kBitmap) {
    encode_bitmap(map, false, image.index);
    encode_bitmap(map, true, image.index);
  } else {
    encode_rows(map, image.index);
  }
  for (const TileEntry& tile : map.tiles) {
    if (tile.is_partial()) {
      append_bytes(image.index, tile.mask, 2);
    }
  }
  const std::size_t each = mask_bytes(map.shape.tile);
  image.masks.resize(map.masks.size() * each);
  for (std::size_t i = 0; i < map.masks.size(); ++i) {
    encode_mask(map.masks[i], map.shape.tile, image.masks.data() + i * each);
  }
  return image;
}

}  // namespace tessera::attention_engine
