// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

#include <fmt/format.h>

namespace tessera {

/// The user's mistake (config, command line, ELF, image): thrown during set-up only, printed once.
/// `where` is file:line:col or a path; `hint` says what is allowed and may be empty.
class ConfigError : public std::runtime_error {
 public:
  ConfigError(const std::string& where, const std::string& what, const std::string& hint = "")
      : std::runtime_error((where.empty() ? "" : where + ": ") + what +
                           (hint.empty() ? "" : "; " + hint)) {}
};

/// Prints the broken invariant with its place and aborts (also in release builds).
[[noreturn]] void internal_error(const char* file, int line, const char* condition,
                                 const std::string& message);

}  // namespace tessera

/// An invariant of ours, never a check of user or guest input. The rest is an fmt format string.
#define TESSERA_CHECK(condition, ...)                                                        \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      ::tessera::internal_error(__FILE__, __LINE__, #condition, ::fmt::format(__VA_ARGS__)); \
    }                                                                                        \
  } while (false)
