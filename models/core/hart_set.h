// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
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
  /// Takes all members of `other`, which is empty after that.
  void take_all(HartSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] |= other.words_[i];
      other.words_[i] = 0;
    }
  }
  void clear() { std::fill(words_.begin(), words_.end(), 0); }
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
  /// Calls visit(hart) for all members in ascending order; the visited one may leave, others may
  /// not come or go.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t word = words_[i]; word != 0; word &= word - 1) {
        visit(static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(__builtin_ctzll(word))));
      }
    }
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace tessera
