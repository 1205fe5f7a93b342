// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
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
    std::uint8_t highest = 0;
    for_each(*this, first, count,
             [&](std::uint8_t level) { highest = level > highest ? level : highest; });
    return highest < kDepth;
  }
  bool has_bytes(std::uint32_t first, std::uint32_t count) const {
    std::uint8_t lowest = kDepth;
    for_each(*this, first, count,
             [&](std::uint8_t level) { lowest = level < lowest ? level : lowest; });
    return lowest > 0;
  }
  void fill(std::uint32_t first, std::uint32_t count) {
    for_each(*this, first, count, [](std::uint8_t& level) { ++level; });
    bytes_ += count;
  }
  void drain(std::uint32_t first, std::uint32_t count) {
    for_each(*this, first, count, [](std::uint8_t& level) { --level; });
    bytes_ -= count;
  }

 private:
  /// Source: BufferDepth of i_axi_dma_backend, mempool_group.sv.
  static constexpr std::uint8_t kDepth = 4;

  /// Two plain loops, which the compiler turns into vector instructions.
  template <typename Self, typename Action>
  static void for_each(Self& self, std::uint32_t first, std::uint32_t count, Action&& action) {
    const std::uint32_t end = first + count;
    for (std::uint32_t lane = first; lane < std::min(end, self.lanes_); ++lane) {
      action(self.levels_[lane]);
    }
    for (std::uint32_t lane = 0; lane + self.lanes_ < end; ++lane) {
      action(self.levels_[lane]);
    }
  }

  std::uint32_t lanes_;
  std::uint32_t bytes_ = 0;
  std::array<std::uint8_t, kMaxLanes> levels_{};
};

}  // namespace tessera
