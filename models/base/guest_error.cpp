// SPDX-License-Identifier: Apache-2.0
#include "models/base/guest_error.h"

#include "models/base/error.h"

namespace tessera {

const char* to_string(GuestErrorKind kind) {
  switch (kind) {
    case GuestErrorKind::kUnmappedAccess:
      return "unmapped_access";
    case GuestErrorKind::kMisalignedAccess:
      return "misaligned_access";
    case GuestErrorKind::kIllegalInstruction:
      return "illegal_instruction";
    case GuestErrorKind::kStackOverflow:
      return "stack_overflow";
    case GuestErrorKind::kDeviceMisuse:
      return "device_misuse";
    case GuestErrorKind::kMissedWakeUp:
      return "missed_wake_up";
    case GuestErrorKind::kCount:
      break;
  }
  TESSERA_CHECK(false, "guest error kind {}", static_cast<int>(kind));
}

}  // namespace tessera
