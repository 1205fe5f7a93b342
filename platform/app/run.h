// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/address_map.h"
#include "platform/app/checks.h"
#include "platform/app/exit_code.h"
#include "platform/app/gdb.h"
#include "platform/app/guest_places.h"
#include "platform/app/images.h"
#include "platform/app/machine.h"
#include "platform/app/observation.h"
#include "platform/app/options.h"
#include "platform/app/progress.h"
#include "platform/app/run_dir.h"
#include "platform/app/signals.h"
#include "platform/app/traces.h"
#include "platform/elf_loader.h"
#include "platform/observe/guest_errors.h"
#include "platform/observe/stat_writer.h"
#include "platform/soc.h"

namespace tessera::app {

/// `tessera run`: builds the machine, loads the program, simulates, writes the results.
/// One per process (SystemC elaborates once).
class Run {
 public:
  /// Reads and builds everything; throws UsageError or ConfigError. Output of earlier runs is
  /// replaced only when nothing of the input is wrong.
  explicit Run(const RunOptions& options);
  /// Simulates, writes the results and the summary.
  ExitCode execute();

 private:
  using Clock = std::chrono::steady_clock;
  /// Host seconds per part of the run, for run.json.
  struct Times {
    double set_up = 0;
    double simulate = 0;
    double write = 0;
  };

  std::shared_ptr<LogSink> make_log() const;
  SocServices services();
  /// Opens everything that the run writes, and replaces what earlier runs left there.
  void open_outputs();
  void load_memory();
  void warn_about_program() const;
  void log_set_up() const;
  void poll();
  /// Writes dumps, traces and the run folder. What cannot be written ends up in output_errors_, and
  /// the exit code in run.json says so.
  void write_results();
  void write_run_dir();
  /// Calls `write`, and keeps the message of a ConfigError.
  void try_to(const std::function<void()>& write);
  ExitCode exit_code() const;
  std::string run_json() const;
  /// Why the run has ended.
  std::string reason() const;
  /// Where harts and devices are at an end that the program did not make, in lines; else empty.
  std::string where() const;
  void print_summary() const;
  double seconds_since(Clock::time_point start) const;

  const RunOptions options_;
  const Clock::time_point start_ = Clock::now();
  /// Before the first file is opened: an interrupt leaves whole ones.
  Signals signals_;
  const Machine machine_;
  const AddressMap map_{machine_.config};
  // What can be wrong with the input comes to light before the machine is built, or before a file
  // is opened where it takes the machine to know: names of its parts, numbers of its harts.
  const ElfImage program_;
  const std::vector<TimingSwitch> switches_;
  const std::vector<MemoryImage> images_;
  std::vector<MemoryDump> dumps_;
  const RunDir dir_;
  const std::shared_ptr<LogSink> log_;
  GuestErrors guest_errors_;
  Soc soc_;
  Traces traces_;
  GuestPlaces places_;
  const Checks checks_;
  StatWriter stat_writer_;
  Observation observation_;
  Progress progress_;
  std::unique_ptr<Gdb> gdb_;  ///< null: not asked for
  Clock::time_point simulation_start_;
  Times times_;
  RunResult result_;
  std::vector<std::string> output_errors_;
};

}  // namespace tessera::app
