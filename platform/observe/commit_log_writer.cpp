// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/commit_log_writer.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "models/base/error.h"
#include "platform/observe/compressed_file.h"

namespace tessera {

namespace {

constexpr std::size_t kMaxChunks = 64;

/// Every byte in hexadecimal, two characters each.
struct HexTable {
  char digits[512];
  constexpr HexTable() : digits{} {
    constexpr char kDigits[] = "0123456789abcdef";
    for (unsigned i = 0; i < 256; ++i) {
      digits[2 * i] = kDigits[i >> 4];
      digits[2 * i + 1] = kDigits[i & 15];
    }
  }
};
constexpr HexTable kHex;

/// A line under construction, in memory that has room for it.
class Line {
 public:
  explicit Line(char* place) : place_(place) {}
  char* end() const { return place_; }

  void put(std::string_view text) {
    std::memcpy(place_, text.data(), text.size());
    place_ += text.size();
  }
  void put(char character) { *place_++ = character; }
  void put_hex(std::uint32_t value, unsigned bytes) {
    put("0x");
    for (unsigned i = bytes; i-- > 0;) {
      std::memcpy(place_, &kHex.digits[2 * (value >> (8 * i) & 255)], 2);
      place_ += 2;
    }
  }
  void put_register(std::uint8_t index, std::uint32_t value, bool is_known) {
    put(" x");
    if (index >= 10) {
      put(static_cast<char>('0' + index / 10));
    }
    put(static_cast<char>('0' + index % 10));
    put(index >= 10 ? " " : "  ");
    if (is_known) {
      put_hex(value, 4);
    } else {
      put("pending");
    }
  }
  void put_load(std::uint32_t address) {
    put(" mem ");
    put_hex(address, 4);
  }
  void put_store(std::uint32_t address, std::uint32_t data, unsigned bytes) {
    put_load(address);
    put(' ');
    put_hex(data, bytes);
  }

 private:
  char* place_;
};

void put_registers(Line& line, const CommitRecord& record) {
  // In the order of their numbers; rd wins over the increment.
  const bool has_increment = record.incremented != 0 && record.incremented != record.rd;
  const bool is_increment_first = has_increment && record.incremented < record.rd;
  if (is_increment_first) {
    line.put_register(record.incremented, record.increment, true);
  }
  if (record.rd != 0) {
    line.put_register(record.rd, record.value, !record.is_pending);
  }
  if (has_increment && !is_increment_first) {
    line.put_register(record.incremented, record.increment, true);
  }
}

void put_memory(Line& line, const CommitRecord& record) {
  const bool is_conditional = record.kind == AccessKind::kStoreConditional;
  if (record.kind != AccessKind::kStore && !is_conditional) {
    line.put_load(record.address);
  }
  if (record.kind == AccessKind::kStore || (is_conditional && record.value == 0)) {
    line.put_store(record.address, record.data, record.bytes);
  } else if (is_amo(record.kind) && !record.is_pending) {
    line.put_store(record.address, amo_result(record.kind, record.value, record.data),
                   record.bytes);
  }
}

/// Names as in csr.h of the ISA; no other can be written.
std::string_view csr_name(std::uint16_t number) {
  return number == 0x7d0 ? "c2000_trace " : "c2001_stacklimit ";
}

}  // namespace

char* write_commit_line(char* place, std::string_view prefix, const CommitRecord& record) {
  Line line(place);
  line.put(prefix);
  line.put_hex(record.pc, 4);
  line.put(" (");
  line.put_hex(record.raw, 4);
  line.put(')');
  put_registers(line, record);
  if (record.csr != 0) {
    line.put(' ');
    line.put(csr_name(record.csr));
    line.put_hex(record.data, 4);
  }
  if (record.bytes != 0) {
    put_memory(line, record);
  }
  line.put('\n');
  return line.end();
}

/// The file of one hart.
class CommitFile {
 public:
  CommitFile(const std::string& path, std::uint32_t hart)
      : file_(path), prefix_(fmt::format("core{:4}: 3 ", hart)) {}

  /// Returns by how much the file has grown.
  /// REQUIRES: `text` has room for the lines.
  std::uint64_t write(const std::vector<CommitRecord>& records, std::vector<char>& text) {
    const std::uint64_t before = file_.bytes_written();
    char* end = text.data();
    for (const CommitRecord& record : records) {
      end = write_commit_line(end, prefix_, record);
    }
    file_.write({text.data(), static_cast<std::size_t>(end - text.data())});
    return file_.bytes_written() - before;
  }
  void close() { file_.close(); }

 private:
  CompressedFile file_;
  const std::string prefix_;
};

CommitLogWriter::CommitLogWriter(std::uint64_t max_bytes)
    : max_bytes_(max_bytes), thread_([this] { run(); }) {}

CommitLogWriter::~CommitLogWriter() {
  stop();
}

CommitFile& CommitLogWriter::open(const std::string& path, std::uint32_t hart) {
  files_.push_back(std::make_unique<CommitFile>(path, hart));
  return *files_.back();
}

void CommitLogWriter::write(CommitFile& file, std::vector<CommitRecord>& records) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return chunks_.size() < kMaxChunks; });
  chunks_.push_back({&file, std::move(records)});
  records.clear();
  if (!spare_.empty()) {
    records.swap(spare_.back());
    spare_.pop_back();
  }
  changed_.notify_all();
}

void CommitLogWriter::run() {
  while (true) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !chunks_.empty(); });
    Chunk chunk = std::move(chunks_.front());
    chunks_.pop_front();
    changed_.notify_all();
    lock.unlock();
    if (chunk.file == nullptr) {
      return;
    }
    // Decided here, in the order of the chunks: what a full log holds repeats.
    if (bytes_written_ < max_bytes_) {
      text_.resize(std::max(text_.size(), chunk.records.size() * kMaxCommitLine));
      bytes_written_ += chunk.file->write(chunk.records, text_);
    }
    chunk.records.clear();
    lock.lock();
    spare_.push_back(std::move(chunk.records));
  }
}

void CommitLogWriter::stop() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      chunks_.push_back({});
      changed_.notify_all();
    }
    thread_.join();
  }
}

void CommitLogWriter::finish() {
  stop();
  for (const auto& file : files_) {
    file->close();
  }
}

}  // namespace tessera
