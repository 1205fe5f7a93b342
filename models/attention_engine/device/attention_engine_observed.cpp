// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "models/attention_engine/device/attention_engine.h"

namespace tessera::attention_engine {

void AttentionEngine::tell_launched(std::uint32_t count, const RegisterAccess& access) {
  const std::uint64_t end = launched_ + count;
  for (; launched_ < end; ++launched_) {
    if (ActivityProbe* probe = probe_.activities()) {
      probe->launched(descriptor(launched_), cause_of(access),
                      fmt::format("of the ring at {:#x}", state_.ring));
    }
  }
  tell_waiting(access.cycle);
}

void AttentionEngine::tell_begun(Cycles cycle) const {
  if (ActivityProbe* probe = probe_.activities()) {
    probe->begins(descriptor(ended_), "", cycle);
    probe->counted(probe_.agent(), "waiting_descriptors", launched_ - ended_ - 1, cycle);
  }
}

void AttentionEngine::tell_ended(Cycles cycle) {
  if (ActivityProbe* probe = probe_.activities()) {
    probe->ends(descriptor(ended_), cycle);
  }
  ++ended_;
  tell_waiting(cycle);
}

void AttentionEngine::tell_seen(const RegisterAccess& reader) const {
  if (ActivityProbe* probe = probe_.activities(); probe != nullptr && ended_ > 0) {
    probe->completion_seen(descriptor(ended_ - 1), cause_of(reader));
  }
}

void AttentionEngine::tell_pushed(const RegisterAccess& access) {
  if (ActivityProbe* probe = pushes_.activities()) {
    probe->launched(pushed_chain(pushed_chains_), cause_of(access), "pushed instructions");
    probe->counted(pushes_.agent(), "waiting_chains", pushed_chains_ + 1 - ended_pushes_,
                   access.cycle);
  }
  ++pushed_chains_;
}

void AttentionEngine::tell_pushed_begun(Cycles cycle) {
  if (ActivityProbe* probe = pushes_.activities()) {
    probe->begins(pushed_chain(ended_pushes_), "", cycle);
    memory_.act_as(pushes_.agent());
    memory_.attribute_to(ended_pushes_);
  }
}

void AttentionEngine::tell_pushed_ended(Cycles cycle) {
  if (ActivityProbe* probe = pushes_.activities()) {
    probe->ends(pushed_chain(ended_pushes_), cycle);
    probe->counted(pushes_.agent(), "waiting_chains", pushed_chains_ - ended_pushes_ - 1, cycle);
    memory_.act_as(probe_.agent());
  }
  ++ended_pushes_;
}

void AttentionEngine::tell_pushes_lost(Cycles cycle) {
  if (ActivityProbe* probe = pushes_.activities();
      probe != nullptr && ended_pushes_ < pushed_chains_) {
    probe->ends(pushed_chain(pushed_chains_ - 1), cycle);
    probe->counted(pushes_.agent(), "waiting_chains", 0, cycle);
  }
  ended_pushes_ = pushed_chains_;
}

void AttentionEngine::tell_pushes_seen(std::uint64_t count, const RegisterAccess& reader) const {
  if (ActivityProbe* probe = pushes_.activities(); probe != nullptr && count > 0) {
    probe->completion_seen(pushed_chain(count - 1), cause_of(reader));
  }
}

void AttentionEngine::tell_unwritten(const Activity& activity, const WrittenChain& chain,
                                     Cycles cycle) const {
  if (ActivityProbe* probe = probe_.activities()) {
    probe->used_unwritten(
        activity,
        fmt::format("{}, entry {}", to_string(chain.unwritten->memory), chain.unwritten->index),
        cycle);
  }
}

void AttentionEngine::tell_waiting(Cycles cycle) const {
  if (ActivityProbe* probe = probe_.activities()) {
    const std::uint64_t running = job_ ? 1 : 0;
    probe->counted(probe_.agent(), "waiting_descriptors", launched_ - ended_ - running, cycle);
  }
}

}  // namespace tessera::attention_engine
