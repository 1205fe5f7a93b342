// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "platform/app/options.h"

namespace tessera::app {

/// What `tessera list` can list.
inline const std::vector<std::string> kListTopics{"params",   "stats",       "models",
                                                  "machines", "assumptions", "accelerators"};

/// Each returns the text for stdout and throws ConfigError for bad input.
std::string check(const ConfigOptions& options, const std::string& elf);
std::string dump_config(const ConfigOptions& options);
std::string map(const ConfigOptions& options);
/// REQUIRES: topic is one of kListTopics.
std::string list(const ConfigOptions& options, const std::string& topic);
std::string version();

}  // namespace tessera::app
