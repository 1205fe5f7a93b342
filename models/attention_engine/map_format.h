// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "models/attention_engine/error_code.h"
#include "models/attention_engine/tile_map.h"

/// Tile maps as they lie in memory; everything is little-endian. With Z computed tiles, P of them
/// partial:
///   block-sparse rows  header, row_ptr u32[rows + 1], column u16[Z] (bit 15: partial),
///                      mask index u16[P]
///   bitmap             header, computed bits, partial bits, mask index u16[P]; bits are
///                      [rows][columns], LSB first, each row padded to 64 bits
/// Header: rows u16, columns u16, Z u32. Mask indices follow the order of the partial tiles.
/// Masks lie elsewhere: mask i at byte i * mask_bytes(T), bit query * T + key, LSB first.
namespace tessera::attention_engine {

enum class MapFormat : std::uint8_t { kBlockSparseRow, kBitmap };

inline constexpr std::size_t kMapHeaderBytes = 8;

struct MapHeader {
  std::uint16_t rows = 0;
  std::uint16_t columns = 0;
  std::uint32_t tiles = 0;  ///< Z
};

/// `bytes`: kMapHeaderBytes of them.
MapHeader decode_header(const std::uint8_t* bytes);

/// Bytes of everything in front of the mask indices, header included.
std::size_t index_bytes(const MapHeader& header, MapFormat format);
/// Partial tiles in the first index_bytes() of a map: so many mask indices follow.
std::uint32_t partial_tiles(const MapHeader& header, MapFormat format, const std::uint8_t* bytes);
/// Bytes of one element mask: ceil(T * T / 8).
std::size_t mask_bytes(std::uint32_t tile);

/// What is wrong with a map. `index` is the offending value, `limit` what it had to stay below or
/// to be equal to; row and column say which tile, 0 where there is none.
struct MapError {
  ErrorCode code = ErrorCode::kNone;
  std::uint32_t index = 0;
  std::uint32_t limit = 0;
  std::uint32_t row = 0;
  std::uint32_t column = 0;
  std::string message;
};

/// A map whose masks are still in memory.
struct DecodedMap {
  TileMap map;                   ///< masks empty; pairs of partial tiles 0
  std::uint32_t mask_count = 0;  ///< masks that the tiles name: 0 .. mask_count-1
};

/// Checks and unpacks the `size` bytes of a map. kBadMap: sizes other than those of `shape`, row
/// pointers that fall or do not end at Z, columns that do not rise or do not exist, too few bytes,
/// bits without a tile. kMaskOutOfBounds: a mask index of `mask_limit` or more.
std::variant<DecodedMap, MapError> decode_map(const MapShape& shape, MapFormat format,
                                              const std::uint8_t* bytes, std::size_t size,
                                              std::uint32_t mask_limit);

/// Unpacks the masks, `decoded.mask_count` times mask_bytes(), and counts allowed pairs. Returns
/// the number of partial tiles that should not be: their mask allows all or nothing.
std::uint32_t attach_masks(DecodedMap& decoded, const std::uint8_t* bytes);

struct MapImage {
  std::vector<std::uint8_t> index;  ///< what decode_map() reads
  std::vector<std::uint8_t> masks;  ///< what attach_masks() reads
};

MapImage encode_map(const TileMap& map, MapFormat format);

}  // namespace tessera::attention_engine
