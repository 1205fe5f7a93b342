// SPDX-License-Identifier: Apache-2.0
#include "models/base/log.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include "models/base/error.h"
#include "models/base/host_error.h"
#include "models/base/log_sink.h"
#include "models/base/text.h"

namespace tessera {

namespace {

struct LevelName {
  LogLevel level;
  const char* name;
  char letter;
  spdlog::level::level_enum spdlog_level;
};
constexpr std::array<LevelName, 6> kLevels{{
    {LogLevel::kTrace, "trace", 'T', spdlog::level::trace},
    {LogLevel::kDebug, "debug", 'D', spdlog::level::debug},
    {LogLevel::kInfo, "info", 'I', spdlog::level::info},
    {LogLevel::kWarn, "warn", 'W', spdlog::level::warn},
    {LogLevel::kError, "error", 'E', spdlog::level::err},
    {LogLevel::kOff, "off", '-', spdlog::level::off},
}};

constexpr double kPicosecondsPerMicrosecond = 1e6;

const LevelName& name_of(LogLevel level) {
  return kLevels[static_cast<std::size_t>(level)];
}

constexpr const char* kPattern = "%^%v%$";

spdlog::sink_ptr make_stderr_sink() {
  // NO_COLOR: see no-color.org; any value that is not empty.
  const char* no_color = std::getenv("NO_COLOR");
  const bool is_plain = no_color != nullptr && *no_color != '\0';
  return std::make_shared<spdlog::sinks::stderr_color_sink_st>(
      is_plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
}

std::unique_ptr<spdlog::logger> make_logger() {
  auto logger = std::make_unique<spdlog::logger>("tessera", make_stderr_sink());
  logger->set_pattern(kPattern);
  logger->set_level(spdlog::level::trace);
  return logger;
}

}  // namespace

bool Logger::is_enabled(LogLevel level) const {
  return sink_ != nullptr && sink_->is_enabled(path_, level);
}

void Logger::write(LogLevel level, const std::string& text) const {
  sink_->write(level, path_, text);
}

bool is_below(const std::string& path, const std::string& root) {
  return path.compare(0, root.size(), root) == 0 &&
         (path.size() == root.size() || path[root.size()] == '.' || path[root.size()] == '[');
}

std::variant<LogFilter, std::string> parse_log_filter(const std::string& text) {
  const std::size_t equals = text.find('=');
  std::vector<std::string> names;
  for (const LevelName& level : kLevels) {
    names.emplace_back(level.name);
    if (equals != std::string::npos && equals > 0 && text.substr(equals + 1) == level.name) {
      return LogFilter{text.substr(0, equals), level.level};
    }
  }
  return fmt::format("expected PATH=LEVEL with a level of {}, got '{}'", join(names), text);
}

LogSink::LogSink(const LogConfig& config)
    : config_(config), lowest_level_(config.default_level), logger_(make_logger()) {
  for (const LogFilter& filter : config_.filters) {
    lowest_level_ = std::min(lowest_level_, filter.level);
  }
}

LogSink::~LogSink() = default;

void LogSink::write_to(const std::string& file) {
  file_.open(file, std::ios::binary);
  if (!file_) {
    throw ConfigError(file, "cannot write the log here" + host_reason());
  }
  logger_->sinks().push_back(std::make_shared<spdlog::sinks::ostream_sink_st>(file_));
  logger_->set_pattern(kPattern);
}

void LogSink::set_clock(std::function<Cycles()> now, std::uint64_t period_ps) {
  now_ = std::move(now);
  period_ps_ = period_ps;
}

bool LogSink::is_enabled(const std::string& path, LogLevel level) const {
  if (level < lowest_level_ || (level < LogLevel::kWarn && !is_in_window())) {
    return false;
  }
  LogLevel threshold = config_.default_level;
  std::size_t longest = 0;
  for (const LogFilter& filter : config_.filters) {
    if (filter.path.size() >= longest && is_below(path, filter.path)) {
      longest = filter.path.size();
      threshold = filter.level;
    }
  }
  return level >= threshold;
}

void LogSink::write(LogLevel level, const std::string& path, const std::string& text) {
  if (level >= LogLevel::kWarn) {
    const auto [entry, is_new] = repeat_index_.try_emplace({path, text}, repeats_.size());
    if (is_new) {
      repeats_.push_back({level, path, text});
    }
    if (++repeats_[entry->second].count > kMaxRepeats) {
      return;
    }
  }
  write_line(level, path, text);
}

void LogSink::finish() {
  for (const Repeat& repeat : repeats_) {
    if (repeat.count > kMaxRepeats) {
      write_line(repeat.level, repeat.path,
                 fmt::format("{} (repeated {} times)", repeat.text, repeat.count));
    }
  }
  repeats_.clear();
  repeat_index_.clear();
  logger_->flush();
}

bool LogSink::is_in_window() const {
  const Cycles cycle = now_ ? now_() : 0;
  return cycle >= config_.begin && cycle < config_.end;
}

std::string LogSink::prefix() const {
  if (!now_) {
    return "[set-up]";
  }
  const Cycles cycle = now_();
  return fmt::format("[{:>8}cy {:.3f}us]", cycle,
                     static_cast<double>(cycle * period_ps_) / kPicosecondsPerMicrosecond);
}

void LogSink::write_line(LogLevel level, const std::string& path, const std::string& text) {
  const LevelName& name = name_of(level);
  logger_->log(name.spdlog_level, "{} {} {} {}", prefix(), name.letter, path, text);
}

}  // namespace tessera
