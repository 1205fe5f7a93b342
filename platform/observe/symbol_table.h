// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera {

struct ElfSymbol {
  std::string name;
  std::uint32_t address;
  std::uint32_t bytes;     ///< 0: unknown
  std::uint64_t code_end;  ///< exclusive, of its section; 0: not in code
};

/// A function, or a label outside of functions; addresses [begin, end).
struct CodeRange {
  std::string name;
  std::uint32_t begin;
  std::uint64_t end;
};

/// The names of a program's addresses.
class SymbolTable {
 public:
  /// How far behind the end of a variable an address still is told by its name.
  static constexpr std::uint32_t kNearBytes = 4096;

  SymbolTable() = default;
  explicit SymbolTable(std::vector<ElfSymbol> symbols);

  /// Functions, ascending, none inside another. A label without size reaches to the next function
  /// or label, or to the end of its section; one inside a function is not listed.
  const std::vector<CodeRange>& functions() const { return functions_; }
  /// The function that holds `address`; null: none.
  const CodeRange* function_at(std::uint32_t address) const;
  /// "main" or "main+0x1c"; empty when no function holds `address`.
  std::string describe(std::uint32_t address) const;
  /// What lies at or before `address`, code or data: "table+0x8", "0x10 bytes behind table"; empty
  /// when that is further away than kNearBytes.
  std::string describe_nearest(std::uint32_t address) const;
  std::optional<std::uint32_t> find(const std::string& name) const;
  std::vector<std::string> names() const;

 private:
  std::vector<ElfSymbol> symbols_;  ///< by address
  std::vector<CodeRange> functions_;
};

}  // namespace tessera
