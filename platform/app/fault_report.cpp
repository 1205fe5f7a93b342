// SPDX-License-Identifier: Apache-2.0
#include "platform/app/fault_report.h"

#include <fmt/format.h>

namespace tessera::app {

namespace {

constexpr const char* kIndent = "\n      ";

std::string explain_pc(const GuestError& error, const GuestPlaces& places, const Soc& soc) {
  const std::string instruction = soc.instruction_text(error.pc);
  std::string text = fmt::format("{}in {}{}{}", kIndent, places.function(error.pc),
                                 instruction.empty() ? "" : ": ", instruction);
  const std::string inlined = places.inlined(error.pc);
  if (!inlined.empty()) {
    text += fmt::format("{}  inlined: {}", kIndent, inlined);
  }
  // In cycle timing an access is answered when its hart has gone on.
  if (soc.hart(error.hart).pc != error.pc) {
    text += fmt::format("{}hart {} is in {} by now", kIndent, error.hart,
                        places.function(places.pc(error.hart)));
  }
  // sp has been set when it is found to be too low.
  const bool is_past = error.kind == GuestErrorKind::kStackOverflow;
  const std::uint32_t pc = places.pc(error.hart) + (is_past ? 4 : 0);
  const std::string callers = places.call_text(places.callers(error.hart, pc));
  if (!callers.empty()) {
    text += fmt::format("{}called by {}", kIndent, callers);
  }
  return text;
}

}  // namespace

std::string explain(const GuestError& error, const GuestPlaces& places, const Soc& soc,
                    const LastInstructions* history) {
  std::string text;
  // No pc is 0, but of a hart that has jumped through a null pointer.
  const bool is_at_pc = error.pc != 0 || error.kind == GuestErrorKind::kIllegalInstruction;
  if (error.hart < soc.num_harts() && is_at_pc) {
    text += explain_pc(error, places, soc);
  }
  if (error.address != 0 && error.address != error.pc) {
    text += fmt::format("{}address 0x{:08x}: {}", kIndent, error.address,
                        places.address(error.address));
  }
  if (history != nullptr && error.hart < soc.num_harts()) {
    text += fmt::format("{}last instructions:", kIndent);
    for (const std::uint32_t pc : history->of(error.hart)) {
      text += fmt::format("{}  0x{:08x} {:<20} {}", kIndent, pc, soc.instruction_text(pc),
                          places.names().describe(pc));
    }
  }
  return text;
}

}  // namespace tessera::app
