// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "platform/app/hang_detector.h"
#include "platform/app/observation_options.h"
#include "platform/observe/last_instructions.h"
#include "platform/soc.h"

namespace tessera::app {

/// What watches one run for its firmware's developer.
class Observation {
 public:
  /// Attaches what `options` ask for to `soc`, which outlives this and has not run yet.
  Observation(const ObservationOptions& options, Soc& soc);

  /// Call about once per quantum.
  void poll();
  /// Null: not recorded.
  const LastInstructions* last_instructions() const { return last_instructions_.get(); }
  /// Why a run that ended as a hang did.
  std::string hang_reason() const;

 private:
  void look_for_hang();

  const ObservationOptions options_;
  Soc& soc_;
  std::unique_ptr<LastInstructions> last_instructions_;
  std::unique_ptr<HangDetector> hang_detector_;
};

}  // namespace tessera::app
