// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tlm>

#include "models/base/hart_access.h"

namespace tessera {

/// Makes plain reads and writes of a hart's access to the bus, which knows no atomics: an AMO is a
/// read and a write (nobody else of the cluster comes between), LR a load; SC writes nothing and
/// fails, because only the banks of L1 keep reservations.
/// `transport(command, data)` does one of them and returns false on an error response. Returns
/// false when one failed; `result` is what the instruction delivers.
template <typename Transport>
bool perform_access(const HartAccess& access, Transport&& transport, std::uint32_t& result) {
  constexpr std::uint32_t kScFailed = 1;
  result = 0;
  if (access.kind == AccessKind::kStore) {
    std::uint32_t data = access.data;
    return transport(::tlm::TLM_WRITE_COMMAND, data);
  }
  if (access.kind == AccessKind::kStoreConditional) {
    result = kScFailed;
    return true;
  }
  if (!transport(::tlm::TLM_READ_COMMAND, result)) {
    result = 0;
    return false;
  }
  if (is_amo(access.kind)) {
    std::uint32_t data = amo_result(access.kind, result, access.data);
    return transport(::tlm::TLM_WRITE_COMMAND, data);
  }
  return true;
}

}  // namespace tessera
