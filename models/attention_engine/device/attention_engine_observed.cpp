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

void AttentionEngine::tell_waiting(Cycles cycle) const {
  if (ActivityProbe* probe = probe_.activities()) {
    probe->counted(probe_.agent(), "descriptors", launched_ - ended_, cycle);
  }
}

}  // namespace tessera::attention_engine
