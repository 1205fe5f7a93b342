// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "models/base/probe.h"

namespace tessera::debug {

/// The kinds of breakpoints, as packets Z and z number them.
enum class BreakpointKind : std::uint8_t { kSoftware, kHardware, kWrite, kRead, kAccess };
constexpr std::uint64_t kNumBreakpointKinds = 5;

/// What a resumed hart does before it is reported again.
struct ResumeAction {
  enum class Kind : std::uint8_t {
    kContinue,
    kStep,   ///< one instruction
    kRange,  ///< instructions while pc is in [begin, end)
  };
  Kind kind = Kind::kContinue;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};
/// By hart; one that is missing is not resumed.
using ResumeActions = std::map<std::uint32_t, ResumeAction>;

/// Why the machine stands still.
struct StopEvent {
  enum class Kind : std::uint8_t {
    kStep,  ///< the hart has done what it was resumed for
    kBreakpoint,
    kWatchpoint,
    kSignal,  ///< `signal` says what
  };
  // GDB's numbers of signals.
  static constexpr int kInterrupted = 2;
  static constexpr int kIllegalInstruction = 4;
  static constexpr int kTrap = 5;
  static constexpr int kBadAccess = 11;
  static constexpr int kLimit = 24;

  Kind kind = Kind::kSignal;
  std::optional<std::uint32_t> hart;  ///< nothing: whichever the client looks at
  BreakpointKind breakpoint = BreakpointKind::kSoftware;
  std::uint32_t address = 0;  ///< kBreakpoint: of it; kWatchpoint: inside the watched bytes
  AgentId agent = kNobody;    ///< kWatchpoint: whose access it was
  int signal = kTrap;
  std::string text;  ///< shown to the user; may be empty

  /// The client's Ctrl-C.
  static StopEvent interrupt() {
    StopEvent event;
    event.signal = kInterrupted;
    return event;
  }
};

}  // namespace tessera::debug
