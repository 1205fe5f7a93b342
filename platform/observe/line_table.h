// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tessera {

struct SourceLine {
  std::string file;   ///< as the compiler was told it: relative to the project, or absolute
  unsigned line = 0;  ///< 0: unknown
};

/// One function of the source at an address: itself, or inlined into the next of its chain.
struct InlinedFrame {
  std::string function;
  SourceLine source;  ///< of the innermost: where the code is from; else: where the inlined call is
};

/// Which source an address was compiled from, as DWARF tells. Reads it when first asked; a program
/// without DWARF, or with DWARF that cannot be read, has no lines.
class LineTable {
 public:
  LineTable();
  /// `elf`: a whole ELF file.
  explicit LineTable(std::vector<std::uint8_t> elf);
  LineTable(LineTable&&) noexcept;
  LineTable& operator=(LineTable&&) noexcept;
  ~LineTable();

  /// Null: unknown. Valid as long as the table.
  const SourceLine* find(std::uint32_t address) const;
  /// Functions at `address`, innermost first, the last one is the function that was compiled; empty
  /// when unknown.
  std::vector<InlinedFrame> frames(std::uint32_t address) const;
  /// All places of code that begin a line, ascending: for coverage.
  struct Row {
    std::uint32_t address;
    const SourceLine* source;  ///< null: no source from here to the next row
  };
  std::vector<Row> rows() const;

 private:
  class Reader;
  Reader& reader() const;

  mutable std::vector<std::uint8_t> elf_;
  mutable std::unique_ptr<Reader> reader_;
};

}  // namespace tessera
