// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/last_instructions.h"

#include <algorithm>

namespace tessera {

LastInstructions::LastInstructions(std::uint32_t num_harts, std::uint32_t depth)
    : depth_(depth), pcs_(std::size_t{num_harts} * depth), retired_(num_harts) {}

void LastInstructions::retired(const RetiredInstruction& instruction) {
  const std::uint32_t hart = instruction.hart;
  pcs_[std::size_t{hart} * depth_ + retired_[hart]++ % depth_] = instruction.pc;
}

std::vector<std::uint32_t> LastInstructions::of(std::uint32_t hart) const {
  std::vector<std::uint32_t> pcs;
  const std::uint64_t end = retired_[hart];
  for (std::uint64_t i = end - std::min<std::uint64_t>(end, depth_); i < end; ++i) {
    pcs.push_back(pcs_[std::size_t{hart} * depth_ + i % depth_]);
  }
  return pcs;
}

}  // namespace tessera
