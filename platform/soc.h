// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tlm>

#include "models/base/byte_memory.h"
#include "models/base/guest_error.h"
#include "models/base/hart_control.h"
#include "models/base/log.h"
#include "models/base/observers.h"
#include "models/base/stat.h"
#include "models/base/units.h"
#include "models/isa/hart_state.h"
#include "models/tlm/register_bank.h"
#include "platform/soc_config.h"

namespace tessera {

/// Why a run ended.
enum class RunEnd : std::uint8_t {
  kEndOfComputation,  ///< the guest wrote the end-of-computation register
  kMaxCycles,
  kMaxInstructions,
  kTimeout,      ///< wall-clock limit
  kHang,         ///< all harts sleep and nothing can wake them
  kGuestError,   ///< a guest error, and the user asked to stop at the first
  kUnsupported,  ///< an instruction that the platform does not model
  kInterrupted,  ///< SIGINT
};

/// A change of the timing mode, and when.
struct TimingSwitch {
  enum class When : std::uint8_t {
    kCycle,        ///< at cycle `value`
    kRegionBegin,  ///< when region of interest `value` begins
    kRegionEnd,
    kPc,  ///< when a hart comes to address `value`
  };
  TimingMode mode = TimingMode::kCycle;
  When when = When::kCycle;
  std::uint64_t value = 0;
};

struct RunLimits {
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  Cycles max_cycles = kNone;
  std::uint64_t max_instructions = kNone;  ///< retired by all harts together
};

struct RunResult {
  RunEnd end = RunEnd::kEndOfComputation;
  std::uint32_t guest_value = 0;   ///< kEndOfComputation: return value of the guest
  Cycles cycles = 0;               ///< since reset
  std::uint64_t instructions = 0;  ///< retired by all harts together
  std::string message;             ///< kUnsupported: hart and mnemonic; else empty
  std::uint32_t hart = kNoHart;    ///< kUnsupported: whose instruction it is
};

/// Region of interest of CSR trace, and its number: MemPool's programs have it on in their kernels.
constexpr std::uint32_t kTraceRegion = 0x7d0;

/// What a device is at work on, or holds back, in words.
struct DeviceActivity {
  std::string name;  ///< hierarchical
  std::string text;
};

/// What the machine needs from its surroundings; all of it outlives the Soc.
struct SocServices {
  std::shared_ptr<LogSink> log;
  GuestErrorSink& guest_errors;
  /// Bytes that the guest wrote to the UART, in order.
  std::function<void(const char* data, std::size_t bytes)> console;
  /// Called at least once per quantum; the host's chance to look at signals and clocks and to call
  /// Soc::request_stop(). May be empty.
  std::function<void()> poll;
  /// A hart wrote ROI_BEGIN (begins) or ROI_END of the platform block, or switched CSR trace on
  /// (begins) or off: then `id` is kTraceRegion. May be empty.
  std::function<void(std::uint32_t hart, std::uint32_t id, bool begins)> region_of_interest;
};

/// The machine: builds every part named in its configuration and runs it.
/// A process can build one Soc only (SystemC elaborates once).
class Soc {
 public:
  Soc(const SocConfig& config, const SocServices& services);
  ~Soc();

  /// Binds a TLM-2.0 target to the window soc.external; it sees addresses relative to the window,
  /// and may call wait() in b_transport: only the hart that asked waits. Before the first run().
  /// REQUIRES: soc.external.bytes > 0.
  void connect_external(::tlm::tlm_target_socket<>& target);
  /// Binds a TLM-2.0 initiator to the bus: it reaches everything that the DMA reaches, L1 in its
  /// raw (unscrambled) view. Before the first run().
  void connect_external(::tlm::tlm_initiator_socket<>& initiator);

  /// Lets `probes`, which outlive the Soc's last run, see the machine: before the first run(),
  /// and before memory() is written to, to see that too, or where a HartWatcher is called. An
  /// observed run takes the same cycles as a free one, and more host time. REQUIRES: kHasObservers.
  void attach(const Probes& probes);
  /// A probe wants to see more than before (HartProbe::watches), where a HartWatcher is called.
  void observer_came();
  /// Names of who acts.
  const Observers& observers() const;

  /// The loader's and debugger's view of L1 (as harts address it), L2 and memories behind
  /// `external`: no time, no side effects. Writes to decoded code are seen by the harts.
  /// Ends the elaboration: nothing can be connected afterwards.
  ByteMemory& memory();
  /// Changes the timing mode each time that `change` becomes true (kCycle: once), as soon as no
  /// access and no transfer is under way.
  void add_timing_switch(const TimingSwitch& change);
  TimingMode timing() const;
  /// The same, or what it changes to as soon as that is possible.
  TimingMode wanted_timing() const;

  /// Runs until the end of computation, a limit or a stop request. May be called again to go on
  /// after a limit.
  RunResult run(const RunLimits& limits);
  /// Ends run() after the instruction that is executing, or as soon as it begins. For callbacks
  /// inside run(), and for who decides before it.
  void request_stop(RunEnd reason);
  /// Local time of the hart or device that is acting; valid inside callbacks too.
  Cycles now() const;
  std::uint32_t num_harts() const;
  /// REQUIRES: hart < num_harts().
  const HartState& hart(std::uint32_t hart) const;
  /// The devices that are at work or hold something back.
  std::vector<DeviceActivity> activities() const;
  /// The registers of the device `name` ("soc.ita[1]"), without side effects; empty: it has none.
  std::vector<RegisterValue> register_values(const std::string& name) const;
  /// Assembly text of the instruction in memory at `pc`; empty: none can be there.
  std::string instruction_text(std::uint32_t pc) const;
  /// Cycle timing: SocServices::poll is called in `cycle`, too; kNever: nowhere.
  void poll_at(Cycles cycle);
  /// The debugger's hold on the harts.
  HartControl& hart_control();
  /// Brings the harts' counters up to now(), for whoever reads them inside a run.
  void sync();
  /// Root of the statistics, named "soc".
  const StatGroup& stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera
