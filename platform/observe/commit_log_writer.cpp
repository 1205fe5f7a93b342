// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/commit_log_writer.h"

#include <cstdio>

#include <fmt/format.h>

#include "models/base/error.h"
#include "platform/observe/compressed_file.h"

namespace tessera {

namespace {

constexpr std::size_t kMaxChunks = 64;

void append_hex(std::string& text, std::uint32_t value, unsigned bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char digits[2 + 8] = {'0', 'x'};
  const unsigned count = 2 * bytes;
  for (unsigned i = 0; i < count; ++i) {
    digits[2 + i] = kDigits[value >> (4 * (count - 1 - i)) & 15];
  }
  text.append(digits, 2 + count);
}

void append_register(std::string& text, std::uint8_t index, std::uint32_t value, bool is_known) {
  text += " x";
  if (index >= 10) {
    text += static_cast<char>('0' + index / 10);
  }
  text += static_cast<char>('0' + index % 10);
  text += index >= 10 ? " " : "  ";
  if (is_known) {
    append_hex(text, value, 4);
  } else {
    text += "pending";
  }
}

void append_registers(std::string& text, const CommitRecord& record) {
  // In the order of their numbers; rd wins over the increment.
  const bool has_rd = record.rd != 0;
  const bool has_increment = record.incremented != 0 && record.incremented != record.rd;
  const bool is_increment_first = has_increment && record.incremented < record.rd;
  if (is_increment_first) {
    append_register(text, record.incremented, record.increment, true);
  }
  if (has_rd) {
    append_register(text, record.rd, record.value, !record.is_pending);
  }
  if (has_increment && !is_increment_first) {
    append_register(text, record.incremented, record.increment, true);
  }
}

void append_memory(std::string& text, const CommitRecord& record) {
  const auto append_store = [&](std::uint32_t data) {
    text += " mem ";
    append_hex(text, record.address, 4);
    text += ' ';
    append_hex(text, data, record.bytes);
  };
  const bool is_conditional = record.kind == AccessKind::kStoreConditional;
  if (record.kind != AccessKind::kStore && !is_conditional) {
    text += " mem ";
    append_hex(text, record.address, 4);
  }
  if (record.kind == AccessKind::kStore || (is_conditional && record.value == 0)) {
    append_store(record.data);
  } else if (is_amo(record.kind) && !record.is_pending) {
    append_store(amo_result(record.kind, record.value, record.data));
  }
}

std::string csr_name(std::uint16_t number) {
  // Names as in csr.h of the ISA.
  switch (number) {
    case 0x7d0:
      return "trace";
    case 0x7d1:
      return "stacklimit";
    default:
      return fmt::format("unknown_{:03x}", number);
  }
}

}  // namespace

void append_commit_line(std::string& text, std::uint32_t hart, const CommitRecord& record) {
  fmt::format_to(std::back_inserter(text), "core{:4}: 3 ", hart);
  append_hex(text, record.pc, 4);
  text += " (";
  append_hex(text, record.raw, 4);
  text += ')';
  append_registers(text, record);
  if (record.csr != 0) {
    text += fmt::format(" c{}_{} ", record.csr, csr_name(record.csr));
    append_hex(text, record.data, 4);
  }
  if (record.bytes != 0) {
    append_memory(text, record);
  }
  text += '\n';
}

/// The file of one hart.
class CommitFile {
 public:
  CommitFile(const std::string& path, std::uint32_t hart) : file_(path), hart_(hart) {}

  void write(const std::vector<CommitRecord>& records) {
    text_.clear();
    for (const CommitRecord& record : records) {
      append_commit_line(text_, hart_, record);
    }
    file_.write(text_);
  }
  void close() { file_.close(); }

 private:
  CompressedFile file_;
  const std::uint32_t hart_;
  std::string text_;
};

CommitLogWriter::CommitLogWriter() : thread_([this] { run(); }) {}

CommitLogWriter::~CommitLogWriter() {
  stop();
}

CommitFile& CommitLogWriter::open(const std::string& path, std::uint32_t hart) {
  files_.push_back(std::make_unique<CommitFile>(path, hart));
  return *files_.back();
}

void CommitLogWriter::write(CommitFile& file, std::vector<CommitRecord> records) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return chunks_.size() < kMaxChunks; });
  chunks_.push_back({&file, std::move(records)});
  changed_.notify_all();
}

void CommitLogWriter::run() {
  while (true) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !chunks_.empty(); });
    const Chunk chunk = std::move(chunks_.front());
    chunks_.pop_front();
    changed_.notify_all();
    lock.unlock();
    if (chunk.file == nullptr) {
      return;
    }
    chunk.file->write(chunk.records);
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
