// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/attention_engine/key_set.h"
#include "models/attention_engine/tile_map.h"

namespace tessera::attention_engine {

/// Throws ConfigError when a size of `shape` is 0 or needs more than kMaxTileColumns columns.
void check_shape(const MapShape& shape);

/// Classifies every tile of the token mask `allowed` and shares equal element masks: a causal map
/// has one mask, whatever its size. Calls `allowed` once per query, in rising order.
/// Throws ConfigError for a shape that check_shape() refuses and for more than 65535 masks.
TileMap build_tile_map(const MapShape& shape, const TokenRows& allowed);

/// The map in which every tile is computed and every pair allowed.
TileMap dense_tile_map(const MapShape& shape);

}  // namespace tessera::attention_engine
