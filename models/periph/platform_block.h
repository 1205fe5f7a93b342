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
  using RegionOfInterest = std::function<void(std::uint32_t hart, std::uint32_t id, bool begins)>;
  /// The timing mode, PLATFORM_BLOCK_TIMING_*: what it is, and a request to change it.
  struct TimingControl {
    std::function<std::uint32_t()> read;
    std::function<void(std::uint32_t mode, const RegisterAccess& access)> write;
  };

  /// `values`: offset (platform_block_regs.h) -> value, for every read-only register after VERSION.
  PlatformBlock(const sc_core::sc_module_name& name, const ClockDomain& clock,
                const std::map<std::uint32_t, std::uint32_t>& values, RegionOfInterest on_region,
                const TimingControl& timing);
};

}  // namespace tessera
