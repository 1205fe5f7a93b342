// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "models/base/address_range.h"

namespace tessera {

/// What the control registers tell the read-only caches. Source: control_registers.hjson of
/// MemPool.
struct ReadOnlyCacheControl {
  bool is_enabled = true;
  bool is_flushing = false;  ///< a level: as long as it is set
  std::array<AddressRange, 4> regions{};
};

}  // namespace tessera
