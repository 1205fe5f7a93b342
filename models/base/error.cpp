// SPDX-License-Identifier: Apache-2.0
#include "models/base/error.h"

#include <cstdio>
#include <cstdlib>

namespace tessera {

/// Exit code of an internal error, README "Exit codes".
constexpr int kInternalErrorExitCode = 7;

void internal_error(const char* file, int line, const char* condition, const std::string& message) {
  std::fprintf(stderr, "internal error: %s:%d: %s is false: %s\n", file, line, condition,
               message.c_str());
  std::fflush(nullptr);
  std::_Exit(kInternalErrorExitCode);
}

}  // namespace tessera
