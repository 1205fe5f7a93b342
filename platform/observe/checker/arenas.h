// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "models/base/probe.h"

namespace tessera {

/// The memory that a program's bump allocators (firmware/runtime/arena.h) have given out, as the
/// stores to their state tell.
class Arenas {
 public:
  /// Addresses of the two words of each: where the next block starts, and the end.
  explicit Arenas(const std::vector<std::uint32_t>& states);

  struct Range {
    std::uint32_t begin;
    std::uint32_t end;
  };
  struct Change {
    std::optional<Range> allocated;
    std::optional<Range> released;
  };
  /// Whether stored() wants to know of stores there.
  bool has_state_at(std::uint32_t address) const {
    for (const Arena& arena : arenas_) {
      if (address - arena.state < kStateBytes) {
        return true;
      }
    }
    return false;
  }
  /// A hart stores `value`. Returns what it means.
  Change stored(std::uint32_t address, std::uint32_t value);

  /// Whether nobody has allocated the byte, though it is one of an arena.
  bool is_free(std::uint32_t address) const {
    for (const Arena& arena : arenas_) {
      if (address - arena.next < arena.free_bytes) {
        return true;
      }
    }
    return false;
  }
  /// The block that holds the byte, or the last in front of it; none: not in an arena.
  std::optional<Range> block(std::uint32_t address) const;

 private:
  // Of an arena's state: `next`, then `end`.
  static constexpr std::uint32_t kEnd = 4;
  static constexpr std::uint32_t kStateBytes = 8;

  struct Arena {
    std::uint32_t state;
    std::uint32_t base = 0;
    std::uint32_t next = 0;  ///< 0, as `end`: not made yet
    std::uint32_t end = 0;
    std::uint32_t free_bytes = 0;
    std::set<std::uint32_t> blocks;  ///< where they start
  };
  static Change move_next(Arena& arena, std::uint32_t value);

  std::vector<Arena> arenas_;
};

}  // namespace tessera
