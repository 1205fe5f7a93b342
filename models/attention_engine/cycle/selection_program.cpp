// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/selection_program.h"

#include <algorithm>

namespace tessera::attention_engine {

bool SelectionProgram::fits(const EngineParameters& engine, const SelectionJob& job) {
  const std::uint32_t parts = divide_up(job.head_dim, engine.native_dim);
  const std::uint32_t rows = std::min(job.shape.tile, job.shape.queries);
  const std::uint32_t bits = divide_up(job.row_bytes, engine.native_dim);
  return engine.entries_of(MemoryId::kMvmInitialVrf) >= 2 * job.shape.tile * parts &&
         engine.entries_of(MemoryId::kMrf) >= 2 * parts &&
         engine.entries_of(MemoryId::kScoreVrf) >= 2 * job.shape.tile &&
         engine.entries_of(MemoryId::kAddSubVrf0) >= rows * bits;
}

SelectionProgram::SelectionProgram(const EngineParameters& engine, const SelectionJob& job)
    : engine_(engine),
      job_(job),
      parts_(divide_up(job.head_dim, engine.native_dim)),
      keeps_keys_(job.shape.columns() * parts_ <= engine.entries_of(MemoryId::kMrf)) {}

bool SelectionProgram::write_more() {
  const MapShape& shape = job_.shape;
  if (row_ == shape.rows()) {
    return false;
  }
  load_queries();
  for (std::uint32_t column = 0; column < shape.columns(); ++column) {
    write_tile(column);
  }
  const std::uint32_t queries = shape.queries_in(row_);
  const std::uint32_t bits = divide_up(job_.row_bytes, engine_.native_dim);
  writer_.set(ScalarRegister::kIterations, queries);
  writer_.set(ScalarRegister::kRowBytes, job_.row_bytes);
  writer_.set(ScalarRegister::kStrideRow, job_.row_bytes);
  writer_.read(MemoryId::kAddSubVrf0, 0, queries * bits)
      .write(MemoryId::kL2, job_.output + row_ * shape.tile * job_.row_bytes)
      .end();
  ++row_;
  return true;
}

void SelectionProgram::load_queries() {
  const std::uint32_t queries = job_.shape.queries_in(row_);
  writer_.set(ScalarRegister::kIterations, queries);
  writer_.set(ScalarRegister::kRowBytes, job_.q.row_bytes);
  writer_.set(ScalarRegister::kStrideRow, job_.q.stride);
  writer_.read(MemoryId::kL2, job_.q.address + row_ * job_.shape.tile * job_.q.stride)
      .write(MemoryId::kMvmInitialVrf, row_ % 2 * job_.shape.tile * parts_, queries * parts_)
      .end();
}

void SelectionProgram::load_keys(std::uint32_t column, std::uint32_t entry, bool is_again) {
  writer_.set(ScalarRegister::kIterations, job_.shape.keys_in(column));
  writer_.set(ScalarRegister::kRowBytes, job_.k.row_bytes);
  writer_.set(ScalarRegister::kStrideRow, job_.k.stride);
  writer_
      .read_matrix(job_.k.address + column * job_.shape.tile * job_.k.stride,
                   is_again ? kFlagRefetch : std::uint8_t{0})
      .write_matrix(entry, parts_)
      .end();
}

/// Scores of a tile, then their way past the best ones so far.
void SelectionProgram::write_tile(std::uint32_t column) {
  const std::uint32_t queries = job_.shape.queries_in(row_);
  std::uint32_t matrix = column * parts_;
  if (!keeps_keys_) {
    matrix = next_half_ * parts_;
    next_half_ = 1 - next_half_;
  }
  if (!keeps_keys_ || row_ == 0) {
    load_keys(column, matrix, row_ > 0);
  }
  const std::uint32_t scores = column % 2 * job_.shape.tile;
  writer_.set(ScalarRegister::kIterations, queries);
  writer_.set(ScalarRegister::kRows, 1);
  writer_.set(ScalarRegister::kColumns, parts_);
  writer_.set(ScalarRegister::kVectorLength, std::min(job_.head_dim, engine_.native_dim));
  writer_.read(MemoryId::kMvmInitialVrf, row_ % 2 * job_.shape.tile * parts_, queries * parts_)
      .multiply(matrix)
      .apply(Opcode::kRequantise)
      .write(MemoryId::kScoreVrf, scores, queries)
      .end();
  writer_.read(MemoryId::kScoreVrf, scores, queries)
      .apply(Opcode::kMaximum, MemoryId::kAddSubVrf0, 0, queries)
      .write(MemoryId::kAddSubVrf0, 0, queries)
      .end();
  counters_.useful_macs += std::uint64_t{queries} * job_.shape.keys_in(column) * job_.head_dim;
}

}  // namespace tessera::attention_engine
