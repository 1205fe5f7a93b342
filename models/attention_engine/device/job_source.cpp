// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/device/job_source.h"

#include "models/attention_engine/cycle/chain_writer.h"

namespace tessera::attention_engine {

namespace {

/// One row of bytes between L2 and the queues of the front end. A descriptor or completion shares
/// its AXI word with others: chains name the beginning of the word.
void set_row(ChainWriter& writer, std::uint32_t bytes) {
  writer.set(ScalarRegister::kIterations, 1);
  writer.set(ScalarRegister::kStrideRow, 0);
  writer.set(ScalarRegister::kRowBytes, bytes);
}

}  // namespace

JobSource::JobSource(const EngineParameters& engine, const DescriptorJob& job,
                     std::uint32_t completion, std::vector<std::uint32_t>& tile_list) {
  const auto word_at = [&](std::uint32_t address) { return address - address % engine.axi_bytes; };
  ChainWriter fetch(before_);
  for (const Fetch& part : job.fetches) {
    set_row(fetch, part.bytes);
    fetch.read(MemoryId::kL2, word_at(part.address)).write(MemoryId::kInQ, 0, 1).end();
    fetch.apply(Opcode::kFence);  // a part says where the next one is, and what the job is
  }
  if (job.work) {
    program_ = job.work->program(engine, tile_list);
  }
  if (completion != 0) {
    ChainWriter complete(after_);
    set_row(complete, ATTENTION_ENGINE_COMPLETION_BYTES);
    complete.read(MemoryId::kInQ, 0, 1).write(MemoryId::kL2, word_at(completion)).end();
  }
}

bool JobSource::next(std::uint64_t& word) {
  if (next_before_ < before_.size()) {
    word = before_[next_before_++];
    return true;
  }
  if (program_ && program_->next(word)) {
    return true;
  }
  if (next_after_ == after_.size()) {
    return false;
  }
  word = after_[next_after_++];
  return true;
}

const TileCounters& JobSource::counters() const {
  static const TileCounters kNone;
  return program_ ? program_->counters() : kNone;
}

}  // namespace tessera::attention_engine
