// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera::debug {

/// Hart ids in ascending order, each once, out of "0-3,17" or "all"; nothing when the text is
/// neither, or names a hart that is not below `num_harts`.
std::optional<std::vector<std::uint32_t>> parse_harts(const std::string& text,
                                                      std::uint32_t num_harts);

}  // namespace tessera::debug
