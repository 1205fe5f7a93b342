// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tessera::app {

/// The `tessera` command: parses, acts, reports errors; returns the exit code (ExitCode).
int run_command_line(int argc, const char* const* argv);

}  // namespace tessera::app
