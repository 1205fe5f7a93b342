// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/attention_engine/cycle/chain.h"
#include "models/attention_engine/engine_parameters.h"

namespace tessera::attention_engine {

/// Who last wrote and read each entry of each register file: which chains a chain has to wait for.
/// So a context product waits for exactly the score tiles that it multiplies.
class Scoreboard {
 public:
  /// The chain `sequence` reads entries begin .. begin+count-1 at `unit`: adds what it waits for.
  void read(Chain& chain, Unit unit, MemoryId memory, std::uint32_t begin, std::uint32_t count);
  /// It reads them as second operands, after its source.
  void read_operand(Chain& chain, Unit unit, MemoryId memory, std::uint32_t begin,
                    std::uint32_t count);
  /// It writes them with `unit`.
  void write(Chain& chain, Unit unit, MemoryId memory, std::uint32_t begin, std::uint32_t count);
  /// Entries of `memory` that have been named, from 0 on.
  [[nodiscard]] std::uint32_t named(MemoryId memory) const {
    return static_cast<std::uint32_t>(entries_[static_cast<std::size_t>(memory)].size());
  }

 private:
  struct User {
    std::uint64_t chain = 0;  ///< 0: none
    Path path = Path::kVector;
  };
  struct Entry {
    User writer;
    User reader;  ///< of its source: done when the chain has read that
  };

  Entry* entries(MemoryId memory, std::uint32_t begin, std::uint32_t count);

  std::array<std::vector<Entry>, kNumMemories> entries_;
};

}  // namespace tessera::attention_engine
