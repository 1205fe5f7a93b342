// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>

#include "models/attention_engine/attention_engine_regs.h"
#include "models/attention_engine/cycle/attention_program.h"
#include "models/attention_engine/datapath.h"
#include "models/attention_engine/engine_parameters.h"
#include "models/attention_engine/error_code.h"
#include "models/attention_engine/planner.h"
#include "models/attention_engine/tile_map.h"
#include "models/base/byte_memory.h"

namespace tessera::attention_engine {

/// What CTRL allows the planner.
struct PlannerMode {
  bool may_use_online = false;
  CapacityMode capacity = CapacityMode::kStrict;
};

/// A descriptor that can run: checked, with its map read and planned.
struct DeviceJob {
  TileMap map;
  AttentionJob job;  ///< its map is the one above: set job.map before use
  AttentionNumbers numbers;
  std::uint32_t tag = 0;
  bool wants_interrupt = false;
};

/// Why a descriptor cannot run. Fields as in ERRINFO.
struct DescriptorError {
  ErrorCode code = ErrorCode::kBadDescriptor;
  std::uint32_t index = 0;
  std::uint32_t limit = 0;
  std::uint32_t row = 0;
  std::uint32_t column = 0;
  std::uint32_t tag = 0;
  std::string message;
};

/// Reads the descriptor at `address` and what it points to.
/// kAxiDecodeError: bytes that are not in memory; kBadDescriptor: type, sizes, tile; kMisaligned:
/// an address or stride; kBadMap, kMaskOutOfBounds: the map; kFormatMismatch: block floats;
/// kVrfOverflow and others: the planner.
std::variant<DeviceJob, DescriptorError> read_descriptor(const EngineParameters& engine,
                                                         const PlannerMode& mode,
                                                         ByteMemory& memory, std::uint32_t address);

/// Computes all heads of a job and writes their results. kAxiDecodeError: an operand or result is
/// not in memory. `masked_rows` grows by the queries that may see no key.
ErrorCode compute(const DeviceJob& job, ByteMemory& memory, std::uint64_t& masked_rows);

}  // namespace tessera::attention_engine
