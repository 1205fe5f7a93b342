// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace tessera {

/// By how many bytes a file can grow, or become large if there is none: what its disk has left and
/// `ulimit -f` allows. No limit where that cannot be told.
std::uint64_t writable_space(const std::string& path);

}  // namespace tessera
