// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "platform/app/options.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tessera::app {

/// Splits "a:b:c" at the first `parts - 1` colons; empty when there are fewer or a part is empty.
std::vector<std::string> split_colons(const std::string& text, std::size_t parts);

/// An option that may be given several times: `read` gets each text; what it throws becomes a usage
/// error.
CLI::Option* add_value(CLI::App& app, const std::string& name, const std::string& type,
                       const std::string& help,
                       const std::function<void(const std::string&)>& read);

/// The value of `option`; all throw UsageError for what is none.
std::uint64_t to_number(const std::string& option, const std::string& text);
/// At least 1.
std::uint64_t to_positive(const std::string& option, const std::string& text);
/// At most 1: a probability.
double to_fraction(const std::string& option, const std::string& text);

/// An option that names a folder; it may be given once.
void add_folder(CLI::App& app, const std::string& name, const std::string& help,
                std::string& folder);
/// --config and --set.
void add_config_options(CLI::App& app, ConfigOptions& options);
/// --seed.
void add_seed_option(CLI::App& app, ConfigOptions& options);

}  // namespace tessera::app
