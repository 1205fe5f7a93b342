// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/bus_database.h"

#include <filesystem>

#include <sqlite3.h>

#include "models/base/error.h"

namespace tessera {

namespace {

constexpr std::uint64_t kPageBytes = 4096;

template <typename Number>
void bind(sqlite3_stmt* statement, int column, const std::optional<Number>& number) {
  if (number) {
    sqlite3_bind_int64(statement, column, static_cast<sqlite3_int64>(*number));
  } else {
    sqlite3_bind_null(statement, column);
  }
}

/// SQLite opens what is there already; a journal beside it would be applied.
void make_room(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error)) {
    throw ConfigError(path, "cannot write a database here", "expected a file, no device or pipe");
  }
  std::filesystem::remove(path, error);
  std::filesystem::remove(path + "-journal", error);
}

}  // namespace

void BusDatabase::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}
void BusDatabase::Close::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

BusDatabase::BusDatabase(const std::string& path) : path_(path) {
  make_room(path);
  sqlite3* database = nullptr;
  const int code = sqlite3_open(path.c_str(), &database);
  database_.reset(database);  // also a failure leaves an object
  note(code);
  run("PRAGMA page_size = " + std::to_string(kPageBytes));
  run("PRAGMA synchronous = OFF");  // nothing is lost but by a crash of the host
  run("CREATE TABLE accesses(cycle INTEGER, agent TEXT, operation TEXT, address INTEGER, "
      "bytes INTEGER, wait INTEGER, activity INTEGER, bank INTEGER, pc INTEGER)");
  run("BEGIN");
  insert_ = prepare("INSERT INTO accesses VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
  page_count_ = prepare("PRAGMA page_count");
  if (!error_.empty()) {
    throw ConfigError(path, "cannot write: " + error_);
  }
}

BusDatabase::Statement BusDatabase::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  note(sqlite3_prepare_v2(database_.get(), sql.c_str(), -1, &statement, nullptr));
  return Statement(statement);
}

void BusDatabase::run(const std::string& sql) {
  if (error_.empty()) {
    note(sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr));
  }
}

void BusDatabase::note(int code) {
  if (error_.empty() && code != SQLITE_OK && code != SQLITE_DONE) {
    error_ = sqlite3_errmsg(database_.get());
  }
}

void BusDatabase::write(const BusTraceRow& row) {
  if (!error_.empty()) {
    return;
  }
  sqlite3_stmt* const insert = insert_.get();
  sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(row.cycle));
  sqlite3_bind_text(insert, 2, row.agent.data(), static_cast<int>(row.agent.size()), SQLITE_STATIC);
  sqlite3_bind_text(insert, 3, row.operation, -1, SQLITE_STATIC);
  sqlite3_bind_int64(insert, 4, row.address);
  sqlite3_bind_int64(insert, 5, row.bytes);
  bind(insert, 6, row.wait);
  bind(insert, 7, row.activity);
  bind(insert, 8, row.bank);
  bind(insert, 9, row.pc);
  note(sqlite3_step(insert));
  sqlite3_reset(insert);
}

std::uint64_t BusDatabase::bytes_written() const {
  sqlite3_step(page_count_.get());
  const auto pages = static_cast<std::uint64_t>(sqlite3_column_int64(page_count_.get(), 0));
  sqlite3_reset(page_count_.get());
  return pages * kPageBytes;
}

void BusDatabase::close() {
  run("COMMIT");
  insert_.reset();
  page_count_.reset();
  database_.reset();
  if (!error_.empty()) {
    throw ConfigError(path_, "cannot write all of it: " + error_);
  }
}

}  // namespace tessera
