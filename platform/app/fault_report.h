// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "models/base/guest_error.h"
#include "platform/app/guest_places.h"
#include "platform/observe/last_instructions.h"

namespace tessera::app {

/// What helps to understand a guest error, one line per fact, each after a line break and indented:
/// what was inlined at the pc, who called, what lies at the address, the hart's last instructions
/// (`history`: null when they were not recorded).
std::string explain(const GuestError& error, const GuestPlaces& places, const Soc& soc,
                    const LastInstructions* history);

}  // namespace tessera::app
