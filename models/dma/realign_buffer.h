// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace tessera {

/// Occupancy of the buffer between the read and the write side of a back-end: one FIFO per byte
/// lane of the bus. Read data arrives rotated to the lanes of its destination.
/// Source: fifo_buffer in axi_dma_data_path.sv.
class RealignBuffer {
 public:
  static constexpr std::uint32_t kMaxLanes = 128;

  explicit RealignBuffer(std::uint32_t lanes) : lanes_(lanes) {}

  bool is_empty() const { return bytes_ == 0; }
  /// Every one of `count` lanes from `first` on, wrapping around, has a free place.
  bool has_room(std::uint32_t first, std::uint32_t count) const {
    return all_of(first, count, [](std::uint8_t level) { return level < kDepth; });
  }
  bool has_bytes(std::uint32_t first, std::uint32_t count) const {
    return all_of(first, count, [](std::uint8_t level) { return level > 0; });
  }
  void fill(std::uint32_t first, std::uint32_t count) {
    for_each(first, count, [](std::uint8_t& level) { ++level; });
    bytes_ += count;
  }
  void drain(std::uint32_t first, std::uint32_t count) {
    for_each(first, count, [](std::uint8_t& level) { --level; });
    bytes_ -= count;
  }

 private:
  /// Source: BufferDepth of i_axi_dma_backend, mempool_group.sv.
  static constexpr std::uint8_t kDepth = 4;

  template <typename Predicate>
  bool all_of(std::uint32_t first, std::uint32_t count, Predicate&& predicate) const {
    for (std::uint32_t i = 0, lane = first; i < count; ++i, lane = next(lane)) {
      if (!predicate(levels_[lane])) {
        return false;
      }
    }
    return true;
  }
  template <typename Action>
  void for_each(std::uint32_t first, std::uint32_t count, Action&& action) {
    for (std::uint32_t i = 0, lane = first; i < count; ++i, lane = next(lane)) {
      action(levels_[lane]);
    }
  }
  std::uint32_t next(std::uint32_t lane) const { return lane + 1 == lanes_ ? 0 : lane + 1; }

  std::uint32_t lanes_;
  std::uint32_t bytes_ = 0;
  std::array<std::uint8_t, kMaxLanes> levels_{};
};

}  // namespace tessera
