// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/arenas.h"

namespace tessera {

Arenas::Arenas(const std::vector<std::uint32_t>& states) {
  for (const std::uint32_t state : states) {
    arenas_.emplace_back().state = state;
  }
}

Arenas::Change Arenas::stored(std::uint32_t address, std::uint32_t value) {
  for (Arena& arena : arenas_) {
    if (address != arena.state && address != arena.state + kEnd) {
      continue;
    }
    Change change;
    if (address == arena.state) {
      change = move_next(arena, value);
    } else {
      arena.end = value;
    }
    const bool is_made = arena.next != 0 && arena.end > arena.next;
    arena.free_bytes = is_made ? arena.end - arena.next : 0;
    return change;
  }
  return {};
}

Arenas::Change Arenas::move_next(Arena& arena, std::uint32_t value) {
  const std::uint32_t before = arena.next;
  arena.next = value;
  if (before == 0) {
    arena.base = value;
  } else if (value > before) {
    arena.blocks.insert(before);
    return {Range{before, value}, {}};
  } else if (value < before) {
    arena.blocks.erase(arena.blocks.lower_bound(value), arena.blocks.end());
    return {{}, Range{value, before}};
  }
  return {};
}

std::optional<Arenas::Range> Arenas::block(std::uint32_t address) const {
  for (const Arena& arena : arenas_) {
    if (address < arena.base || address >= arena.end || arena.blocks.empty()) {
      continue;
    }
    auto next = arena.blocks.upper_bound(address);
    const std::uint32_t end = next == arena.blocks.end() ? arena.next : *next;
    if (next != arena.blocks.begin()) {
      return Range{*--next, end};
    }
  }
  return std::nullopt;
}

}  // namespace tessera
