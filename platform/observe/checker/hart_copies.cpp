// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/hart_copies.h"

#include <algorithm>

namespace tessera {

namespace {

bool lacks_store(const HartCopies::Load& load) {
  return load.bytes != 0 && !load.is_stored;
}

bool is_same(const HartCopies::Load& load, const MemoryAccess& store) {
  const std::uint32_t mask = store.bytes == 4 ? ~0u : (1u << 8 * store.bytes) - 1;
  return load.bytes == store.bytes && ((load.value ^ store.data) & mask) == 0;
}

}  // namespace

std::optional<HartCopies::Load> HartCopies::loaded(const MemoryAccess& load, std::uint32_t index,
                                                   std::uint32_t input) {
  auto& loads = harts_[load.agent][index];
  const Load former = loads.back();
  std::rotate(loads.begin(), loads.end() - 1, loads.end());
  loads.front() = {input, load.result, load.bytes, false};
  return lacks_store(former) ? std::optional(former) : std::nullopt;
}

std::vector<HartCopies::Load> HartCopies::stored(const MemoryAccess& store, std::uint32_t index) {
  std::vector<Load> possible;
  for (Load& load : harts_[store.agent][index]) {
    if (is_same(load, store) && (possible.empty() || !load.is_stored)) {
      load.is_stored = true;
      possible.push_back(load);
    }
  }
  return possible;
}

std::vector<HartCopies::Load> HartCopies::without_store() const {
  std::vector<Load> found;
  for (const Hart& hart : harts_) {
    for (const auto& loads : hart) {
      std::copy_if(loads.begin(), loads.end(), std::back_inserter(found), lacks_store);
    }
  }
  return found;
}

}  // namespace tessera
