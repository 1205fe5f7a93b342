// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/base/probe.h"
#include "platform/observe/symbol_table.h"

namespace tessera {

/// Which functions of a hart are open, from its instructions: calls write x1 or x5, returns jump
/// there (the RISC-V calling convention); a jump into another function takes the caller's place.
class FunctionStack {
 public:
  struct Frame {
    const CodeRange* function = nullptr;  ///< null: no symbol there
    Cycles begin = 0;
  };

  /// Takes the next instruction; true when its function is not that of the one before. `closed`
  /// gets the frames that ended with it, innermost first.
  bool retired(const RetiredInstruction& instruction, const SymbolTable& symbols,
               std::vector<Frame>& closed);
  const std::vector<Frame>& frames() const { return frames_; }
  void clear() { frames_.clear(); }

 private:
  enum class Jump : std::uint8_t { kOther, kCall, kReturn };
  static Jump jump_of(std::uint32_t raw);
  /// How many frames stay open when the innermost returns to `function`: up to its nearest caller
  /// of that name, else all but itself. REQUIRES: a frame.
  std::size_t frames_below(const CodeRange* function) const;
  bool is_inside(std::uint32_t pc) const { return pc >= begin_ && pc < end_; }

  std::vector<Frame> frames_;
  std::uint64_t begin_ = 1;  ///< of the innermost function
  std::uint64_t end_ = 0;
  Jump last_ = Jump::kOther;
};

}  // namespace tessera
