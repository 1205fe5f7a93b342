// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera {

/// Told by a memory about every write that does not go through a hart's DMI pointer, so that what
/// was derived from the old bytes (decoded code) can be dropped.
class WriteObserver {
 public:
  virtual ~WriteObserver() = default;
  /// `address` as harts see it.
  virtual void memory_written(std::uint32_t address, std::uint32_t bytes) = 0;
};

}  // namespace tessera
