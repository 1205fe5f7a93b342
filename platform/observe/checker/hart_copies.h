// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "models/base/probe.h"

namespace tessera {

/// Copies of input that harts make, load by load and store by store: which words hold what of it.
class HartCopies {
 public:
  explicit HartCopies(std::uint32_t num_harts) : harts_(num_harts) {}

  /// Bytes that a hart has loaded only to store them.
  struct Load {
    std::uint32_t input = 0;  ///< where the bytes were loaded before the run
    std::uint32_t value = 0;
    std::uint32_t bytes = 0;  ///< 0: there is none
    bool is_stored = false;
  };
  /// Into x[index], what was at `input` before the run. Returns a former load into x[index] of
  /// which no store has come, if there is one.
  std::optional<Load> loaded(const MemoryAccess& load, std::uint32_t index, std::uint32_t input);
  /// What a store of x[index] may store: in cycle timing, the load before the last, too, for loads
  /// overtake stores. The first is the most likely.
  std::vector<Load> stored(const MemoryAccess& store, std::uint32_t index);
  /// Of which no store has come.
  std::vector<Load> without_store() const;

  /// The word now holds input from `source` on.
  void set_source(std::uint32_t word, std::uint32_t source) { sources_[word] = source; }
  std::optional<std::uint32_t> source(std::uint32_t word) const {
    const auto found = sources_.find(word);
    return found == sources_.end() ? std::nullopt : std::optional(found->second);
  }
  /// Something else is written there.
  void forget(std::uint32_t word) { sources_.erase(word); }

 private:
  static constexpr std::size_t kRegisters = 32;
  static constexpr std::size_t kLoads = 2;  ///< of a register, the newest first
  using Hart = std::array<std::array<Load, kLoads>, kRegisters>;

  std::vector<Hart> harts_;
  std::unordered_map<std::uint32_t, std::uint32_t> sources_;  ///< by address of the word
};

}  // namespace tessera
