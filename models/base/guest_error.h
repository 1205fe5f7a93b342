// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "models/base/units.h"

namespace tessera {

/// What a guest can do wrong. The name of the enumerator, in snake_case, is the statistic's name.
enum class GuestErrorKind : std::uint8_t {
  kUnmappedAccess,      ///< no target answers at the address
  kMisalignedAccess,    ///< load or store not aligned to its size
  kIllegalInstruction,  ///< no such instruction on this machine
  kStackOverflow,       ///< sp below the stacklimit CSR
  kDeviceMisuse,        ///< a device programmed against its rules
  kMissedWakeUp,        ///< the 3-bit wake-up counter wrapped
  kCount
};

/// Lower-case name, as in statistics: "unmapped_access", ...
const char* to_string(GuestErrorKind kind);

struct GuestError {
  GuestErrorKind kind;
  std::uint32_t hart = kNoHart;  ///< kNoHart when a device found it and no hart is to blame
  std::uint32_t pc = 0;          ///< of that hart; 0 when unknown
  std::uint32_t address = 0;     ///< the address touched, 0 when there is none
  std::string where;             ///< hierarchical name of the model that found it
  std::string message;           ///< what is wrong and what is allowed
};

/// Where models report guest errors. The platform counts, warns (with symbol) or stops the run.
class GuestErrorSink {
 public:
  virtual ~GuestErrorSink() = default;
  virtual void report(const GuestError& error) = 0;
};

}  // namespace tessera
