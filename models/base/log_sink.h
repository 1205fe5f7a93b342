// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "models/base/log.h"
#include "models/base/units.h"

namespace spdlog {
class logger;
}

namespace tessera {

/// "soc.cluster" at level debug: that path and everything below it.
struct LogFilter {
  std::string path;
  LogLevel level;
};

struct LogConfig {
  LogLevel default_level = LogLevel::kWarn;
  std::vector<LogFilter> filters;  ///< the longest path that matches decides
  /// Lines below a warning are written in cycles [begin, end) only.
  Cycles begin = 0;
  Cycles end = std::numeric_limits<Cycles>::max();
};

/// True when `path` is `root` or below it: "soc.cluster" holds "soc.cluster.hart[3]".
bool is_below(const std::string& path, const std::string& root);

/// Error, or a LogFilter from "path=level" (levels: error, warn, info, debug, trace, off).
std::variant<LogFilter, std::string> parse_log_filter(const std::string& text);

/// Where log lines go. A line is
/// "[   12345cy 24.690us] W soc.cluster.hart[3] message"; without a time source the brackets hold
/// "set-up". The same warning or error from the same logger is written 5 times; finish() says how
/// often it was repeated. Colour only on a terminal without NO_COLOR.
class LogSink {
 public:
  static constexpr std::uint64_t kMaxRepeats = 5;

  explicit LogSink(const LogConfig& config);
  ~LogSink();
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  /// From now on lines go to `file`, too, which is new. Throws ConfigError when it cannot be
  /// written.
  void write_to(const std::string& file);
  /// From now on lines carry the cycle that `now` returns and its time at `period_ps`. An empty
  /// function goes back to "set-up".
  void set_clock(std::function<Cycles()> now, std::uint64_t period_ps);

  bool is_enabled(const std::string& path, LogLevel level) const;
  void write(LogLevel level, const std::string& path, const std::string& text);
  /// Writes how often lines were held back, and flushes. To be called once, at the end of the run.
  void finish();
  /// False when something was lost on the way to the file.
  bool is_file_whole() const { return file_.good(); }

 private:
  struct Repeat {
    LogLevel level;
    std::string path;
    std::string text;
    std::uint64_t count = 0;
  };
  std::string prefix() const;
  bool is_in_window() const;
  void write_line(LogLevel level, const std::string& path, const std::string& text);

  const LogConfig config_;
  std::ofstream file_;     ///< not open: stderr alone
  LogLevel lowest_level_;  ///< of all filters: below it nothing is enabled
  std::unique_ptr<spdlog::logger> logger_;
  std::function<Cycles()> now_;
  std::uint64_t period_ps_ = 0;
  std::vector<Repeat> repeats_;  ///< in the order of first appearance
  std::map<std::pair<std::string, std::string>, std::size_t> repeat_index_;
};

}  // namespace tessera
