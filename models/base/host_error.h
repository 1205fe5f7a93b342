// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace tessera {

/// ": Permission denied": why the host refused what has just failed; nothing if it did not say.
inline std::string host_reason(int error = errno) {
  return error == 0 ? "" : ": " + std::generic_category().message(error);
}
inline std::string host_reason(const std::error_code& error) {
  return error ? ": " + error.message() : "";
}

}  // namespace tessera
