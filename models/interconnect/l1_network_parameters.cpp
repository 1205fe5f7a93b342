// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/l1_network_parameters.h"

#include "models/base/error.h"
#include "models/base/units.h"

namespace tessera {

void L1NetworkParameters::check() const {
  constexpr std::uint32_t kWordBytes = 4;
  const auto demand = [](bool condition, const char* name, std::uint32_t value, const char* hint) {
    if (!condition) {
      throw ConfigError("", std::string(name) + " " + std::to_string(value), hint);
    }
  };
  demand(is_power_of_two(num_groups), "num_groups", num_groups, "a power of two");
  demand(core_tiles_per_group > 0 && core_tiles_per_group <= tile_slots_per_group,
         "core_tiles_per_group", core_tiles_per_group, "1 to tile_slots_per_group");
  demand(accelerators_per_group > 0 &&
             (tile_slots_per_group - core_tiles_per_group) % accelerators_per_group == 0,
         "accelerators_per_group", accelerators_per_group, "a divisor of the slots without cores");
  demand(cores_per_tile > 0 && cores_per_tile <= 32, "cores_per_tile", cores_per_tile, "1 to 32");
  demand(is_power_of_two(banks_per_tile), "banks_per_tile", banks_per_tile, "a power of two");
  demand(bank_bytes > 0 && bank_bytes % kWordBytes == 0, "bank_bytes", bank_bytes,
         "a multiple of 4");
  const std::uint32_t row_bytes = banks_per_tile * kWordBytes;
  demand(sequential_bytes_per_tile % row_bytes == 0 &&
             sequential_bytes_per_tile <= banks_per_tile * bank_bytes,
         "sequential_bytes_per_tile", sequential_bytes_per_tile,
         "whole rows of a tile, no more than it has");
  demand(is_power_of_two(wide_bytes) && wide_bytes >= kWordBytes && wide_bytes <= row_bytes,
         "wide_bytes", wide_bytes, "a power of two, at most banks_per_tile * 4");
}

}  // namespace tessera
