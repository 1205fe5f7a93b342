// SPDX-License-Identifier: Apache-2.0
// What the job interface tells observers and reports.
#include <fmt/format.h>

#include "models/base/text.h"
#include "models/ita/job_interface.h"

namespace tessera::ita {

void JobInterface::tell_launched(const RegisterAccess& access) {
  if (ActivityProbe* probe = probe_.activities()) {
    const TileJob job(state_.contexts[(programmed_context() + kNumContexts - 1) % kNumContexts]);
    probe->launched(
        probe_.activity("job", launched_), cause_of(access),
        fmt::format("{} tile step: input {:#x}, weights {:#x}{}", to_string(job.layer), job.input,
                    job.weights, job.has_output ? fmt::format(", output {:#x}", job.output) : ""));
    tell_waiting(access.cycle);
  }
  ++launched_;
}

void JobInterface::tell_begun() {
  if (ActivityProbe* probe = probe_.activities()) {
    const Phase phase = engine_.phase_of(TileJob(state_.contexts[state_.oldest]));
    if (phase_ && *phase_ != phase) {
      tell_phase_ended(state_.start);
    }
    if (!phase_) {
      phase_ = phase;
      probe->begins(probe_.activity("phase", phases_), std::string(to_string(phase)), state_.start);
    }
    probe->begins(probe_.activity("job", state_.origins[state_.oldest].number), "", state_.start);
    tell_waiting(state_.start);
  }
}

void JobInterface::tell_ended(std::uint64_t number) {
  if (ActivityProbe* probe = probe_.activities()) {
    probe->ends(probe_.activity("job", number), state_.end);
    tell_waiting(state_.end);
    if (!engine_.state().is_in_layer || engine_.state().phase != phase_) {
      tell_phase_ended(state_.end);
    }
  }
}

void JobInterface::tell_phase_ended(Cycles cycle) {
  ActivityProbe* const probe = probe_.activities();
  if (probe != nullptr && phase_) {
    probe->ends(probe_.activity("phase", phases_++), cycle);
    phase_.reset();
  }
}

void JobInterface::tell_seen(const RegisterAccess& reader) const {
  if (ActivityProbe* probe = probe_.activities(); probe != nullptr && ended_ > 0) {
    probe->completion_seen(probe_.activity("job", ended_ - 1), cause_of(reader));
  }
}

void JobInterface::tell_waiting(Cycles cycle) const {
  const std::uint32_t running = state_.is_running ? 1 : 0;
  probe_.activities()->counted(probe_.agent(), "waiting_jobs", state_.num_committed - running,
                               cycle);
}

std::string JobInterface::activity() const {
  std::vector<std::string> texts;
  if (state_.is_running) {
    const Origin& origin = state_.origins[state_.oldest];
    texts.push_back(fmt::format("runs the job of context {} since cycle {}, committed by hart {}",
                                state_.oldest, state_.start, origin.hart));
  }
  const std::uint32_t running = state_.is_running ? 1 : 0;
  if (state_.num_triggered > running) {
    texts.push_back(fmt::format("{} more triggered", state_.num_triggered - running));
  }
  if (state_.num_committed > state_.num_triggered) {
    texts.push_back(fmt::format("{} committed but not triggered (TRIGGER = 0 starts them)",
                                state_.num_committed - state_.num_triggered));
  }
  if (state_.is_locked) {
    texts.push_back(fmt::format("hart {} has acquired context {} and not written TRIGGER yet",
                                state_.lock_hart, programmed_context()));
  }
  return join(texts, "; ");
}

}  // namespace tessera::ita
