// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "platform/soc_config.h"

namespace tessera {

/// The machine's ITAs: size, peak at its clock, estimated area, and what the ports leave of the
/// peak.
std::string accelerators_of(const SocConfig& config);

}  // namespace tessera
