// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "tests/unit/axi/soc_bench.h"

namespace tessera::test {

inline Step load(std::uint32_t address, std::uint8_t rd = 0, std::uint8_t rs = 0) {
  return {Step::kLoad, address, rd, rs};
}
inline Step store(std::uint32_t address, std::uint8_t rs = 0, std::uint32_t data = 0) {
  return {Step::kStore, address, 0, rs, data};
}
inline Step amo(std::uint32_t address, std::uint8_t rd = 0, std::uint8_t rs = 0) {
  return {Step::kAmo, address, rd, rs};
}
inline Step use(std::uint8_t rs) {
  return {Step::kAlu, 0, 0, rs};
}
inline const Step kFence{Step::kFence};
inline const Step kWfi{Step::kWfi};

/// Loads of 8 words to 8 registers, `stride` bytes apart.
inline Steps loads8(std::uint32_t address, std::uint32_t stride) {
  Steps steps;
  for (std::uint8_t i = 0; i < 8; ++i) {
    steps.push_back(load(address + i * stride, static_cast<std::uint8_t>(i + 1)));
  }
  return steps;
}
inline Steps stores8(std::uint32_t address, std::uint32_t stride) {
  Steps steps;
  for (std::uint32_t i = 0; i < 8; ++i) {
    steps.push_back(store(address + i * stride));
  }
  return steps;
}

constexpr std::uint32_t kNrCores = kRegisters + 0x3c;
constexpr std::uint32_t kDmaStatus = kRegisters + 0x10010;

// The read-only cache has cleared its tags (128 cycles) and holds the first line.
inline const Steps kWarmUp = repeat(200, {Step{}}) + Steps{load(kL2), kFence};

/// Cycles from the first start to the last end when `harts` run `steps(hart)` at the same time.
inline Cycles elapsed(SocBench& bench, const std::vector<std::uint32_t>& harts,
                      const std::function<Steps(std::uint32_t)>& steps) {
  std::vector<const ScriptedHart*> scripted;
  for (const std::uint32_t hart : harts) {
    scripted.push_back(&bench.add_hart(hart, kWarmUp + steps(hart)));
  }
  bench.run();
  Cycles first = ~Cycles{0};
  Cycles last = 0;
  for (const ScriptedHart* hart : scripted) {
    first = std::min(first, hart->marks().at(0));
    last = std::max(last, hart->marks().at(1));
  }
  return last - first;
}

}  // namespace tessera::test
