// SPDX-License-Identifier: Apache-2.0
#include "models/ita/job_interface.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/base/error.h"

namespace tessera::ita {

namespace {
constexpr std::uint32_t kUnmappedValue = 0;
}  // namespace

JobInterface::JobInterface(const sc_core::sc_module_name& name,
                           const JobInterfaceParameters& parameters, const ClockDomain& clock,
                           ByteMemory& memory, WakeUpTarget& harts, GuestErrorSink& guest_errors,
                           StatGroup& parent_stats, const DeviceProbe& probe)
    : RegisterDevice(name, clock, kUnmappedValue),
      memory_(memory),
      harts_(harts),
      guest_errors_(guest_errors),
      hardware_(parameters.hardware),
      times_(hardware_),
      stats_(parent_stats.add_group(basename())),
      engine_(parameters.flavour, hardware_, parameters.region_base, parameters.region_bytes),
      probe_(probe) {
  add_control_registers();
  add_job_registers();
  registers_.check_complete();
  add_stats();
}

void JobInterface::add_control_registers() {
  registers_.add_word("TRIGGER", ITA_JOB_TRIGGER, RegisterMode::kWriteOnly)
      .on_write([this](std::uint32_t value, const RegisterAccess& access) {
        commit(value == 0, access);
      });
  Register& acquired = registers_.add_word("ACQUIRE", ITA_JOB_ACQUIRE, RegisterMode::kReadOnly);
  acquired.on_read(
      [this, &acquired](const RegisterAccess& access) { acquired.value = acquire(access); });
  const auto seen = [this](const RegisterAccess& access) { tell_seen(access); };
  registers_.add_word("FINISHED", ITA_JOB_FINISHED, RegisterMode::kReadOnly)
      .on_read(seen)
      .value_from([this](Cycles) { return state_.finished; });
  registers_.add_word("STATUS", ITA_JOB_STATUS, RegisterMode::kReadOnly)
      .on_read(seen)
      .value_from([this](Cycles) { return status(); });
  registers_.add_word("RUNNING_JOB", ITA_JOB_RUNNING_JOB, RegisterMode::kReadOnly)
      .on_read(seen)
      .value_from([this](Cycles) { return state_.is_running ? state_.oldest : ITA_JOB_NONE; });
  registers_.add_word("SOFT_CLEAR", ITA_JOB_SOFT_CLEAR, RegisterMode::kWriteOnly)
      .on_write([this](std::uint32_t, const RegisterAccess& access) { soft_clear(access); });
  registers_.add_word("SW_EVT", ITA_JOB_SW_EVT, RegisterMode::kWriteOnly)
      .on_write(
          [this](std::uint32_t, const RegisterAccess& access) { raise_event(cause_of(access)); });
  registers_.add_word("WAKE_HART", ITA_JOB_WAKE_HART)
      .value_from([this](Cycles) { return state_.wake_hart; })
      .on_write([this](std::uint32_t value, const RegisterAccess& access) {
        write_wake_hart(value, access);
      });
}

void JobInterface::add_job_registers() {
  const auto add = [this](const char* name, std::uint32_t offset) -> Register& {
    return registers_.add(name, offset)
        .value_from(
            [this, offset](Cycles) { return state_.contexts[programmed_context()].at(offset); })
        .on_write([this, offset](std::uint32_t value, const RegisterAccess& access) {
          write_job_register(offset, value, access);
        });
  };
  const auto add_word = [&](const char* name, std::uint32_t offset) {
    add(name, offset).field(0, 32, name);
  };
  add_word("INPUT_PTR", ITA_JOB_INPUT_PTR);
  add_word("WEIGHT_PTR0", ITA_JOB_WEIGHT_PTR0);
  add_word("WEIGHT_PTR1", ITA_JOB_WEIGHT_PTR1);
  add_word("BIAS_PTR", ITA_JOB_BIAS_PTR);
  add_word("OUTPUT_PTR", ITA_JOB_OUTPUT_PTR);
  add_word("SEQ_LENGTH", ITA_JOB_SEQ_LENGTH);
  add("TILES", ITA_JOB_TILES)
      .field(ITA_JOB_TILES_S_SHIFT, 4, "S")
      .field(ITA_JOB_TILES_E_SHIFT, 4, "E")
      .field(ITA_JOB_TILES_P_SHIFT, 4, "P")
      .field(ITA_JOB_TILES_F_SHIFT, 4, "F")
      .reserved(16, 16);
  add_word("EPS_MULT0", ITA_JOB_EPS_MULT0);
  add_word("EPS_MULT1", ITA_JOB_EPS_MULT1);
  add_word("RIGHT_SHIFT0", ITA_JOB_RIGHT_SHIFT0);
  add_word("RIGHT_SHIFT1", ITA_JOB_RIGHT_SHIFT1);
  add_word("ADD0", ITA_JOB_ADD0);
  add_word("ADD1", ITA_JOB_ADD1);
  add("CTRL_ENGINE", ITA_JOB_CTRL_ENGINE)
      .field(0, 2, "LAYER")
      .field(ITA_JOB_ACTIVATION_SHIFT, 2, "ACTIVATION")
      .reserved(4, 28);
  add("CTRL_STREAM", ITA_JOB_CTRL_STREAM)
      .flag(0, "WEIGHT_PRELOAD")
      .flag(1, "WEIGHT_NEXTLOAD")
      .flag(2, "BIAS_DISABLE")
      .flag(3, "BIAS_PER_ROW")
      .flag(4, "OUTPUT_DISABLE")
      .reserved(5, 27);
  add("GELU_B_C", ITA_JOB_GELU_B_C).field(0, 16, "B").field(16, 16, "C");
  add("ACTIVATION_REQUANT", ITA_JOB_ACTIVATION_REQUANT)
      .field(0, 8, "MULT")
      .field(8, 8, "SHIFT")
      .field(16, 8, "ADD")
      .reserved(24, 8);
}

void JobInterface::add_stats() {
  stats_.add("jobs", "count", "jobs that ended", &counters_.jobs);
  stats_.add("refused_jobs", "count", "of these, jobs that broke a rule", &counters_.refused_jobs);
  stats_.add("busy_cycles", "cycles", "a job was running", &counters_.busy_cycles);
  stats_.add("macs", "count", "multiply-accumulates", &counters_.macs);
  stats_.add("bytes_read", "bytes", "read through the ports", &counters_.bytes_read);
  stats_.add("bytes_written", "bytes", "written through the ports", &counters_.bytes_written);
  stats_.add("events", "count", "ends of jobs and software events", &counters_.events);
  stats_.add("full_acquires", "count", "ACQUIRE found no free context", &counters_.full_acquires);
  stats_.add("misuses", "count", "accesses and jobs that broke a rule", &counters_.misuses);
}

void JobInterface::advance_to(Cycles cycle) {
  if (cycle_engine_ != nullptr || !state_.is_running || state_.end > cycle) {
    return;
  }
  while (state_.is_running && state_.end <= cycle) {
    run_tile_step(TileJob(state_.contexts[state_.oldest]));
    finish_job();
    start_job(state_.end);
  }
  schedule_end();
}

void JobInterface::schedule_end() {
  if (state_.is_running && cycle_engine_ == nullptr) {
    schedule_advance(state_.end);
  } else {
    cancel_advance();
  }
}

std::uint32_t JobInterface::programmed_context() const {
  return (state_.oldest + state_.num_committed) % kNumContexts;
}

bool JobInterface::may_program(const RegisterAccess& access, const std::string& what) {
  if (state_.is_locked && state_.lock_hart != access.hart) {
    report(access, fmt::format("{} while hart {} has acquired the context: ignored", what,
                               state_.lock_hart));
    return false;
  }
  if (state_.num_committed == kNumContexts) {
    report(access, what + " while all contexts are taken: ignored; wait until ACQUIRE gives one");
    return false;
  }
  return true;
}

std::uint32_t JobInterface::acquire(const RegisterAccess& access) {
  if (state_.num_committed == kNumContexts) {
    ++counters_.full_acquires;
    return ITA_JOB_ACQUIRE_FULL;
  }
  if (state_.is_locked && state_.lock_hart != access.hart) {
    return ITA_JOB_ACQUIRE_LOCKED;
  }
  state_.is_locked = true;
  state_.lock_hart = access.hart;
  return programmed_context();
}

void JobInterface::commit(bool is_triggered, const RegisterAccess& access) {
  if (!may_program(access, "TRIGGER")) {
    return;
  }
  state_.is_locked = false;
  state_.origins[programmed_context()] = {access.hart, access.pc, launched_};
  ++state_.num_committed;
  tell_launched(access);
  if (is_triggered) {
    state_.num_triggered = state_.num_committed;
    start_job(access.cycle);
    schedule_end();
  }
}

void JobInterface::soft_clear(const RegisterAccess& access) {
  if (state_.is_running || engine_.state().is_in_layer) {
    report(access,
           "SOFT_CLEAR in the middle of a layer: the layer is given up; the hardware's "
           "tile counters would stay where they are");
  }
  const State old = state_;
  state_ = State{};
  ended_ = launched_;
  // A hart behind the others may clear at a time that the last job has already passed.
  state_.end = old.is_running ? std::max(access.cycle, old.start) : old.end;
  state_.wake_hart = old.wake_hart;
  if (old.is_running) {
    counters_.busy_cycles += state_.end - old.start;
    tell_ended(old.origins[old.oldest].number);
  }
  engine_.abandon();
  tell_phase_ended(state_.end);
  if (cycle_engine_ != nullptr) {
    cycle_engine_->abort();
  }
  schedule_end();
}

void JobInterface::write_job_register(std::uint32_t offset, std::uint32_t value,
                                      const RegisterAccess& access) {
  if (!may_program(access, fmt::format("write of job register {:#x}", offset))) {
    return;
  }
  const std::uint32_t context = programmed_context();
  state_.contexts[context].at(offset) = value;
  if (state_.num_committed == 0) {  // the engine waits for this very context
    show_context(context, access);
  }
}

void JobInterface::write_wake_hart(std::uint32_t value, const RegisterAccess& access) {
  if (value != ITA_JOB_NONE && value >= harts_.num_harts()) {
    report(access, fmt::format("WAKE_HART {}: ignored; allowed: 0 .. {} and {:#x}", value,
                               harts_.num_harts() - 1, ITA_JOB_NONE));
    return;
  }
  state_.wake_hart = value;
}

void JobInterface::start_job(Cycles cycle) {
  if (state_.is_running || state_.num_triggered == 0) {
    return;
  }
  // A hart behind the others may trigger at a time that the last job has already passed.
  state_.start = std::max(cycle, state_.end);
  state_.is_running = true;
  if (cycle_engine_ == nullptr) {
    state_.end = state_.start + times_.cycles(TileJob(state_.contexts[state_.oldest]).kind());
  }
  tell_begun();
}

RegisterAccess JobInterface::origin() const {
  const Origin& origin = state_.origins[state_.oldest];
  return {origin.hart, origin.pc, state_.end};
}

void JobInterface::use_engine(JobEngine* engine) {
  TESSERA_CHECK(is_idle(), "{} changes its timing while it is at work", name());
  cycle_engine_ = engine;
  if (engine != nullptr) {
    engine->take_over();
  }
}

JobQueue::Job JobInterface::begin_job() {
  const TileJob job(state_.contexts[state_.oldest]);
  const std::optional<JobMisuse> misuse = engine_.refusal(job);
  if (misuse) {
    refuse(*misuse);
  } else {
    check_job(job);
    count_tile_step(job);
  }
  return {job, misuse.has_value(), state_.origins[state_.oldest].number};
}

void JobInterface::end_job(Cycles cycle) {
  state_.end = cycle + JobEngine::kEventCycles;
  finish_job();
  start_job(state_.end);
}

void JobInterface::finish_job() {
  ++counters_.jobs;
  counters_.busy_cycles += state_.end - state_.start;
  ++state_.finished;
  const RegisterAccess access = origin();
  const std::uint64_t number = state_.origins[state_.oldest].number;
  state_.oldest = (state_.oldest + 1) % kNumContexts;
  --state_.num_committed;
  --state_.num_triggered;
  state_.is_running = false;
  ended_ = number + 1;
  tell_ended(number);
  show_context(state_.oldest, access);
  raise_event({probe_.agent(), 0, state_.end});
}

void JobInterface::run_tile_step(const TileJob& job) {
  memory_.attribute_to(state_.origins[state_.oldest].number);
  std::optional<JobMisuse> misuse = engine_.refusal(job);
  TileOperands operands{};
  if (!misuse && !engine_.fetch(job, memory_, operands)) {
    misuse = JobMisuse{"an operand of the job is not in memory"};
  }
  if (misuse) {
    refuse(*misuse);
    return;
  }
  check_job(job);
  if (const auto output = engine_.compute(job, operands)) {
    memory_.write(job.output, output->data(), output->size());
  }
  count_tile_step(job);
}

void JobInterface::refuse(const JobMisuse& misuse) {
  ++counters_.refused_jobs;
  report(origin(), misuse.message + ": the job has no effect and the layer is given up",
         misuse.address);
  engine_.abandon();
}

/// Defined by the hardware, and never meant: constants or weights come from somewhere else.
void JobInterface::check_job(const TileJob& job) {
  for (const std::string& fault : {engine_.constants_fault(job), engine_.weights_fault(job)}) {
    if (!fault.empty()) {
      report(origin(), fault);
    }
  }
}

void JobInterface::count_tile_step(const TileJob& job) {
  const JobTraffic traffic = job_traffic(job.kind(), hardware_);
  counters_.macs += kTileStepMacs;
  counters_.bytes_read += std::uint64_t{traffic.reads} * hardware_.port_bytes;
  counters_.bytes_written += job.has_output ? kTileBytes : 0;
}

void JobInterface::show_context(std::uint32_t context, const RegisterAccess& access) {
  const TileJob next(state_.contexts[context]);
  if (engine_.see_next_context(next.tiles, next.layer)) {
    report(access,
           fmt::format("TILES = {:#x} in context {}, which runs next, ends an output tile of the "
                       "layer under way too early: the hardware's tile counters go on to the next; "
                       "program TILES before the job before it ends",
                       state_.contexts[context].at(ITA_JOB_TILES), context));
  }
}

void JobInterface::raise_event(const Cause& sender) {
  ++counters_.events;
  if (state_.wake_hart != ITA_JOB_NONE) {
    if (SyncProbe* probe = probe_.sync()) {
      probe->wake_up_sent(state_.wake_hart, sender);
    }
    harts_.wake_up(state_.wake_hart, sender.cycle);
  }
}

std::uint32_t JobInterface::status() const {
  std::uint32_t status = 0;
  for (std::uint32_t i = 0; i < state_.num_committed; ++i) {
    status |= 1u << (8 * ((state_.oldest + i) % kNumContexts));
  }
  return status;
}

void JobInterface::report(const RegisterAccess& access, const std::string& message,
                          std::uint32_t address) {
  ++counters_.misuses;
  guest_errors_.report(
      {GuestErrorKind::kDeviceMisuse, access.hart, access.pc, address, name(), message});
}

}  // namespace tessera::ita
