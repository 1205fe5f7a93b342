// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include "platform/app/traffic.h"

namespace tessera::app {

/// The options of `tessera traffic` but those of the configuration.
void add_traffic_options(CLI::App& app, TrafficOptions& options);

}  // namespace tessera::app
