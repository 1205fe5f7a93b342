// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include "models/base/dmi_table.h"
#include "models/base/guest_error.h"
#include "models/base/hart_access.h"
#include "models/base/stat.h"
#include "models/base/wake_up.h"
#include "models/base/write_observer.h"
#include "models/core/hart_set.h"
#include "models/core/run_control.h"
#include "models/isa/interpreter.h"
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
};

/// All harts of the SoC in functional timing, in one SystemC process.
/// Harts take turns in the order of their ids. A turn lasts until the hart reaches the horizon (one
/// quantum ahead of the kernel, or the next pending SystemC event if that is earlier), sleeps,
/// waits for an answer, or wakes another hart. When all have reached the horizon, time advances.
/// Loads and stores go to L1 and to memories by DMI; everything else by blocking transport through
/// `bus_socket`, or through `bridge` where a target may call wait().
class Cluster : public sc_core::sc_module,
                public isa::HartEnvironment,
                public WakeUpTarget,
                public WriteObserver,
                public AccessBridge::Client {
 public:
  /// `stats` is the cluster's own group.
  Cluster(const sc_core::sc_module_name& name, const ClusterParameters& parameters,
          const ClockDomain& clock, const ClusterServices& services, StatGroup& stats);
  ~Cluster() override;

  ::tlm_utils::simple_initiator_socket<Cluster> bus_socket{"bus_socket"};

  /// Sends accesses to [base, base + bytes) through `bridge`; before the simulation starts.
  void attach_bridge(AccessBridge& bridge, std::uint32_t base, std::uint32_t bytes);

  /// Lets the harts run, within `limits`, when the kernel next does. The cluster pauses the kernel
  /// when it stops; until start() no hart moves.
  void start(const ClusterLimits& limits);
  /// Stops after the instruction that is executing.
  void request_stop();
  /// `hart` takes no further part: it stops after the instruction that is executing, and ignores
  /// wake-ups.
  void end_hart(std::uint32_t hart);
  ClusterStop stop_reason() const { return stop_; }
  /// Local time at which the cause of the stop arose.
  Cycles stop_cycle() const { return stop_cycle_; }
  const std::string& stop_message() const { return stop_message_; }

  const std::vector<HartState>& harts() const { return harts_; }
  /// Local time of the hart whose turn it is, else kernel time.
  Cycles now() const;
  std::uint64_t total_instructions() const;

  std::uint32_t num_harts() const override { return parameters_.num_harts; }
  void wake_up(std::uint32_t hart, Cycles cycle) override;
  void memory_written(std::uint32_t address, std::uint32_t bytes) override;

 private:
  // isa::HartEnvironment
  HartReply access(const HartAccess& access) override;
  void dump_csr(const HartState& hart, std::uint32_t csr, std::uint32_t value) override;
  void guest_error(const HartState& hart, GuestErrorKind kind, std::uint32_t address,
                   const std::string& message) override;
  void unsupported(const HartState& hart, const std::string& name) override;
  void breakpoint(const HartState& hart) override;
  // AccessBridge::Client
  void access_done(std::uint32_t hart, std::uint32_t data, bool is_ok) override;

  void start_of_simulation() override;
  void run();  ///< the SC_THREAD
  void run_until_stopped();
  void run_turns();
  /// From next_turn_ to the last hart; true when one could run.
  bool run_round();
  void run_hart(std::uint32_t hart);
  void stop(ClusterStop reason);
  void notify_runnable();
  /// Cycle of the next thing the kernel has to do, or far away.
  Cycles next_kernel_event() const;
  void limit_horizon(Cycles cycle);
  HartReply bus_access(const HartAccess& access);
  HartReply bridged_access(const HartAccess& access);
  void request_dmi(std::uint32_t address);
  void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end);
  void report_bus_error(const HartAccess& access);
  std::string hart_name(std::uint32_t hart) const;
  void add_stats(StatGroup& stats);

  struct PendingAccess {
    bool is_posted = false;
    bool is_done = false;
    std::uint32_t data = 0;
  };

  const ClusterParameters parameters_;
  const ClockDomain& clock_;
  const ClusterServices services_;
  isa::Interpreter interpreter_;
  AccessBridge* bridge_ = nullptr;
  std::uint32_t bridge_base_ = 0;
  std::uint32_t bridge_bytes_ = 0;

  std::vector<HartState> harts_;
  std::vector<PendingAccess> pending_;
  HartSet running_;
  HartState* active_hart_ = nullptr;  ///< whose turn it is
  Cycles horizon_ = 0;
  std::uint32_t next_turn_ = 0;  ///< first hart that may have the next turn
  bool is_waiting_ = false;      ///< for runnable_event_: no hart can run
  ClusterLimits limits_;
  ClusterStop stop_ = ClusterStop::kNone;
  Cycles stop_cycle_ = 0;
  std::string stop_message_;
  sc_core::sc_event start_event_{"start_event"};
  sc_core::sc_event runnable_event_{"runnable_event"};

  ::tlm::tlm_generic_payload payload_;
  InitiatorExtension initiator_;
  std::uint64_t bus_accesses_ = 0;
  std::uint64_t bridged_accesses_ = 0;
  std::uint64_t breakpoints_ = 0;
};

}  // namespace tessera
