// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include "models/base/address_range.h"
#include "models/base/dmi_table.h"
#include "models/base/guest_error.h"
#include "models/base/hart_access.h"
#include "models/base/hart_control.h"
#include "models/base/memory_port.h"
#include "models/base/observers.h"
#include "models/base/stat.h"
#include "models/base/wake_up.h"
#include "models/base/write_observer.h"
#include "models/core/functional_engine.h"
#include "models/core/hart_set.h"
#include "models/core/run_control.h"
#include "models/core/timing_mode.h"
#include "models/tlm/access_bridge.h"
#include "models/tlm/clock_domain.h"
#include "models/tlm/payload_ext.h"

namespace tessera {

struct ClusterParameters {
  std::uint32_t num_harts = 16;
  std::uint32_t harts_per_tile = 4;
  std::uint32_t tiles_per_group = 1;
  std::uint32_t boot_address = 0;
  Cycles quantum_cycles = 1000;  ///< how far a hart may run ahead of the others
  isa::IsaConfig isa{};
  std::vector<std::uint32_t> memories;  ///< an address in each memory that may hold code
};

/// What the cluster needs from its surroundings; all of it outlives the cluster.
struct ClusterServices {
  HartPort& l1;
  DmiTable& dmi;
  GuestErrorSink& guest_errors;
  std::function<void(const std::string& line)> csr_dump;  ///< CSR writes that the RTL prints
  std::function<void()> poll;  ///< called once per turn of all harts; may be empty
  /// The engine of cycle timing, built when first asked for.
  std::function<HartEngine&()> cycle_engine;
  /// No device has work under way that the other timing mode could not go on with.
  std::function<bool()> devices_are_at_rest;
  /// A hart switched CSR trace on or off.
  std::function<void(std::uint32_t hart, bool is_on)> trace_switched;
  const Observers& observers = Observers::none();
};

/// All harts of the SoC, in one SystemC process: their state, their way to the rest of the machine,
/// and the run loop. An engine of the timing mode in use advances them up to the horizon: one
/// quantum ahead of the kernel, or the next pending SystemC event if that is earlier. Then time
/// advances.
/// What leaves the harts' memories goes out by blocking transport through `bus_socket`, or through
/// `bridge` where a target may call wait().
class Cluster : public sc_core::sc_module,
                public isa::HartEnvironment,
                public SocTarget,
                public WakeUpTarget,
                public WriteObserver,
                public HartControl,
                public AccessBridge::Client {
 public:
  /// `stats` is the cluster's own group.
  Cluster(const sc_core::sc_module_name& name, const ClusterParameters& parameters,
          const ClockDomain& clock, const ClusterServices& services, StatGroup& stats);
  ~Cluster() override;

  ::tlm_utils::simple_initiator_socket<Cluster> bus_socket{"bus_socket"};

  /// Sends accesses to [base, base + bytes) through `bridge`, the same for all such ranges; before
  /// the simulation starts.
  void attach_bridge(AccessBridge& bridge, std::uint32_t base, std::uint32_t bytes);

  /// Lets the harts run, within `limits`, when the kernel next does. The cluster pauses the kernel
  /// when it stops; until start() no hart moves.
  void start(const ClusterLimits& limits);
  /// Stops after the instruction that is executing.
  void request_stop();
  /// `hart` takes no further part: it stops after the instruction that is executing, and ignores
  /// wake-ups.
  void end_hart(std::uint32_t hart);
  /// Changes the timing mode as soon as nothing is under way, in the run that goes on or the next.
  /// In functional mode the turn under way ends first, with the instruction that is executing.
  void request_timing(TimingMode mode);
  TimingMode timing() const { return timing_; }
  /// The same, or what it changes to as soon as that is possible.
  TimingMode wanted_timing() const { return wanted_timing_; }
  /// `reached` is called each time that a hart comes to `address`, before it executes there.
  void watch_pc(std::uint32_t address, const std::function<void()>& reached);

  // HartControl (cluster_control.cpp)
  void set_watcher(HartWatcher* watcher) override { watcher_ = watcher; }
  void watch_pc(std::uint32_t address, bool is_watched) override;
  void step_hart(std::uint32_t hart, bool is_stepped) override;
  void hold_hart(std::uint32_t hart, bool is_held) override;
  std::string hart_activity(std::uint32_t hart) const override;
  std::uint64_t instructions(std::uint32_t hart) const override {
    return harts_[hart].instructions;
  }
  std::uint32_t pc(std::uint32_t hart) const override { return harts_[hart].pc; }
  void set_pc(std::uint32_t hart, std::uint32_t value) override { harts_[hart].pc = value; }
  std::optional<std::uint32_t> register_value(std::uint32_t hart,
                                              std::uint32_t index) const override;
  bool set_register(std::uint32_t hart, std::uint32_t index, std::uint32_t value) override;
  const std::vector<CsrDescription>& csrs() const override;
  std::optional<std::uint32_t> csr(std::uint32_t hart, std::uint32_t number) override;
  bool set_csr(std::uint32_t hart, std::uint32_t number, std::uint32_t value) override;

  /// Cycle timing: ClusterServices::poll is called in `cycle`, too; kNever: nowhere.
  void poll_at(Cycles cycle) { poll_cycle_ = cycle; }

  ClusterStop stop_reason() const { return stop_; }
  /// Local time at which the cause of the stop arose.
  Cycles stop_cycle() const { return stop_cycle_; }
  const std::string& stop_message() const { return stop_message_; }
  /// kUnsupported: whose instruction it is.
  std::uint32_t stop_hart() const { return stop_hart_; }

  const std::vector<HartState>& harts() const { return harts_; }
  std::vector<HartState>& harts() { return harts_; }
  /// An observer has come in the midst of a run.
  void observer_came() { functional_.observer_came(); }
  /// Brings the harts' counters up to now(), for whoever reads them inside a run.
  void sync() { engine_->sync(now()); }
  /// Local time of the hart whose turn it is, else kernel time.
  Cycles now() const;
  std::uint64_t total_instructions() const;

  std::uint32_t num_harts() const override { return parameters_.num_harts; }
  void wake_up(std::uint32_t hart, Cycles cycle) override;
  void memory_written(std::uint32_t address, std::uint32_t bytes) override;
  /// isa::HartEnvironment and SocTarget: an access that no engine does by itself.
  HartReply access(const HartAccess& access) override;
  std::string hart_name(std::uint32_t hart) const override;

 private:
  // isa::HartEnvironment
  void dump_csr(const HartState& hart, std::uint32_t csr, std::uint32_t value) override;
  void trace_switched(const HartState& hart) override;
  void guest_error(const HartState& hart, GuestErrorKind kind, std::uint32_t address,
                   const std::string& message) override;
  void unsupported(const HartState& hart, const std::string& name) override;
  void breakpoint(const HartState& hart) override;
  bool pc_reached(const HartState& hart) override;
  // AccessBridge::Client
  void access_done(std::uint32_t hart, std::uint32_t data, bool is_ok) override;

  void start_of_simulation() override;
  void run();  ///< the SC_THREAD
  void run_until_stopped();
  void check_limits(Cycles now);
  /// Lets the engine run up to the horizon, then the kernel.
  void run_to_horizon(Cycles now);
  /// All harts wait: lets the kernel go on until something may have woken one.
  void wait_for_runnable(Cycles now);
  template <typename Visit>
  void for_each_engine(Visit visit) {
    visit(functional_);
    if (cycle_ != nullptr) {
      visit(*cycle_);
    }
  }
  /// Builds the engine of cycle timing.
  void add_cycle_engine();
  /// Changes the mode if that is possible now; else whoever must come to rest goes on.
  void try_change_timing(Cycles now);
  void stop(ClusterStop reason);
  void notify_runnable();
  /// Cycle of the next thing the kernel has to do, or kNever.
  Cycles next_kernel_event() const;
  HartReply perform(const HartAccess& access);
  HartReply bus_access(const HartAccess& access);
  HartReply bridged_access(const HartAccess& access);
  void request_dmi(std::uint32_t address);
  void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end);
  void report_bus_error(const HartAccess& access);
  void add_stats(StatGroup& stats);
  /// What only cycle timing counts, per hart.
  void add_stall_stats();

