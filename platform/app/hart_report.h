// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "platform/elf_loader.h"
#include "platform/soc.h"

namespace tessera::app {

/// "0-7,9": ascending hart ids in short.
std::string format_harts(const std::vector<std::uint32_t>& harts);

/// Where all harts are, harts at the same pc on one line, at most `max_lines`:
/// "  15 harts asleep at 0x80000124 <barrier+0x1c>: 0-7,9-15".
std::string where_harts_are(const Soc& soc, const SymbolTable& symbols, std::size_t max_lines = 20);

/// "1020 running, 4 asleep".
std::string count_activities(const Soc& soc);

/// Instructions per cycle over the harts: "min 0.100, median 0.520, max 0.980".
std::string ipc_per_hart(const Soc& soc, Cycles cycles);

}  // namespace tessera::app
