// SPDX-License-Identifier: Apache-2.0
#include "platform/app/progress.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/base/error.h"
#include "platform/app/say.h"

namespace tessera::app {

namespace {

constexpr std::chrono::seconds kInterval{5};
constexpr const char* kEraseLine = "\r\x1b[K";

double millions(double count) {
  return count / 1e6;
}

/// "00:41", "1:02:03".
std::string format_seconds(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  const std::string hours = whole >= 3600 ? fmt::format("{}:", whole / 3600) : "";
  return fmt::format("{}{:02}:{:02}", hours, whole / 60 % 60, whole % 60);
}

}  // namespace

Progress::Progress(Options options, const RunDir& dir, std::function<Cycles()> now,
                   std::function<std::string()> activities)
    : options_(options),
      dir_(dir),
      now_(std::move(now)),
      activities_(std::move(activities)),
      has_terminal_(options_.shows_line && isatty(STDERR_FILENO) != 0) {}

void Progress::begin() {
  start_ = Clock::now();
  next_ = start_ + kInterval;
  write_status("running", now_(), std::nullopt);
}

void Progress::poll() {
  if (Clock::now() < next_) {
    return;
  }
  next_ = Clock::now() + kInterval;
  write_status("running", now_(), std::nullopt);
  if (has_terminal_) {
    say("{}{}", kEraseLine, line());
    has_line_ = true;
  }
}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

double Progress::rate() const {
  return static_cast<double>(now_()) / std::max(seconds(), 1e-9);
}

std::string Progress::line() const {
  const auto cycles = static_cast<double>(now_());
  std::string text = fmt::format("{:.3f} Mcy", millions(cycles));
  std::string remaining;
  if (options_.expected_cycles > 0 && rate() > 0) {
    const auto expected = static_cast<double>(options_.expected_cycles);
    text += fmt::format("  {:.0f} %", 100 * std::min(cycles / expected, 1.0));
    remaining = "  ETA " + format_seconds(std::max(expected - cycles, 0.0) / rate());
  }
  return fmt::format("{}  {:.3f} Mcy/s  {:.0f} s{}  harts {}", text, millions(rate()), seconds(),
                     remaining, activities_());
}

void Progress::clear_line() {
  if (has_line_) {
    say("{}", kEraseLine);
    has_line_ = false;
  }
}

void Progress::finish(const std::string& state, Cycles cycles, int exit_code) {
  clear_line();
  write_status(state, cycles, exit_code);
}

void Progress::write_status(const std::string& state, Cycles cycles,
                            std::optional<int> exit_code) const {
  if (!dir_.is_wanted()) {
    return;
  }
  using Json = nlohmann::ordered_json;
  Json json{{"schema", "tessera-status"},
            {"schema_version", 1},
            {"state", state},
            {"cycles", cycles},
            {"seconds", seconds()},
            {"cycles_per_second", rate()},
            {"expected_cycles", nullptr},
            {"fraction", nullptr},
            {"remaining_seconds", nullptr},
            {"exit_code", exit_code ? Json(*exit_code) : Json()}};
  if (options_.expected_cycles > 0) {
    const auto expected = static_cast<double>(options_.expected_cycles);
    const double left = std::max(expected - static_cast<double>(cycles), 0.0);
    json["expected_cycles"] = options_.expected_cycles;
    json["fraction"] = 1 - left / expected;
    json["remaining_seconds"] = rate() > 0 ? Json(left / rate()) : Json();
  }
  try {
    dir_.replace("status.json", json.dump(1) + "\n");
  } catch (const ConfigError&) {  // a run does not end because nobody can be told how far it is
  }
}

}  // namespace tessera::app
