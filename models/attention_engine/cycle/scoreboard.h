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
  /// The chain stores to L2, or loads from it: a load waits for a store of the same bytes.
  void store(const Chain& chain);
  void load(Chain& chain, Unit unit);
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

  /// Bytes that a store writes: the comparators of a store queue.
  struct StoredBytes {
    std::uint64_t chain = 0;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  static constexpr std::size_t kStores = 64;

  std::array<std::vector<Entry>, kNumMemories> entries_;
  std::array<StoredBytes, kStores> stores_{};
  std::size_t next_store_ = 0;
  std::uint64_t forgotten_store_ = 0;  ///< no comparator was free: every load waits for it
};

}  // namespace tessera::attention_engine
