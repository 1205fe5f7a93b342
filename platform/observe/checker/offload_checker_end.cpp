// SPDX-License-Identifier: Apache-2.0
// What the offload checker looks at when the run ends.
#include "platform/observe/checker/offload_checker.h"

namespace tessera {

using Kind = ShadowAccess::Kind;

namespace {

/// Of the value that ends a run: the exit code is above bit 0.
constexpr unsigned kExitShift = 1;

}  // namespace

bool OffloadChecker::ends_run(const MemoryAccess& access) const {
  return setup_.end_register == access.address && access.writes() && (access.data & 1) != 0 &&
         (setup_.end_hart == kNobody || setup_.end_hart == access.agent);
}

/// The end of the run is as a read of all results by the hart that ends it: whoever looks at them
/// afterwards knows no more than that hart.
void OffloadChecker::check_end(const MemoryAccess& access) {
  const Accessor accessor = accessor_of_hart(access);
  const Knowledge known{*accessor.known, access.agent};
  for (const DeviceOrder::Launch* launch : order_.unknown_ends(known.clock)) {
    report_unfinished(*launch, accessor.shadow, access.cycle);
  }
  for (const AddressRange& range : setup_.results) {
    shadow_.visit(range, [&](std::uint32_t address, const ShadowMemory::Place& place) {
      if (place.has_use()) {
        return;
      }
      for (const ShadowAccess& one : place.word.places) {
        if (one.kind == Kind::kWrite && is_hart(one.agent) && !known.includes(one)) {
          report_unordered_end(address, one, accessor.shadow, access.cycle);
        }
      }
    });
  }
  check_results(accessor.shadow, access.cycle);
  if (access.data >> kExitShift == 0) {
    check_inputs(accessor.shadow, access.cycle);
  }
}

}  // namespace tessera
