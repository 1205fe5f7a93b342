// SPDX-License-Identifier: Apache-2.0
#include "models/core/cluster.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/steppable.h"
#include "models/tlm/perform_access.h"

namespace tessera {

namespace {
/// With all harts waiting, limits and the host are looked after this often.
constexpr Cycles kMinIdleCycles = 1000;
}  // namespace

Cluster::Cluster(const sc_core::sc_module_name& name, const ClusterParameters& parameters,
                 const ClockDomain& clock, const ClusterServices& services, StatGroup& stats)
    : sc_module(name),
      parameters_(parameters),
      clock_(clock),
      services_(services),
      harts_(parameters.num_harts),
      pending_(parameters.num_harts),
      functional_(parameters.isa, harts_, services.dmi, *this, services.observers),
      stepped_(parameters.num_harts),
      held_(parameters.num_harts) {
  for (std::uint32_t hart = 0; hart < parameters_.num_harts; ++hart) {
    harts_[hart].hart_id = hart;
    harts_[hart].pc = parameters_.boot_address;
  }
  engine_->take_over(0);
  payload_.set_extension(&initiator_);
  bus_socket.register_invalidate_direct_mem_ptr(this, &Cluster::invalidate_direct_mem_ptr);
  add_stats(stats);
  sc_core::sc_spawn([this] { run(); }, "run");
}

Cluster::~Cluster() {
  payload_.clear_extension(&initiator_);  // a payload frees what it still holds
}

void Cluster::add_stats(StatGroup& stats) {
  stats.add("instructions", "instructions", "retired by all harts",
            [this] { return total_instructions(); });
  stats.add("bus_accesses", "count", "accesses of harts to devices through the bus",
            &bus_accesses_);
  stats.add("bridged_accesses", "count", "accesses of harts to targets that may wait",
            &bridged_accesses_);
  stats.add("breakpoints", "count", "ebreak instructions, which retire as no-ops", &breakpoints_);
  for (HartState& hart : harts_) {
    StatGroup& group = stats.add_group(hart_name(hart.hart_id));
    group.add("instructions", "instructions", "retired", &hart.instructions);
    group.add("cycles", "cycles", "local time", &hart.cycle);
    group.add("asleep_cycles", "cycles", "spent in wfi", &hart.asleep_cycles);
    group.add("traps", "count", "jumps to the boot address", &hart.traps);
    hart_stats_.push_back(&group);
  }
}

void Cluster::add_stall_stats() {
  for (HartState& hart : harts_) {
    StatGroup& group = hart_stats_[hart.hart_id]->add_group("stalled");
    for (std::size_t i = 0; i < kNumStallReasons; ++i) {
      group.add(fmt::format("{}_cycles", to_string(static_cast<StallReason>(i))), "cycles",
                "awake without issuing, for this reason", &hart.stalled_cycles[i]);
    }
  }
}

std::string Cluster::hart_name(std::uint32_t hart) const {
  const std::uint32_t tile = hart / parameters_.harts_per_tile;
  return fmt::format("group[{}].tile[{}].core[{}]", tile / parameters_.tiles_per_group,
                     tile % parameters_.tiles_per_group, hart % parameters_.harts_per_tile);
}

void Cluster::start_of_simulation() {
  for (const std::uint32_t address : parameters_.memories) {
    request_dmi(address);
  }
}

void Cluster::attach_bridge(AccessBridge& bridge, std::uint32_t base, std::uint32_t bytes) {
  bridge_ = &bridge;
  bridged_.push_back({base, base + bytes});
  bridge.set_client(*this);
}

void Cluster::request_stop() {
  stop(ClusterStop::kRequested);
}

void Cluster::end_hart(std::uint32_t hart) {
  harts_[hart].activity = HartActivity::kEnded;
  engine_->end_hart(hart);
}

void Cluster::request_timing(TimingMode mode) {
  wanted_timing_ = mode;
  if (is_engine_running_) {
    engine_->limit(engine_->now() + 1);  // after the kernel's time, which must advance
  }
  notify_runnable();
}

void Cluster::watch_pc(std::uint32_t address, const std::function<void()>& reached) {
  watched_pcs_.emplace(address, reached);
  for_each_engine([&](HartEngine& engine) { engine.watch_pc(address, true); });
}

bool Cluster::pc_reached(const HartState& hart) {
  const auto [first, last] = watched_pcs_.equal_range(hart.pc);
  std::for_each(first, last, [](const auto& watched) { watched.second(); });
  if (watcher_ != nullptr) {
    watcher_->hart_reached_pc(hart.hart_id);
  }
  return !held_.contains(hart.hart_id);
}

void Cluster::stop(ClusterStop reason) {
  if (stop_ == ClusterStop::kNone) {
    stop_ = reason;
    stop_cycle_ = now();
    engine_->request_stop();
    notify_runnable();
  }
}

void Cluster::notify_runnable() {
  if (is_waiting_) {
    runnable_event_.notify(sc_core::SC_ZERO_TIME);
  }
}

Cycles Cluster::now() const {
  return is_engine_running_ ? engine_->now() : clock_.now();
}

std::uint64_t Cluster::total_instructions() const {
  std::uint64_t total = 0;
  for (const HartState& hart : harts_) {
    total += hart.instructions;
  }
  return total;
}

Cycles Cluster::next_kernel_event() const {
  return sc_core::sc_pending_activity()
             ? clock_.cycles(sc_core::sc_time_stamp() + sc_core::sc_time_to_pending_activity())
             : kNever;
}

void Cluster::start(const ClusterLimits& limits) {
  limits_ = limits;
  stop_ = ClusterStop::kNone;
  engine_->clear_stop_request();
  start_event_.notify(sc_core::SC_ZERO_TIME);
}

void Cluster::run() {
  while (true) {
    sc_core::wait(start_event_);
    run_until_stopped();
    sc_core::sc_pause();
  }
}

void Cluster::run_until_stopped() {
  while (stop_ == ClusterStop::kNone) {
    if (services_.poll) {
      services_.poll();
    }
    const Cycles now = clock_.now();
    check_limits(now);
    if (stop_ != ClusterStop::kNone) {
      break;
    }
    if (wanted_timing_ != timing_) {
      try_change_timing(now);
    }
    if (!engine_->is_idle()) {
      run_to_horizon(now);
    } else if (sc_core::sc_pending_activity()) {
      wait_for_runnable(now);
    } else {
      stop(ClusterStop::kHang);
    }
  }
  engine_->sync(clock_.now());
}

void Cluster::check_limits(Cycles now) {
  if (now >= limits_.max_cycles) {
    stop(ClusterStop::kMaxCycles);
  } else if (total_instructions() >= limits_.max_instructions) {
    stop(ClusterStop::kMaxInstructions);
  }
}

void Cluster::run_to_horizon(Cycles now) {
  // An engine that comes to rest for a change of the mode is watched closely.
  const Cycles quantum = wanted_timing_ == timing_ ? parameters_.quantum_cycles : 1;
  // In functional timing another end of the quantum would change what harts do.
  const bool polls_on_the_way = timing_ == TimingMode::kCycle && poll_cycle_ > now;
  const Cycles poll = polls_on_the_way ? poll_cycle_ : kNever;
  is_engine_running_ = true;
  const Cycles reached =
      engine_->run(now, std::min({now + quantum, next_kernel_event(), limits_.max_cycles, poll}));
  is_engine_running_ = false;
  // Events that are due first, or at this very moment, have the kernel's next turn.
  const sc_core::sc_time target = clock_.time(reached);
  sc_core::wait(target > sc_core::sc_time_stamp() ? target - sc_core::sc_time_stamp()
                                                  : sc_core::sc_time_to_pending_activity());
}

void Cluster::wait_for_runnable(Cycles now) {
  // Not for ever: a foreign model may keep the kernel busy without ever waking a hart.
  const Cycles idle = std::max(parameters_.quantum_cycles, kMinIdleCycles);
  is_waiting_ = true;
  sc_core::wait(clock_.time(std::min(idle, limits_.max_cycles - now)), runnable_event_);
  is_waiting_ = false;
}

void Cluster::add_cycle_engine() {
  cycle_ = &services_.cycle_engine();
  add_stall_stats();
  for (const auto& watched : watched_pcs_) {
    cycle_->watch_pc(watched.first, true);
  }
  for (const std::uint32_t address : watched_by_watcher_) {
    cycle_->watch_pc(address, true);
  }
  stepped_.for_each([this](std::uint32_t hart) { cycle_->step_hart(hart, true); });
  held_.for_each([this](std::uint32_t hart) { cycle_->hold_hart(hart, true, clock_.now()); });
}

void Cluster::try_change_timing(Cycles now) {
  if (wanted_timing_ == TimingMode::kCycle && cycle_ == nullptr) {
    add_cycle_engine();
  }
  engine_->hold(true);
  if (!engine_->is_at_rest() || !services_.devices_are_at_rest()) {
    return;
  }
  engine_->hand_back(now);
  engine_->hold(false);
  timing_ = wanted_timing_;
  engine_ = timing_ == TimingMode::kCycle ? cycle_ : &functional_;
  engine_->take_over(now);
}

void Cluster::wake_up(std::uint32_t hart, Cycles cycle) {
  if (harts_[hart].activity != HartActivity::kEnded) {
    engine_->wake_up(hart, cycle);
    notify_runnable();
  }
}

void Cluster::memory_written(std::uint32_t address, std::uint32_t bytes) {
  // Either engine may hold decoded code.
  functional_.memory_written(address, bytes);
  if (cycle_ != nullptr) {
    cycle_->memory_written(address, bytes);
  }
}

HartReply Cluster::access(const HartAccess& access) {
  const HartReply reply = perform(access);
  if (MemoryProbe* probe = services_.observers.memory();
      probe != nullptr && reply.status == AccessStatus::kDone) {
    probe->accessed(as_observed(access, reply.data, access.cycle));
  }
  return reply;
}

HartReply Cluster::perform(const HartAccess& access) {
  if (services_.l1.contains(access.address)) {
    return services_.l1.access(access);
  }
  if (std::any_of(bridged_.begin(), bridged_.end(), [&](const AddressRange& range) {
        return access.address - range.base < range.end - range.base;  // may end at 2^32
      })) {
    return bridged_access(access);
  }
  return bus_access(access);
}

HartReply Cluster::bus_access(const HartAccess& access) {
  ++bus_accesses_;
  initiator_.hart = access.hart;
  initiator_.pc = access.pc;
  payload_.set_address(access.address);
  payload_.set_data_length(access.bytes);
  payload_.set_streaming_width(access.bytes);
  payload_.set_byte_enable_ptr(nullptr);

  const sc_core::sc_time issue = clock_.time(access.cycle);
  sc_core::sc_time delay = issue - sc_core::sc_time_stamp();
  HartReply reply;
  const bool is_ok = perform_access(
      access,
      [&](::tlm::tlm_command command, std::uint32_t& data) {
        payload_.set_command(command);
        payload_.set_data_ptr(reinterpret_cast<unsigned char*>(&data));
        payload_.set_dmi_allowed(false);
        payload_.set_response_status(::tlm::TLM_INCOMPLETE_RESPONSE);
        bus_socket->b_transport(payload_, delay);
        return payload_.is_response_ok();
      },
      reply.data);
  const sc_core::sc_time end = sc_core::sc_time_stamp() + delay;
  reply.extra_cycles = end > issue ? clock_.cycles(end - issue) : 0;
  if (!is_ok) {
    reply.data = 0;
    report_bus_error(access);
  } else if (payload_.is_dmi_allowed() && services_.dmi.page_of(access.address).read == nullptr) {
    request_dmi(access.address);
  }
  // The access may have started a device whose event falls into the run-ahead.
  engine_->limit(next_kernel_event());
  return reply;
}

HartReply Cluster::bridged_access(const HartAccess& access) {
  PendingAccess& pending = pending_[access.hart];
  if (pending.is_done) {
    const HartReply reply{AccessStatus::kDone, pending.data, 0};
    pending = {};
    return reply;
  }
  if (pending.is_posted) {
    return {AccessStatus::kPending, 0, 0};
  }
  ++bridged_accesses_;
  pending.is_posted = true;
  const sc_core::sc_time issue = clock_.time(access.cycle);
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  bridge_->post(access, issue > now ? issue - now : sc_core::SC_ZERO_TIME);
  engine_->limit(access.cycle);
  return {AccessStatus::kPending, 0, 0};
}

void Cluster::access_done(std::uint32_t hart, std::uint32_t data, bool is_ok) {
  const HartState& state = harts_[hart];
  pending_[hart] = {false, true, data};
  engine_->access_done(hart, clock_.now());
  notify_runnable();
  if (!is_ok) {
    guest_error(state, GuestErrorKind::kUnmappedAccess, 0,
                "the target answered with an error; loads give 0");
  }
}

void Cluster::report_bus_error(const HartAccess& access) {
  const char* what = access.kind == AccessKind::kStore  ? "store to"
                     : access.kind == AccessKind::kLoad ? "load from"
                                                        : "atomic on";
  const bool is_unmapped = payload_.get_response_status() == ::tlm::TLM_ADDRESS_ERROR_RESPONSE;
  const bool is_partial = payload_.get_response_status() == ::tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  services_.guest_errors.report(
      {is_unmapped ? GuestErrorKind::kUnmappedAccess : GuestErrorKind::kDeviceMisuse, access.hart,
       access.pc, access.address, std::string(name()) + "." + hart_name(access.hart),
       fmt::format("{} {:#010x}, {} bytes: {}; loads give 0, stores are ignored", what,
                   access.address, access.bytes,
                   is_unmapped  ? "no target there"
                   : is_partial ? "registers take whole words only"
                                : "the target refused")});
}

void Cluster::request_dmi(std::uint32_t address) {
  ::tlm::tlm_dmi dmi;
  payload_.set_address(address);
  if (!bus_socket->get_direct_mem_ptr(payload_, dmi)) {
    return;
  }
  const auto base = static_cast<std::uint32_t>(dmi.get_start_address());
  services_.dmi.map(base, dmi.get_end_address() - dmi.get_start_address() + 1, dmi.get_dmi_ptr(),
                    dmi.is_read_allowed(), dmi.is_write_allowed());
}

void Cluster::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) {
  services_.dmi.unmap(static_cast<std::uint32_t>(start), end - start + 1);
}

