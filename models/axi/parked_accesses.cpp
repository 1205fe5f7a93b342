// SPDX-License-Identifier: Apache-2.0
#include "models/axi/parked_accesses.h"

#include <algorithm>

namespace tessera {

namespace {
bool has_same_id(const AxiRequest& one, const AxiRequest& other) {
  return one.master == other.master && one.source == other.source;
}
}  // namespace

bool ParkedAccesses::must_follow(const AxiRequest& request, bool is_write) const {
  return std::any_of(accesses_.begin(), accesses_.end(), [&](const Access& access) {
    return access.is_write == is_write && has_same_id(access.request, request);
  });
}

void ParkedAccesses::step(AxiChannels& port, SocTarget& target, Cycles now) {
  for (std::size_t i = 0; i < accesses_.size();) {
    Access& access = accesses_[i];
    const bool is_first =
        std::none_of(accesses_.begin(), accesses_.begin() + static_cast<std::ptrdiff_t>(i),
                     [&](const Access& earlier) {
                       return earlier.is_write == access.is_write &&
                              has_same_id(earlier.request, access.request);
                     });
    if (is_first && access.done == kNever && perform(target, *access.request.hart, now)) {
      access.done = now;
    }
    if (access.done < now && answer(access, port, now)) {
      accesses_.erase(accesses_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

bool ParkedAccesses::answer(const Access& access, AxiChannels& port, Cycles now) const {
  const bool has_read_response = !access.is_write || access.request.is_atomic;
  if ((has_read_response && !port.read_responses.can_push(now)) ||
      (access.is_write && !port.write_responses.can_push(now))) {
    return false;
  }
  if (has_read_response) {
    port.read_responses.push(response_to(access.request), now);
  }
  if (access.is_write) {
    port.write_responses.push(response_to(access.request), now);
  }
  return true;
}

}  // namespace tessera
