// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tessera::attention_engine::analytical {

/// A tile of K or V.
struct MatrixTile {
  std::uint32_t head = ~0u;  ///< that: no tile
  bool is_value = false;
  std::uint32_t column = 0;

  bool operator==(const MatrixTile& other) const {
    return head == other.head && is_value == other.is_value && column == other.column;
  }
};

/// Which tiles of K and V are in the MRF, and when: the places of one or two heads, or, when the
/// MRF does not hold a head, a few that are taken in turn.
class MatrixPlaces {
 public:
  struct Place {
    MatrixTile tile;
    double ready = 0;    ///< the tile is there
    double is_free = 0;  ///< what reads it has done so
  };

  /// `tiles`: that the MRF holds; `columns`: of the map; `keeps_head`: they suffice for a head.
  MatrixPlaces(std::uint32_t tiles, std::uint32_t columns, bool keeps_head);

  /// K and V of head 0 are there from the beginning. REQUIRES: keeps_head.
  void fill();
  /// Where the tile is, or may replace what is there. Stays valid.
  Place& find(const MatrixTile& tile);
  std::size_t size() const { return places_.size(); }

 private:
  std::size_t own_place(const MatrixTile& tile) const;

  const std::uint32_t columns_;
  const bool keeps_head_;
  std::vector<Place> places_;
  std::size_t next_ = 0;  ///< taken in turn
};

}  // namespace tessera::attention_engine::analytical
