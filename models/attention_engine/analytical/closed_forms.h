// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "models/attention_engine/pattern.h"

namespace tessera::attention_engine::analytical {

/// Computed tiles of a `tokens` x `tokens` score matrix in tiles of `tile`, without building the
/// map; nothing where no exact formula is known:
///   dilated           more than 2 * tile - 1 apart, or tokens no multiple of the tile
///   block_diagonal    blocks that are no multiple of the tile
///   strided           strides from 2 * tile on that are no multiple of the tile, ragged tokens
///   strided_permuted  classes that are no multiple of the tile
///   fixed             tokens, block or summary that are no multiple of the next smaller one
std::optional<std::uint64_t> computed_tiles(const Pattern& pattern, std::uint64_t tokens,
                                            std::uint64_t tile);

/// Full tiles among them; nothing but for dense, causal and window, and for these when tokens are a
/// multiple of the tile.
std::optional<std::uint64_t> full_tiles(const Pattern& pattern, std::uint64_t tokens,
                                        std::uint64_t tile);

}  // namespace tessera::attention_engine::analytical
