// SPDX-License-Identifier: Apache-2.0
#include "platform/debug/hart_list.h"

#include <set>
#include <sstream>

#include <fmt/format.h>

namespace tessera::debug {

namespace {

/// Nothing unless `text` is a decimal number below `limit`.
std::optional<std::uint32_t> parse_hart(const std::string& text, std::uint32_t limit) {
  constexpr std::size_t kMaxDigits = 9;
  if (text.empty() || text.size() > kMaxDigits ||
      text.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  const auto value = static_cast<std::uint32_t>(std::stoul(text));
  return value < limit ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<std::vector<std::uint32_t>> parse_harts(const std::string& text,
                                                      std::uint32_t num_harts) {
  std::set<std::uint32_t> harts;
  std::istringstream ranges(text == "all" ? fmt::format("0-{}", num_harts - 1) : text);
  for (std::string range; std::getline(ranges, range, ',');) {
    const std::size_t dash = range.find('-');
    const auto first = parse_hart(range.substr(0, dash), num_harts);
    const auto last =
        dash == std::string::npos ? first : parse_hart(range.substr(dash + 1), num_harts);
    if (!first || !last || *first > *last) {
      return std::nullopt;
    }
    for (std::uint32_t hart = *first; hart <= *last; ++hart) {
      harts.insert(hart);
    }
  }
  if (harts.empty() || text.back() == ',') {
    return std::nullopt;
  }
  return std::vector<std::uint32_t>(harts.begin(), harts.end());
}

}  // namespace tessera::debug
