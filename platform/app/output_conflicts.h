// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "platform/app/options.h"

namespace tessera::app {

/// Throws UsageError when two options write the same file, or one writes what another reads: a file
/// is the same by whatever name. `config_files`: all that were read, included ones, too.
void check_outputs(const RunOptions& options, const std::vector<std::string>& config_files);

}  // namespace tessera::app
