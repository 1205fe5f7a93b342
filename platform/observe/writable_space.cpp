// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/writable_space.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <sys/resource.h>

namespace tessera {

namespace fs = std::filesystem;

std::uint64_t writable_space(const std::string& path) {
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  std::uint64_t bytes = fs::space(folder.empty() ? "." : folder, error).available;  // error: ~0
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    const std::uintmax_t size = fs::file_size(path, error);
    const std::uint64_t used = error ? 0 : size;
    bytes = std::min<std::uint64_t>(bytes, limit.rlim_cur - std::min(used, limit.rlim_cur));
  }
  return bytes;
}

}  // namespace tessera
