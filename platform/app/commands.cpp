// SPDX-License-Identifier: Apache-2.0
#include "platform/app/commands.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "models/base/error.h"
#include "platform/accelerators.h"
#include "platform/address_map.h"
#include "platform/app/build_info.h"
#include "platform/app/catalogue.h"
#include "platform/app/machine.h"
#include "platform/elf_loader.h"
#include "platform/observe/stat_writer.h"
#include "platform/soc.h"

namespace tessera::app {

namespace {

std::string list_parameters(const Machine& machine) {
  std::string out;
  for (const ConfigParameter& parameter : machine.tree.parameters()) {
    if (!parameter.is_map()) {
      out += fmt::format("{}\n    {}{}, default {}\n    {}\n", parameter.path, parameter.type,
                         parameter.unit.empty() ? "" : " " + parameter.unit,
                         parameter.default_value, parameter.help);
    }
  }
  return out;
}

std::string list_assumptions(const Machine& machine) {
  std::string out;
  for (const ConfigParameter& parameter : machine.tree.parameters()) {
    if (parameter.is_assumption()) {
      out += fmt::format("{} = {}{}\n    {}\n", parameter.path, parameter.value,
                         parameter.unit.empty() ? "" : " " + parameter.unit, parameter.help);
    }
  }
  return out + modelling_assumptions(machine.config);
}

/// A machine that is built to be looked at, not to run.
struct Exhibit {
  explicit Exhibit(const Machine& machine)
      : soc(machine.config, {log, guest_errors, [](const char*, std::size_t) {}, {}, {}}) {}

  std::shared_ptr<LogSink> log = std::make_shared<LogSink>(LogConfig{});
  GuestErrors guest_errors{GuestErrorPolicy::kWarn,
                           log,
                           {[](std::uint32_t) { return ""; }, [](const GuestError&) { return ""; },
                            [](const GuestError&, const std::string&) {}}};
  Soc soc;
};

std::string list_statistics(const Machine& machine) {
  const Exhibit exhibit(machine);
  return StatWriter(
             {&exhibit.soc.stats(), &exhibit.guest_errors.stats()}, [] { return Cycles{0}; },
             Logger())
      .definitions_text();
}

std::string list_machines() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(TESSERA_CONFIGS_DIR)) {
    if (entry.path().extension() == ".yaml") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::string out;
  for (const std::string& file : files) {
    const Machine machine(ConfigOptions{{file}, {}, {}});
    out += fmt::format("{}\n    {}\n", file, machine.summary());
  }
  return out;
}

}  // namespace

std::string check(const ConfigOptions& options, const std::string& elf) {
  const Machine machine(options);
  if (elf.empty()) {
    return fmt::format("valid: {}\n", machine.summary());
  }
  ElfImage::read(elf).check_fits(AddressMap(machine.config));
  return fmt::format("valid: {}; {} fits\n", machine.summary(), elf);
}

std::string dump_config(const ConfigOptions& options) {
  return "# Resolved configuration; `tessera run -c` takes it back.\n" +
         Machine(options).tree.dump(true);
}

std::string map(const ConfigOptions& options) {
  return AddressMap(Machine(options).config).text();
}

std::string list(const ConfigOptions& options, const std::string& topic) {
  if (topic == "machines") {
    return list_machines();
  }
  const Machine machine(options);
  if (topic == "params") {
    return list_parameters(machine);
  }
  if (topic == "stats") {
    return list_statistics(machine);
  }
  if (topic == "models") {
    return models_of(Exhibit(machine).soc);
  }
  if (topic == "accelerators") {
    return accelerators_of(machine.config);
  }
  TESSERA_CHECK(topic == "assumptions", "list topic '{}'", topic);
  return list_assumptions(machine);
}

std::string version() {
  return fmt::format("tessera {} ({})\nSystemC {}\ncompiler {}\nbuild {}", kVersion, kGitHash,
                     kSystemC, kCompiler, kBuildType);
}

}  // namespace tessera::app
