// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/attention_engine/cycle/instruction.h"

namespace tessera::attention_engine {

/// Writes chains as instructions, as firmware does. Scalar registers are set when they change.
///   writer.set(ScalarRegister::kRows, 4);
///   writer.read(MemoryId::kMvmInitialVrf, x, n).multiply(w).write(MemoryId::kOutQ, 0, 4).end();
class ChainWriter {
 public:
  explicit ChainWriter(std::vector<std::uint64_t>& words) : words_(words) {}

  void set(ScalarRegister name, std::uint32_t value) {
    auto& known = registers_[static_cast<std::size_t>(name)];
    if (known != value) {
      known = value;
      put({Opcode::kSetRegister, MemoryId::kL2, 0, static_cast<std::uint16_t>(name), value});
    }
  }
  ChainWriter& read(MemoryId memory, std::uint32_t index, std::uint32_t count = 0,
                    std::uint8_t flags = 0) {
    return put(Opcode::kVectorRead, memory, index, count, flags);
  }
  ChainWriter& read_matrix(std::uint32_t address, std::uint8_t flags = 0) {
    return put(Opcode::kMatrixRead, MemoryId::kL2, address, 0, flags);
  }
  ChainWriter& write_matrix(std::uint32_t index, std::uint32_t tiles = 1) {
    return put(Opcode::kMatrixWrite, MemoryId::kMrf, index, tiles);
  }
  ChainWriter& multiply(std::uint32_t matrix, std::uint8_t flags = 0) {
    return put(Opcode::kMatrixMultiply, MemoryId::kMrf, matrix, 0, flags);
  }
  /// Any operation in between: its second operand, if it has one, is `count` entries of `memory`.
  ChainWriter& apply(Opcode opcode, MemoryId memory = MemoryId::kL2, std::uint32_t index = 0,
                     std::uint32_t count = 0, std::uint8_t flags = 0) {
    return put(opcode, memory, index, count, flags);
  }
  ChainWriter& write(MemoryId memory, std::uint32_t index, std::uint32_t count = 0,
                     std::uint8_t flags = 0) {
    return put(Opcode::kVectorWrite, memory, index, count, flags);
  }
  void end() { put(Opcode::kEndChain, MemoryId::kL2, 0, 0); }

 private:
  ChainWriter& put(Opcode opcode, MemoryId memory, std::uint32_t index, std::uint32_t count,
                   std::uint8_t flags = 0) {
    put({opcode, memory, flags, static_cast<std::uint16_t>(count), index});
    return *this;
  }
  void put(const Instruction& instruction) { words_.push_back(encode(instruction)); }

  std::vector<std::uint64_t>& words_;
  std::array<std::optional<std::uint32_t>, kNumScalarRegisters> registers_{};
};

/// Instructions that stand in memory from the start.
class InstructionList final : public InstructionSource {
 public:
  explicit InstructionList(std::vector<std::uint64_t> words) : words_(std::move(words)) {}
  bool next(std::uint64_t& word) override {
    if (next_ == words_.size()) {
      return false;
    }
    word = words_[next_++];
    return true;
  }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t next_ = 0;
};

}  // namespace tessera::attention_engine
