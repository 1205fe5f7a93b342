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

/// Counts what guests do wrong. Each error at each pc is warned about once, with hart, pc and
/// symbol, whatever the numbers in its text; the counts of what was held back follow at the end.
class GuestErrors : public GuestErrorSink {
 public:
  /// Further places are only counted.
  static constexpr std::size_t kMaxWarnings = 100;

  /// `symbol_of` names a pc ("main+0x1c", empty when unknown); `stop` ends the run and is called at
  /// each error under kStop.
  GuestErrors(GuestErrorPolicy policy, std::shared_ptr<LogSink> log,
              std::function<std::string(std::uint32_t pc)> symbol_of, std::function<void()> stop);

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
  std::function<std::string(std::uint32_t)> symbol_of_;
  std::function<void()> stop_;
  std::array<std::uint64_t, kNumKinds> counts_{};
  std::map<Key, Place> places_;
  StatGroup stats_{"guest_errors"};
};

}  // namespace tessera
