// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/commit_line.h"

#include <cstring>

namespace tessera {

namespace {

/// A line under construction, in memory that has room for it.
class LineWriter {
 public:
  LineWriter(char* text, const CommitRecord& record) : text_(text), record_(record) {}

  void put(std::string_view text) {
    std::memcpy(text_ + line_.length, text.data(), text.size());
    line_.length = static_cast<std::uint8_t>(line_.length + text.size());
  }
  void put(char character) { text_[line_.length++] = character; }
  void put_hex(std::uint32_t value, unsigned digits) {
    put("0x");
    write_hex(text_ + line_.length, value, digits);
    line_.length = static_cast<std::uint8_t>(line_.length + digits);
  }
  void put_value(CommitRecord::Value value, unsigned digits) {
    line_.places[line_.num_places++] = {static_cast<std::uint8_t>(line_.length + 2),
                                        static_cast<std::uint8_t>(digits), value};
    put_hex(record_.values[value], digits);
  }
  void put_register(std::uint8_t index) {
    put(" x");
    if (index >= 10) {
      put(static_cast<char>('0' + index / 10));
    }
    put(static_cast<char>('0' + index % 10));
    put(index >= 10 ? " " : "  ");
  }
  void put_registers();
  void put_csr();
  void put_access();
  const CommitLine& line() const { return line_; }

 private:
  void put_increment() {
    put_register(record_.incremented);
    put_value(CommitRecord::kIncrement, 8);
  }

  char* const text_;
  const CommitRecord& record_;
  CommitLine line_;
};

void LineWriter::put_registers() {
  // In the order of their numbers; rd wins over the increment.
  const bool has_increment = record_.incremented != 0 && record_.incremented != record_.rd;
  const bool is_increment_first = has_increment && record_.incremented < record_.rd;
  if (is_increment_first) {
    put_increment();
  }
  if (record_.rd != 0) {
    put_register(record_.rd);
    if (record_.is_pending) {
      put("pending");
    } else {
      put_value(CommitRecord::kResult, 8);
    }
  }
  if (has_increment && !is_increment_first) {
    put_increment();
  }
}

void LineWriter::put_csr() {
  if (record_.csr != 0) {
    // Names as in csr.h of the ISA; no other can be written.
    put(record_.csr == 0x7d0 ? " c2000_trace " : " c2001_stacklimit ");
    put_value(CommitRecord::kData, 8);
  }
}

void LineWriter::put_access() {
  if (record_.bytes == 0) {
    return;
  }
  const bool is_conditional = record_.kind == AccessKind::kStoreConditional;
  if (record_.kind != AccessKind::kStore && !is_conditional) {
    put(" mem ");
    put_value(CommitRecord::kAddress, 8);
  }
  const bool has_stored = is_amo(record_.kind) && !record_.is_pending;
  if (record_.kind == AccessKind::kStore || is_conditional || has_stored) {
    put(" mem ");
    put_value(CommitRecord::kAddress, 8);
    put(' ');
    put_value(CommitRecord::kData, 2u * record_.bytes);
  }
}

}  // namespace

CommitLine write_commit_line(char* text, std::string_view prefix, const CommitRecord& record) {
  LineWriter writer(text, record);
  writer.put(prefix);
  writer.put_hex(record.pc, 8);
  writer.put(" (");
  writer.put_hex(record.raw, 8);
  writer.put(')');
  writer.put_registers();
  writer.put_csr();
  writer.put_access();
  writer.put('\n');
  return writer.line();
}

}  // namespace tessera
