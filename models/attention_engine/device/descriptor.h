// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/attention_engine/device/work.h"
#include "models/attention_engine/device/work_reader.h"

namespace tessera::attention_engine {

/// A descriptor as the front end has read it.
struct DescriptorJob {
  std::uint32_t tag = 0;
  bool wants_interrupt = false;
  std::vector<Fetch> fetches;  ///< the descriptor and what it points to
  std::unique_ptr<Work> work;  ///< null: it cannot run
  EngineError error;           ///< why
};

/// Reads the descriptor at `address` and what belongs to it (map, masks, instructions); operands
/// are read when it ends.
/// kAxiDecodeError, kAxiSlaveError: it cannot be read; kBadDescriptor: type, sizes, tile;
/// kMisaligned: an address or stride; kBadMap, kMaskOutOfBounds: the map; kFormatMismatch: block
/// floats; kVrfOverflow and others: the planner.
DescriptorJob read_descriptor(const DeviceContext& context, std::uint32_t address);

}  // namespace tessera::attention_engine
