// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "platform/app/machine.h"
#include "platform/app/options.h"

namespace tessera::app {

/// SHA-256 of bytes, in lower-case hexadecimal.
std::string sha256(const std::string& bytes);
/// SHA-256 of a file. Throws ConfigError when it cannot be read.
std::string sha256_of_file(const std::string& path);

/// What a simulation of this machine depends on, by content and not by path: {"tessera": build
/// ID of this program, "config_files": hashes of all files read, included ones before the file that
/// names them, "settings" and "options": as given, "config": hash of the resolved configuration}.
nlohmann::ordered_json describe_inputs(const ConfigOptions& options, const Machine& machine);
/// The same of a run of a program, with "elf" and "loads": [{address, sha256}].
nlohmann::ordered_json describe_inputs(const RunOptions& options, const Machine& machine);

}  // namespace tessera::app
