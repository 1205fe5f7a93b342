// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "platform/observe/bus_trace_file.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tessera {

/// A bus trace as SQLite's table `accesses`, which has the columns of the CSV file. One
/// transaction: a killed run leaves an empty table.
class BusDatabase final : public BusTraceFile {
 public:
  /// Replaces what is there. Throws ConfigError.
  explicit BusDatabase(const std::string& path);

  void write(const BusTraceRow& row) override;
  std::uint64_t bytes_written() const override;
  void close() override;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;
  Statement prepare(const std::string& sql);
  void run(const std::string& sql);
  /// Keeps the first message.
  void note(int code);

  const std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
  Statement insert_;
  Statement page_count_;
  std::string error_;
};

}  // namespace tessera
