// SPDX-License-Identifier: Apache-2.0
#include "models/base/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include <fmt/format.h>

#include "models/base/units.h"

namespace tessera {

namespace {

struct Suffix {
  const char* text;
  std::uint64_t factor;
};
constexpr std::array<Suffix, 3> kSuffixes{{{"GiB", 1024_MiB}, {"MiB", 1_MiB}, {"KiB", 1_KiB}}};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

constexpr std::uint64_t kMaxNumber = std::numeric_limits<std::uint64_t>::max();

/// Removes a size suffix from `digits` and returns its factor.
std::uint64_t take_suffix(std::string& digits) {
  for (const Suffix& suffix : kSuffixes) {
    if (ends_with(digits, suffix.text)) {
      digits.resize(digits.size() - 3);
      if (ends_with(digits, " ")) {
        digits.pop_back();
      }
      return suffix.factor;
    }
  }
  return 1;
}

/// -1 when `letter` is no digit of base 10 or 16.
int digit_value(char letter, unsigned base) {
  const auto code = static_cast<unsigned char>(letter);
  if (std::isdigit(code) != 0) {
    return letter - '0';
  }
  return base == 16 && std::isxdigit(code) != 0 ? std::tolower(code) - 'a' + 10 : -1;
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::variant<std::uint64_t, std::string> parse_unsigned(const std::string& text) {
  std::string digits = text;
  const std::uint64_t factor = take_suffix(digits);
  const bool is_hex = digits.rfind("0x", 0) == 0;
  const unsigned base = is_hex ? 16 : 10;
  if (is_hex) {
    digits.erase(0, 2);
  } else if (digits.size() > 1 && digits[0] == '0') {
    return fmt::format("a leading 0 is ambiguous (octal or decimal?) in '{}'", text);
  }
  const std::string not_a_number =
      fmt::format("'{}' is not a whole number (decimal, 0x, '_', KiB, MiB, GiB)", text);
  std::uint64_t value = 0;
  bool after_digit = false;
  for (const char letter : digits) {
    const int digit = digit_value(letter, base);
    if (digit < 0 && !(letter == '_' && after_digit)) {
      return not_a_number;
    }
    after_digit = digit >= 0;
    if (after_digit) {
      const auto next = static_cast<std::uint64_t>(digit);
      if (value > (kMaxNumber - next) / base) {
        return fmt::format("'{}' does not fit 64 bits", text);
      }
      value = value * base + next;
    }
  }
  if (!after_digit) {
    return not_a_number;
  }
  if (value > kMaxNumber / factor) {
    return fmt::format("'{}' does not fit 64 bits", text);
  }
  return value * factor;
}

std::string format_bytes(std::uint64_t bytes) {
  for (const Suffix& suffix : kSuffixes) {
    if (bytes >= suffix.factor && bytes % suffix.factor == 0) {
      return fmt::format("{}{}", bytes / suffix.factor, suffix.text);
    }
  }
  return fmt::format("{}", bytes);
}

std::string nearest_spelling(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string join(const std::vector<std::string>& words, const std::string& separator) {
  std::string text;
  for (const std::string& word : words) {
    text += (&word == &words.front() ? "" : separator) + word;
  }
  return text;
}

}  // namespace tessera
