// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "platform/app/guest_places.h"
#include "platform/soc.h"

namespace tessera::app {

/// "0-7,9": ascending hart ids in short.
std::string format_harts(const std::vector<std::uint32_t>& harts);

/// Where all harts are, those that do the same at the same place together, the most first, at most
/// `max_groups`:
/// "  15 harts asleep in barrier (firmware/runtime/barrier.c:82), since cycle 5210: 0-7,9-15", with
/// lines for what is inlined there and who called.
std::string where_harts_are(const Soc& soc, const GuestPlaces& places, std::size_t max_groups = 20);

/// Who called whom, innermost first, harts with the same calls together:
/// "harts 0-7,9-15:\n  #0  wait_for_wake_up (firmware/runtime/hart.h:18)\n  #1  barrier (...)".
std::string backtraces(const Soc& soc, const GuestPlaces& places,
                       const std::vector<std::uint32_t>& harts);

/// "  soc.dma: moves 4096 bytes ...", one line per device that is at work; empty: none is.
std::string what_devices_do(const Soc& soc);

/// "1020 running, 4 asleep".
std::string count_activities(const Soc& soc);

/// Instructions per cycle over the harts: "min 0.100, median 0.520, max 0.980".
std::string ipc_per_hart(const Soc& soc, Cycles cycles);

}  // namespace tessera::app
