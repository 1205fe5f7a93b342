// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/offload_checker.h"

#include <algorithm>
#include <utility>

namespace tessera {

using Kind = ShadowAccess::Kind;

namespace {

/// Of the value that ends a run: the exit code is above bit 0.
constexpr unsigned kExitShift = 1;

bool has_failed(const MemoryAccess& access) {
  return access.kind == AccessKind::kStoreConditional && access.result != 0;
}

}  // namespace

OffloadChecker::OffloadChecker(CheckerSetup setup, const Observers& observers)
    : setup_(std::move(setup)),
      devices_(observers, setup_.num_harts),
      harts_(setup_.num_harts, observers.num_agents(), setup_.asks_for_fences),
      shadow_(setup_.memories),
      waits_(setup_.poll_loops, !setup_.inputs.empty()),
      launch_registers_(setup_.launch_rules),
      late_wake_ups_(setup_.wake_registers),
      shadow_registers_(launch_registers_.ranges()),
      arenas_(setup_.arenas),
      reports_(setup_.names, observers, harts_, devices_, findings_),
      use_(setup_, shadow_, harts_, devices_, reports_) {}

void OffloadChecker::accessed(const MemoryAccess& access) {
  if (harts_.is_hart(access.agent)) {
    hart_accessed(access);
  } else {
    device_accessed(access);
  }
}

OffloadChecker::Accessor OffloadChecker::accessor_of_hart(const MemoryAccess& access) const {
  Accessor accessor;
  accessor.known = &harts_.known_by(access.agent);
  accessor.shadow.clock = harts_.epoch_of(access.agent, access.issued);
  accessor.shadow.pc = access.pc;
  accessor.shadow.cycle = static_cast<std::uint32_t>(access.cycle);
  accessor.shadow.agent = static_cast<std::uint16_t>(access.agent);
  accessor.shadow.bytes = byte_mask(access.address, access.bytes);
  accessor.shadow.kind = access.kind == AccessKind::kLoad    ? Kind::kRead
                         : access.kind == AccessKind::kStore ? Kind::kWrite
                                                             : Kind::kAtomic;
  return accessor;
}

void OffloadChecker::hart_accessed(const MemoryAccess& access) {
  const auto place = shadow_.at(access.address);
  if (!place) {
    device_register_accessed(access);
    return;
  }
  if (has_failed(access)) {
    return;
  }
  Accessor accessor = accessor_of_hart(access);
  const bool is_atomic = accessor.shadow.kind == Kind::kAtomic;
  const bool is_store = accessor.shadow.kind == Kind::kWrite;
  if (is_store && arenas_.has_state_at(access.address)) {
    arena_changes(access);
  }
  // A store to a word of atomics gives a lock back or starts a count again.
  const bool gives_back = is_store && (place->state & ShadowMemory::kAtomicWord) != 0;
  if (gives_back) {
    accessor.shadow.kind = Kind::kAtomic;
  }
  const bool is_load = access.kind == AccessKind::kLoad;
  const std::uint8_t marks = waits_.marks(access.pc);
  const bool is_written = (place->state & accessor.shadow.bytes) == accessor.shadow.bytes;
  const bool is_taken = is_store || place->has_taken(accessor.shadow.bytes);
  if (!is_atomic && marks == 0 && is_written && is_taken && !place->has_use() &&
      place->word.remembers(accessor.shadow)) {
    return;  // as most accesses
  }
  hart_uses(access, *place, accessor.shadow.bytes, marks);
  if ((marks & (is_load ? Waits::kWait : Waits::kSignal)) != 0 &&
      (place->state & ShadowMemory::kFlag) == 0) {
    make_flag({access.address, access.cycle}, *place);
  }
  const bool has_looked_before = is_load && (marks & Waits::kWatched) != 0 &&
                                 waits_.looks_again(access.agent, access.pc, access.address);
  if (is_atomic) {
    place->state |= ShadowMemory::kAtomicWord;
  }
  const bool is_flag = (place->state & ShadowMemory::kFlag) != 0;
  // What synchronises comes with what was known before: else nothing would ever conflict.
  if (!is_flag) {
    check(*place, access.address, accessor, access.cycle);
    if (is_load && (place->state & ShadowMemory::kRaced) != 0) {
      look_at_race(accessor.shadow, {access.address, access.cycle}, *place, has_looked_before);
    }
  } else if (access.writes()) {
    place->state |= accessor.shadow.bytes;
  }
  const bool looks_at_atomic = is_load && (place->state & ShadowMemory::kAtomicWord) != 0;
  if (is_atomic || is_flag || gives_back || looks_at_atomic) {
    const bool ignores = (marks & Waits::kIgnores) != 0;
    synchronise(access, accessor.shadow, access.reads() && !ignores);
  }
}

void OffloadChecker::hart_uses(const MemoryAccess& access, const ShadowMemory::Place& place,
                               std::uint8_t bytes, std::uint8_t marks) {
  if (access.kind == AccessKind::kStore) {
    if ((marks & Waits::kStoresCopy) != 0) {
      use_.hart_stores_copy(place, access, waits_.instruction(access.pc).rs2());
    } else {
      use_.hart_writes(place, access);
    }
  } else if (!place.has_taken(bytes)) {
    if ((marks & Waits::kLoadsCopy) != 0) {
      use_.hart_loads_copy(place, access, waits_.instruction(access.pc).rd());
    } else {
      use_.take(place, access.address, bytes);
    }
  }
}

/// Two harts that program the same device leave it open with what it is launched.
void OffloadChecker::device_register_accessed(const MemoryAccess& access) {
  if (ends_run(access)) {
    check_end(access);
  }
  const Accessor accessor = accessor_of_hart(access);
  late_wake_ups_.register_accessed(access, accessor.shadow, *accessor.known, devices_);
  if (!launch_registers_.accessed(access)) {
    return;
  }
  const auto place = shadow_registers_.at(access.address);
  if (const auto earlier = place->word.record(
          accessor.shadow, {*accessor.known, access.agent, &harts_.common_knowledge(devices_)})) {
    reports_.conflict({access.address, access.cycle}, *earlier, accessor.shadow);
  }
}

void OffloadChecker::arena_changes(const MemoryAccess& access) {
  // In cycle timing the store to the arena may come later than the first accesses to the block.
  constexpr Cycles kLate = 1000;
  const Arenas::Change change = arenas_.stored(access.address, access.data);
  if (change.allocated) {
    findings_.forget(FindingKind::kOutOfBounds, change.allocated->begin, change.allocated->end,
                     access.cycle - std::min(access.cycle, kLate));
  }
  if (change.released) {
    for (auto word = change.released->begin; word < change.released->end; word += kWordBytes) {
      if (const auto place = shadow_.at(word)) {
        place->state &= static_cast<std::uint16_t>(~ShadowMemory::kAllBytes);
      }
    }
  }
}

void OffloadChecker::device_accessed(const MemoryAccess& access) {
  const AgentId device = devices_.device_of(access.agent);
  Accessor accessor;
  accessor.known = devices_.known_by(device, access.activity);
  accessor.shadow.clock = static_cast<std::uint32_t>(access.activity) + 1;
  accessor.shadow.cycle = static_cast<std::uint32_t>(access.cycle);
  accessor.shadow.agent = static_cast<std::uint16_t>(device);
  accessor.shadow.kind = access.writes() ? Kind::kWrite : Kind::kRead;
  const bool is_move = devices_.moves_data(device);
  const std::uint32_t end = access.address + access.bytes;
  for (std::uint32_t address = access.address; address < end;) {
    const std::uint32_t bytes = std::min(kWordBytes - address % kWordBytes, end - address);
    if (const auto place = shadow_.at(address)) {
      accessor.shadow.bytes = byte_mask(address, bytes);
      if (!access.writes()) {
        use_.device_reads(*place, address, accessor.shadow);
      }
      if (accessor.known != nullptr) {
        if (access.writes()) {
          use_.device_writes(*place, address, accessor.shadow, access.cycle);
        }
        check(*place, address, accessor, access.cycle);
      } else if (access.writes()) {
        // The loader, or somebody of whom nobody knows who asked him.
        place->state |= accessor.shadow.bytes;
      }
    }
    address += bytes;
  }
  if (access.gap != 0) {
    use_.take_all(end, access.gap);
  }
  if (is_move) {
    check_bounds_of_transfer(access, accessor.shadow);
    use_.moves(access);
  } else if (accessor.known != nullptr) {
    check_stacks(access, accessor.shadow);
  }
}

/// A transfer that goes on in the next block is too long.
void OffloadChecker::check_bounds_of_transfer(const MemoryAccess& access,
                                              const ShadowAccess& shadow) {
  const std::uint64_t key = 2 * access.activity + (access.writes() ? 1 : 0);
  const auto first = transfer_blocks_.try_emplace(key, arenas_.block(access.address)).first;
  const std::optional<Arenas::Range>& block = first->second;
  const std::uint32_t last = access.address + access.bytes - 1;
  if (block && (access.address < block->begin || last >= block->end) && !arenas_.is_free(last)) {
    reports_.leaves_block({last, access.cycle}, shadow, *block);
  }
}

/// A job that was not given an address of its own has a small one, or 0: stacks lie there.
void OffloadChecker::check_stacks(const MemoryAccess& access, const ShadowAccess& shadow) {
  const std::uint32_t end = access.address + access.bytes;
  const bool is_in_stack = std::any_of(
      setup_.stacks.begin(), setup_.stacks.end(),
      [&](const AddressRange& stacks) { return access.address < stacks.end && end > stacks.base; });
  if (is_in_stack) {
    reports_.on_stacks({access.address, access.cycle}, shadow);
  }
}

void OffloadChecker::check(const ShadowMemory::Place& place, std::uint32_t address,
                           const Accessor& accessor, Cycles cycle) {
  const ShadowAccess& access = accessor.shadow;
  if (arenas_.is_free(address)) {
    reports_.out_of_bounds({address, cycle}, access, arenas_.block(address));
  }
  const int written = place.state & access.bytes;
  // Harts and the DMA move structures with holes; operands of jobs have none.
  const bool is_written =
      written == access.bytes ||
      (written != 0 && (harts_.is_hart(access.agent) || devices_.moves_data(access.agent)));
  if (access.kind != Kind::kRead) {
    place.state |= access.bytes;
  }
  if (access.kind != Kind::kWrite && !is_written &&
      should_be_written(address, !harts_.is_hart(access.agent))) {
    reports_.uninitialised({address, cycle}, access);
  }
  const Knowledge known{*accessor.known, harts_.is_hart(access.agent) ? access.agent : kNobody,
                        &harts_.common_knowledge(devices_)};
  if (const auto earlier = place.word.record(access, known)) {
    reports_.conflict({address, cycle}, *earlier, access);
    learn_from_race(*earlier, access, address, place);
  }
}

bool OffloadChecker::should_be_written(std::uint32_t address, bool by_device) const {
  return contains(setup_.without_contents, address) ||
         (by_device && contains(setup_.without_contents_for_devices, address));
}

bool OffloadChecker::ends_run(const MemoryAccess& access) const {
  return setup_.end_register == access.address && access.writes() && (access.data & 1) != 0 &&
         (setup_.end_hart == kNobody || setup_.end_hart == access.agent);
}

/// The end of the run is as a read of all results by the hart that ends it: whoever looks at them
/// afterwards knows no more than that hart.
void OffloadChecker::check_end(const MemoryAccess& access) {
  const Accessor accessor = accessor_of_hart(access);
  const Knowledge known{*accessor.known, access.agent};
  for (const DeviceOrder::Launch* launch : devices_.unknown_ends(known.clock)) {
    reports_.unfinished(*launch, accessor.shadow, access.cycle);
  }
  for (const AddressRange& range : setup_.results) {
    shadow_.visit(range, [&](std::uint32_t address, const ShadowMemory::Place& place) {
      if (place.has_use()) {
        return;
      }
      for (const ShadowAccess& one : place.word.places) {
        if (one.kind == Kind::kWrite && harts_.is_hart(one.agent) && !known.includes(one)) {
          reports_.unordered_end({address, access.cycle}, one, accessor.shadow);
        }
      }
    });
  }
  use_.check_results(accessor.shadow, access.cycle);
  if (access.data >> kExitShift == 0) {
    use_.check_inputs(accessor.shadow, access.cycle);
  }
}

void OffloadChecker::launched(const Activity& activity, const Cause& cause,
                              const std::string& text) {
  if (!harts_.is_hart(cause.agent)) {
    return;
  }
  const DeviceOrder::Launch launch{activity, cause, text,
                                   harts_.known_by(cause.agent)[cause.agent].all,
                                   setup_.names.callers(cause.agent, cause.pc)};
  devices_.launched(launch, harts_.known_by(cause.agent));
  if (const auto stale = launch_registers_.launched(activity.agent, activity.number)) {
    reports_.stale_registers(launch, *stale);
  }
  harts_.end_epoch(cause.agent, cause.cycle);
}

void OffloadChecker::begins(const Activity& /*activity*/, const std::string& /*text*/,
                            Cycles /*cycle*/) {}

void OffloadChecker::ends(const Activity& activity, Cycles /*cycle*/) {
  devices_.ends(activity);
  if (devices_.moves_data(activity.agent)) {
    transfer_blocks_.erase(transfer_blocks_.begin(),
                           transfer_blocks_.lower_bound(2 * (activity.number + 1)));
    use_.transfer_ends(activity.number);
  }
}

void OffloadChecker::used_unwritten(const Activity& activity, const std::string& what,
                                    Cycles cycle) {
  reports_.uninitialised_state(what, activity, cycle);
}

void OffloadChecker::fenced(std::uint32_t hart, Cycles cycle) {
  harts_.fenced(hart, cycle);
}

void OffloadChecker::completion_seen(const Activity& activity, const Cause& reader) {
  const VectorClock* const ended = devices_.known_by_ended(activity.agent);
  if (ended == nullptr || !harts_.is_hart(reader.agent)) {
    return;
  }
  const auto count = static_cast<std::uint32_t>(activity.number + 1);
  if (count >= (*ended)[activity.agent].all) {
    harts_.learn(reader.agent, *ended);
  } else {  // others have ended since, of which the register does not tell
    VectorClock told = *ended;
    told[activity.agent] = Told::of_both(count);
    harts_.learn(reader.agent, told);
  }
}

void OffloadChecker::wake_up_sent(std::uint32_t hart, const Cause& cause) {
  const VectorClock* const ended =
      harts_.is_hart(cause.agent) ? nullptr : devices_.known_by_ended(cause.agent);
  if (!harts_.pulse_sent(hart, cause, ended)) {
    reports_.lost_pulse(hart, cause);
  }
  late_wake_ups_.sent(hart, cause.agent, devices_);
}

void OffloadChecker::wake_up_taken(std::uint32_t hart, Cycles cycle) {
  harts_.pulse_taken(hart);
  if (const auto late = late_wake_ups_.taken(hart)) {
    reports_.late_wake_up(*late, cycle);
  }
}

}  // namespace tessera
