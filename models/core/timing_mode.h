// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera {

/// The two timing modes of the machine; memory contents are the same in both.
enum class TimingMode : std::uint8_t { kFunctional, kCycle };

}  // namespace tessera
