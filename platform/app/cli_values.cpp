// SPDX-License-Identifier: Apache-2.0
#include "platform/app/cli_values.h"

#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "models/base/text.h"
#include "platform/app/exit_code.h"

namespace tessera::app {

std::vector<std::string> split_colons(const std::string& text, std::size_t parts) {
  std::vector<std::string> fields;
  std::size_t begin = 0;
  while (fields.size() + 1 < parts) {
    const std::size_t colon = text.find(':', begin);
    if (colon == std::string::npos) {
      return {};
    }
    fields.push_back(text.substr(begin, colon - begin));
    begin = colon + 1;
  }
  fields.push_back(text.substr(begin));
  const bool has_empty = std::any_of(fields.begin(), fields.end(),
                                     [](const std::string& field) { return field.empty(); });
  return has_empty ? std::vector<std::string>{} : fields;
}

CLI::Option* add_value(CLI::App& app, const std::string& name, const std::string& type,
                       const std::string& help,
                       const std::function<void(const std::string&)>& read) {
  return app
      .add_option_function<std::vector<std::string>>(
          name,
          [read](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              read(text);
            }
          },
          help)
      ->type_name(type)
      ->allow_extra_args(false);
}

std::uint64_t to_number(const std::string& option, const std::string& text) {
  const auto parsed = parse_unsigned(text);
  if (const auto* problem = std::get_if<std::string>(&parsed)) {
    throw UsageError(fmt::format("{}: {}", option, *problem));
  }
  return std::get<std::uint64_t>(parsed);
}

std::uint64_t to_positive(const std::string& option, const std::string& text) {
  const std::uint64_t value = to_number(option, text);
  if (value == 0) {
    throw UsageError(fmt::format("{}: expected at least 1, got 0", option));
  }
  return value;
}

double to_fraction(const std::string& option, const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || !(value >= 0 && value <= 1)) {
    throw UsageError(fmt::format("{}: expected a number from 0 to 1, got '{}'", option, text));
  }
  return value;
}

void add_folder(CLI::App& app, const std::string& name, const std::string& help,
                std::string& folder) {
  app.add_option(name, folder, help)
      ->type_name("DIR")
      ->check(
          [](const std::string& text) {
            return text.empty() ? "expected the name of a folder" : "";
          },
          "", "");
}

void add_config_options(CLI::App& app, ConfigOptions& options) {
  app.add_option("-c,--config", options.files, "machine in YAML, later files win; default: tessera")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("-s,--set", options.settings, "set one key of the configuration; wins over files")
      ->type_name("a.b.c=VALUE")
      ->allow_extra_args(false);
}

void add_seed_option(CLI::App& app, ConfigOptions& options) {
  add_value(app, "--seed", "N", "of all random choices (soc.seed); a program's run makes none",
            [&](const std::string& text) { options.settings.push_back("soc.seed=" + text); });
}

}  // namespace tessera::app
