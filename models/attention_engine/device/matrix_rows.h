// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/attention_engine/datapath.h"
#include "models/attention_engine/device/work.h"

namespace tessera::attention_engine {

/// Rows of a matrix of bytes in memory.
struct MatrixRows {
  std::uint32_t address = 0;
  std::uint32_t rows = 0;
  std::uint32_t row_bytes = 0;
  std::uint32_t stride = 0;  ///< bytes from row to row
};

/// A matrix on the host: [rows][row_bytes] without gaps.
struct HostMatrix {
  std::vector<std::int8_t> bytes;
  std::uint32_t row_bytes = 0;

  [[nodiscard]] MatrixView view() const { return {bytes.data(), row_bytes}; }
};

inline std::optional<EngineError> read_rows(ByteMemory& memory, const MatrixRows& rows,
                                            HostMatrix& matrix) {
  matrix.row_bytes = rows.row_bytes;
  std::optional<EngineError> error;
  memory.reads_rows(rows.stride);
  for (std::uint32_t row = 0; row < rows.rows && !error; ++row) {
    const std::uint32_t address = rows.address + row * rows.stride;
    matrix.bytes.resize(std::size_t{row + 1} * rows.row_bytes);
    if (!memory.read(address, matrix.bytes.data() + std::size_t{row} * rows.row_bytes,
                     rows.row_bytes)) {
      error = axi_error(memory, address, "an operand");
    }
  }
  memory.reads_rows(0);
  return error;
}

/// `bytes`: [rows][row_bytes].
inline std::optional<EngineError> write_rows(ByteMemory& memory, const MatrixRows& rows,
                                             const void* bytes) {
  const auto* line = static_cast<const std::uint8_t*>(bytes);
  for (std::uint32_t row = 0; row < rows.rows; ++row, line += rows.row_bytes) {
    const std::uint32_t address = rows.address + row * rows.stride;
    if (!memory.write(address, line, rows.row_bytes)) {
      return axi_error(memory, address, "the result");
    }
  }
  return std::nullopt;
}

}  // namespace tessera::attention_engine
