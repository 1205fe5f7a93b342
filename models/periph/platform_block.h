// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "models/tlm/register_device.h"

namespace tessera {

/// Tells a program on which machine it runs, and takes its regions of interest.
class PlatformBlock : public RegisterDevice {
 public:
  using RegionOfInterest = std::function<void(std::uint32_t id, bool begins)>;

  /// `values`: offset (platform_block_regs.h) -> value, for every read-only register after VERSION.
  PlatformBlock(const sc_core::sc_module_name& name, const ClockDomain& clock,
                const std::map<std::uint32_t, std::uint32_t>& values, RegionOfInterest on_region);
};

}  // namespace tessera
