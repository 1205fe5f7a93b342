// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/units.h"

namespace tessera {

struct TraceRequest {
  Cycles cycle = 0;           ///< not before this one
  std::uint32_t address = 0;  ///< as the hart sees it: with the scrambler, if there is one
  bool is_write = false;
};

/// The requests of every hart, in their order.
using TrafficTrace = std::vector<std::vector<TraceRequest>>;

/// Reads a text of lines "cycle hart address [r|w]"; "#" begins a comment, and the cycles of a hart
/// do not descend. `file` is its name in messages. Throws ConfigError at the first line that is
/// wrong, or names a hart or an L1 address (of a word) that the machine does not have.
TrafficTrace parse_traffic_trace(const std::string& text, const std::string& file,
                                 std::uint32_t num_harts, std::uint32_t l1_bytes);

}  // namespace tessera
