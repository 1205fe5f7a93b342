// SPDX-License-Identifier: Apache-2.0
// What the offload checker says.
#include <tuple>

#include <fmt/format.h>

#include "platform/observe/checker/offload_checker.h"

namespace tessera {

using Kind = ShadowAccess::Kind;

namespace {

// Kinds of place in the program, above the 32 bits of its address.
constexpr std::uint64_t kOfHart = std::uint64_t{1} << 32;
constexpr std::uint64_t kOfDevice = std::uint64_t{2} << 32;

const char* verb(const ShadowAccess& access) {
  switch (access.kind) {
    case Kind::kRead:
      return "read";
    case Kind::kWrite:
      return "written";
    case Kind::kAtomic:
      break;
  }
  return "changed by an atomic";
}

/// The cycle whose low half is `low`, near `now`.
Cycles whole_cycle(std::uint32_t low, Cycles now) {
  return now + static_cast<Cycles>(
                   std::int64_t{static_cast<std::int32_t>(low - static_cast<std::uint32_t>(now))});
}

const char* headline(FindingKind kind) {
  switch (kind) {
    case FindingKind::kResultTooEarly:
      return "a result is read whose writer is not known to be done";
    case FindingKind::kOperandOverwritten:
      return "bytes change that a device reads, before or after";
    case FindingKind::kUnorderedWrites:
      return "two masters write the same bytes, in any order";
    case FindingKind::kUnorderedAccess:
      return "two harts use the same bytes, in any order";
    case FindingKind::kUnusedResult:
      return "what a device has written is read by nobody";
    case FindingKind::kUnreadInput:
      return "what was loaded for the program is not read";
    case FindingKind::kUninitialised:
      return "memory is read that nobody has written";
    case FindingKind::kOutOfBounds:
      return "memory is used that is not allocated";
    case FindingKind::kStaleRegisters:
      return "a device is launched with what a former launch was about";
    case FindingKind::kLostWakeUp:
      return "wake-up pulses are lost";
    case FindingKind::kEndTooEarly:
      break;
  }
  return "the run ends, and who ends it has not waited for others";
}

}  // namespace

std::string OffloadChecker::code(std::uint32_t pc,
                                 const std::vector<std::uint32_t>& callers) const {
  const std::string name = setup_.describe_code(pc);
  return fmt::format("pc 0x{:08x}{}{}{}{}", pc, name.empty() ? "" : " ", name,
                     callers.empty() ? "" : "\n    called by ", setup_.describe_calls(callers));
}

std::string OffloadChecker::code_now(AgentId hart, std::uint32_t pc) const {
  return code(pc, setup_.callers(hart, pc));
}

std::string OffloadChecker::launch_place(const DeviceOrder::Launch& launch) const {
  return fmt::format("launched in cycle {} by {} at {}", launch.cause.cycle,
                     observers_.agent_name(launch.cause.agent),
                     code(launch.cause.pc, launch.callers));
}

std::string OffloadChecker::data(std::uint32_t address) const {
  const std::string name = setup_.describe_data(address);
  return name.empty() ? fmt::format("0x{:08x}", address)
                      : fmt::format("0x{:08x} ({})", address, name);
}

FindingKind OffloadChecker::kind_of(const ShadowAccess& earlier, const ShadowAccess& later) const {
  if (earlier.kind != Kind::kRead && later.kind != Kind::kRead) {
    return FindingKind::kUnorderedWrites;
  }
  const ShadowAccess& reader = earlier.kind == Kind::kRead ? earlier : later;
  const ShadowAccess& writer = earlier.kind == Kind::kRead ? later : earlier;
  if (!is_hart(writer.agent)) {
    return is_launched_before(reader, writer) ? FindingKind::kOperandOverwritten
                                              : FindingKind::kResultTooEarly;
  }
  return is_hart(reader.agent) ? FindingKind::kUnorderedAccess : FindingKind::kOperandOverwritten;
}

/// Of two devices: the order of their launches, which need not be that of their accesses.
bool OffloadChecker::is_launched_before(const ShadowAccess& one, const ShadowAccess& other) const {
  if (is_hart(one.agent) || is_hart(other.agent)) {
    return false;
  }
  const auto* launch = order_.launch(one.agent, one.clock - 1);
  const auto* later = order_.launch(other.agent, other.clock - 1);
  return launch != nullptr && later != nullptr && launch->cause.cycle < later->cause.cycle;
}

std::uint64_t OffloadChecker::place_of(const ShadowAccess& access) const {
  if (is_hart(access.agent)) {
    return kOfHart | access.pc;
  }
  const auto* launch = order_.launch(access.agent, access.clock - 1);
  return kOfDevice | (launch == nullptr ? access.agent : launch->cause.pc);
}

Party OffloadChecker::party(const ShadowAccess& access) const {
  const std::string& name = observers_.agent_name(access.agent);
  if (is_hart(access.agent)) {
    return {name, setup_.describe_code(access.pc), place_of(access)};
  }
  const auto* launch = order_.launch(access.agent, access.clock - 1);
  if (launch == nullptr) {
    return {name, "", place_of(access)};
  }
  return {fmt::format("{} {} {}", name, launch->activity.kind, launch->activity.number),
          setup_.describe_code(launch->cause.pc), place_of(access)};
}

std::string OffloadChecker::describe(const ShadowAccess& access, Cycles now) const {
  const std::string done = fmt::format("{} in cycle {} by {}", verb(access),
                                       whole_cycle(access.cycle, now), party(access).who);
  if (is_hart(access.agent)) {
    return fmt::format("{} at {}", done, code(access.pc));
  }
  const auto* launch = order_.launch(access.agent, access.clock - 1);
  if (launch == nullptr) {
    return done;
  }
  return fmt::format("{} ({}), {}", done, launch->text, launch_place(*launch));
}

std::string OffloadChecker::describe_now(const ShadowAccess& access, Cycles now) const {
  return is_hart(access.agent) ? fmt::format("{} in cycle {} by {} at {}", verb(access),
                                             whole_cycle(access.cycle, now), party(access).who,
                                             code_now(access.agent, access.pc))
                               : describe(access, now);
}

/// Whether who made the other access knew that `store` had been made, but not that it had arrived.
bool OffloadChecker::lacks_fence(const ShadowAccess& store, const ShadowAccess& other) const {
  const VectorClock* const known = is_hart(other.agent)
                                       ? &harts_[other.agent].known
                                       : order_.known_by(other.agent, other.clock - 1);
  return is_hart(store.agent) && store.kind == Kind::kWrite && known != nullptr &&
         store.clock <= (*known)[store.agent].all;
}

std::string OffloadChecker::missing_order(const ShadowAccess& earlier,
                                          const ShadowAccess& later) const {
  for (const auto& [store, other] : {std::tie(earlier, later), std::tie(later, earlier)}) {
    if (lacks_fence(store, other)) {
      return fmt::format("a fence of {} between its store and {} {}", party(store).who,
                         is_hart(other.agent) ? "what tells of it to" : "the launch of",
                         party(other).who);
    }
  }
  if (is_hart(earlier.agent) && is_hart(later.agent)) {
    return "no barrier, wake-up pulse, atomic or polled flag leads from the one to the other";
  }
  if (!is_hart(earlier.agent) && !is_hart(later.agent)) {
    const bool is_turned = is_launched_before(later, earlier);
    return fmt::format("who launched {} had not seen the end of {}",
                       party(is_turned ? earlier : later).who,
                       party(is_turned ? later : earlier).who);
  }
  const ShadowAccess& hart = is_hart(earlier.agent) ? earlier : later;
  const ShadowAccess& device = is_hart(earlier.agent) ? later : earlier;
  const auto* launch = order_.launch(device.agent, device.clock - 1);
  const bool has_launched = launch != nullptr && launch->cause.agent == hart.agent;
  if (has_launched) {
    return fmt::format("the hart has not seen the end of {}, in its registers or by its pulse",
                       party(device).who);
  }
  return fmt::format(
      "no barrier, wake-up pulse, atomic or polled flag leads from the hart's access to the launch "
      "of {0}, or from who saw the end of {0} to the hart",
      party(device).who);
}

void OffloadChecker::report_conflict(std::uint32_t address, const ShadowAccess& earlier,
                                     const ShadowAccess& later, Cycles cycle) {
  const FindingKind kind = kind_of(earlier, later);
  if (!findings_.wants(kind, place_of(earlier), place_of(later), address)) {
    return;
  }
  Finding finding{kind, address, cycle, party(earlier), party(later), ""};
  finding.text = fmt::format("{}: {}\n  at {}\n  {}\n  {}\n  missing: {}", to_string(kind),
                             headline(kind), data(address), describe(earlier, cycle),
                             describe_now(later, cycle), missing_order(earlier, later));
  findings_.add(std::move(finding));
}

void OffloadChecker::report_uninitialised(std::uint32_t address, const ShadowAccess& reader,
                                          Cycles cycle) {
  const FindingKind kind = FindingKind::kUninitialised;
  if (!findings_.wants(kind, 0, place_of(reader), address)) {
    return;
  }
  Finding finding{kind, address, cycle, {}, party(reader), ""};
  finding.text =
      fmt::format("{}: {}\n  at {}\n  {}\n  missing: a write of any master", to_string(kind),
                  headline(kind), data(address), describe_now(reader, cycle));
  findings_.add(std::move(finding));
}

void OffloadChecker::report_out_of_bounds(std::uint32_t address, const ShadowAccess& access,
                                          Cycles cycle) {
  const FindingKind kind = FindingKind::kOutOfBounds;
  if (!findings_.wants(kind, 0, place_of(access), address)) {
    return;
  }
  const auto block = arenas_.block(address);
  const std::string before =
      block ? fmt::format("{} bytes behind the last block, which is at 0x{:08x}",
                          address - block->end, block->begin)
            : "no block is in front of it";
  Finding finding{kind, address, cycle, {}, party(access), ""};
  finding.text = fmt::format(
      "{}: {}\n  at {}, {}\n  {}\n  missing: an allocation that is not released", to_string(kind),
      headline(kind), data(address), before, describe_now(access, cycle));
  findings_.add(std::move(finding));
}

void OffloadChecker::report_leaves_block(std::uint32_t address, const ShadowAccess& access,
                                         Arenas::Range block, Cycles cycle) {
  const FindingKind kind = FindingKind::kOutOfBounds;
  if (!findings_.wants(kind, 0, place_of(access), address)) {
    return;
  }
  Finding finding{kind, address, cycle, {}, party(access), ""};
  finding.text = fmt::format(
      "{}: a transfer goes on outside the block it began in\n  at {}, outside 0x{:08x} .. "
      "0x{:08x}\n  {}\n  missing: room in the block, or a shorter transfer",
      to_string(kind), data(address), block.begin, block.end - 1, describe(access, cycle));
  findings_.add(std::move(finding));
}

void OffloadChecker::report_stale_registers(const DeviceOrder::Launch& launch,
                                            const LaunchRegisters::Stale& stale) {
  const FindingKind kind = FindingKind::kStaleRegisters;
  const Activity& activity = launch.activity;
  const Cause& cause = launch.cause;
  if (!findings_.wants(kind, 0, kOfHart | cause.pc, 0)) {
    return;
  }
  const std::string since =
      stale.former ? fmt::format("{} {}", activity.kind, *stale.former) : "reset";
  Party launcher{observers_.agent_name(cause.agent), setup_.describe_code(cause.pc),
                 kOfHart | cause.pc};
  Finding finding{kind, 0, cause.cycle, {}, std::move(launcher), ""};
  finding.text = fmt::format(
      "{}: {}\n  {} {} {}, {}\n  nobody has written {} since {}\n"
      "  missing: a write of that register for this launch",
      to_string(kind), headline(kind), observers_.agent_name(activity.agent), activity.kind,
      activity.number, launch_place(launch), stale.name, since);
  findings_.add(std::move(finding));
}

void OffloadChecker::report_unfinished(const DeviceOrder::Launch& launch, const ShadowAccess& end,
                                       Cycles cycle) {
  const FindingKind kind = FindingKind::kEndTooEarly;
  const std::uint64_t place = kOfDevice | launch.cause.pc;
  if (!findings_.wants(kind, place, place_of(end), launch.cause.pc)) {
    return;
  }
  const std::string who = fmt::format("{} {} {}", observers_.agent_name(launch.activity.agent),
                                      launch.activity.kind, launch.activity.number);
  Party device{who, setup_.describe_code(launch.cause.pc), place};
  Finding finding{kind, 0, cycle, std::move(device), party(end), ""};
  finding.text = fmt::format(
      "{}: {}\n  {} ({}), {}\n  end of the run in cycle {} by {} at {}\n  missing: nobody waited "
      "for {}, or no barrier, wake-up pulse, atomic or polled flag leads from who did to who ends "
      "the run",
      to_string(kind), headline(kind), who, launch.text, launch_place(launch), cycle,
      party(end).who, code_now(end.agent, end.pc), who);
  findings_.add(std::move(finding));
}

void OffloadChecker::report_unordered_end(std::uint32_t address, const ShadowAccess& write,
                                          const ShadowAccess& end, Cycles cycle) {
  const FindingKind kind = FindingKind::kEndTooEarly;
  if (!findings_.wants(kind, place_of(write), place_of(end), address)) {
    return;
  }
  Finding finding{kind, address, cycle, party(write), party(end), ""};
  finding.text =
      fmt::format("{}: {}\n  at {}\n  {}\n  end of the run in cycle {} by {} at {}\n  missing: {}",
                  to_string(kind), headline(kind), data(address), describe(write, cycle), cycle,
                  party(end).who, code_now(end.agent, end.pc), missing_order(write, end));
  findings_.add(std::move(finding));
}

/// One activity reads and writes the same bytes.
void OffloadChecker::report_own_operand(std::uint32_t address, const ShadowAccess& read,
                                        const ShadowAccess& write, Cycles cycle) {
  const FindingKind kind = FindingKind::kOperandOverwritten;
  if (!findings_.wants(kind, place_of(read), place_of(write), address)) {
    return;
  }
  Finding finding{kind, address, cycle, party(read), party(write), ""};
  finding.text = fmt::format(
      "{}: a device writes its result over its own operands\n  at {}\n  read in cycle {}, then {}\n"
      "  missing: a place of its own for the result",
      to_string(kind), data(address), whole_cycle(read.cycle, cycle), describe(write, cycle));
  findings_.add(std::move(finding));
}

void OffloadChecker::report_unused_result(std::uint32_t address, const ShadowAccess& write,
                                          const ShadowAccess& end, Cycles cycle) {
  const FindingKind kind = FindingKind::kUnusedResult;
  if (!findings_.wants(kind, place_of(write), place_of(end), address)) {
    return;
  }
  Finding finding{kind, address, cycle, party(write), party(end), ""};
  finding.text = fmt::format(
      "{}: {}\n  at {} and before\n  {}\n  not read by the end of the run in cycle {}\n  missing: "
      "a read of any of its bytes, as other results of what is launched there are read, or the "
      "right address for them",
      to_string(kind), headline(kind), data(address), describe(write, cycle), cycle);
  findings_.add(std::move(finding));
}

void OffloadChecker::report_unread_input(std::uint32_t address, std::uint32_t words,
                                         const ShadowAccess& end, Cycles cycle) {
  const FindingKind kind = FindingKind::kUnreadInput;
  if (!findings_.wants(kind, 0, place_of(end), address)) {
    return;
  }
  Finding finding{kind, address, cycle, {}, party(end), ""};
  finding.text = fmt::format(
      "{}: {}\n  at {} and behind, {} words\n  not read by the end of the run in cycle {}\n"
      "  missing: a read of these bytes, or of where a transfer has brought them: another address "
      "or pointer, or a longer transfer",
      to_string(kind), headline(kind), data(address), words, cycle);
  findings_.add(std::move(finding));
}

void OffloadChecker::report_lost_pulse(std::uint32_t hart, const Cause& cause) {
  const FindingKind kind = FindingKind::kLostWakeUp;
  const std::string& sender = observers_.agent_name(cause.agent);
  if (!findings_.wants(kind, 0, kOfHart | cause.pc, 0)) {
    return;
  }
  Finding finding{
      kind, 0, cause.cycle, {}, {sender, setup_.describe_code(cause.pc), kOfHart | cause.pc}, ""};
  finding.text = fmt::format(
      "{}: {}\n  sent in cycle {} by {}{}\n  to {}, which has not taken the last {}: the counter "
      "holds no more\n  missing: a wfi of that hart for each pulse",
      to_string(kind), headline(kind), cause.cycle, sender,
      is_hart(cause.agent) ? " at " + code_now(cause.agent, cause.pc) : "",
      observers_.agent_name(hart), kMaxPulses);
  findings_.add(std::move(finding));
}

void OffloadChecker::report_early_pulse(std::uint32_t address, const ShadowAccess& store,
                                        const ShadowAccess& load, Cycles cycle) {
  const FindingKind kind = FindingKind::kLostWakeUp;
  if (!findings_.wants(kind, place_of(store), place_of(load), address)) {
    return;
  }
  Finding finding{kind, address, cycle, party(store), party(load), ""};
  finding.text = fmt::format(
      "{}: who is woken may look before the store is there, and sleep on\n  at {}\n  {}\n  {}\n"
      "  missing: a fence of {} between its store and the wake-up pulse",
      to_string(kind), data(address), describe(store, cycle), describe_now(load, cycle),
      party(store).who);
  findings_.add(std::move(finding));
}

}  // namespace tessera
