// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "models/attention_engine/device/work_reader.h"
#include "models/attention_engine/map_format.h"
#include "models/attention_engine/tile_map.h"

namespace tessera::attention_engine {

/// The tile map that a descriptor names: a generated pattern, or data in memory.
/// Errors: BAD_DESC (no such pattern, its parameters), MISALIGNED, BAD_MAP, MASK_OOB, AXI_...
class MapReader final : public WorkReader {
 public:
  MapReader(const DeviceContext& context, const DescriptorFields& fields,
            std::vector<Fetch>& fetches)
      : WorkReader(context, fields, fetches) {}

  /// The pattern `id` is a map or bitmap in memory.
  static constexpr bool is_data(std::uint32_t id) {
    return id == ATTENTION_ENGINE_PATTERN_MAP || id == ATTENTION_ENGINE_PATTERN_TILE_BITMAP ||
           id == ATTENTION_ENGINE_PATTERN_TOKEN_BITMAP;
  }
  /// Nothing: error() says why.
  std::optional<TileMap> read(const MapShape& shape);
  /// Partial tiles whose mask allows all or nothing.
  [[nodiscard]] std::uint32_t uncanonical_tiles() const { return uncanonical_tiles_; }

 private:
  std::optional<TileMap> read_pattern(const MapShape& shape);
  std::optional<TileMap> read_tiles(const MapShape& shape, MapFormat format);
  std::optional<TileMap> read_tokens(const MapShape& shape);
  bool read_index(const MapShape& shape, MapFormat format, std::vector<std::uint8_t>& bytes);

  std::uint32_t uncanonical_tiles_ = 0;
};

}  // namespace tessera::attention_engine
