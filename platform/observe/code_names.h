// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "platform/observe/line_table.h"
#include "platform/observe/symbol_table.h"

namespace tessera {

/// How reports name an address of code.
class CodeNames {
 public:
  /// Both outlive this.
  CodeNames(const SymbolTable& symbols, const LineTable& lines)
      : symbols_(symbols), lines_(lines) {}

  const SymbolTable& symbols() const { return symbols_; }
  const LineTable& lines() const { return lines_; }

  /// "barrier+0x1c (firmware/runtime/barrier.c:64)", without what is unknown; empty when nothing is
  /// known.
  std::string describe(std::uint32_t pc) const;
  /// As describe(), and what was inlined there, from the inside out:
  /// "barrier+0x1c (wait_for_wake_up firmware/runtime/hart.h:21 in barrier
  /// firmware/runtime/barrier.c:64)".
  std::string describe_inlined(std::uint32_t pc) const;
  /// "file:line"; empty when unknown.
  std::string line_text(std::uint32_t pc) const;

 private:
  const SymbolTable& symbols_;
  const LineTable& lines_;
};

}  // namespace tessera
