// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "platform/soc.h"
#include "platform/soc_config.h"

namespace tessera::app {

/// What is assumed about the hardware beyond the values of configuration keys, as far as it
/// concerns this machine: two lines each, a name and "    assumption: text (page)".
std::string modelling_assumptions(const SocConfig& config);

/// The parts of a machine: instance name, what it is, the page that describes it.
std::string models_of(const Soc& soc);

/// Names of the parts of a machine, and of all else that writes into the log.
std::vector<std::string> log_names(const Soc& soc);

}  // namespace tessera::app
