// SPDX-License-Identifier: Apache-2.0
#include "platform/app/observation.h"

#include <fmt/format.h>

namespace tessera::app {

Observation::Observation(const ObservationOptions& options, Soc& soc)
    : options_(options), soc_(soc) {
  if (options_.last_instructions > 0) {
    last_instructions_ =
        std::make_unique<LastInstructions>(soc.num_harts(), options_.last_instructions);
    Probes probes;
    probes.harts = last_instructions_.get();
    soc.attach(probes);
  }
  if (options_.hang_cycles > 0) {
    hang_detector_ = std::make_unique<HangDetector>(options_.hang_cycles, soc.num_harts());
  }
}

void Observation::poll() {
  if (hang_detector_ != nullptr) {
    look_for_hang();
  }
}

void Observation::look_for_hang() {
  const Cycles now = soc_.now();
  for (std::uint32_t hart = 0; hart < soc_.num_harts(); ++hart) {
    hang_detector_->look(soc_.hart(hart), now);
  }
  if (hang_detector_->is_hanging(now)) {
    soc_.request_stop(RunEnd::kHang);
  }
}

std::string Observation::hang_reason() const {
  return hang_detector_ != nullptr && hang_detector_->is_hanging(soc_.now())
             ? fmt::format("no hart came into a new state for {} cycles", options_.hang_cycles)
             : "no hart can go on, nothing can wake one";
}

}  // namespace tessera::app
