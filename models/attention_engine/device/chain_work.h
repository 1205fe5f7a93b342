// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "models/attention_engine/device/work.h"
#include "models/attention_engine/device/work_reader.h"

namespace tessera::attention_engine {

/// Chains that stand in memory as instructions, as firmware would push them.
class ChainWork final : public Work {
 public:
  explicit ChainWork(std::vector<std::uint64_t> instructions)
      : instructions_(std::move(instructions)) {}

  std::unique_ptr<JobProgram> program(const EngineParameters& engine,
                                      std::vector<std::uint32_t>& tile_list) override;
  std::optional<EngineError> compute(ByteMemory& memory, WorkReport& report) override;
  [[nodiscard]] std::optional<std::uint64_t> software_chains() const override;

 private:
  std::vector<std::uint64_t> instructions_;
};

class ChainReader final : public WorkReader {
 public:
  ChainReader(const DeviceContext& context, const DescriptorFields& fields,
              std::vector<Fetch>& fetches)
      : WorkReader(context, fields, fetches) {}
  /// Null: error() says why. BAD_DESC: no instruction, or more than 65,536.
  std::unique_ptr<Work> read();
};

}  // namespace tessera::attention_engine
