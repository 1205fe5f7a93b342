// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/base/probe.h"

namespace tessera {

/// Remembers the latest instructions of each hart.
class LastInstructions final : public HartProbe {
 public:
  /// `depth`: how many per hart, at least 1.
  LastInstructions(std::uint32_t num_harts, std::uint32_t depth);

  void retired(const RetiredInstruction& instruction) override;
  /// Their addresses, oldest first.
  std::vector<std::uint32_t> of(std::uint32_t hart) const;

 private:
  const std::uint32_t depth_;
  std::vector<std::uint32_t> pcs_;      ///< [hart][depth], a ring each
  std::vector<std::uint64_t> retired_;  ///< [hart]
};

}  // namespace tessera
