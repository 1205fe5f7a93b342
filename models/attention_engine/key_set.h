// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace tessera::attention_engine {

/// The keys that one query may see: one row of a token mask, a bit per key.
class KeySet {
 public:
  explicit KeySet(std::uint32_t keys) : keys_(keys), words_((keys + 63) / 64) {}

  [[nodiscard]] std::uint32_t keys() const { return keys_; }
  [[nodiscard]] bool contains(std::uint32_t key) const {
    return (words_[key / 64] >> (key % 64) & 1) != 0;
  }
  /// 64 keys a word, key 0 in bit 0; bits beyond the last key are 0.
  [[nodiscard]] const std::vector<std::uint64_t>& words() const { return words_; }

  void clear();
  /// Adds every `step`-th key of begin .. end-1, beginning with `begin`; keys that do not exist are
  /// left out, so bounds may lie outside. REQUIRES: step >= 1.
  void add(std::int64_t begin, std::int64_t end, std::int64_t step = 1);

 private:
  std::uint32_t keys_;
  std::vector<std::uint64_t> words_;
};

/// A token mask: adds the keys that `query` may see to an empty set.
using TokenRows = std::function<void(std::uint32_t query, KeySet& keys)>;

}  // namespace tessera::attention_engine
