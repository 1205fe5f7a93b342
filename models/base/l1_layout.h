// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "models/base/units.h"

namespace tessera {

/// Where a word of the core tiles' L1 lives: tile, bank in the tile, row in the bank.
struct BankLocation {
  std::uint32_t tile;
  std::uint32_t bank;
  std::uint32_t row;
  bool operator==(const BankLocation& other) const {
    return tile == other.tile && bank == other.bank && row == other.row;
  }
};

/// The L1 address map of MemPool: interleaved everywhere for the DMA ("raw" addresses); for harts
/// a sequential region at the bottom keeps consecutive addresses in one tile (address scrambler).
/// Source: hardware/src/address_scrambler.sv of MemPool. That RTL rotates address bits and so needs
/// powers of two; the same map, written with division, also covers 48 tiles.
class L1Layout {
 public:
  /// `sequential_bytes` is per tile and a multiple of one row of a tile (banks * 4), or 0: no
  /// scrambler.
  L1Layout(std::uint32_t tiles, std::uint32_t banks_per_tile, std::uint32_t bank_bytes,
           std::uint32_t sequential_bytes);

  std::uint32_t size_bytes() const { return size_bytes_; }
  /// Harts see the sequential map below this address.
  std::uint32_t sequential_end() const { return sequential_end_; }
  std::uint32_t tiles() const { return tiles_; }
  std::uint32_t banks_per_tile() const { return banks_per_tile_; }
  /// Bytes of one row over all tiles: the DMA splits its transfers here.
  std::uint32_t row_bytes() const { return row_bytes_; }

  /// REQUIRES: address < size_bytes(), for all of these.
  BankLocation locate_raw(std::uint32_t raw_address) const;
  BankLocation locate_core(std::uint32_t core_address) const;
  /// Inverse of locate_raw(): the raw address of the word.
  std::uint32_t raw_address(const BankLocation& location) const;
  std::uint32_t raw_to_core(std::uint32_t raw_address) const;
  std::uint32_t core_to_raw(std::uint32_t core_address) const;
  /// Cuts [raw_address, raw_address + bytes) where harts do not see it in one piece, and calls
  /// piece(core address, offset from the start, bytes). Beyond the layout both maps are the same.
  template <typename Piece>
  void for_each_core_piece(std::uint32_t raw_address, std::size_t bytes, Piece&& piece) const {
    for (std::size_t done = 0; done < bytes;) {
      const std::uint32_t raw = raw_address + static_cast<std::uint32_t>(done);
      std::size_t length = bytes - done;
      if (raw < sequential_end_) {
        length = std::min<std::size_t>(length, tile_row_bytes_ - raw % tile_row_bytes_);
      }
      piece(raw_to_core(raw), done, length);
      done += length;
    }
  }

 private:
  std::uint32_t tiles_;
  std::uint32_t banks_per_tile_;
  std::uint32_t tile_row_bytes_;  ///< bytes of one row of one tile
  std::uint32_t row_bytes_;
  std::uint32_t size_bytes_;
  std::uint32_t sequential_bytes_;  ///< per tile
  std::uint32_t sequential_end_;
};

}  // namespace tessera
