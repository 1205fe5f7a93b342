// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/base/probe.h"
#include "platform/observe/symbol_table.h"

namespace tessera {

/// The shadow stack of a hart: which functions are open, from its instructions.
///
/// A call is a jump that links (ra or t0). A return is a jump to an address that a call on the
/// stack has left; frames above it are left, as by longjmp. Any other way into another function, a
/// tail call above all, replaces the function at the top and keeps its way back. A trap forgets the
/// stack: the hardware has no way back from it.
class FunctionStack {
 public:
  struct Frame {
    const CodeRange* function;     ///< null: no symbol there
    std::uint32_t call_site;       ///< pc of the call; 0: the outermost
    std::uint32_t return_address;  ///< 0: the outermost
    bool is_entered;               ///< by a call or at its first instruction
  };
  /// A deeper stack is not followed: its functions replace the one at the top.
  static constexpr std::size_t kMaxDepth = 256;

  /// `symbols` outlives this.
  explicit FunctionStack(const SymbolTable& symbols) : symbols_(symbols) {}

  /// The hart is at `pc`.
  void arrive(std::uint32_t pc);
  /// It has executed `instruction` and goes on.
  void retired(const RetiredInstruction& instruction);
  void clear();

  /// Outermost first.
  const std::vector<Frame>& frames() const { return frames_; }
  /// How many frames, from the outermost, are the same since the last call of this.
  std::size_t take_unchanged();

 private:
  void jump(const RetiredInstruction& instruction);
  void keep(std::size_t count);

  const SymbolTable& symbols_;
  std::vector<Frame> frames_;
  std::size_t unchanged_ = 0;
  // Of the code at the top; empty before the first frame.
  std::uint64_t begin_ = 1;
  std::uint64_t end_ = 0;
};

}  // namespace tessera
