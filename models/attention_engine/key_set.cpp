// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/key_set.h"

#include <algorithm>

namespace tessera::attention_engine {

void KeySet::clear() {
  std::fill(words_.begin(), words_.end(), 0);
}

void KeySet::add(std::int64_t begin, std::int64_t end, std::int64_t step) {
  if (begin < 0) {
    begin += (-begin + step - 1) / step * step;  // the first key of the sequence that exists
  }
  end = std::min<std::int64_t>(end, keys_);
  std::int64_t key = begin;
  while (key < end) {
    if (step == 1 && key % 64 == 0 && end - key >= 64) {
      words_[static_cast<std::size_t>(key / 64)] = ~std::uint64_t{0};
      key += 64;
      continue;
    }
    words_[static_cast<std::size_t>(key / 64)] |= std::uint64_t{1} << (key % 64);
    key += step;
  }
}

}  // namespace tessera::attention_engine
