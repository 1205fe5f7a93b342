// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "models/attention_engine/cycle/instruction.h"
#include "models/attention_engine/device/work.h"
#include "models/attention_engine/engine_parameters.h"
#include "models/base/byte_memory.h"
#include "models/transformer_math/int8_arithmetic.h"

namespace tessera::attention_engine {

/// The contents of the register files, and what chains of software do to them and to memory: one
/// chain after the other, as a whole. README, Instructions, says what each instruction computes.
/// Without time; sizes and operands are those that ChainDecoder let through.
class ChainData {
 public:
  ChainData(const EngineParameters& engine, ByteMemory& memory);

  /// AXI errors only; a load that fails changes no register file.
  std::optional<EngineError> perform(const WrittenChain& chain);
  /// All register files are 0, InQ is empty.
  void reset();

 private:
  /// Native vectors without gaps, as chains carry them: 32 bits an element.
  using Vectors = std::vector<std::int32_t>;
  /// Rows of bytes from L2.
  struct Rows {
    std::uint32_t row_bytes = 0;
    std::vector<std::int8_t> bytes;
    [[nodiscard]] std::size_t count() const { return bytes.size() / row_bytes; }
  };

  std::optional<EngineError> load(const WrittenChain& chain);
  void put_rows(const Instruction& sink, const Rows& rows);
  /// As matrix of `rows` (or their columns), tile after tile.
  void put_tiles(const Instruction& sink, const Rows& rows, bool is_transposed);
  void put_masks(const Instruction& sink, const Rows& rows);
  void copy_tiles(const Instruction& source, const Instruction& sink);
  std::optional<EngineError> store(const Instruction& sink, const Vectors& vectors);

  Vectors read(const Instruction& source);
  std::optional<EngineError> write(const Instruction& sink, const Vectors& vectors);
  void put(MemoryId memory, std::uint32_t index, std::uint32_t count, const Vectors& vectors);
  void apply(const Instruction& instruction, Vectors& vectors);
  Vectors multiply(const Instruction& instruction, const Vectors& vectors);
  void combine(const Instruction& instruction, Vectors& vectors);
  void mask(const Instruction& instruction, Vectors& vectors) const;
  void find_sums(const Instruction& instruction, const Vectors& vectors);
  void normalise(const Instruction& instruction, Vectors& vectors);
  [[nodiscard]] Vectors sum_rows(const Vectors& vectors) const;

  /// Elements of a file, which exists from its first use on.
  std::vector<std::int32_t>& file(MemoryId memory);
  std::int8_t* tile(std::uint64_t index);
  [[nodiscard]] std::uint32_t value(ScalarRegister name) const { return chain_->value(name); }
  /// Elements of a native vector that count.
  [[nodiscard]] std::uint32_t valid_elements() const;
  [[nodiscard]] std::uint32_t mask_row_bytes() const { return (n_ + 7) / 8; }

  const EngineParameters& engine_;
  const std::uint32_t n_;  ///< elements of a native vector
  ByteMemory& memory_;
  const WrittenChain* chain_ = nullptr;  ///< that is being performed
  std::array<std::vector<std::int32_t>, kNumMemories> files_;
  std::vector<std::int8_t> matrices_;  ///< MRF, [tile][output][input]
  std::vector<std::uint8_t> masks_;    ///< MaskRam, [tile][row][byte], LSB first
  std::vector<transformer_math::SoftmaxRow> sums_;
  std::deque<std::int32_t> in_queue_;
};

}  // namespace tessera::attention_engine
