// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "models/base/units.h"

namespace tessera {

/// One access, as BusTrace shows it. Nothing: does not apply.
struct BusTraceRow {
  Cycles cycle = 0;
  const std::string& agent;
  const char* operation = "";
  std::uint32_t address = 0;
  std::uint32_t bytes = 0;
  std::optional<Cycles> wait;
  std::optional<std::uint64_t> activity;
  std::optional<std::uint32_t> bank;
  std::optional<std::uint32_t> pc;
};

/// Where a bus trace goes. What cannot be written is noted and told by close().
class BusTraceFile {
 public:
  /// An SQLite database where the name ends with ".sqlite", ".sqlite3" or ".db", else CSV (".zst":
  /// compressed). Throws ConfigError when it cannot be made.
  static std::unique_ptr<BusTraceFile> make(const std::string& path);
  virtual ~BusTraceFile() = default;

  virtual void write(const BusTraceRow& row) = 0;
  /// Size of the file so far.
  virtual std::uint64_t bytes_written() const = 0;
  /// Completes the file; throws ConfigError when it could not be written.
  virtual void close() = 0;
};

}  // namespace tessera
