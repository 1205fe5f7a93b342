// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/attention_engine/cycle/job_program.h"
#include "models/attention_engine/device/descriptor.h"

namespace tessera::attention_engine {

/// All chains of a descriptor: the front end fetches it with what belongs to it, the job's own
/// chains, and the completion is written. A descriptor that cannot run has no chains of its own.
class JobSource final : public InstructionSource {
 public:
  /// `completion`: address, 0: none. REQUIRES: `job` outlives the source.
  JobSource(const EngineParameters& engine, const DescriptorJob& job, std::uint32_t completion,
            std::vector<std::uint32_t>& tile_list);

  bool next(std::uint64_t& word) override;
  [[nodiscard]] const TileCounters& counters() const;

 private:
  std::vector<std::uint64_t> before_;
  std::unique_ptr<JobProgram> program_;  ///< null: none
  std::vector<std::uint64_t> after_;
  std::size_t next_before_ = 0;
  std::size_t next_after_ = 0;
};

}  // namespace tessera::attention_engine