  struct PendingAccess {
    bool is_posted = false;
    bool is_done = false;
    std::uint32_t data = 0;
  };

  const ClusterParameters parameters_;
  const ClockDomain& clock_;
  const ClusterServices services_;
  AccessBridge* bridge_ = nullptr;
  std::vector<AddressRange> bridged_;

  std::vector<HartState> harts_;
  std::vector<StatGroup*> hart_stats_;
  std::vector<PendingAccess> pending_;
  FunctionalEngine functional_;
  HartEngine* cycle_ = nullptr;        ///< once it has been asked for
  HartEngine* engine_ = &functional_;  ///< that of timing_
  TimingMode timing_ = TimingMode::kFunctional;
  TimingMode wanted_timing_ = TimingMode::kFunctional;
  std::multimap<std::uint32_t, std::function<void()>> watched_pcs_;
  HartWatcher* watcher_ = nullptr;
  std::set<std::uint32_t> watched_by_watcher_;
  HartSet stepped_;
  HartSet held_;
  bool is_engine_running_ = false;
  bool is_waiting_ = false;  ///< for runnable_event_: no hart can run
  ClusterLimits limits_;
  Cycles poll_cycle_ = ~Cycles{0};
  ClusterStop stop_ = ClusterStop::kNone;
  Cycles stop_cycle_ = 0;
  std::string stop_message_;
  std::uint32_t stop_hart_ = kNoHart;
  sc_core::sc_event start_event_{"start_event"};
  sc_core::sc_event runnable_event_{"runnable_event"};

  ::tlm::tlm_generic_payload payload_;
  InitiatorExtension initiator_;
  std::uint64_t bus_accesses_ = 0;
  std::uint64_t bridged_accesses_ = 0;
  std::uint64_t breakpoints_ = 0;
};

}  // namespace tessera
