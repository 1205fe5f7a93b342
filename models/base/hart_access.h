// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/base/units.h"

namespace tessera {

enum class AccessKind : std::uint8_t {
  kLoad,
  kStore,
  kLoadReserved,
  kStoreConditional,
  kAmoSwap,
  kAmoAdd,
  kAmoXor,
  kAmoAnd,
  kAmoOr,
  kAmoMin,
  kAmoMax,
  kAmoMinu,
  kAmoMaxu,
};

constexpr bool is_amo(AccessKind kind) {
  return kind >= AccessKind::kAmoSwap;
}

/// One data access of a hart that does not go through DMI. Inside one word; aligned to `bytes` but
/// for the misaligned post-increment stores that the hardware lets through.
struct HartAccess {
  std::uint32_t hart = 0;
  std::uint32_t pc = 0;
  std::uint32_t address = 0;
  std::uint32_t data = 0;  ///< store or AMO operand, in the low `bytes` bytes
  std::uint8_t bytes = 4;  ///< 1, 2 or 4
  AccessKind kind = AccessKind::kLoad;
  Cycles cycle = 0;  ///< local time of the hart at issue
};

enum class AccessStatus : std::uint8_t {
  kDone,     ///< `data` is valid (0 on a bus error, as the hardware's harts see it)
  kPending,  ///< the answer comes later: the hart blocks and repeats the instruction when resumed
};

struct HartReply {
  AccessStatus status = AccessStatus::kDone;
  std::uint32_t data = 0;   ///< zero-extended load data, old value of an AMO, SC result
  Cycles extra_cycles = 0;  ///< cycles beyond the one that every instruction takes
};

/// A memory that harts reach without the bus: the L1, as they see it.
class HartPort {
 public:
  virtual ~HartPort() = default;
  virtual bool contains(std::uint32_t address) const = 0;
  /// REQUIRES: contains(access.address). Never kPending.
  virtual HartReply access(const HartAccess& access) = 0;
  /// Where the byte at address 0 lies on the host, for whoever wants to have a word in the cache
  /// before the access; null: nowhere.
  virtual const std::uint8_t* host_bytes() const { return nullptr; }
};

/// New memory value of an AMO; `old` and `operand` are the 32-bit memory word and rs2.
std::uint32_t amo_result(AccessKind kind, std::uint32_t old, std::uint32_t operand);

}  // namespace tessera
