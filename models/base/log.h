// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace tessera {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError, kOff };

/// Where log lines go: level filter per subtree, stderr and the run folder's log.txt, repeats
/// folded. One per run; models see it only through their Logger.
class LogSink;

/// A model's own logger; its name is the model's hierarchical path. Cheap to copy.
/// A default-constructed Logger says nothing (tests).
class Logger {
 public:
  Logger() = default;
  Logger(std::shared_ptr<LogSink> sink, std::string path)
      : sink_(std::move(sink)), path_(std::move(path)) {}

  /// A logger for a part of this model: path "<path>.<name>".
  Logger child(const std::string& name) const { return {sink_, path_ + "." + name}; }
  const std::string& path() const { return path_; }
  bool is_enabled(LogLevel level) const;

  template <typename... Args>
  void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) const {
    if (is_enabled(level)) {
      write(level, fmt::format(format, std::forward<Args>(args)...));
    }
  }
  template <typename... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::kDebug, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::kInfo, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::kWarn, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::kError, format, std::forward<Args>(args)...);
  }

 private:
  void write(LogLevel level, const std::string& text) const;

  std::shared_ptr<LogSink> sink_;
  std::string path_;
};

}  // namespace tessera
