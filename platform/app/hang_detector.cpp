// SPDX-License-Identifier: Apache-2.0
#include "platform/app/hang_detector.h"

namespace tessera::app {

namespace {

/// FNV-1a over words: two states of one program that differ have one hash with probability 2^-64.
std::uint64_t hash_of(const HartState& state) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&hash](std::uint64_t word) { hash = (hash ^ word) * 0x100000001b3u; };
  add(state.pc);
  add(static_cast<std::uint64_t>(state.activity));
  for (unsigned i = 1; i < HartState::kSink; ++i) {
    add(state.x[i]);
  }
  return hash;
}

}  // namespace

HangDetector::HangDetector(Cycles limit, std::uint32_t num_harts)
    : limit_(limit), seen_(num_harts) {}

void HangDetector::look(const HartState& state, Cycles now) {
  std::unordered_set<std::uint64_t>& seen = seen_[state.hart_id];
  if (!seen.insert(hash_of(state)).second) {
    return;
  }
  last_progress_ = now;
  if (seen.size() > kMaxStates) {
    seen.clear();
  }
}

}  // namespace tessera::app
