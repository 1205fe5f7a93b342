// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "models/base/units.h"
#include "platform/app/run_dir.h"

namespace tessera::app {

/// How far a run is: a line on stderr when that is a terminal, and status.json in the run folder,
/// both every few seconds of wall time. Off a terminal there is no line, only the file.
class Progress {
 public:
  struct Options {
    bool shows_line = true;  ///< on a terminal
    Cycles expected_cycles;  ///< what counts as 100 %; 0: unknown
  };

  /// `activities` says what the harts do. `dir` outlives the object.
  Progress(Options options, const RunDir& dir, std::function<Cycles()> now,
           std::function<std::string()> activities);

  /// Time starts to count here; status.json says "running".
  void begin();
  /// Writes line and file if it is time to.
  void poll();
  /// "12.300 Mcy  34 %  0.800 Mcy/s  16 s  ETA 00:41  harts 1020 running, 4 asleep": now, on
  /// request.
  std::string line() const;
  /// Removes the line from the terminal, so that something else can be printed.
  void clear_line();
  /// The last status.json: `state` is the end's name in run.json, as `cycles` and `exit_code`.
  void finish(const std::string& state, Cycles cycles, int exit_code);

 private:
  using Clock = std::chrono::steady_clock;
  double seconds() const;
  /// Cycles per second of wall time since begin().
  double rate() const;
  void write_status(const std::string& state, Cycles cycles, std::optional<int> exit_code) const;

  const Options options_;
  const RunDir& dir_;
  const std::function<Cycles()> now_;
  const std::function<std::string()> activities_;
  const bool has_terminal_;
  bool has_line_ = false;
  Clock::time_point start_;
  Clock::time_point next_;
};

}  // namespace tessera::app
