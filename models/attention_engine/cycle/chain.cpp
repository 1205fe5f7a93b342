// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/chain.h"

namespace tessera::attention_engine {

namespace {
std::uint32_t outputs_of_flattened(const MvuWork& work, std::uint32_t step) {
  const std::uint64_t tiles = std::uint64_t{work.rows} * work.columns;
  const auto rows_after = [&](std::uint64_t steps) {
    return static_cast<std::uint32_t>(std::min(steps * work.engines, tiles) / work.columns);
  };
  return (rows_after(step + 1) - rows_after(step)) * work.emits;
}

std::uint32_t outputs_of_grouped(const MvuWork& work, std::uint32_t step) {
  // The last group takes the rest, so it has between one and two groups' worth of rows.
  const std::uint32_t full_groups = work.rows < 2 * work.group ? 0 : work.rows / work.group - 1;
  const std::uint32_t group = std::min(step / (work.group * work.columns), full_groups);
  const std::uint32_t rows =
      group < full_groups ? work.group : work.rows - full_groups * work.group;
  const std::uint32_t inside = step - group * work.group * work.columns;
  return inside >= rows * (work.columns - 1) ? work.emits : 0;
}
}  // namespace

const char* to_string(Path path) {
  switch (path) {
    case Path::kVector:
      return "vector";
    case Path::kSoftmax:
      return "softmax";
    case Path::kLoad:
      break;
  }
  return "load";
}

std::uint32_t outputs_of_step(const MvuWork& work, std::uint32_t step) {
  switch (work.order) {
    case MvuWork::Order::kFlattened:
      return outputs_of_flattened(work, step);
    case MvuWork::Order::kGrouped:
      return outputs_of_grouped(work, step);
    case MvuWork::Order::kUniform:
      break;
  }
  return std::min(work.emits, work.outputs - step * work.emits);
}

}  // namespace tessera::attention_engine
