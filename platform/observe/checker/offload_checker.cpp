// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/offload_checker.h"

#include <algorithm>

namespace tessera {

using Kind = ShadowAccess::Kind;

namespace {

bool has_failed(const MemoryAccess& access) {
  return access.kind == AccessKind::kStoreConditional && access.result != 0;
}

}  // namespace

OffloadChecker::OffloadChecker(Setup setup, const Observers& observers)
    : setup_(std::move(setup)),
      observers_(observers),
      num_agents_(observers.num_agents()),
      harts_(setup_.num_harts),
      common_knowledge_(num_agents_),
      shadow_(setup_.memories),
      waits_(setup_.poll_loops),
      launch_registers_(setup_.launch_rules),
      shadow_registers_(launch_registers_.ranges()),
      arenas_(setup_.arenas) {
  for (std::uint32_t hart = 0; hart < setup_.num_harts; ++hart) {
    harts_[hart].known = VectorClock(num_agents_);
    harts_[hart].known[hart].all = 1;
  }
}

/// Parts of a device ("soc.dma.backend[0]") act for it, but those that are launched themselves.
AgentId OffloadChecker::device_of(AgentId agent) {
  if (agent >= devices_.size()) {
    devices_.resize(agent + 1, kNobody);
  }
  AgentId& device = devices_[agent];
  if (device == kNobody) {
    device = agent;
    for (AgentId other = setup_.num_harts; other < num_agents_; ++other) {
      if (is_part(agent, other) && order_.num_launched(agent) == 0) {
        device = other;
      }
    }
  }
  return device;
}

std::uint32_t OffloadChecker::epoch_of(AgentId agent, Cycles issued) const {
  const Hart& hart = harts_[agent];
  std::uint32_t clock = hart.known[agent].all;
  const std::size_t oldest = hart.num_epochs - std::min(hart.num_epochs, kMaxEpochs);
  for (std::size_t i = hart.num_epochs; i > oldest; --i) {
    const Epoch& epoch = hart.epochs[(i - 1) % kMaxEpochs];
    if (issued > epoch.end) {
      break;
    }
    clock = epoch.clock;
  }
  return clock;
}

void OffloadChecker::end_epoch(AgentId agent, Cycles issued) {
  Hart& hart = harts_[agent];
  hart.epochs[hart.num_epochs++ % kMaxEpochs] = {issued, hart.known[agent].all++};
  has_new_epochs_ = true;
}

void OffloadChecker::update_common_knowledge() {
  has_new_epochs_ = false;
  checks_until_update_ = harts_.size() * harts_.size() / 2;  // so it takes part of their time
  common_knowledge_ = harts_[0].known;
  for (const Hart& hart : harts_) {
    common_knowledge_.meet(hart.known);
  }
  order_.meet_running(common_knowledge_);
  // Results of devices are followed until they are read.
  for (AgentId device = setup_.num_harts; device < common_knowledge_.num_agents(); ++device) {
    common_knowledge_[device] = {};
  }
}

void OffloadChecker::tell(AgentId hart, VectorClock& others) const {
  others.join(harts_[hart].known);
  if (!setup_.asks_for_fences) {
    others[hart].stores = others[hart].all;
  }
}

VectorClock OffloadChecker::told_with(const ShadowAccess& access) {
  VectorClock known;
  tell(access.agent, known);
  Told& own = known[access.agent];
  own.all = access.clock;
  // What lies behind a fence is of an earlier epoch than what follows.
  own.stores = std::min(own.stores, setup_.asks_for_fences ? access.clock - 1 : access.clock);
  return known;
}

void OffloadChecker::accessed(const MemoryAccess& access) {
  if (is_hart(access.agent)) {
    hart_accessed(access);
  } else {
    device_accessed(access);
  }
}

OffloadChecker::Accessor OffloadChecker::accessor_of_hart(const MemoryAccess& access) const {
  Accessor accessor;
  accessor.known = &harts_[access.agent].known;
  accessor.shadow.clock = epoch_of(access.agent, access.issued);
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
  const bool is_counted =
      !is_store || (place->state & accessor.shadow.bytes) == accessor.shadow.bytes;
  if (!is_atomic && marks == 0 && is_counted && !place->has_use() &&
      place->word.remembers(accessor.shadow)) {
    return;  // as most accesses
  }
  if (is_store) {
    place->take(accessor.shadow.bytes);
  } else if (!place->has_taken(accessor.shadow.bytes)) {
    take(*place, access.address, accessor.shadow.bytes);
  }
  if ((marks & (is_load ? Waits::kWait : Waits::kSignal)) != 0 &&
      (place->state & ShadowMemory::kFlag) == 0) {
    make_flag(access.address, *place);
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
      look_at_race(accessor.shadow, access.address, *place, has_looked_before);
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

/// Two harts that program the same device leave it open with what it is launched.
void OffloadChecker::device_register_accessed(const MemoryAccess& access) {
  if (ends_run(access)) {
    check_end(access);
  }
  if (!launch_registers_.accessed(access)) {
    return;
  }
  const Accessor accessor = accessor_of_hart(access);
  const auto place = shadow_registers_.at(access.address);
  if (const auto earlier = place->word.record(
          accessor.shadow, {*accessor.known, access.agent, &common_knowledge_})) {
    report_conflict(access.address, *earlier, accessor.shadow, access.cycle);
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

void OffloadChecker::synchronise(const MemoryAccess& access, const ShadowAccess& shadow,
                                 bool acquires) {
  VectorClock& known = harts_[access.agent].known;
  SyncWord& word = words_[access.address / kWordBytes];
  word.acquired.resize(harts_.size());
  std::uint32_t& acquired = word.acquired[access.agent];
  if (access.kind == AccessKind::kLoad) {
    check_pulse(word.store, shadow, access.address, access.cycle);
  } else if (access.kind == AccessKind::kStore) {
    word.store = shadow;
  }
  if (acquires && acquired != word.version) {
    known.join(word.known);
    acquired = word.version;
  }
  if (access.writes()) {
    tell(access.agent, word.known);
    ++word.version;
    end_epoch(access.agent, access.issued);
  }
}

/// Who wakes others must have fenced what they are to see: they look, and may sleep on.
void OffloadChecker::check_pulse(const ShadowAccess& store, const ShadowAccess& load,
                                 std::uint32_t address, Cycles cycle) {
  const auto& pulse = harts_[load.agent].taken;
  if (pulse == nullptr || store.clock == 0 || store.agent >= pulse->num_agents()) {
    return;
  }
  const Told& told = (*pulse)[store.agent];
  if (store.agent != load.agent && store.clock <= told.all && store.clock > told.stores) {
    report_early_pulse(address, store, load, cycle);
  }
}

/// Who stored to the word before it was known to be a flag has told others what he knew then; what
/// he has learnt since is taken for known, too.
bool OffloadChecker::make_flag(std::uint32_t address, const ShadowMemory::Place& place) {
  const auto& accesses = place.word.places;
  const auto is_by_device = [this](const ShadowAccess& one) {
    return one.clock != 0 && !is_hart(one.agent);
  };
  if ((place.state & ShadowMemory::kAtomicWord) == 0 &&
      std::any_of(accesses.begin(), accesses.end(), is_by_device)) {
    return false;  // an operand or result of a device: to look at it orders nothing
  }
  place.state |= ShadowMemory::kFlag;
  for (const ShadowAccess& one : accesses) {
    if (one.clock != 0 && one.kind != Kind::kRead && !is_by_device(one)) {
      SyncWord& word = words_[address / kWordBytes];
      word.known.join(told_with(one));
      word.store = one;
      ++word.version;
      end_epoch(one.agent, one.cycle);
    }
  }
  findings_.forget(address);
  return true;
}

/// Of two accesses of harts in no order, the load may be one that waits.
void OffloadChecker::learn_from_race(const ShadowAccess& earlier, const ShadowAccess& later,
                                     std::uint32_t address, const ShadowMemory::Place& place) {
  if (!is_hart(earlier.agent) || !is_hart(later.agent)) {
    return;
  }
  place.state |= ShadowMemory::kRaced;
  if (earlier.kind == Kind::kRead) {
    waits_.suspect(earlier.agent, earlier.pc, address);
  }
}

/// Whoever decides by a value that another hart has stored has learnt from it. If that order was
/// meant, the load waits, which shows when it comes back; else its race remains a finding.
void OffloadChecker::look_at_race(const ShadowAccess& load, std::uint32_t address,
                                  const ShadowMemory::Place& place, bool has_looked_before) {
  const Knowledge known{harts_[load.agent].known, load.agent};
  for (const ShadowAccess& one : place.word.places) {
    if (one.clock == 0 || one.kind == Kind::kRead || one.agent == load.agent ||
        !is_hart(one.agent) || known.includes(one)) {
      continue;
    }
    if (!waits_.suspect(load.agent, load.pc, address)) {
      return;
    }
    if (has_looked_before && make_flag(address, place)) {
      waits_.learn(load.pc, one.pc);
      findings_.forget_place(place_of(one));
      findings_.forget_place(place_of(load));
    }
    acquire(load.agent, one);
    const auto word = words_.find(address / kWordBytes);
    if (word != words_.end()) {
      harts_[load.agent].known.join(word->second.known);
    }
  }
}

/// `hart` learns what the hart of `from` knew when it ended that access, and what it has learnt
/// since.
void OffloadChecker::acquire(AgentId hart, const ShadowAccess& from) {
  harts_[hart].known.join(told_with(from));
  if (harts_[from.agent].known[from.agent].all == from.clock) {
    end_epoch(from.agent, from.cycle);
  }
}

void OffloadChecker::device_accessed(const MemoryAccess& access) {
  const AgentId device = device_of(access.agent);
  Accessor accessor;
  accessor.known = order_.known_by(device, access.activity);
  accessor.shadow.clock = static_cast<std::uint32_t>(access.activity) + 1;
  accessor.shadow.cycle = static_cast<std::uint32_t>(access.cycle);
  accessor.shadow.agent = static_cast<std::uint16_t>(device);
  accessor.shadow.kind = access.writes() ? Kind::kWrite : Kind::kRead;
  const bool is_move = order_.moves_data(device);
  const std::uint32_t end = access.address + access.bytes;
  for (std::uint32_t address = access.address; address < end;) {
    const std::uint32_t bytes = std::min(kWordBytes - address % kWordBytes, end - address);
    if (const auto place = shadow_.at(address)) {
      accessor.shadow.bytes = byte_mask(address, bytes);
      if (!access.writes() && !place->has_taken(accessor.shadow.bytes) &&
          !(is_move && is_input(address))) {
        take(*place, address, accessor.shadow.bytes);
      }
      if (accessor.known != nullptr) {
        if (access.writes()) {
          device_wrote(*place, address, accessor.shadow, access.cycle);
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
    take_all(end, access.gap);
  }
  if (is_move) {
    check_bounds_of_transfer(access, accessor);
    input_moves_.accessed(access);
  } else if (accessor.known != nullptr) {
    check_stacks(access, accessor.shadow);
  }
}

/// A transfer that goes on in the next block is too long.
void OffloadChecker::check_bounds_of_transfer(const MemoryAccess& access,
                                              const Accessor& accessor) {
  const std::uint64_t key = 2 * access.activity + (access.writes() ? 1 : 0);
  const auto first = transfer_blocks_.try_emplace(key, arenas_.block(access.address)).first;
  const std::optional<Arenas::Range>& block = first->second;
  const std::uint32_t last = access.address + access.bytes - 1;
  if (block && (access.address < block->begin || last >= block->end) && !arenas_.is_free(last)) {
    report_leaves_block(last, accessor.shadow, *block, access.cycle);
  }
}

void OffloadChecker::check(const ShadowMemory::Place& place, std::uint32_t address,
                           const Accessor& accessor, Cycles cycle) {
  const ShadowAccess& access = accessor.shadow;
  if (arenas_.is_free(address)) {
    report_out_of_bounds(address, access, cycle);
  }
  const int written = place.state & access.bytes;
  // Harts and the DMA move structures with holes; operands of jobs have none.
  const bool is_written =
      written == access.bytes ||
      (written != 0 && (is_hart(access.agent) || order_.moves_data(access.agent)));
  if (access.kind != Kind::kRead) {
    place.state |= access.bytes;
  }
  if (access.kind != Kind::kWrite && !is_written &&
      should_be_written(address, !is_hart(access.agent))) {
    report_uninitialised(address, access, cycle);
  }
  if (has_new_epochs_ && checks_until_update_-- == 0) {
    update_common_knowledge();
  }
  const Knowledge known{*accessor.known, is_hart(access.agent) ? access.agent : kNobody,
                        &common_knowledge_};
  if (const auto earlier = place.word.record(access, known)) {
    report_conflict(address, *earlier, access, cycle);
    learn_from_race(*earlier, access, address, place);
  }
}

bool OffloadChecker::should_be_written(std::uint32_t address, bool by_device) const {
  return contains(setup_.without_contents, address) ||
         (by_device && contains(setup_.without_contents_for_devices, address));
}

void OffloadChecker::launched(const Activity& activity, const Cause& cause,
                              const std::string& text) {
  if (!is_hart(cause.agent)) {
    return;
  }
  const Hart& hart = harts_[cause.agent];
  const DeviceOrder::Launch launch{activity, cause, text, hart.known[cause.agent].all,
                                   setup_.callers(cause.agent, cause.pc)};
  order_.launched(launch, known_at_launch(activity, cause));
  if (const auto stale = launch_registers_.launched(activity.agent, activity.number)) {
    report_stale_registers(launch, *stale);
  }
  end_epoch(cause.agent, cause.cycle);
}

void OffloadChecker::begins(const Activity& /*activity*/, const std::string& /*text*/,
                            Cycles /*cycle*/) {}

void OffloadChecker::ends(const Activity& activity, Cycles /*cycle*/) {
  order_.ends(activity);
  if (order_.moves_data(activity.agent)) {
    transfer_blocks_.erase(transfer_blocks_.begin(),
                           transfer_blocks_.lower_bound(2 * (activity.number + 1)));
    settle_move(activity.number);
  }
}

void OffloadChecker::fenced(std::uint32_t hart, Cycles cycle) {
  Told& own = harts_[hart].known[hart];
  own.stores = own.all;
  end_epoch(hart, cycle);
}

void OffloadChecker::completion_seen(const Activity& activity, const Cause& reader) {
  const VectorClock* const ended = order_.known_by_ended(activity.agent);
  if (ended == nullptr || !is_hart(reader.agent)) {
    return;
  }
  VectorClock& known = harts_[reader.agent].known;
  const auto count = static_cast<std::uint32_t>(activity.number + 1);
  if (count >= (*ended)[activity.agent].all) {
    known.join(*ended);
  } else {  // others have ended since, of which the register does not tell
    VectorClock told = *ended;
    told[activity.agent] = Told::of_both(count);
    known.join(told);
  }
}

void OffloadChecker::wake_up_sent(std::uint32_t hart, const Cause& cause) {
  const bool is_another = last_pulse_ == nullptr || cause.agent != last_sender_.agent ||
                          cause.pc != last_sender_.pc || cause.cycle != last_sender_.cycle;
  if (is_another || !is_hart(cause.agent)) {
    last_sender_ = cause;
    if (is_hart(cause.agent)) {
      auto pulse = std::make_shared<VectorClock>();
      tell(cause.agent, *pulse);
      last_pulse_ = std::move(pulse);
      end_epoch(cause.agent, cause.cycle);
    } else {
      const VectorClock* const ended = order_.known_by_ended(cause.agent);
      last_pulse_ = std::make_shared<const VectorClock>(ended != nullptr ? *ended : VectorClock());
    }
  }
  auto& pulses = harts_[hart].pulses;
  pulses.push_back(last_pulse_);
  if (pulses.size() > kMaxPulses) {
    report_lost_pulse(hart, cause);
    pulses.clear();
  }
}

void OffloadChecker::wake_up_taken(std::uint32_t hart, Cycles /*cycle*/) {
  auto& pulses = harts_[hart].pulses;
  if (!pulses.empty()) {
    harts_[hart].known.join(*pulses.front());
    harts_[hart].taken = std::move(pulses.front());
    pulses.pop_front();
  }
}

}  // namespace tessera
