// SPDX-License-Identifier: Apache-2.0
#include "models/base/stall_reason.h"

#include "models/base/error.h"

namespace tessera {

const char* to_string(StallReason reason) {
  switch (reason) {
    case StallReason::kFetch:
      return "fetch";
    case StallReason::kOperand:
      return "operand";
    case StallReason::kDestination:
      return "destination";
    case StallReason::kLoadStore:
      return "load_store";
    case StallReason::kOffload:
      return "offload";
    case StallReason::kFence:
      return "fence";
    case StallReason::kModeSwitch:
      return "mode_switch";
    case StallReason::kCount:
      break;
  }
  TESSERA_CHECK(false, "no stall reason: {}", static_cast<int>(reason));
}

}  // namespace tessera
