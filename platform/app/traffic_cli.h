// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "platform/app/traffic.h"

namespace CLI {
class App;
}

namespace tessera::app {

/// The options of `tessera traffic` but those of the configuration.
void add_traffic_options(CLI::App& app, TrafficOptions& options);

}  // namespace tessera::app
