// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/interconnect/fabric_plan.h"

namespace tessera {

/// Arbiters of a plan that are visited together. All tokens that leave their targets go on to
/// arbiters of one batch.
struct ScheduledBatch {
  std::vector<std::uint32_t> arbiters;
  bool is_sink = false;
  bool is_wide = false;  ///< more than 64 inputs
  /// Batch of the arbiters behind the targets; kNone: sinks.
  std::uint32_t behind = FabricPlan::kNone;
};

/// In the order of a cycle: in front of a fall-through register before behind it, behind another
/// register before in front of it, `is_last` last.
std::vector<ScheduledBatch> schedule_fabric(const FabricPlan& plan);

}  // namespace tessera
