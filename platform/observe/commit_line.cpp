// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/commit_line.h"

#include <fmt/format.h>

namespace tessera {

namespace {

/// A line under construction.
class LineWriter {
 public:
  LineWriter(CommitLine& line, const InstructionForm& form) : line_(line), form_(form) {}

  void put_registers();
  void put_csr();
  void put_access();

 private:
  void put_value(CommitRecord::Value value, unsigned digits) {
    line_.text += "0x";
    line_.places.push_back(
        {static_cast<std::uint32_t>(line_.text.size()), static_cast<std::uint8_t>(digits), value});
    line_.text.append(digits, '0');
  }
  void put_register(unsigned index) { line_.text += fmt::format(" x{:<3}", index); }
  void put_increment() {
    put_register(form_.incremented);
    put_value(CommitRecord::kIncrement, 8);
  }
  void put_address() {
    line_.text += " mem ";
    put_value(CommitRecord::kAddress, 8);
  }

  CommitLine& line_;
  const InstructionForm& form_;
};

void LineWriter::put_registers() {
  const bool is_increment_first = form_.has_increment() && form_.incremented < form_.rd;
  if (is_increment_first) {
    put_increment();
  }
  if (form_.rd != 0) {
    put_register(form_.rd);
    if (form_.is_pending) {
      line_.text += "pending";
    } else {
      put_value(CommitRecord::kResult, 8);
    }
  }
  if (form_.has_increment() && !is_increment_first) {
    put_increment();
  }
}

void LineWriter::put_csr() {
  if (form_.csr != 0) {
    // Names as in csr.h of the ISA; no other can be written.
    line_.text += form_.csr == 0x7d0 ? " c2000_trace " : " c2001_stacklimit ";
    put_value(CommitRecord::kData, 8);
  }
}

void LineWriter::put_access() {
  if (form_.bytes == 0) {
    return;
  }
  const bool only_stores =
      form_.kind == AccessKind::kStore || form_.kind == AccessKind::kStoreConditional;
  if (!only_stores) {
    put_address();
  }
  if (only_stores || (is_amo(form_.kind) && !form_.is_pending)) {
    put_address();
    line_.text += ' ';
    put_value(CommitRecord::kData, 2u * form_.bytes);
  }
}

}  // namespace

void CommitRecord::set_result(std::uint32_t result) {
  values[kResult] = result;
  form.is_pending = false;
  if (is_amo(form.kind)) {
    values[kData] = amo_result(form.kind, result, values[kData]);
  } else if (form.kind == AccessKind::kStoreConditional && result != 0) {
    form.bytes = 0;  // it failed
  }
}

std::size_t CommitKey::Hash::operator()(const CommitKey& key) const {
  std::uint64_t hash = key.pc;
  for (const std::uint32_t part :
       {key.form.raw, std::uint32_t{key.form.csr} << 16 | key.form.rd << 8u | key.form.incremented,
        key.form.bytes << 16u | static_cast<unsigned>(key.form.kind) << 8 |
            unsigned{key.form.is_pending}}) {
    hash = (hash ^ part) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 32;
  }
  return hash;
}

std::string CommitLine::prefix(std::uint32_t hart) {
  return fmt::format("core{:4}: 3 0x", hart);
}

CommitLine::CommitLine(const CommitKey& of)
    : key(of), text(fmt::format("{:08x} (0x{:08x})", of.pc, of.form.raw)) {
  LineWriter writer(*this, key.form);
  writer.put_registers();
  writer.put_csr();
  writer.put_access();
  text += '\n';
}

}  // namespace tessera
