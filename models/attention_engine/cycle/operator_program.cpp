// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/operator_program.h"

#include <algorithm>
#include <numeric>

namespace tessera::attention_engine {

std::uint32_t rows_per_block(const EngineParameters& engine, std::uint32_t entries,
                             std::uint32_t fixed, std::uint32_t entries_per_row,
                             std::uint32_t stride) {
  const std::uint32_t granule = engine.axi_bytes / std::gcd(engine.axi_bytes, stride);
  const std::uint32_t rows = fixed > entries ? 0 : (entries - fixed) / (2 * entries_per_row);
  return std::min(rows, engine.native_dim) / granule * granule;
}

std::uint32_t OperatorProgram::block_rows(const EngineParameters& engine, const OperatorJob& job) {
  const std::uint32_t parts = divide_up(job.in.row_bytes, engine.native_dim);
  const std::uint32_t stride = std::gcd(job.in.stride, job.out.stride);
  const auto fit = [&](MemoryId memory, std::uint32_t fixed, std::uint32_t per_row) {
    return rows_per_block(engine, engine.entries_of(memory), fixed, per_row, stride);
  };
  switch (job.kind) {
    case OperatorJob::Kind::kSoftmax:
      return fit(MemoryId::kScoreVrf, 0, parts);
    case OperatorJob::Kind::kLayerNorm:
      return engine.entries_of(MemoryId::kAddSubVrf1) < parts
                 ? 0
                 : std::min({fit(MemoryId::kMfuInitialVrf, 0, parts),
                             fit(MemoryId::kMultiplyVrf, parts, parts),
                             fit(MemoryId::kAddSubVrf0, 0, 1)});
    default:
      return fit(MemoryId::kMfuInitialVrf, 0, parts);
  }
}

OperatorProgram::OperatorProgram(const EngineParameters& engine, const OperatorJob& job)
    : engine_(engine),
      job_(job),
      parts_(divide_up(job.in.row_bytes, engine.native_dim)),
      block_(block_rows(engine, job)),
      source_(job.kind == OperatorJob::Kind::kSoftmax ? MemoryId::kScoreVrf
                                                      : MemoryId::kMfuInitialVrf) {}

bool OperatorProgram::write_more() {
  if (first_ == job_.rows) {
    return false;
  }
  if (first_ == 0 && job_.kind == OperatorJob::Kind::kLayerNorm) {
    load_parameters();
  }
  count_ = std::min(block_, job_.rows - first_);
  load_block();
  switch (job_.kind) {
    case OperatorJob::Kind::kCopy:
      store_from(source_, Opcode::kNop);
      break;
    case OperatorJob::Kind::kGelu:
      store_from(source_, Opcode::kGelu);
      break;
    case OperatorJob::Kind::kSoftmax:
      write_softmax();
      break;
    case OperatorJob::Kind::kLayerNorm:
      write_layer_norm();
      break;
  }
  first_ += count_;
  entry_ = entry_ == 0 ? block_ * parts_ : 0;
  return true;
}

void OperatorProgram::set_rows(const OperatorRows& rows) {
  writer_.set(ScalarRegister::kIterations, count_);
  writer_.set(ScalarRegister::kRowBytes, rows.row_bytes);
  writer_.set(ScalarRegister::kStrideRow, rows.stride);
}

void OperatorProgram::load_parameters() {
  count_ = 1;
  set_rows({job_.weight, job_.in.row_bytes, 0});
  writer_.read(MemoryId::kL2, job_.weight).write(MemoryId::kMultiplyVrf, 0, parts_).end();
  set_rows({job_.bias, job_.in.row_bytes * kBytesOfSum, 0});
  writer_.read(MemoryId::kL2, job_.bias).write(MemoryId::kAddSubVrf1, 0, parts_).end();
}

void OperatorProgram::load_block() {
  set_rows(job_.in);
  writer_.read(MemoryId::kL2, job_.in.address + first_ * job_.in.stride)
      .write(source_, entry_, count_ * parts_)
      .end();
}

/// The block to L2, through `operation` if it is one.
void OperatorProgram::store_from(MemoryId memory, Opcode operation) {
  set_rows(job_.out);
  writer_.read(memory, entry_, count_ * parts_);
  if (operation != Opcode::kNop) {
    writer_.apply(operation).apply(Opcode::kRequantise);
  }
  writer_.write(MemoryId::kL2, job_.out.address + first_ * job_.out.stride).end();
}

void OperatorProgram::write_softmax() {
  writer_.set(ScalarRegister::kColumns, parts_);
  writer_.read(source_, entry_, count_ * parts_)
      .apply(Opcode::kSoftmaxAccumulate)
      .apply(Opcode::kSoftmaxFinish, MemoryId::kSmxRf, 0, 0, kFlagLast)
      .write(source_, entry_, count_ * parts_)
      .end();
  store_from(source_, Opcode::kNop);
}

void OperatorProgram::write_layer_norm() {
  const std::uint32_t vectors = count_ * parts_;
  const std::uint32_t rows = entry_ / parts_;  // of AddSubVrf_0
  const std::uint32_t copy = parts_ + entry_;  // of MultiplyVrf, behind the weights
  writer_.read(source_, entry_, vectors)
      .apply(Opcode::kReduceSum)
      .write(MemoryId::kAddSubVrf0, rows, count_)
      .end();
  writer_.read(source_, entry_, vectors)
      .apply(Opcode::kSubtract, MemoryId::kAddSubVrf0, rows, count_)
      .write(source_, entry_, vectors)
      .write(MemoryId::kMultiplyVrf, copy, vectors)
      .end();
  writer_.read(source_, entry_, vectors)
      .apply(Opcode::kMultiply, MemoryId::kMultiplyVrf, copy, vectors)
      .apply(Opcode::kReduceSum)
      .apply(Opcode::kInverseRoot)
      .write(MemoryId::kMultiplyVrf, copy, count_)
      .end();
  set_rows(job_.out);
  writer_.read(source_, entry_, vectors)
      .apply(Opcode::kMultiply, MemoryId::kMultiplyVrf, copy, count_)
      .apply(Opcode::kAdd, MemoryId::kAddSubVrf1, 0, parts_)
      .apply(Opcode::kMultiply, MemoryId::kMultiplyVrf, 0, parts_)
      .apply(Opcode::kRequantise)
      .write(MemoryId::kL2, job_.out.address + first_ * job_.out.stride)
      .end();
}

}  // namespace tessera::attention_engine
