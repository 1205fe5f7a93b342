// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/base/config_tree.h"
#include "platform/app/options.h"
#include "platform/soc_config.h"

namespace tessera::app {

/// A checked configuration, and the tree it was read from.
struct Machine {
  ConfigTree tree;
  SocConfig config;

  /// Throws ConfigError with all problems at once.
  explicit Machine(const ConfigOptions& options);
  /// "tessera: 192 harts in 48 tiles, L1 1MiB, L2 16MiB, 4 ITAs".
  std::string summary() const;
};

}  // namespace tessera::app
