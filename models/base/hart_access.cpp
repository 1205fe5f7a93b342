// SPDX-License-Identifier: Apache-2.0
#include "models/base/hart_access.h"

#include <algorithm>

#include "models/base/error.h"

namespace tessera {

std::uint32_t amo_result(AccessKind kind, std::uint32_t old, std::uint32_t operand) {
  const auto signed_old = static_cast<std::int32_t>(old);
  const auto signed_operand = static_cast<std::int32_t>(operand);
  switch (kind) {
    case AccessKind::kAmoSwap:
      return operand;
    case AccessKind::kAmoAdd:
      return old + operand;
    case AccessKind::kAmoXor:
      return old ^ operand;
    case AccessKind::kAmoAnd:
      return old & operand;
    case AccessKind::kAmoOr:
      return old | operand;
    case AccessKind::kAmoMin:
      return signed_old < signed_operand ? old : operand;
    case AccessKind::kAmoMax:
      return signed_old > signed_operand ? old : operand;
    case AccessKind::kAmoMinu:
      return std::min(old, operand);
    case AccessKind::kAmoMaxu:
      return std::max(old, operand);
    default:
      break;
  }
  TESSERA_CHECK(false, "access kind {} is no AMO", static_cast<int>(kind));
}

}  // namespace tessera
