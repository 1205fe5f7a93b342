// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "models/attention_engine/cycle/chain_decoder.h"

namespace tessera::attention_engine {

namespace {

/// Rows of one load or store. An assumption: more than any register file holds, and what a
/// forgotten register asks for is more.
constexpr std::uint32_t kMaxBytesOfRows = 1u << 28;

}  // namespace

bool ChainDecoder::is_register_file(const Instruction& instruction) {
  const MemoryId memory = instruction.memory;
  if (memory >= MemoryId::kMvmInitialVrf && memory <= MemoryId::kScoreVrf) {
    return true;
  }
  fail(ErrorCode::kBadMemoryId, static_cast<std::uint32_t>(memory));
  return false;
}

bool ChainDecoder::is_inside(const Instruction& instruction, ErrorCode code) {
  const std::uint32_t limit = engine_.entries_of(instruction.memory);
  const std::uint64_t end = std::uint64_t{instruction.index} + instruction.count;
  if (end > limit && !ignores_sizes_) {
    fail(code, static_cast<std::uint32_t>(end), limit);
    return false;
  }
  return true;
}

bool ChainDecoder::is_written(const Instruction& instruction) {
  if (ignores_sizes_ || !(checks_reads_ || keeps_chain())) {
    return true;
  }
  const auto memory = static_cast<std::size_t>(instruction.memory);
  const std::uint32_t end = instruction.index + instruction.count;
  const auto missing = [&](const std::vector<bool>& entries) {
    const auto first = entries.begin();
    return static_cast<std::uint32_t>(std::find(first + instruction.index, first + end, false) -
                                      first);
  };
  if (const std::uint32_t index = missing(is_written_[memory]); checks_reads_ && index != end) {
    fail(ErrorCode::kReadUninitialised, index);
    return false;
  }
  if (const std::uint32_t index = missing(is_set_[memory]); index != end && !unset_) {
    unset_ = FileEntry{instruction.memory, index};
  }
  return true;
}

void ChainDecoder::set_written(const Instruction& instruction) {
  const auto memory = static_cast<std::size_t>(instruction.memory);
  const auto limit = static_cast<std::uint32_t>(is_written_[memory].size());
  const std::uint32_t begin = std::min(instruction.index, limit);
  const std::uint32_t count = std::min<std::uint32_t>(instruction.count, limit - begin);
  std::fill_n(is_written_[memory].begin() + begin, count, true);
  std::fill_n(is_set_[memory].begin() + begin, count, !unset_);
}

bool ChainDecoder::has_valid_operands() {
  if (!has_valid_source() || !has_valid_sink(sink_.instruction) || !has_valid_matrix() ||
      !has_valid_accumulators() || !has_valid_sums()) {
    return false;
  }
  for (std::uint32_t i = 0; i < num_multicasts_; ++i) {
    if (!has_valid_sink(multicasts_[i])) {
      return false;
    }
  }
  return true;
}

/// Rows in L2: they begin at a whole AXI word and have bytes, though no more than fit anywhere.
bool ChainDecoder::has_valid_rows(const Instruction& instruction) {
  if (instruction.index % engine_.axi_bytes != 0) {
    fail(ErrorCode::kMisaligned, instruction.index, engine_.axi_bytes);
    return false;
  }
  const std::uint64_t bytes =
      std::uint64_t{value(ScalarRegister::kRowBytes)} * value(ScalarRegister::kIterations);
  if (bytes == 0 || bytes > kMaxBytesOfRows) {
    fail(ErrorCode::kBadChain, static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, ~0u)),
         kMaxBytesOfRows);
    return false;
  }
  return true;
}

bool ChainDecoder::has_valid_source() {
  const Instruction& source = source_.instruction;
  if (source.memory == MemoryId::kL2) {
    const std::size_t writes = 1 + num_multicasts_;
    if (sink_.instruction.memory == MemoryId::kL2 || instructions_.size() != 1 + writes) {
      fail(ErrorCode::kBadChain);  // a load ends in a register file, without any operation
      return false;
    }
    return has_valid_rows(source);
  }
  if (source.count == 0) {
    fail(ErrorCode::kBadChain);
    return false;
  }
  if (is_matrix_chain_ && source.memory == MemoryId::kMrf) {
    return is_inside(source, ErrorCode::kMrfOutOfBounds) && is_written(source);
  }
  if (!is_matrix_chain_ && !is_softmax_ && source.memory == MemoryId::kInQ) {
    return true;
  }
  if (is_matrix_chain_) {
    fail(ErrorCode::kBadMemoryId, static_cast<std::uint32_t>(source.memory));
    return false;
  }
  return is_register_file(source) && is_inside(source, ErrorCode::kVrfOutOfBounds) &&
         is_written(source);
}

