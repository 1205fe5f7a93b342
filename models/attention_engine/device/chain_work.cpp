// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/device/chain_work.h"

#include <algorithm>

namespace tessera::attention_engine {

namespace {

constexpr std::uint32_t kMaxInstructions = 1u << 16;

class ChainProgram final : public JobProgram {
 public:
  explicit ChainProgram(std::vector<std::uint64_t> instructions)
      : instructions_(std::move(instructions)) {}

 private:
  bool write_more() override {
    words_.swap(instructions_);  // all of them, once
    return !words_.empty();
  }

  std::vector<std::uint64_t> instructions_;
};

}  // namespace

std::unique_ptr<JobProgram> ChainWork::program(const EngineParameters& /*engine*/,
                                               std::vector<std::uint32_t>& /*tile_list*/) {
  return std::make_unique<ChainProgram>(instructions_);
}

std::optional<EngineError> ChainWork::compute(ByteMemory& /*memory*/, WorkReport& /*report*/) {
  return std::nullopt;  // ChainData has it
}

std::optional<std::uint64_t> ChainWork::software_chains() const {
  return std::count_if(instructions_.begin(), instructions_.end(),
                       [](std::uint64_t word) { return decode(word).opcode == Opcode::kEndChain; });
}

std::unique_ptr<Work> ChainReader::read() {
  const std::uint32_t address = fields_.word(ATTENTION_ENGINE_DESC_Q);
  const std::uint32_t count = fields_.word(ATTENTION_ENGINE_DESC_PARAM0);
  if (!are_aligned({address})) {
    return nullptr;
  }
  if (count == 0 || count > kMaxInstructions) {
    fail(ErrorCode::kBadDescriptor, count, kMaxInstructions + 1,
         fmt::format("{} instructions; allowed: 1 .. {}", count, kMaxInstructions));
    return nullptr;
  }
  std::vector<std::uint64_t> instructions(count);
  if (!fetch(address, instructions.data(), count * sizeof(std::uint64_t), "the program")) {
    return nullptr;
  }
  return std::make_unique<ChainWork>(std::move(instructions));
}

}  // namespace tessera::attention_engine
