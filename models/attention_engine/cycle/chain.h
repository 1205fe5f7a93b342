// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "models/attention_engine/engine_parameters.h"

namespace tessera::attention_engine {

/// Units that a vector passes, in this order; a chain uses some of them.
enum class Unit : std::uint8_t { kLoad, kMvu, kRead, kMfu0, kMfu1, kSoftmax, kWrite };
inline constexpr std::uint32_t kNumUnits = 7;

constexpr std::size_t index_of(Unit unit) {
  return static_cast<std::size_t>(unit);
}
constexpr std::uint8_t bit_of(Unit unit) {
  return static_cast<std::uint8_t>(1u << index_of(unit));
}

/// Chains of one path commit in their order; the three paths run beside each other.
enum class Path : std::uint8_t {
  kVector,   ///< MVU, vector read, MFUs, write-back
  kSoftmax,  ///< softmax unit, with ports of its own
  kLoad,     ///< L2 to register files
};
inline constexpr std::uint32_t kNumPaths = 3;
/// "vector", "softmax", "load".
const char* to_string(Path path);

/// What a unit waits for before its first vector of a chain: for each path the youngest chain that
/// must be committed, and the youngest that must have read its source. 0: none.
struct Waits {
  std::array<std::uint64_t, kNumPaths> committed{};
  std::array<std::uint64_t, kNumPaths> read{};

  void add(std::array<std::uint64_t, kNumPaths>& list, Path path, std::uint64_t chain) {
    auto& youngest = list[static_cast<std::size_t>(path)];
    youngest = std::max(youngest, chain);
  }
};

/// A product as the MVU does it: `steps` steps of `step_cycles`; some of them give output vectors.
struct MvuWork {
  enum class Order : std::uint8_t {
    kUniform,    ///< every step gives `emits` vectors, the last what is left
    kFlattened,  ///< one vector: rows end as the engines get through the tiles of the matrix
    kGrouped,    ///< rows side by side in the accumulators; they end in the last column of a group
  };
  Order order = Order::kUniform;
  std::uint32_t steps = 0;
  std::uint32_t step_cycles = 1;
  std::uint32_t emits = 1;
  std::uint32_t outputs = 0;  ///< vectors that the chain gives in all
  std::uint32_t rows = 1;
  std::uint32_t columns = 1;  ///< native tiles of a row; kGrouped: of the longest engine's share
  std::uint32_t group = 1;    ///< kGrouped: rows of a group but the last
  std::uint32_t engines = 1;
};

/// Output vectors that step `step` (from 0) gives.
std::uint32_t outputs_of_step(const MvuWork& work, std::uint32_t step);

/// Rows in L2 that a chain reads or writes.
struct L2Rows {
  std::uint32_t address = 0;
  std::uint32_t row_bytes = 0;
  std::uint32_t rows = 0;
  std::uint32_t stride = 0;  ///< bytes from row to row
  std::uint32_t parts = 1;   ///< native vectors that make up a row
};

/// What L2 traffic is for.
enum class Traffic : std::uint8_t { kOperand, kRefetch, kSpill };

/// A decoded chain.
struct Chain {
  std::uint64_t sequence = 0;  ///< from 1
  Path path = Path::kVector;
  std::uint8_t units = 0;     ///< bits of Unit
  std::uint32_t vectors = 0;  ///< native vectors through the units after the first
  MvuWork mvu;
  std::uint64_t issued_macs = 0;
  bool is_context = false;
  std::uint32_t softmax_cycles = 0;
  L2Rows l2;
  Traffic traffic = Traffic::kOperand;
  bool is_transposed = false;
  bool stores_to_l2 = false;
  bool waits_for_drain = false;  ///< dispatched into an empty pipeline only
  std::array<Waits, kNumUnits> waits;

  [[nodiscard]] bool uses(Unit unit) const { return (units & bit_of(unit)) != 0; }
};

}  // namespace tessera::attention_engine
