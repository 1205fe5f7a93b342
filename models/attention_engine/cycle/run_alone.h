// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "models/attention_engine/cycle/axi_memory.h"
#include "models/attention_engine/cycle/cycle_engine.h"

namespace tessera::attention_engine {

/// Steps the engine and the memory behind its port, with nobody else on the bus, until the engine
/// is idle, has failed or cycle `limit` is reached. Returns the first cycle that was not stepped.
inline Cycles run_alone(CycleEngine& engine, AxiMemory& memory, Cycles from,
                        Cycles limit = kNever) {
  Cycles cycle = from;
  while (!engine.is_idle() && !engine.has_failed()) {
    const Cycles next = std::min(engine.next_active_cycle(cycle), memory.next_active_cycle(cycle));
    if (next >= limit) {
      return std::min(limit, next);
    }
    memory.step(next);
    engine.step(next);
    cycle = next + 1;
  }
  return cycle;
}

}  // namespace tessera::attention_engine
