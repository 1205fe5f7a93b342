// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "platform/app/hang_detector.h"
#include "platform/app/observation_options.h"
#include "platform/observe/code_names.h"
#include "platform/observe/interval_writer.h"
#include "platform/observe/last_instructions.h"
#include "platform/observe/profiler.h"
#include "platform/observe/stat_writer.h"
#include "platform/soc.h"

namespace tessera::app {

/// What watches one run for its firmware's developer.
class Observation {
 public:
  /// Attaches what `options` ask for to `soc`, which has not run yet; all outlive this. Throws
  /// UsageError when the folder of the profile cannot be made.
  Observation(const ObservationOptions& options, Soc& soc, const CodeNames& names,
              StatWriter& stats);

  /// Call about once per quantum.
  void poll();
  /// Null: not recorded.
  const LastInstructions* last_instructions() const { return last_instructions_.get(); }
  /// Why a run that ended as a hang did.
  std::string hang_reason() const;
  /// The run has ended. REQUIRES: called once, before the functions below.
  void finish();
  /// Throws ConfigError when a file cannot be written.
  void write_profile(const std::string& program) const;
  /// Null: nobody asked.
  const IntervalWriter* intervals() const { return intervals_.get(); }

 private:
  void look_for_hang();
  void attach(HartProbe& probe);

  const ObservationOptions options_;
  Soc& soc_;
  const CodeNames& names_;
  std::unique_ptr<LastInstructions> last_instructions_;
  std::unique_ptr<HangDetector> hang_detector_;
  std::unique_ptr<Profiler> profiler_;
  std::unique_ptr<IntervalWriter> intervals_;
};

}  // namespace tessera::app
