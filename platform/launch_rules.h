// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "models/base/observers.h"
#include "platform/address_map.h"
#include "platform/observe/checker/launch_registers.h"
#include "platform/soc_config.h"

namespace tessera {

/// What the offload checker wants to be written for a launch, of the devices that harts launch by
/// registers (the engine's descriptors are in memory). `observers`: of the machine, built.
std::vector<LaunchRules> launch_rules(const Observers& observers, const SocConfig& config,
                                      const AddressMap& map);

}  // namespace tessera
