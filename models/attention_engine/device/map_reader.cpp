// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/device/map_reader.h"

#include <algorithm>
#include <variant>

#include "models/attention_engine/pattern.h"
#include "models/attention_engine/tile_map_builder.h"
#include "models/attention_engine/token_bitmap.h"

namespace tessera::attention_engine {

namespace {
/// Masks that an index of 16 bits can name.
constexpr std::uint32_t kMaxMasks = 0xFFFF;
constexpr std::uint32_t kWordBits = 64;
}  // namespace

std::optional<TileMap> MapReader::read(const MapShape& shape) {
  const std::uint32_t id = fields_.byte(ATTENTION_ENGINE_DESC_PATTERN);
  if (!is_data(id)) {
    return read_pattern(shape);
  }
  if (!are_aligned({fields_.word(ATTENTION_ENGINE_DESC_MAP)})) {
    return std::nullopt;
  }
  if (id == ATTENTION_ENGINE_PATTERN_TOKEN_BITMAP) {
    return read_tokens(shape);
  }
  if (!are_aligned({fields_.word(ATTENTION_ENGINE_DESC_MASK)})) {
    return std::nullopt;
  }
  return read_tiles(
      shape, id == ATTENTION_ENGINE_PATTERN_MAP ? MapFormat::kBlockSparseRow : MapFormat::kBitmap);
}

std::optional<TileMap> MapReader::read_pattern(const MapShape& shape) {
  const std::uint32_t id = fields_.byte(ATTENTION_ENGINE_DESC_PATTERN);
  Pattern pattern;
  pattern.kind = static_cast<PatternKind>(id);
  pattern.window = fields_.half(ATTENTION_ENGINE_DESC_PARAM0);
  pattern.global_tokens = fields_.half(ATTENTION_ENGINE_DESC_PARAM0 + 2);
  pattern.block = fields_.half(ATTENTION_ENGINE_DESC_PARAM1);
  pattern.dilation = pattern.block;
  pattern.random_tiles = fields_.half(ATTENTION_ENGINE_DESC_PARAM1 + 2);
  pattern.seed = fields_.word(ATTENTION_ENGINE_DESC_MASK);
  const auto& kinds = pattern_kinds();
  const bool is_known = std::find(kinds.begin(), kinds.end(), pattern.kind) != kinds.end();
  const std::string problem =
      is_known ? problem_of(pattern, shape) : fmt::format("no pattern {}", id);
  if (!problem.empty()) {
    fail(ErrorCode::kBadDescriptor, id, 0, problem);
    return std::nullopt;
  }
  return pattern_map(pattern, shape);
}

/// Header, index, mask indices: as much as the part before says.
bool MapReader::read_index(const MapShape& shape, MapFormat format,
                           std::vector<std::uint8_t>& bytes) {
  const std::uint32_t address = fields_.word(ATTENTION_ENGINE_DESC_MAP);
  const auto grow = [&](std::size_t size) {
    bytes.resize(size);
    if (!memory_.read(address, bytes.data(), size)) {
      error_ = axi_error(memory_, address, "the tile map");
      return false;
    }
    return true;
  };
  if (!grow(kMapHeaderBytes)) {
    return false;
  }
  const MapHeader header = decode_header(bytes.data());
  if (header.rows != shape.rows() || header.columns != shape.columns() ||
      header.tiles > shape.rows() * shape.columns()) {
    return fail(ErrorCode::kBadMap, header.rows, shape.rows(), "the map has another shape");
  }
  const std::size_t index = index_bytes(header, format);
  return grow(index) && grow(index + 2 * std::size_t{partial_tiles(header, format, bytes.data())});
}

std::optional<TileMap> MapReader::read_tiles(const MapShape& shape, MapFormat format) {
  std::vector<std::uint8_t> bytes;
  if (!read_index(shape, format, bytes)) {
    return std::nullopt;
  }
  fetched(fields_.word(ATTENTION_ENGINE_DESC_MAP), bytes.size());
  auto decoded = decode_map(shape, format, bytes.data(), bytes.size(), kMaxMasks);
  if (const auto* error = std::get_if<MapError>(&decoded)) {
    fail(error->code, error->index, error->limit, error->message);
    error_.row = error->row;
    error_.column = error->column;
    return std::nullopt;
  }
  auto& map = std::get<DecodedMap>(decoded);
  std::vector<std::uint8_t> masks(map.mask_count * mask_bytes(shape.tile));
  if (!masks.empty() && !fetch(fields_.word(ATTENTION_ENGINE_DESC_MASK), masks.data(), masks.size(),
                               "a mask of the map")) {
    return std::nullopt;
  }
  uncanonical_tiles_ = attach_masks(map, masks.data());
  return std::move(map.map);
}

/// Rows of bits, one for each key, padded to words of 64.
std::optional<TileMap> MapReader::read_tokens(const MapShape& shape) {
  TokenBitmap bitmap{shape.queries, shape.keys, 0, {}};
  bitmap.bits.resize(bitmap.rows() * bitmap.words_per_row());
  if (!fetch(fields_.word(ATTENTION_ENGINE_DESC_MAP), bitmap.bits.data(),
             bitmap.bits.size() * sizeof(std::uint64_t), "the token bitmap")) {
    return std::nullopt;
  }
  const std::uint32_t used = shape.keys % kWordBits;
  for (std::uint32_t query = 0; used != 0 && query < shape.queries; ++query) {
    if (bitmap.bits[(query + 1) * bitmap.words_per_row() - 1] >> used != 0) {
      fail(ErrorCode::kBadMap, query, shape.keys, "bits behind the last key");
      error_.row = query / shape.tile;
      return std::nullopt;
    }
  }
  return build_tile_map(shape, bitmap.token_rows());
}

}  // namespace tessera::attention_engine
