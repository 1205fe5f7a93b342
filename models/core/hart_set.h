// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tessera {

/// A set of hart ids that is walked in ascending order; members may come and go during the walk.
class HartSet {
 public:
  explicit HartSet(std::uint32_t num_harts) : words_((num_harts + 63) / 64) {}

  void insert(std::uint32_t hart) { words_[hart / 64] |= std::uint64_t{1} << (hart % 64); }
  void erase(std::uint32_t hart) { words_[hart / 64] &= ~(std::uint64_t{1} << (hart % 64)); }
  bool is_empty() const {
    for (const std::uint64_t word : words_) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }
  /// Smallest member >= `from`, or `kNone`.
  static constexpr std::uint32_t kNone = 0xFFFFFFFFu;
  std::uint32_t next(std::uint32_t from) const {
    std::size_t index = from / 64;
    if (index >= words_.size()) {
      return kNone;
    }
    std::uint64_t word = words_[index] & (~std::uint64_t{0} << (from % 64));
    while (word == 0) {
      if (++index == words_.size()) {
        return kNone;
      }
      word = words_[index];
    }
    return static_cast<std::uint32_t>(index * 64 + static_cast<std::size_t>(__builtin_ctzll(word)));
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace tessera
