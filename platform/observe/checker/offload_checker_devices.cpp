// SPDX-License-Identifier: Apache-2.0
// What the offload checker knows of devices that have parts and a state of their own.
#include <algorithm>

#include <fmt/format.h>

#include "platform/observe/checker/offload_checker.h"

namespace tessera {

bool OffloadChecker::is_part(AgentId agent, AgentId device) const {
  const std::string whole = observers_.agent_name(device) + ".";
  return observers_.agent_name(agent).compare(0, whole.size(), whole) == 0;
}

/// What is launched waits for what was launched before at a part of the device: a descriptor for
/// instructions. It is not so the other way round.
VectorClock OffloadChecker::known_at_launch(const Activity& activity, const Cause& cause) const {
  VectorClock known = harts_[cause.agent].known;
  for (AgentId part = setup_.num_harts; part < num_agents_; ++part) {
    const std::uint32_t count = order_.num_launched(part);
    if (count > known[part].all && is_part(part, activity.agent)) {
      known[part] = Told::of_both(count);
    }
  }
  return known;
}

void OffloadChecker::used_unwritten(const Activity& activity, const std::string& what,
                                    Cycles cycle) {
  ShadowAccess reader;
  reader.clock = static_cast<std::uint32_t>(activity.number) + 1;
  reader.cycle = static_cast<std::uint32_t>(cycle);
  reader.agent = static_cast<std::uint16_t>(activity.agent);
  const FindingKind kind = FindingKind::kUninitialised;
  if (!findings_.wants(kind, 0, place_of(reader), 0)) {
    return;
  }
  Finding finding{kind, 0, cycle, {}, party(reader), ""};
  finding.text = fmt::format(
      "{}: state of a device is read that nobody has written, for a result in memory\n  of {}\n"
      "  {}\n  missing: what writes it before",
      to_string(kind), what, describe(reader, cycle));
  findings_.add(std::move(finding));
}

/// A job that was not given an address of its own has a small one, or 0: stacks lie there.
void OffloadChecker::check_stacks(const MemoryAccess& access, const ShadowAccess& shadow) {
  const std::uint32_t end = access.address + access.bytes;
  const bool is_in_stack = std::any_of(
      setup_.stacks.begin(), setup_.stacks.end(),
      [&](const AddressRange& stacks) { return access.address < stacks.end && end > stacks.base; });
  const FindingKind kind = FindingKind::kOutOfBounds;
  if (!is_in_stack || !findings_.wants(kind, 0, place_of(shadow), access.address)) {
    return;
  }
  Finding finding{kind, access.address, access.cycle, {}, party(shadow), ""};
  finding.text = fmt::format(
      "{}: a device works on the stacks of harts\n  at {}\n  {}\n  missing: another address",
      to_string(kind), data(access.address), describe(shadow, access.cycle));
  findings_.add(std::move(finding));
}

}  // namespace tessera
