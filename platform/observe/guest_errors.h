// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "models/base/guest_error.h"
#include "models/base/log.h"
#include "models/base/stat.h"

namespace tessera {

enum class GuestErrorPolicy : std::uint8_t { kWarn, kStop };

/// Counts what guests do wrong. Each error at each pc is warned about once, with hart, pc,
/// symbol and an explanation, whatever the numbers in its text; the counts of what was held back
/// follow at the end.
class GuestErrors : public GuestErrorSink {
 public:
  /// Further places are only counted.
  static constexpr std::size_t kMaxWarnings = 100;

  /// Of these, so many are explained.
  static constexpr std::size_t kMaxExplained = 10;

  struct Services {
    /// Names a pc: "main+0x1c", empty when unknown.
    std::function<std::string(std::uint32_t pc)> symbol_of;
    /// What else there is to say, each line after a line break; may be empty.
    std::function<std::string(const GuestError& error)> explain;
    /// Ends the run; called at each error under kStop, with what there is to say.
    std::function<void(const GuestError& error, const std::string& text)> stop;
  };

  GuestErrors(GuestErrorPolicy policy, std::shared_ptr<LogSink> log, Services services);

  void report(const GuestError& error) override;
  /// Warns how often each place was met again.
  void finish();

  std::uint64_t total() const;
  /// "guest_errors": one count per kind.
  const StatGroup& stats() const { return stats_; }

 private:
  static constexpr auto kNumKinds = static_cast<std::size_t>(GuestErrorKind::kCount);
  /// Kind, pc, model, message without its numbers.
  using Key = std::tuple<GuestErrorKind, std::uint32_t, std::string, std::string>;
  static constexpr std::size_t kWhere = 2;
  struct Place {
    std::string text;
    std::uint64_t count;
  };

  std::string describe(const GuestError& error) const;

  GuestErrorPolicy policy_;
  std::shared_ptr<LogSink> log_;
  const Services services_;
  std::array<std::uint64_t, kNumKinds> counts_{};
  std::map<Key, Place> places_;
  StatGroup stats_{"guest_errors"};
};

}  // namespace tessera
