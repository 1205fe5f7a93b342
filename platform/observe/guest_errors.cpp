// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/guest_errors.h"

#include <cctype>
#include <numeric>

#include <fmt/format.h>

namespace tessera {

namespace {

/// The message with '#' for each number, decimal or hexadecimal: a loop over addresses makes one
/// error again and again, not a new one each time.
std::string without_numbers(const std::string& message) {
  std::string out;
  bool in_word = false;
  bool in_number = false;
  for (const char letter : message) {
    const bool continues_word = std::isalnum(static_cast<unsigned char>(letter)) != 0;
    if (!in_word) {
      in_number = std::isdigit(static_cast<unsigned char>(letter)) != 0;
      out += in_number ? '#' : letter;
    } else if (!in_number || !continues_word) {
      out += letter;
    }
    in_word = continues_word;
  }
  return out;
}

}  // namespace

GuestErrors::GuestErrors(GuestErrorPolicy policy, std::shared_ptr<LogSink> log, Services services)
    : policy_(policy), log_(std::move(log)), services_(std::move(services)) {
  for (std::size_t kind = 0; kind < kNumKinds; ++kind) {
    stats_.add(to_string(static_cast<GuestErrorKind>(kind)), "count", "guest errors of this kind",
               &counts_[kind]);
  }
}

std::string GuestErrors::describe(const GuestError& error) const {
  std::string text;
  if (error.hart != kNoHart) {
    const std::string symbol = services_.symbol_of(error.pc);
    text = fmt::format("hart {} pc=0x{:08x}{} ", error.hart, error.pc,
                       symbol.empty() ? "" : " <" + symbol + ">");
  }
  return fmt::format("{}{}: {}", text, to_string(error.kind), error.message);
}

void GuestErrors::report(const GuestError& error) {
  ++counts_[static_cast<std::size_t>(error.kind)];
  const Key key{error.kind, error.pc, error.where, without_numbers(error.message)};
  const auto place = places_.find(key);
  if (place != places_.end()) {
    ++place->second.count;
  } else if (places_.size() < kMaxWarnings) {
    const std::string text = describe(error);
    const std::string details =
        places_.size() < kMaxExplained ? services_.explain(error) : std::string();
    places_.emplace(key, Place{text, 1});
    // What stops the run is an error, also for those who asked for errors only.
    const bool stops = policy_ == GuestErrorPolicy::kStop;
    Logger(log_, error.where)
        .log(stops ? LogLevel::kError : LogLevel::kWarn, "{}{}", text, details);
  }
  if (policy_ == GuestErrorPolicy::kStop) {
    services_.stop(error, describe(error) + services_.explain(error));
  }
}

void GuestErrors::finish() {
  std::uint64_t warned = 0;
  for (const auto& [key, place] : places_) {
    warned += place.count;
    if (place.count > 1) {
      Logger(log_, std::get<kWhere>(key)).warn("{} (repeated {} times)", place.text, place.count);
    }
  }
  if (total() > warned) {
    Logger(log_, stats_.name())
        .warn("{} more guest errors at other places, counted only", total() - warned);
  }
}

std::uint64_t GuestErrors::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

}  // namespace tessera
