// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/bus_trace_file.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>

#include "platform/observe/bus_database.h"
#include "platform/observe/compressed_file.h"

namespace tessera {

namespace {

constexpr std::size_t kBufferBytes = 1 << 16;

class BusCsv final : public BusTraceFile {
 public:
  explicit BusCsv(const std::string& path) : file_(path) {}

  void write(const BusTraceRow& row) override {
    const auto out = std::back_inserter(buffer_);
    fmt::format_to(out, "{},{},{},{:#010x},{},", row.cycle, row.agent, row.operation, row.address,
                   row.bytes);
    put(row.wait);
    put(row.activity);
    put(row.bank);
    if (row.pc) {
      fmt::format_to(out, "{:#010x}", *row.pc);
    }
    buffer_ += '\n';
    if (buffer_.size() >= kBufferBytes) {
      file_.write(buffer_);
      buffer_.clear();
    }
  }
  std::uint64_t bytes_written() const override { return file_.bytes_written(); }
  void close() override {
    file_.write(buffer_);
    file_.close();
  }

 private:
  template <typename Number>
  void put(const std::optional<Number>& number) {
    if (number) {
      fmt::format_to(std::back_inserter(buffer_), "{}", *number);
    }
    buffer_ += ',';
  }

  CompressedFile file_;
  std::string buffer_ = "cycle,agent,operation,address,bytes,wait,activity,bank,pc\n";
};

}  // namespace

std::unique_ptr<BusTraceFile> BusTraceFile::make(const std::string& path) {
  const std::string ending = std::filesystem::path(path).extension();
  if (ending == ".sqlite" || ending == ".sqlite3" || ending == ".db") {
    return std::make_unique<BusDatabase>(path);
  }
  return std::make_unique<BusCsv>(path);
}

}  // namespace tessera
