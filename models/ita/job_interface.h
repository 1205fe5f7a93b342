// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include <systemc>

#include "models/base/byte_memory.h"
#include "models/base/guest_error.h"
#include "models/base/observers.h"
#include "models/base/stat.h"
#include "models/base/wake_up.h"
#include "models/ita/job_engine.h"
#include "models/ita/job_interface_regs.h"
#include "models/ita/job_times.h"
#include "models/ita/tile_engine.h"
#include "models/tlm/register_device.h"

namespace tessera::ita {

struct JobInterfaceParameters {
  Flavour flavour = Flavour::kRtl;
  Hardware hardware{};
  /// The L1 banks that belong to this ITA: jobs reach nothing else.
  std::uint32_t region_base = 0;
  std::uint32_t region_bytes = 0x1'0000;
};

/// One ITA behind its job interface: a queue of four contexts, one job = one tile step. README.
/// Timing: functional: a job ends JobTimes::cycles() after the one before it, or after its trigger
///         when idle; all its effects (memory, registers, wake-up) happen at its end. Cycle: the
///         JobEngine runs the jobs. Checked by the tests ita_jobs and ita_cycles.
/// Errors: a job that breaks the rules is reported (device_misuse, with the hart and pc of its
///         trigger), takes its time and ends with its event, but reads and writes nothing and gives
///         the layer up. A register access that breaks the rules is reported and ignored.
class JobInterface : public RegisterDevice, public JobQueue {
 public:
  JobInterface(const sc_core::sc_module_name& name, const JobInterfaceParameters& parameters,
               const ClockDomain& clock, ByteMemory& memory, WakeUpTarget& harts,
               GuestErrorSink& guest_errors, StatGroup& parent_stats,
               const DeviceProbe& probe = {});

  /// No job waits or is under way.
  bool is_idle() const { return state_.num_triggered == 0; }
  std::string activity() const override;
  /// Cycle timing with `engine`, which runs the jobs of tile_engine(), or functional timing (null).
  /// REQUIRES: is_idle().
  void use_engine(JobEngine* engine);
  TileEngine& tile_engine() { return engine_; }
  /// The group of the statistics, for the engine's.
  StatGroup& stats() { return stats_; }

  // JobQueue
  bool has_job() const override { return state_.num_triggered > 0; }
  Job begin_job() override;
  void end_job(Cycles cycle) override;

 private:
  static constexpr std::uint32_t kNumContexts = ITA_JOB_NUM_CONTEXTS;

  /// Who committed a job, and where.
  struct Origin {
    std::uint32_t hart = kNoHart;
    std::uint32_t pc = 0;
    std::uint64_t number = 0;  ///< of the job, for observers
  };
  struct State {
    std::array<JobContext, kNumContexts> contexts{};
    std::array<Origin, kNumContexts> origins{};
    std::uint32_t oldest = 0;         ///< context of the running job, or of the one to run next
    std::uint32_t num_committed = 0;  ///< contexts taken, from `oldest` on
    std::uint32_t num_triggered = 0;  ///< of these, how many may run
    bool is_running = false;
    Cycles start = 0;        ///< of the running job
    Cycles end = 0;          ///< of the running job, or of the last one
    bool is_locked = false;  ///< between ACQUIRE and TRIGGER
    std::uint32_t lock_hart = kNoHart;
    std::uint32_t finished = 0;
    std::uint32_t wake_hart = ITA_JOB_NONE;
  };
  struct Counters {
    std::uint64_t jobs = 0;
    std::uint64_t refused_jobs = 0;
    std::uint64_t busy_cycles = 0;
    std::uint64_t macs = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
    std::uint64_t events = 0;
    std::uint64_t full_acquires = 0;
    std::uint64_t misuses = 0;
  };

  void advance_to(Cycles cycle) override;
  void add_control_registers();
  void add_job_registers();
  void add_stats();

  std::uint32_t programmed_context() const;
  /// Reports and returns false when `access` may not program a job now.
  bool may_program(const RegisterAccess& access, const std::string& what);
  std::uint32_t acquire(const RegisterAccess& access);
  void commit(bool is_triggered, const RegisterAccess& access);
  void soft_clear(const RegisterAccess& access);
  void write_job_register(std::uint32_t offset, std::uint32_t value, const RegisterAccess& access);
  void write_wake_hart(std::uint32_t value, const RegisterAccess& access);
  void start_job(Cycles cycle);
  void schedule_end();
  /// What the end of a job changes, in both timing modes.
  void finish_job();
  void run_tile_step(const TileJob& job);
  void refuse(const JobMisuse& misuse);
  void check_job(const TileJob& job);
  void count_tile_step(const TileJob& job);
  RegisterAccess origin() const;
  void show_context(std::uint32_t context, const RegisterAccess& access);
  /// `sender`: nobody but the ITA itself, or the hart that asked for the event.
  void raise_event(const Cause& sender);
  void tell_launched(const RegisterAccess& access);
  void tell_begun();
  void tell_ended(std::uint64_t number);
  void tell_phase_ended(Cycles cycle);
  /// A register told how many jobs have ended.
  void tell_seen(const RegisterAccess& reader) const;
  void tell_waiting(Cycles cycle) const;
  std::uint32_t status() const;
  void report(const RegisterAccess& access, const std::string& message, std::uint32_t address = 0);

  ByteMemory& memory_;
  WakeUpTarget& harts_;
  GuestErrorSink& guest_errors_;
  const Hardware hardware_;
  const JobTimes times_;
  StatGroup& stats_;
  TileEngine engine_;
  JobEngine* cycle_engine_ = nullptr;
  State state_;
  Counters counters_;
  const DeviceProbe probe_;
  std::optional<Phase> phase_;  ///< that observers were told of; it has not ended
  std::uint64_t phases_ = 0;    ///< that ended
  std::uint64_t launched_ = 0;  ///< jobs committed
  std::uint64_t ended_ = 0;     ///< number behind that of the last one that ended
};

}  // namespace tessera::ita
