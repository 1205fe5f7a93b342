// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/check_reports.h"

#include <tuple>

#include <fmt/format.h>

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

/// As shadow memory would keep it.
ShadowAccess access_by(const Cause& cause) {
  ShadowAccess access;
  access.agent = static_cast<std::uint16_t>(cause.agent);
  access.pc = cause.pc;
  return access;
}
ShadowAccess access_by(const Activity& activity) {
  ShadowAccess access;
  access.agent = static_cast<std::uint16_t>(activity.agent);
  access.clock = static_cast<std::uint32_t>(activity.number) + 1;
  return access;
}

const char* headline(FindingKind kind) {
  switch (kind) {
    case FindingKind::kResultTooEarly:
      return "a result is read whose writer is not known to be done";
    case FindingKind::kOperandOverwritten:
      return "bytes change that somebody reads, before or after";
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

CheckReports::CheckReports(const ProgramNames& names, const Observers& observers,
                           const HartOrder& harts, const DeviceOrder& devices, Findings& findings)
    : names_(names), observers_(observers), harts_(harts), devices_(devices), findings_(findings) {}

std::string CheckReports::code(std::uint32_t pc, const std::vector<std::uint32_t>& callers) const {
  const std::string name = names_.describe_code(pc);
  return fmt::format("pc 0x{:08x}{}{}{}{}", pc, name.empty() ? "" : " ", name,
                     callers.empty() ? "" : "\n    called by ", names_.describe_calls(callers));
}

std::string CheckReports::code_now(AgentId hart, std::uint32_t pc) const {
  return code(pc, names_.callers(hart, pc));
}

std::string CheckReports::launch_place(const DeviceOrder::Launch& launch) const {
  return fmt::format("launched in cycle {} by {} at {}", launch.cause.cycle,
                     observers_.agent_name(launch.cause.agent),
                     code(launch.cause.pc, launch.callers));
}

std::string CheckReports::data(std::uint32_t address) const {
  const std::string name = names_.describe_data(address);
  return name.empty() ? fmt::format("0x{:08x}", address)
                      : fmt::format("0x{:08x} ({})", address, name);
}

std::string CheckReports::name_of(const Activity& activity) const {
  return fmt::format("{} {} {}", observers_.agent_name(activity.agent), activity.kind,
                     activity.number);
}

std::string CheckReports::end_of_run(const ShadowAccess& end, Cycles cycle) const {
  return fmt::format("  end of the run in cycle {} by {} at {}", cycle, party(end).who,
                     code_now(end.agent, end.pc));
}

FindingKind CheckReports::kind_of(const ShadowAccess& earlier, const ShadowAccess& later) const {
  if (earlier.kind != Kind::kRead && later.kind != Kind::kRead) {
    return FindingKind::kUnorderedWrites;
  }
  const ShadowAccess& reader = earlier.kind == Kind::kRead ? earlier : later;
  const ShadowAccess& writer = earlier.kind == Kind::kRead ? later : earlier;
  if (!harts_.is_hart(writer.agent)) {
    return is_before_launch(reader, writer) ? FindingKind::kOperandOverwritten
                                            : FindingKind::kResultTooEarly;
  }
  return harts_.is_hart(reader.agent) ? FindingKind::kUnorderedAccess
                                      : FindingKind::kOperandOverwritten;
}

/// Of a device; null: unknown.
const DeviceOrder::Launch* CheckReports::launch_of(const ShadowAccess& access) const {
  return devices_.launch(access.agent, access.clock - 1);
}

/// Whether `one` is of a hart and lies before the launch of `device`, or of a device that was
/// launched before: that need not be the order of their accesses.
bool CheckReports::is_before_launch(const ShadowAccess& one, const ShadowAccess& device) const {
  const auto* launch = launch_of(device);
  if (launch == nullptr) {
    return false;
  }
  if (harts_.is_hart(one.agent)) {
    return whole_cycle(one.cycle, launch->cause.cycle) < launch->cause.cycle;
  }
  const auto* first = launch_of(one);
  return first != nullptr && first->cause.cycle < launch->cause.cycle;
}

std::uint64_t CheckReports::place_of(const ShadowAccess& access) const {
  if (harts_.is_hart(access.agent)) {
    return kOfHart | access.pc;
  }
  const auto* launch = launch_of(access);
  return kOfDevice | (launch == nullptr ? access.agent : launch->cause.pc);
}

Party CheckReports::party(const ShadowAccess& access) const {
  const std::string& name = observers_.agent_name(access.agent);
  if (harts_.is_hart(access.agent)) {
    return {name, names_.describe_code(access.pc), place_of(access)};
  }
  const auto* launch = launch_of(access);
  if (launch == nullptr) {
    return {name, "", place_of(access)};
  }
  return {name_of(launch->activity), names_.describe_code(launch->cause.pc), place_of(access)};
}

std::string CheckReports::describe(const ShadowAccess& access, Cycles now, bool is_now) const {
  std::string done = fmt::format("{} in cycle {} by {}", verb(access),
                                 whole_cycle(access.cycle, now), party(access).who);
  if (harts_.is_hart(access.agent)) {
    return fmt::format("{} at {}", done,
                       is_now ? code_now(access.agent, access.pc) : code(access.pc));
  }
  const auto* launch = launch_of(access);
  if (launch == nullptr) {
    return done;
  }
  return fmt::format("{} ({}), {}", done, launch->text, launch_place(*launch));
}

/// Whether who made the other access knew that `store` had been made, but not that it had arrived.
bool CheckReports::lacks_fence(const ShadowAccess& store, const ShadowAccess& other) const {
  const VectorClock* const known = harts_.is_hart(other.agent)
                                       ? &harts_.known_by(other.agent)
                                       : devices_.known_by(other.agent, other.clock - 1);
  return harts_.is_hart(store.agent) && store.kind == Kind::kWrite && known != nullptr &&
         store.clock <= (*known)[store.agent].all;
}

std::string CheckReports::missing_order(const ShadowAccess& earlier,
                                        const ShadowAccess& later) const {
  for (const auto& [store, other] : {std::tie(earlier, later), std::tie(later, earlier)}) {
    if (lacks_fence(store, other)) {
      return fmt::format("a fence of {} between its store and {} {}", party(store).who,
                         harts_.is_hart(other.agent) ? "what tells of it to" : "the launch of",
                         party(other).who);
    }
  }
  if (harts_.is_hart(earlier.agent) && harts_.is_hart(later.agent)) {
    return "no barrier, wake-up pulse, atomic or polled flag leads from the one to the other; or "
           "one of them has a wrong address";
  }
  if (!harts_.is_hart(earlier.agent) && !harts_.is_hart(later.agent)) {
    const bool is_turned = is_before_launch(later, earlier);
    return fmt::format("who launched {} had not seen the end of {}",
                       party(is_turned ? earlier : later).who,
                       party(is_turned ? later : earlier).who);
  }
  const ShadowAccess& hart = harts_.is_hart(earlier.agent) ? earlier : later;
  const ShadowAccess& device = harts_.is_hart(earlier.agent) ? later : earlier;
  const auto* launch = launch_of(device);
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

/// `earlier` may be null. `details`: the lines below the headline, made only if somebody wants
/// them.
template <typename Details>
void CheckReports::add(FindingKind kind, const Where& where, const ShadowAccess* earlier,
                       const ShadowAccess& later, const Details& details, const char* title) {
  const std::uint64_t first = earlier == nullptr ? 0 : place_of(*earlier);
  if (!findings_.wants(kind, first, place_of(later), where.address)) {
    return;
  }
  findings_.add({kind, where.address, where.cycle, earlier == nullptr ? Party() : party(*earlier),
                 party(later),
                 fmt::format("{}: {}\n{}", to_string(kind),
                             title == nullptr ? headline(kind) : title, details())});
}

void CheckReports::conflict(const Where& where, const ShadowAccess& earlier,
                            const ShadowAccess& later) {
  add(kind_of(earlier, later), where, &earlier, later, [&] {
    return fmt::format("  at {}\n  {}\n  {}\n  missing: {}", data(where.address),
                       describe(earlier, where.cycle), describe(later, where.cycle, true),
                       missing_order(earlier, later));
  });
}

void CheckReports::uninitialised(const Where& where, const ShadowAccess& reader) {
  add(FindingKind::kUninitialised, where, nullptr, reader, [&] {
    return fmt::format("  at {}\n  {}\n  missing: a write of any master", data(where.address),
                       describe(reader, where.cycle, true));
  });
}

void CheckReports::uninitialised_state(const std::string& what, const Activity& activity,
                                       Cycles cycle) {
  ShadowAccess reader = access_by(activity);
  reader.cycle = static_cast<std::uint32_t>(cycle);
  const auto details = [&] {
    return fmt::format("  of {}\n  {}\n  missing: what writes it before", what,
                       describe(reader, cycle));
  };
  add(FindingKind::kUninitialised, {0, cycle}, nullptr, reader, details,
      "state of a device is read that nobody has written, for a result in memory");
}

void CheckReports::out_of_bounds(const Where& where, const ShadowAccess& access,
                                 const std::optional<Arenas::Range>& block) {
  add(FindingKind::kOutOfBounds, where, nullptr, access, [&] {
    const std::string before =
        block ? fmt::format("{} bytes behind the last block, which is at 0x{:08x}",
                            where.address - block->end, block->begin)
              : "no block is in front of it";
    return fmt::format("  at {}, {}\n  {}\n  missing: an allocation that is not released",
                       data(where.address), before, describe(access, where.cycle, true));
  });
}

void CheckReports::leaves_block(const Where& where, const ShadowAccess& access,
                                const Arenas::Range& block) {
  const auto details = [&] {
    return fmt::format(
        "  at {}, outside 0x{:08x} .. 0x{:08x}\n  {}\n"
        "  missing: room in the block, or a shorter transfer",
        data(where.address), block.begin, block.end - 1, describe(access, where.cycle));
  };
  add(FindingKind::kOutOfBounds, where, nullptr, access, details,
      "a transfer goes on outside the block it began in");
}

void CheckReports::on_stacks(const Where& where, const ShadowAccess& access) {
  const auto details = [&] {
    return fmt::format("  at {}\n  {}\n  missing: another address", data(where.address),
                       describe(access, where.cycle));
  };
  add(FindingKind::kOutOfBounds, where, nullptr, access, details,
      "a device works on the stacks of harts");
}

void CheckReports::stale_registers(const DeviceOrder::Launch& launch,
                                   const LaunchRegisters::Stale& stale) {
  add(FindingKind::kStaleRegisters, {0, launch.cause.cycle}, nullptr, access_by(launch.cause), [&] {
    const std::string since =
        stale.former ? fmt::format("{} {}", launch.activity.kind, *stale.former) : "reset";
    return fmt::format(
        "  {}, {}\n  nobody has written {} since {}\n"
        "  missing: a write of that register for this launch",
        name_of(launch.activity), launch_place(launch), stale.name, since);
  });
}

void CheckReports::unfinished(const DeviceOrder::Launch& launch, const ShadowAccess& end,
                              Cycles cycle) {
  const ShadowAccess work = access_by(launch.activity);
  add(FindingKind::kEndTooEarly, {0, cycle}, &work, end, [&] {
    return fmt::format(
        "  {0} ({1}), {2}\n{3}\n  missing: nobody waited for {0}, or no barrier, wake-up pulse, "
        "atomic or polled flag leads from who did to who ends the run",
        name_of(launch.activity), launch.text, launch_place(launch), end_of_run(end, cycle));
  });
}

void CheckReports::unordered_end(const Where& where, const ShadowAccess& write,
                                 const ShadowAccess& end) {
  add(FindingKind::kEndTooEarly, where, &write, end, [&] {
    return fmt::format("  at {}\n  {}\n{}\n  missing: {}", data(where.address),
                       describe(write, where.cycle), end_of_run(end, where.cycle),
                       missing_order(write, end));
  });
}

void CheckReports::own_operand(const Where& where, const ShadowAccess& read,
                               const ShadowAccess& write) {
  const auto details = [&] {
    return fmt::format(
        "  at {}\n  read in cycle {}, then {}\n  missing: a place of its own for the result",
        data(where.address), whole_cycle(read.cycle, where.cycle), describe(write, where.cycle));
  };
  add(FindingKind::kOperandOverwritten, where, &read, write, details,
      "a device writes its result over its own operands");
}

void CheckReports::unused_result(const Where& where, const ShadowAccess& write,
                                 const ShadowAccess& end) {
  add(FindingKind::kUnusedResult, where, &write, end, [&] {
    return fmt::format(
        "  at {} and before\n  {}\n  not read by the end of the run in cycle {}\n"
        "  missing: a read of any of its bytes, as other results of what is launched there are "
        "read, or the right address for them",
        data(where.address), describe(write, where.cycle), where.cycle);
  });
}

void CheckReports::unread_input(const Where& where, std::uint32_t words, const ShadowAccess& end) {
  add(FindingKind::kUnreadInput, where, nullptr, end, [&] {
    return fmt::format(
        "  at {} and behind, {} words\n  not read by the end of the run in cycle {}\n"
        "  missing: a read of these bytes, or of where a transfer has brought them: another "
        "address or pointer, or a longer transfer",
        data(where.address), words, where.cycle);
  });
}

void CheckReports::lost_pulse(AgentId hart, const Cause& cause) {
  add(FindingKind::kLostWakeUp, {0, cause.cycle}, nullptr, access_by(cause), [&] {
    return fmt::format(
        "  sent in cycle {} by {}{}\n  to {}, which has not taken the last {}: the counter holds "
        "no more\n  missing: a wfi of that hart for each pulse",
        cause.cycle, observers_.agent_name(cause.agent),
        harts_.is_hart(cause.agent) ? " at " + code_now(cause.agent, cause.pc) : "",
        observers_.agent_name(hart), HartOrder::kMaxPulses);
  });
}

void CheckReports::late_wake_up(const LateWakeUps::Late& late, Cycles cycle) {
  const ShadowAccess work = access_by(late.activity);
  const auto* const launch = launch_of(work);
  const auto details = [&] {
    return fmt::format(
        "  {0}{1}\n  its register that says whom to wake {2}\n  the hart's wfi ended in cycle {3} "
        "by "
        "the pulse of {0}, which nobody gets if that ends before the write\n"
        "  missing: the write before the launch, or a look at the device's registers before the "
        "wfi",
        name_of(late.activity), launch == nullptr ? "" : ", " + launch_place(*launch),
        describe(late.write, cycle), cycle);
  };
  add(FindingKind::kLostWakeUp, {0, cycle}, &work, late.write, details,
      "a device may be done before it is told whom to wake");
}

void CheckReports::early_pulse(const Where& where, const ShadowAccess& store,
                               const ShadowAccess& load) {
  const auto details = [&] {
    return fmt::format(
        "  at {}\n  {}\n  {}\n  missing: a fence of {} between its store and the wake-up pulse",
        data(where.address), describe(store, where.cycle), describe(load, where.cycle, true),
        party(store).who);
  };
  add(FindingKind::kLostWakeUp, where, &store, load, details,
      "who is woken may look before the store is there, and sleep on");
}

}  // namespace tessera
