// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace tessera::app {

/// What the process returns; README "Exit codes". 7, an internal error, is in
/// models/base/error.cpp.
enum ExitCode : int {
  kGuestReturnedZero = 0,
  kGuestReturnedOther = 1,
  kBadCommandLine = 2,
  kBadInput = 3,  ///< configuration, ELF or image; or output that cannot be written
  kGuestErrorStop = 4,
  kLimitReached = 5,
  kHang = 6,
  kInternalError = 7,
  kCheckFailed = 8,  ///< all else is well
  kInterrupted = 130,
};

/// The command line asks for something that cannot be.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace tessera::app
