// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "models/base/probe.h"

namespace tessera {

/// Transfers of the DMA that bring input into L1: by their lowest addresses, where it has come
/// from.
class InputMoves {
 public:
  struct Move {
    std::uint32_t from = ~0u;  ///< the lowest address so far
    std::uint32_t to = ~0u;
    std::uint32_t from_end = 0;
  };

  /// By a transfer.
  void accessed(const MemoryAccess& access) {
    Move& move = moves_[access.activity];
    if (access.writes()) {
      move.to = std::min(move.to, access.address);
    } else {
      move.from = std::min(move.from, access.address);
      move.from_end = std::max(move.from_end, access.address + access.bytes);
    }
  }
  /// Null: it has moved nothing, or is forgotten.
  const Move* find(std::uint64_t transfer) const {
    const auto move = moves_.find(transfer);
    return move == moves_.end() ? nullptr : &move->second;
  }
  void forget(std::uint64_t transfer) { moves_.erase(transfer); }

 private:
  std::unordered_map<std::uint64_t, Move> moves_;  ///< by number of the transfer
};

}  // namespace tessera
