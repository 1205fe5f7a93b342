// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/attention_engine/attention_engine_regs.h"
#include "models/attention_engine/cycle/job_program.h"
#include "models/attention_engine/datapath.h"
#include "models/attention_engine/engine_parameters.h"
#include "models/attention_engine/error_code.h"
#include "models/base/byte_memory.h"

namespace tessera::attention_engine {

/// Why a descriptor fails. Fields as in ERRINFO.
struct EngineError {
  ErrorCode code = ErrorCode::kNone;
  std::uint32_t index = 0;
  std::uint32_t limit = 0;
  std::uint32_t row = 0;
  std::uint32_t column = 0;
  std::uint64_t instruction = 0;
  std::string message;
};

/// An access to `address` failed: AXI_SLVERR or AXI_DECERR.
inline EngineError axi_error(const ByteMemory& memory, std::uint32_t address,
                             const std::string& what) {
  const bool was_refused = memory.was_refused();
  return {
      was_refused ? ErrorCode::kAxiSlaveError : ErrorCode::kAxiDecodeError,    address, 0, 0, 0, 0,
      what + (was_refused ? " is refused by its target" : " is not in memory")};
}

/// The 64 bytes of a descriptor.
class DescriptorFields {
 public:
  std::array<std::uint8_t, ATTENTION_ENGINE_DESC_BYTES> bytes{};

  [[nodiscard]] std::uint32_t byte(std::size_t offset) const { return bytes[offset]; }
  [[nodiscard]] std::uint32_t half(std::size_t offset) const {
    return byte(offset) | byte(offset + 1) << 8;
  }
  [[nodiscard]] std::uint32_t word(std::size_t offset) const {
    return half(offset) | half(offset + 2) << 16;
  }
  [[nodiscard]] transformer_math::Requant requant(std::size_t offset) const {
    return {static_cast<std::uint16_t>(half(offset)), static_cast<std::uint8_t>(byte(offset + 2)),
            static_cast<std::int8_t>(byte(offset + 3))};
  }
  [[nodiscard]] bool has_flag(std::uint32_t flag) const {
    return (byte(ATTENTION_ENGINE_DESC_FLAGS) & flag) != 0;
  }
};

/// What the results of a work say beside their bytes.
struct WorkReport {
  std::uint64_t masked_rows = 0;        ///< queries that may see no key
  std::uint64_t uncanonical_tiles = 0;  ///< partial tiles whose mask allows all or nothing
};

/// K and V of one head as an attention has left them in the MRF.
struct HeldMatrices {
  std::uint32_t k_address = 0;
  std::uint32_t v_address = 0;
  std::uint32_t row_stride = 0;
  std::uint32_t keys = 0;
  std::uint32_t head_dim = 0;
  std::vector<bool> columns;   ///< tiles that are there
  std::vector<std::int8_t> k;  ///< [keys][head_dim], as they were loaded
  std::vector<std::int8_t> v;
};

/// What one descriptor is about: its chains, and what they compute. There is a class for each type
/// of descriptor.
class Work {
 public:
  virtual ~Work() = default;
  /// Its chains. `tile_list` is what indirect instructions read. REQUIRES: the work and `engine`
  /// outlive the program.
  virtual std::unique_ptr<JobProgram> program(const EngineParameters& engine,
                                              std::vector<std::uint32_t>& tile_list) = 0;
  /// Reads the operands, computes, writes the results; nothing is written when it fails to read.
  virtual std::optional<EngineError> compute(ByteMemory& memory, WorkReport& report) = 0;
  /// How many chains there are, when software wrote them: their reads can be checked, capacities
  /// always count, and they carry data of their own. Nothing: the engine wrote them.
  [[nodiscard]] virtual std::optional<std::uint64_t> software_chains() const {
    return std::nullopt;
  }
  /// After compute(): what the next descriptor may use. Null: nothing.
  [[nodiscard]] virtual std::shared_ptr<const HeldMatrices> leaves() const { return nullptr; }
};

}  // namespace tessera::attention_engine
