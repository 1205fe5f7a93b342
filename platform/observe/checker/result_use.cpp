// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/result_use.h"

namespace tessera {

void ResultUse::written(const ShadowAccess& write, std::uint64_t place) {
  Result& result = results_[key(write)];
  result.place = place;
  ++result.words;
}

void ResultUse::used(const ShadowAccess& write) {
  const auto result = results_.find(key(write));
  if (result != results_.end()) {
    used_places_.insert(result->second.place);
    results_.erase(result);
  }
}

bool ResultUse::unread(const ShadowAccess& write) {
  const auto found = results_.find(key(write));
  if (found == results_.end()) {
    return false;
  }
  Result& result = found->second;
  return ++result.unread == result.words && !result.is_for_others;
}

}  // namespace tessera
