// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace tessera::attention_engine {

enum class MatrixKind : std::uint8_t { kKey, kValue };

/// Which K and V tiles are in the MRF, and where. A tile takes `parts` entries.
/// When the tiles of a head fit, each has its place, so that neighbours stand side by side; else
/// places are used in turn and a tile may be gone when it is needed again.
class MatrixStore {
 public:
  struct Place {
    std::uint32_t entry = 0;
    bool is_there = false;  ///< otherwise it has to be loaded to this place
    bool has_been_there = false;
  };

  MatrixStore(std::uint32_t entries, std::uint32_t parts, std::uint32_t columns, bool keeps_all)
      : parts_(parts),
        columns_(columns),
        keeps_all_(keeps_all),
        places_(keeps_all ? (entries >= 4 * columns * parts ? 4 : 2) * columns : entries / parts),
        was_loaded_(2 * columns) {}

  /// The place of a tile, which is there from now on.
  Place use(MatrixKind kind, std::uint32_t head, std::uint32_t column) {
    if (head != head_) {
      head_ = head;
      was_loaded_.assign(was_loaded_.size(), false);
    }
    const Tile tile{kind, head, column, true};
    const std::uint32_t index = index_of(tile);
    const auto known = static_cast<std::uint32_t>(kind) * columns_ + column;
    Place place{index * parts_, places_[index] == tile, was_loaded_[known]};
    places_[index] = tile;
    was_loaded_[known] = true;
    return place;
  }

 private:
  struct Tile {
    MatrixKind kind = MatrixKind::kKey;
    std::uint32_t head = 0;
    std::uint32_t column = 0;
    bool is_valid = false;
    bool operator==(const Tile& other) const {
      return kind == other.kind && head == other.head && column == other.column &&
             is_valid == other.is_valid;
    }
  };

  std::uint32_t index_of(const Tile& tile) {
    if (keeps_all_) {  // two heads in turn when both fit
      const auto heads = static_cast<std::uint32_t>(places_.size()) / (2 * columns_);
      return (tile.head % heads * 2 + static_cast<std::uint32_t>(tile.kind)) * columns_ +
             tile.column;
    }
    for (std::uint32_t i = 0; i < places_.size(); ++i) {
      if (places_[i] == tile) {
        return i;
      }
    }
    const std::uint32_t place = next_place_;
    next_place_ = (next_place_ + 1) % static_cast<std::uint32_t>(places_.size());
    return place;
  }

  std::uint32_t parts_;
  std::uint32_t columns_;
  bool keeps_all_;
  std::vector<Tile> places_;
  std::vector<bool> was_loaded_;  ///< in the head under way, by kind and column
  std::uint32_t head_ = 0;
  std::uint32_t next_place_ = 0;
};

}  // namespace tessera::attention_engine
