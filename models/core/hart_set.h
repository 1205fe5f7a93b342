// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/base/error.h"

namespace tessera {

/// A set of hart ids that is walked in ascending order. A few members among many cost what the few
/// cost.
class HartSet {
 public:
  static constexpr std::uint32_t kMaxHarts = 64 * 64;

  explicit HartSet(std::uint32_t num_harts) : words_((num_harts + 63) / 64) {
    TESSERA_CHECK(num_harts <= kMaxHarts, "{} harts", num_harts);
  }

  void insert(std::uint32_t hart) {
    words_[hart / 64] |= bit(hart % 64);
    used_ |= bit(hart / 64);
  }
  void erase(std::uint32_t hart) {
    words_[hart / 64] &= ~bit(hart % 64);
    if (words_[hart / 64] == 0) {
      used_ &= ~bit(hart / 64);
    }
  }
  /// Takes all members of `other`, which is empty after that.
  void take_all(HartSet& other) {
    for (std::uint64_t used = other.used_; used != 0; used &= used - 1) {
      const std::uint32_t index = lowest(used);
      words_[index] |= other.words_[index];
      other.words_[index] = 0;
    }
    used_ |= other.used_;
    other.used_ = 0;
  }
  void clear() {
    std::fill(words_.begin(), words_.end(), 0);
    used_ = 0;
  }
  bool is_empty() const { return used_ == 0; }
  bool contains(std::uint32_t hart) const { return (words_[hart / 64] & bit(hart % 64)) != 0; }

  /// Smallest member >= `from`, or `kNone`; members may come and go between two calls.
  static constexpr std::uint32_t kNone = 0xFFFFFFFFu;
  std::uint32_t next(std::uint32_t from) const {
    std::uint32_t index = from / 64;
    if (index >= words_.size()) {
      return kNone;
    }
    const std::uint64_t word = words_[index] & (~std::uint64_t{0} << (from % 64));
    if (word != 0) {
      return index * 64 + lowest(word);
    }
    const std::uint64_t later = used_ & (~std::uint64_t{1} << index);
    if (later == 0) {
      return kNone;
    }
    index = lowest(later);
    return index * 64 + lowest(words_[index]);
  }
  /// Calls visit(hart) for all members in ascending order; the visited one may leave, others may
  /// not come or go.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::uint64_t used = used_; used != 0; used &= used - 1) {
      const std::uint32_t index = lowest(used);
      for (std::uint64_t word = words_[index]; word != 0; word &= word - 1) {
        visit(index * 64 + lowest(word));
      }
    }
  }

 private:
  static constexpr std::uint64_t bit(std::uint32_t index) { return std::uint64_t{1} << index; }
  static std::uint32_t lowest(std::uint64_t word) {
    return static_cast<std::uint32_t>(__builtin_ctzll(word));
  }

  std::vector<std::uint64_t> words_;
  std::uint64_t used_ = 0;  ///< words that are not 0, one bit each
};

}  // namespace tessera
