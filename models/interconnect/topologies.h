// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "models/interconnect/l1_network_parameters.h"
#include "models/interconnect/wiring.h"

namespace tessera {

/// The names that L1NetworkParameters::topology may have.
std::vector<std::string> topology_names();
/// Throws ConfigError when there is no such topology, or none of this size.
Wiring wire_topology(const L1NetworkParameters& parameters);

/// One file each. Tiles are slots, numbered group by group.
Wiring wire_toph(const L1NetworkParameters& parameters);
Wiring wire_terapool(const L1NetworkParameters& parameters);
Wiring wire_top1(const L1NetworkParameters& parameters);
Wiring wire_top4(const L1NetworkParameters& parameters);
Wiring wire_ideal(const L1NetworkParameters& parameters);

}  // namespace tessera
