// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "models/base/observers.h"
#include "platform/address_map.h"
#include "platform/observe/checker/late_wake_ups.h"
#include "platform/observe/checker/launch_registers.h"
#include "platform/soc_config.h"

namespace tessera {

/// What the offload checker wants to be written for a launch, of the devices that harts launch by
/// registers (the engine's descriptors are in memory). `observers`: of the machine, built.
std::vector<LaunchRules> launch_rules(const Observers& observers, const SocConfig& config,
                                      const AddressMap& map);

/// The registers by which ITAs are told whom to wake. Not the attention engine's: it tells by words
/// in memory, too, that it is done.
std::vector<WakeRegister> wake_registers(const Observers& observers, const SocConfig& config,
                                         const AddressMap& map);

}  // namespace tessera
