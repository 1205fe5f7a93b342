// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "models/base/hart_access.h"

namespace tessera {

/// What all executions of an instruction have in common.
struct InstructionForm {
  std::uint32_t raw = 0;         ///< the instruction word
  std::uint16_t csr = 0;         ///< written; 0: none
  std::uint8_t rd = 0;           ///< written; 0: none
  std::uint8_t incremented = 0;  ///< the register that a post-increment writes; 0: none
  std::uint8_t bytes = 0;        ///< of the data access; 0: none
  AccessKind kind = AccessKind::kLoad;
  bool is_pending = false;  ///< the result never came

  /// Where they are one register, the result wins.
  bool has_increment() const { return incremented != 0 && incremented != rd; }
  bool operator==(const InstructionForm& other) const {
    return raw == other.raw && csr == other.csr && rd == other.rd &&
           incremented == other.incremented && bytes == other.bytes && kind == other.kind &&
           is_pending == other.is_pending;
  }
};

/// Instructions that stand one behind the other. Block logs refer to blocks that never change and
/// live as long as their machine.
struct CodeBlock {
  std::uint32_t pc = 0;
  std::vector<InstructionForm> instructions;
};

/// What a hart has retired, in the fewest bytes: which blocks, and the values that differ each
/// time. These are, of each instruction: the registers that it writes, in the order of their
/// numbers; the CSR; the address of its access; the address (of an AMO: once more) and the data
/// that it stores, with as many bytes as are stored.
class BlockLog {
 public:
  /// Instructions [first, first + count) of a block.
  struct Run {
    const CodeBlock* block;
    std::uint32_t first;
    std::uint32_t count;
  };
  static constexpr std::size_t kMaxRuns = 8192;
  static constexpr std::size_t kValueBytes = std::size_t{1} << 17;
  static constexpr std::size_t kMaxValueBytes = 16;  ///< of one instruction
  static constexpr std::size_t kSlack = 4;

  /// Where the next run and its values go.
  class Cursor {
   public:
    /// Without room, the log must be moved elsewhere and cleared.
    bool has_room(std::size_t num_instructions) const {
      return num_runs_left_ != 0 &&
             static_cast<std::size_t>(values_ - first_value_) >= num_instructions * kMaxValueBytes;
    }
    /// Those from `pc` on. REQUIRES: has_room(count); behind it, values of `count` instructions.
    void begin_run(const CodeBlock& block, std::uint32_t pc, std::uint32_t count) {
      *run_++ = {&block, (pc - block.pc) / 4, count};
      --num_runs_left_;
    }
    /// The last `count` instructions of the latest run have not retired.
    void shorten_run(std::uint32_t count) {
      run_[-1].count -= count;
      if (run_[-1].count == 0) {
        --run_;
        ++num_runs_left_;
      }
    }
    /// A value of 1, 2 or 4 bytes.
    template <typename Value>
    void put(Value value) {
      values_ -= sizeof value;
      std::memcpy(values_, &value, sizeof value);
    }

   private:
    friend class BlockLog;
    Run* run_ = nullptr;
    std::uint8_t* values_ = nullptr;
    std::uint8_t* first_value_ = nullptr;
    std::uint32_t num_runs_left_ = 0;
  };

  /// Makes it empty.
  void clear() {
    if (runs_ == nullptr) {
      runs_.reset(new Run[kMaxRuns]);
      values_.reset(new std::uint8_t[kSlack + kValueBytes]);
    }
    cursor.run_ = runs_.get();
    cursor.num_runs_left_ = kMaxRuns;
    cursor.first_value_ = values_.get() + kSlack;
    cursor.values_ = cursor.first_value_ + kValueBytes;
  }
  bool is_empty() const { return cursor.run_ == runs_.get(); }
  const Run* begin() const { return runs_.get(); }
  const Run* end() const { return cursor.run_; }
  /// End of the values. They lie downwards from there: in the byte order of this host all together
  /// are one number, the first value on top. kSlack bytes before them can be read.
  const std::uint8_t* values_end() const { return values_.get() + kSlack + kValueBytes; }

  Cursor cursor;

 private:
  std::unique_ptr<Run[]> runs_;
  std::unique_ptr<std::uint8_t[]> values_;
};

}  // namespace tessera
