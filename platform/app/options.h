// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "models/base/log_sink.h"
#include "platform/app/check_options.h"
#include "platform/app/gdb_options.h"
#include "platform/app/observation_options.h"
#include "platform/app/traces.h"
#include "platform/observe/guest_errors.h"
#include "platform/soc.h"

namespace tessera::app {

/// Where the machine's configuration comes from; without anything it is `tessera`.
struct ConfigOptions {
  std::vector<std::string> files;
  std::vector<std::string> settings;  ///< "a.b.c=value"
  /// What else on the command line can change a result: names and values as given, for run.json.
  std::vector<std::pair<std::string, std::vector<std::string>>> others;
};

/// "addr:file": copy a file into memory before the run. `address` is a number or a symbol of the
/// ELF file, resolved when that has been read.
struct LoadOption {
  std::string address;
  std::string file;
};

/// "addr:size:file": copy memory to a file when the run has ended.
struct DumpOption {
  std::string address;
  std::uint64_t bytes;
  std::string file;
};

/// "--switch-to MODE --at WHERE". A name is resolved when the ELF file has been read.
struct SwitchOption {
  TimingSwitch change;
  std::string name;  ///< of a symbol or region, or its number; kCycle: none
};

enum class Verbosity : std::uint8_t { kQuiet, kNormal, kVerbose };

struct RunOptions {
  ConfigOptions config;
  std::string elf;
  std::vector<LoadOption> loads;
  std::vector<DumpOption> dumps;
  std::vector<std::string> switch_modes;   ///< as on the command line
  std::vector<std::string> switch_places;  ///< as many
  std::vector<SwitchOption> switches;      ///< both, read
  RunLimits limits;
  Cycles expected_cycles = 0;  ///< 100 % of the progress line; 0: unknown
  double timeout_seconds = std::numeric_limits<double>::infinity();
  GuestErrorPolicy guest_errors = GuestErrorPolicy::kWarn;
  ObservationOptions observation;
  TraceOptions traces;
  GdbOptions gdb;
  CheckOptions checks;
  std::vector<LogFilter> log_filters;
  Verbosity verbosity = Verbosity::kNormal;
  std::string out_dir;               ///< empty: none
  bool overwrite = false;            ///< out_dir may hold files already
  std::vector<std::string> command;  ///< the command line, for run.json
};

}  // namespace tessera::app
