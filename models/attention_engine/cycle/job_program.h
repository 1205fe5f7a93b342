// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/attention_engine/cycle/instruction.h"

namespace tessera::attention_engine {

/// What the tile-sparse scheduler counts as it walks. Source: PERF, section 1.4 of the
/// specification.
struct TileCounters {
  std::uint64_t tiles_full = 0;
  std::uint64_t tiles_partial = 0;
  std::uint64_t tiles_skipped = 0;
  std::uint64_t masked_elements = 0;
  std::uint64_t useful_macs = 0;  ///< for allowed pairs
  std::uint64_t context_chains = 0;
};

/// The chains of one descriptor.
class JobProgram : public InstructionSource {
 public:
  [[nodiscard]] const TileCounters& counters() const { return counters_; }

 protected:
  TileCounters counters_;
};

}  // namespace tessera::attention_engine
