// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/analytical/matrix_places.h"

#include <algorithm>

namespace tessera::attention_engine::analytical {

MatrixPlaces::MatrixPlaces(std::uint32_t tiles, std::uint32_t columns, bool keeps_head)
    : columns_(columns),
      keeps_head_(keeps_head),
      places_(!keeps_head            ? std::max(tiles, 2u)
              : tiles >= 4 * columns ? 4 * columns
                                     : 2 * columns) {}

void MatrixPlaces::fill() {
  for (const bool is_value : {false, true}) {
    for (std::uint32_t column = 0; column < columns_; ++column) {
      const MatrixTile tile{0, is_value, column};
      places_[own_place(tile)].tile = tile;
    }
  }
}

std::size_t MatrixPlaces::own_place(const MatrixTile& tile) const {
  const std::size_t heads = places_.size() / (2 * columns_);
  return (tile.head % heads * 2 + (tile.is_value ? 1 : 0)) * columns_ + tile.column;
}

MatrixPlaces::Place& MatrixPlaces::find(const MatrixTile& tile) {
  if (keeps_head_) {
    return places_[own_place(tile)];
  }
  const auto place = std::find_if(places_.begin(), places_.end(),
                                  [&](const Place& one) { return one.tile == tile; });
  return place != places_.end() ? *place : places_[next_++ % places_.size()];
}

}  // namespace tessera::attention_engine::analytical