void Cluster::dump_csr(const HartState& hart, std::uint32_t csr, std::uint32_t value) {
  // The text of the RTL's $display, snitch.sv, so that scripts written for it can read ours.
  const Cycles nanoseconds = hart.cycle * clock_.period_ps() / 1000;
  services_.csr_dump(fmt::format("[DUMP] {} ns Core {:3}: 0x{:03x} = 0x{:08x}, {:10}", nanoseconds,
                                 hart.hart_id, csr, value, value));
}

void Cluster::trace_switched(const HartState& hart) {
  services_.trace_switched(hart.hart_id, hart.trace != 0);
}

void Cluster::guest_error(const HartState& hart, GuestErrorKind kind, std::uint32_t address,
                          const std::string& message) {
  services_.guest_errors.report({kind, hart.hart_id, hart.pc, address,
                                 std::string(name()) + "." + hart_name(hart.hart_id), message});
}

void Cluster::unsupported(const HartState& hart, const std::string& instruction) {
  stop_message_ = fmt::format("{}.{}: pc {:#010x}: {} is not modelled", name(),
                              hart_name(hart.hart_id), hart.pc, instruction);
  stop_hart_ = hart.hart_id;
  stop(ClusterStop::kUnsupported);
}

void Cluster::breakpoint(const HartState& hart) {
  ++breakpoints_;
  if (watcher_ != nullptr) {
    watcher_->hart_reached_ebreak(hart.hart_id);
  }
}

}  // namespace tessera
