// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace tessera::app {

/// What a run is checked for.
struct CheckOptions {
  bool offload = false;
  std::string suppressions;  ///< a file; empty: none
};

/// --check, --check-suppressions.
void add_check_options(CLI::App& app, CheckOptions& options);

}  // namespace tessera::app
