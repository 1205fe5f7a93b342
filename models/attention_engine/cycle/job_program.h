// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/attention_engine/cycle/chain_writer.h"
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

/// The chains of one descriptor, written some at a time.
class JobProgram : public InstructionSource {
 public:
  bool next(std::uint64_t& word) final {
    while (next_word_ == words_.size()) {
      words_.clear();
      next_word_ = 0;
      if (!write_more()) {
        return false;
      }
    }
    word = words_[next_word_++];
    return true;
  }
  [[nodiscard]] const TileCounters& counters() const { return counters_; }

 protected:
  /// Writes the next chains with `writer_`, or to `words_`; false when there are none left.
  virtual bool write_more() = 0;

  std::vector<std::uint64_t> words_;
  ChainWriter writer_{words_};
  TileCounters counters_;

 private:
  std::size_t next_word_ = 0;
};

}  // namespace tessera::attention_engine