bool ChainDecoder::has_valid_sink(const Instruction& instruction) {
  const MemoryId memory = instruction.memory;
  if (memory == MemoryId::kL2) {
    return has_valid_rows(instruction);
  }
  if (is_matrix_chain_ && memory == MemoryId::kMrf) {
    return is_inside(instruction, ErrorCode::kMrfOutOfBounds);
  }
  // Results leave through OutQ; what control reads from L2 comes in through InQ.
  const bool is_load = source_.instruction.memory == MemoryId::kL2;
  if (!is_matrix_chain_ && is_load && memory == MemoryId::kMaskRam) {
    return is_inside(instruction, ErrorCode::kMaskOutOfBounds);
  }
  if (!is_matrix_chain_ && !is_softmax_ && memory == (is_load ? MemoryId::kInQ : MemoryId::kOutQ)) {
    return true;
  }
  if (is_matrix_chain_) {
    fail(ErrorCode::kBadMemoryId, static_cast<std::uint32_t>(memory));
    return false;
  }
  return is_register_file(instruction) && is_inside(instruction, ErrorCode::kVrfOutOfBounds);
}

bool ChainDecoder::has_valid_matrix() {
  if (!matrix_.is_given) {
    return true;
  }
  if ((matrix_.instruction.flags & kFlagIndirect) != 0) {
    if (keeps_chain()) {  // the list is the scheduler's
      fail(ErrorCode::kBadChain);
      return false;
    }
    const auto limit = static_cast<std::uint32_t>(tile_list_.size());
    if (value(ScalarRegister::kListLength) > limit) {
      fail(ErrorCode::kMrfOutOfBounds, value(ScalarRegister::kListLength), limit);
      return false;
    }
    return true;
  }
  Instruction tiles = matrix_.instruction;
  tiles.memory = MemoryId::kMrf;
  const std::uint64_t count =
      std::uint64_t{value(ScalarRegister::kRows)} * value(ScalarRegister::kColumns);
  tiles.count = static_cast<std::uint16_t>(std::min<std::uint64_t>(count, 0xFFFF));
  return is_inside(tiles, ErrorCode::kMrfOutOfBounds) && is_written(tiles);
}

/// Products of software that are added to AccVrf: it holds them all.
bool ChainDecoder::has_valid_accumulators() {
  if (!matrix_.is_given || !keeps_chain() || (matrix_.instruction.flags & kFlagAccumulate) == 0) {
    return true;
  }
  const std::uint64_t products =
      std::uint64_t{value(ScalarRegister::kRows)} * value(ScalarRegister::kIterations);
  const Instruction sums{Opcode::kVectorRead, MemoryId::kAccVrf, 0,
                         static_cast<std::uint16_t>(std::min<std::uint64_t>(products, 0xFFFF)), 0};
  return is_inside(sums, ErrorCode::kVrfOutOfBounds) && is_written(sums);
}

/// A softmax normalises by sums that there are.
bool ChainDecoder::has_valid_sums() {
  if (!is_softmax_) {
    return true;
  }
  const Instruction rows{Opcode::kSoftmaxFinish, MemoryId::kSmxRf, 0,
                         static_cast<std::uint16_t>(value(ScalarRegister::kIterations)),
                         softmax_row_};
  if (!is_inside(rows, ErrorCode::kVrfOutOfBounds)) {
    return false;
  }
  if (finds_sums_) {
    set_written(rows);
    return true;
  }
  const auto& sums = is_written_[static_cast<std::size_t>(MemoryId::kSmxRf)];
  const auto limit = static_cast<std::uint32_t>(sums.size());
  for (std::uint32_t row = rows.index;
       row < std::min<std::uint32_t>(limit, rows.index + rows.count); ++row) {
    if (!sums[row]) {
      fail(ErrorCode::kSoftmaxRange, row);
      return false;
    }
  }
  return true;
}

}  // namespace tessera::attention_engine
